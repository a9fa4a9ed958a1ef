"""The kernel holds to what firmware/kernel/README.md forbids, and unrolling changes nothing."""

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

from ganglion.analysis.bench import emulator as emulate
from ganglion.boards.programs import firmware_dir
from ganglion.compiler import compile_connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tools.make_kernels import KERNELS, MADE, PLAIN, WIDTHS, made_from
from tools.networks import random_connectome

FILES = [*(PLAIN / f"{name}.py" for name in KERNELS), *sorted(MADE.glob("*_*[0-9].py")),
         *(MADE / f"{name}.py" for name in ("common", "leaks", "learn", "remember"))]  # fmt: skip
CASTS = {"ptr8", "ptr16", "ptr32", "int", "uint"}
LARGEST_INDEX, SMALLEST, LARGEST = 255, -(1 << 30), (1 << 30) - 1
ALLOCATES = (
    ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.GeneratorExp, ast.JoinedStr,
    ast.Lambda, ast.Attribute, ast.Try, ast.With, ast.Raise,
)  # fmt: skip
RUNTIME = (ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def value(node: ast.AST) -> int | None:
    """What mpy-cross makes of constants when it compiles, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.UnaryOp | ast.BinOp):
        parts = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        if all(value(part) is not None for part in parts):
            found = eval(compile(ast.Expression(node), "", "eval"))
            return int(found)
    return None


def faults(source: str) -> list[str]:
    """What the viper functions of a source do that they may not, with the line."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and function.decorator_list:
            found += [
                f"{getattr(node, 'lineno', function.lineno)}: {words}"
                for statement in function.body
                for node in ast.walk(statement)
                for words in told(node)
            ]
    return found


def told(node: ast.AST) -> list[str]:
    words = []
    number = value(node) if isinstance(node, ast.expr) else None
    if number is not None and not SMALLEST <= number <= LARGEST:
        words.append(f"{number} is no small integer of a board")
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        words.append(f"{node.value} is a float")
    if isinstance(node, ast.Subscript):
        index = value(node.slice)
        if index is not None and not 0 <= index <= LARGEST_INDEX:
            words.append(f"the constant index {index} is above {LARGEST_INDEX}, or negative")
    if isinstance(node, ast.For):
        words.append("`for` keeps a hidden counter")
    if isinstance(node, ALLOCATES):
        words.append(f"{type(node).__name__} allocates, or calls the runtime")
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, RUNTIME):
        words.append(f"{type(node.op).__name__} calls the runtime")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        words.append("mpy-cross 1.29 overwrites a register with ~ on xtensawin; write x ^ -1")
    if isinstance(node, ast.Call) and not (
        isinstance(node.func, ast.Name) and node.func.id in CASTS
    ):
        words.append("a call, but not of a cast")
    return words


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_kernel_does_nothing_that_it_may_not(file: Path) -> None:
    assert faults(file.read_text()) == []


def test_there_are_kernels_to_look_at() -> None:
    assert len(FILES) == 9 + 18 + 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x = p[256]", "index 256"),
        ("x = 1073741824", "1073741824 is no small integer"),
        ("x = 1 << 31", "2147483648 is no small integer"),
        ("x = -1073741825", "-1073741825 is no small integer"),
        ("for i in range(3): x = i", "hidden counter"),
        ("x = 0.5", "0.5 is a float"),
        ("x //= 3", "FloorDiv calls the runtime"),
        ("x = max(x, 3)", "a call, but not of a cast"),
        ("x = (1, 2)", "Tuple allocates"),
        ("x = x & ~3", "overwrites a register with ~"),
    ],
)
def test_each_thing_forbidden_is_found(line: str, words: str) -> None:
    source = f"@micropython.viper\ndef f(p: ptr8, x: int):\n    {line}\n"
    assert any(words in fault for fault in faults(source)), faults(source)


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firmware whose kernels are the plain form: widened, but no loop unrolled."""
    directory = tmp_path_factory.mktemp("rolled")
    shutil.copytree(firmware_dir() / "lib", directory / "lib")
    for name in KERNELS:
        plain = (PLAIN / f"{name}.py").read_text()
        for width in WIDTHS:
            text = made_from(plain, name, width, unroll=False)
            kernel = directory / "lib" / "ganglion" / "kernel" / f"{name}{width}.py"
            kernel.write_text(text)
    return directory


@pytest.mark.parametrize("state", ["int16", "int32"])
@pytest.mark.parametrize("seed", range(2))
def test_a_kernel_unrolled_does_what_its_plain_form_does(
    seed: int, state: str, rolled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From random potentials in each burst, not only from those that a run reaches."""
    brain = compile_connectome(random_connectome(seed), QuantizeOptions(state=state, anywhere=True))
    path = tmp_path / "brain.gbn"
    path.write_bytes(brain.blob)
    shipped, machine = emulate.load_brain(path)
    monkeypatch.setattr(emulate, "firmware_dir", lambda: rolled)
    plain, other = emulate.load_brain(path)
    rng = np.random.default_rng(seed)
    stimulus = RandomStimulus.at_rate(seed, 0.2)
    for one in (shipped, plain):
        one.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
        one.reset()
    used = brain.network.n_neurons * brain.network.storage // 8
    for burst in range(40):
        if burst == 39:
            machine.count()
            other.count()
        potentials = rng.bytes(used)
        for one in (shipped, plain):
            one._v[:used] = potentials
            one.step()
            one.digest()
        assert shipped.digest_bytes[0] == plain.digest_bytes[0], (
            f"seed {seed}, {state}: burst {burst} differs; "
            f"pytest tests/firmware/kernel/test_lint.py -k '{state} and {seed}' runs it again"
        )
    assert machine.instructions != other.instructions, "both are the same code"
