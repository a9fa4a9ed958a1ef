"""The emulated cores are as strict as a board: code that breaks the convention is noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.analysis.bench import xtensa
from ganglion.analysis.bench.convention import signatures
from ganglion.analysis.bench.emulator import CORES, machine
from ganglion.analysis.bench.machine import Guard, Machine
from ganglion.errors import ToolError
from ganglion.viper import compile_source, riscv_code, xtensa_code
from tests.support.xtensa import needs_xtensa

HEAD = "import micropython\n\n\n@micropython.viper\n"
MARCHES = [pytest.param("rv32imc"), pytest.param("xtensawin", marks=needs_xtensa)]
ENDS = ["mpy-cross", "ganglion"]

Load = Callable[..., Machine]


@pytest.fixture(params=MARCHES)
def march(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def load(march: str, tmp_path: Path):
    """A core with one module of one function, compiled as asked, or with code made by hand."""
    made: list[Machine] = []

    def build(
        source: str, end: str = "ganglion", code: bytes | None = None, guard: Guard = ""
    ) -> Machine:
        if code is None:
            path = tmp_path / "m.py"
            path.write_text(HEAD + source)
            made.append(machine(march, end, path, guard=guard))
        else:
            made.append(CORES[march](back_end="ganglion"))
            made[-1].load("m", {"f": code}, 3, signatures(HEAD + source))
        return made[-1]

    yield build
    for core in made:
        core.close()


def as_another(source: str, march: str) -> bytes:
    """The code of a function, to be run under the types of another."""
    return compile_source(HEAD + source, march, 3)["f"]


@pytest.mark.parametrize("end", ENDS)
def test_small_and_boxed_numbers_and_buffers_arrive_and_return(load: Load, end: str) -> None:
    core = load("def f(p: ptr32, x: int) -> int:\n    p[1] = x\n    return p[0]\n", end)
    for number in (0, -1, 1, (1 << 30) - 1, 1 << 30, -(1 << 30), -(1 << 31), (1 << 31) - 1):
        buffer = bytearray(number.to_bytes(4, "little", signed=True) + bytes(4))
        core.forget()
        assert core.call("m.f", (buffer, number)) == number
        assert buffer[:4] == buffer[4:]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("given", [(), (1,), (1, 2, 3)])
def test_another_number_of_arguments_is_refused(load: Load, end: str, given: tuple[int]) -> None:
    core = load("def f(a: int, b: int) -> int:\n    return a + b\n", end)
    assert core.call("m.f", (1, 2)) == 3
    with pytest.raises(ToolError, match=r"m\.f is called with another number of arguments"):
        core.call("m.f", given)


def test_code_that_calls_the_runtime_is_refused(load: Load) -> None:
    core = load("def f(a: int, b: int) -> int:\n    return a // b\n", "mpy-cross")
    with pytest.raises(ToolError, match=r"m\.f calls the runtime \(slot \d+ of its table\)"):
        core.call("m.f", (7, 2))


def test_a_conversion_as_another_type_is_noticed(load: Load, march: str) -> None:
    code = as_another("def f(a: uint) -> int:\n    return int(a)\n", march)
    core = load("def f(a: int) -> int:\n    return a\n", code=code)
    with pytest.raises(ToolError, match="as type 3"):
        core.call("m.f", (7,))


def test_a_result_boxed_as_another_type_is_noticed(load: Load, march: str) -> None:
    code = as_another("def f(a: int) -> uint:\n    return uint(a)\n", march)
    core = load("def f(a: int) -> int:\n    return a\n", code=code)
    with pytest.raises(ToolError, match="boxes a result as type 3"):
        core.call("m.f", (7,))


def test_a_result_that_is_not_boxed_is_noticed(load: Load, march: str) -> None:
    code = as_another("def f(a: int):\n    pass\n", march)
    core = load("def f(a: int) -> int:\n    return a\n", code=code)
    with pytest.raises(ToolError, match="does not box its result"):
        core.call("m.f", (7,))


def test_code_that_leaves_everything_raw_is_noticed(load: Load, march: str) -> None:
    """The way in which the first prototype of our back end hung a board."""
    raw = {
        "rv32imc": riscv_code.load("load32", 10, 13, 0) + riscv_code.jump_register(0, 1),
        "xtensawin": xtensa_code.wide(64 // 8 << 12 | 1 << 8 | 0x36)
        + xtensa_code.access("load32", 2, 5, 0)
        + b"\x1d\xf0",
    }[march]
    core = load("def f(a: int) -> int:\n    return a\n", code=raw)
    with pytest.raises(ToolError, match="does not box its result"):
        core.call("m.f", (7,))


@pytest.mark.parametrize("guard", ["", "after"])
def test_a_write_behind_an_array_is_noticed(load: Load, march: str, guard: Guard) -> None:
    core = load("def f(p: ptr8, i: int):\n    p[i] = 1\n", guard=guard)
    buffer = bytearray(16)
    core.call("m.f", (buffer, 15))
    assert buffer[15] == 1
    with pytest.raises(ToolError, match=r"m\.f (touches 1 bytes|wrote beyond the array)"):
        core.call("m.f", (buffer, 16))


@pytest.mark.parametrize("end", ENDS)
def test_counts_are_exact_and_the_same_each_time(load: Load, end: str) -> None:
    """A loop once more costs the same number of instructions more, each time."""
    core = load(
        "def f(n: int) -> int:\n    x = 1\n    while n:\n        n -= 1\n        x += x\n"
        "    return x\n",
        end,
    )
    core.count()
    found = []
    for n in (3, 4, 5, 3):
        core.instructions.clear()
        assert core.call("m.f", (n,)) == 1 << n
        found.append(core.instructions["m.f"])
    assert found[0] == found[3]
    assert found[2] - found[1] == found[1] - found[0] > 0


def test_without_the_emulator_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="qemu-xtensa is not here; apt-get install qemu-user"):
        machine("xtensawin", "mpy-cross")
    assert not xtensa.available()


def test_an_architecture_or_a_back_end_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(ToolError, match="no emulator runs armv7emsp; use rv32imc or xtensawin"):
        machine("armv7emsp", "ganglion")
    with pytest.raises(ToolError, match="there is no back end gcc; use mpy-cross or ganglion"):
        machine("rv32imc", "gcc")
