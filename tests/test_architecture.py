"""The house: its walls, what each room loads, and that a module's tests are found by its name."""

import ast
import subprocess
import sys
import tomllib

import pytest

from ganglion.boards.programs import find_program
from tests.support import ROOT

PACKAGE = ROOT / "host" / "ganglion"
MOST_AT_THE_ROOT = 10
LONGEST = 450  # lines of a module


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_every_wall_stands() -> None:
    lint = find_program("lint-imports")
    assert lint is not None, "import-linter is not installed; make test installs it"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_command_line_may_import_the_api_and_no_other_package() -> None:
    """The contract that lint-imports holds names every package and module but these."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (built,) = (c for c in contracts["contracts"] if c.get("source_modules") == ["ganglion.cli"])
    named = {name.removeprefix("ganglion.") for name in built["forbidden_modules"]}
    inside = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    inside |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert inside - named == {"api", "cli", "errors"}
    assert "ignore_imports" not in built


def test_the_root_holds_few_modules() -> None:
    modules = sorted(path.name for path in PACKAGE.glob("*.py"))
    assert len(modules) <= MOST_AT_THE_ROOT, modules


def test_each_package_says_what_it_is_and_the_map_says_the_same() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for path in sorted(PACKAGE.glob("*/__init__.py")):
        assert ast.get_docstring(ast.parse(path.read_text())), path
        assert f"`{path.parent.name}/`" in page, f"docs/architecture.md lacks {path.parent.name}/"


def test_no_module_is_longer_than_one_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in PACKAGE.rglob("*.py")
        if (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert not long


@pytest.mark.parametrize(
    "module",
    ["recording.file", "recording.replay", "blob.container", "frontends.read", "compiler",
     "verification.recorded"],
)  # fmt: skip
def test_reading_files_loads_no_hardware_and_no_pictures(module: str) -> None:
    forbidden = ("serial", "pty", "tty", "termios", "littlefs", "matplotlib", "click", "rich")
    done = run(
        f"import sys, ganglion.{module}\n"
        f"print([name for name in {forbidden!r} if name in sys.modules])"
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


@pytest.mark.parametrize(
    "module",
    ["api.runs", "device.open", "device.installation.deploy", "device.installation.flash",
     "verification.verify", "analysis.comparison.compare", "monitor.show"],
)  # fmt: skip
def test_the_package_imports_where_there_is_no_termios(module: str) -> None:
    done = run(
        "import sys\nsys.modules['termios'] = sys.modules['pty'] = sys.modules['tty'] = None\n"
        f"import ganglion.{module}"
    )
    assert done.returncode == 0, done.stderr


def test_no_import_hides_in_a_function_but_of_what_may_be_absent_or_slow() -> None:
    """A hidden import of our own is a circle, or a library that only some calls need."""
    hidden = set()
    for path in PACKAGE.rglob("*.py"):
        if {"cli", "api", "accelerators", "sweep", "qat"} & set(path.parts):
            continue  # verbs and the API load what they need; the others are of optional extras
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.ImportFrom) and inner.level:
                        hidden.add(f"{path.relative_to(PACKAGE)}: {inner.module}")
    assert len(hidden) <= 12, sorted(hidden)
