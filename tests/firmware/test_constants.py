"""Every number that the firmware names is the host's, or that of firmware/kernel/layout.py."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from ganglion.blob import container
from ganglion.boards.programs import firmware_dir
from ganglion.link import frame, messages
from ganglion.link.codes import Code
from ganglion.link.frame import Type
from ganglion.link.messages import Doing
from tests.support import ROOT
from tools.make_kernels import KERNELS, MADE, PLAIN, made_from

FILES = sorted((firmware_dir() / "lib").rglob("*.py"))
LAYOUT = ROOT / "firmware" / "kernel" / "layout.py"
ENUMS = {"CODE": Code, "TYPE": Type, "DOING": Doing}
COLUMN = re.compile(r"_?([PZLCBIGKJHMTDFSW]|KIND|FLAG)_[A-Z_]+")
HOST = {
    "_SPEC": messages.SPEC_VERSION,
    "_BLOB": container.VERSION,
    "_PAYLOAD": 6,
    "PAYLOAD": 6,
    "MAX_PAYLOAD": frame.MAX_PAYLOAD,
}


def layout() -> dict[str, int]:
    """What layout.py says."""
    spec = importlib.util.spec_from_file_location("layout", LAYOUT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if COLUMN.fullmatch(name)}


def constants(path: Path) -> dict[str, int]:
    """The names that a module gives to numbers with const(), and those numbers."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name, call = node.targets[0], node.value
            if isinstance(name, ast.Name) and ast.unparse(call.func) == "const":
                value = eval(ast.unparse(call.args[0]), {}, dict(found))
                if isinstance(value, int):
                    found[name.id] = value
    return found


def expected(name: str, columns: dict[str, int]) -> int | None:
    """The number that is meant by a name, or None if it is the module's own."""
    kind, _, rest = name.lstrip("_").partition("_")
    if kind in ENUMS and rest:
        return int(ENUMS[kind][rest])
    if COLUMN.fullmatch(name):
        return columns[name.lstrip("_")]
    return HOST.get(name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_code_and_column_is_that_of_the_host_or_of_the_layout(path: Path) -> None:
    columns = layout()
    for name, value in constants(path).items():
        meant = expected(name, columns)
        assert meant is None or value == meant, f"{name} = {value}, and {meant} is meant"


def test_codes_types_and_columns_are_found_where_they_are_used() -> None:
    named = {name for path in FILES for name in constants(path)}
    assert {"_CODE_CRASH", "_TYPE_HELLO", "_DOING_READY", "_P_ZONE", "_KIND_EVERY"} <= named
    assert {f"_TYPE_{kind.name}" for kind in Type} <= named
    assert {f"_CODE_{code.name}" for code in Code} <= named


def test_a_wrong_number_is_found() -> None:
    assert expected("_CODE_CRASH", layout()) == Code.CRASH == 32
    assert expected("_P_ZONE", layout()) == 26
    with pytest.raises(KeyError):
        expected("_CODE_NONE", layout())
    with pytest.raises(KeyError):
        expected("_P_NONE", layout())


def test_the_words_of_a_row_have_one_name_each() -> None:
    """But those of TOUCHED and LIMITED populations, where four words are another thing, and one of
    EVERY ones."""
    columns = layout()
    unused = {"J": 1, "H": 1, "T": 4}  # the last words of a row
    for letter in "PZLCIJHMT":
        words = [v for n, v in columns.items() if n.startswith(f"{letter}_") and n[2:] != "WORDS"]
        assert set(words) == set(range(columns[f"{letter}_WORDS"] - unused.get(letter, 0)))
        assert len(words) == len(set(words)) + (5 if letter == "P" else 0)


BARE = re.compile(r"\b(?:p|z|d|ranges|table)\[\d+\]|(?:populations|zones|areas)\)\[\d+\]")


def bare(path: Path) -> list[str]:
    """The lines of a kernel that take a word of a table by its number."""
    code = path.read_text().split("\nimport micropython\n", 1)[1]
    return [line.strip() for line in code.splitlines() if BARE.search(line)]


@pytest.mark.parametrize(
    "path",
    [*(PLAIN / f"{name}.py" for name in KERNELS), MADE / "learn.py", MADE / "remember.py"],
    ids=lambda path: path.stem,
)
def test_a_kernel_takes_no_word_of_a_table_by_its_number(path: Path) -> None:
    """But the bounds of a page, which are no row of a table."""
    bounds = ["page = d[0] + stream", "if d[1] == d[0]:"]
    assert bare(path) == (bounds if path.stem == "deliver_rows" else [])


def test_words_taken_by_their_number_are_found_in_what_is_generated() -> None:
    for name in KERNELS:
        assert bare(MADE / f"{name}16.py") and bare(MADE / f"{name}32.py")


def test_a_name_that_the_layout_has_not_is_refused_by_the_generator() -> None:
    source = (PLAIN / "update_calm.py").read_text()
    with pytest.raises(KeyError, match="P_ZONES"):
        made_from(source.replace("p[P_ZONE]", "p[P_ZONES]"), "update_calm", 16)


def test_no_constant_of_the_firmware_is_a_name_that_takes_memory() -> None:
    """A number in capitals at the top of a module is const(), or another module needs it."""
    shared = {"SIZE", "OBJECTS", "PAYLOAD", "MAX_PAYLOAD"}
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    name = ast.unparse(target)
                    number = isinstance(node.value.value, int) and name.isupper()
                    assert not number or name in shared, f"{path.stem}: {name} is no const()"
