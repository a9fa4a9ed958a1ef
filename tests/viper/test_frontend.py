"""The front end knows viper's subset, and refuses everything else with the line."""

import pytest

from ganglion.boards.mpy import compile_mpy
from ganglion.boards.programs import firmware_dir
from ganglion.viper import Unknown, compile_source, functions, parse, viper_functions

VIPER = [
    path
    for path in sorted((firmware_dir() / "lib").rglob("*.py"))
    if "@micropython.viper" in path.read_text()
]
HEAD = "import micropython\nfrom micropython import const\n\n_FOUR = const(4)\n\n\n"
HEAD += "@micropython.viper\n"
FIRST = HEAD.count("\n") + 1  # the line of `def`


def one(body: str, head: str = "def f(x: int, u: uint, p: ptr8, q: ptr32) -> int:") -> str:
    return HEAD + head + "\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize("path", VIPER, ids=lambda path: path.stem)
@pytest.mark.parametrize("march", ["rv32imc", "xtensawin"])
def test_every_viper_function_of_the_firmware_is_known(path, march: str) -> None:
    text = path.read_text()
    table = parse(compile_mpy(path, march), viper_functions(text)).fun_table
    code = compile_source(text, march, table)  # as other tests of this process compile it
    assert list(code) == viper_functions(text)
    assert all(code.values())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return x // 2", "FloorDiv would call the runtime"),
        ("return x % 2", "Mod would call the runtime"),
        ("return 0.5", "0.5 is not known"),
        ("return len(p)", "len(p) is not known"),
        ("return y", "y is no local that has a value"),
        ("return p", "this returns ptr8, the function int"),
        ("return x + p", "a ptr8 cannot be computed with"),
        ("return x[0]", "x is int, no pointer"),
        ("return p[q]", "a ptr32 is no index"),
        ("return x < 1", "x < 1 is not known"),
        ("return 1 << 30", "1073741824 is no small integer"),
        ("return x.bits", "x.bits is not known"),
        ("p[0] = q\nreturn 0", "a ptr32 cannot be stored"),
        ("x = u\nreturn x", "x is int, and becomes uint"),
        ("if x < u:\n    x = 1\nreturn x", "this compares int with uint"),
        ("if p:\n    x = 1\nreturn x", "a ptr8 is no condition"),
        ("if p == p:\n    x = 1\nreturn x", "a ptr8 cannot be compared"),
        ("if 0 < x < 9:\n    x = 1\nreturn x", "a chain of comparisons is not known"),
        ("for i in range(3):\n    x = i\nreturn x", "the statement For is not known"),
        ("while x:\n    x -= 1\nelse:\n    x = 2\nreturn x", "the statement While is not known"),
        ("x, u = 1, 2\nreturn x", "(x, u) cannot be assigned to"),
        ("_FOUR = 5\nreturn 0", "_FOUR cannot be assigned to"),
        ("break\nreturn 0", "this stands outside a loop"),
        ("return", "the value returned and the annotation differ"),
        ("if x:\n    return 1", "f may end without a value"),
        ("return (x if x else u)", "this is int or uint"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_with_its_line(body: str, words: str) -> None:
    with pytest.raises(Unknown) as refusal:
        functions(one(body))
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"line {refusal.value.line}: ")
    assert FIRST <= refusal.value.line <= FIRST + len(body.splitlines())


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("def f(x) -> int:", "the parameter x is an object"),
        ("def f(x: object) -> int:", "the parameter x is object"),
        ("def f(x: int = 3) -> int:", "only plain parameters are known"),
        ("def f(*x: int) -> int:", "only plain parameters are known"),
        ("def f(x: int) -> object:", "f returns object"),
        ("def f(_FOUR: int) -> int:", "the parameter _FOUR has the name of a const"),
    ],
)
def test_parameters_and_results_are_of_vipers_types(head: str, words: str) -> None:
    with pytest.raises(Unknown, match=f"line {FIRST}: ") as refusal:
        functions(one("return 0", head))
    assert words in str(refusal.value)


def test_a_source_that_is_no_python_is_refused() -> None:
    with pytest.raises(Unknown, match="line 2: this is no Python"):
        functions("import micropython\ndef f(:\n")


def test_a_name_given_by_const_is_its_number() -> None:
    named, plain = (
        compile_source(one(f"return p[{k}] << {k}"), "rv32imc", 3) for k in ("_FOUR", "4")
    )
    assert named == plain


def test_an_architecture_without_a_back_end_is_refused_in_words() -> None:
    with pytest.raises(
        Exception, match="there is no back end for armv7emsp; use rv32imc, xtensawin"
    ):
        compile_source(one("return 0"), "armv7emsp", 3)
