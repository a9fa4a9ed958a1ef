"""One brain, four machines: numpy, the real MicroPython (64 bits), RV32 and Xtensa (32 bits).

The machine code for the latter two is mpy-cross's and ours, each of the same viper.

The golden vector of a blob is the reference's chain over 32 bursts, so a device that reproduces
it has agreed with the reference in every bit of every burst.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.analysis.bench import emulator as emulate
from ganglion.analysis.bench.machine import Guard
from ganglion.compiler import Brain, compile_connectome
from ganglion.errors import ToolError
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tests.support.on_core import OnCore
from tests.support.xtensa import needs_xtensa
from tools.networks import STATES, random_connectome

SEEDS = range(12)
BURSTS = 120
GUARDS: tuple[Guard, ...] = ("after", "before")

SELF_TEST = """
import os
from ganglion import brain
from ganglion.load.net import load
for name in sorted(os.listdir(".")):
    if name.endswith(".gbn"):
        result = brain.Brain(load(name)).self_test()
        print(name, "equal" if result is None else hex(result))
"""


@functools.cache
def brains(seed: int) -> dict[str, Brain]:
    connectome = random_connectome(seed)
    return {
        state: compile_connectome(connectome, QuantizeOptions(state=state, anywhere=True))
        for state in STATES
    }


def test_micropython_reproduces_every_golden_vector(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    spikes = 0
    for seed in SEEDS:
        for state, brain in brains(seed).items():
            (tmp_path / f"{seed:02}-{state}.gbn").write_bytes(brain.blob)
            spikes += brain.network.golden.spikes
    lines = micropython(SELF_TEST, tmp_path).decode().splitlines()
    assert len(lines) == len(SEEDS) * len(STATES)
    assert [line for line in lines if not line.endswith("equal")] == []
    assert spikes > 1000, "the networks hardly fire, so the test shows nothing"


CASES = [
    *(pytest.param("rv32imc", "mpy-cross", seed, BURSTS) for seed in SEEDS),
    *(pytest.param("rv32imc", "ganglion", seed, BURSTS // 2) for seed in SEEDS[:3]),
    *(
        pytest.param("xtensawin", end, seed, BURSTS // 4, marks=needs_xtensa)
        for end in ("mpy-cross", "ganglion")
        for seed in SEEDS[:2]
    ),
]


@pytest.mark.parametrize(("march", "back_end", "seed", "bursts"), CASES)
def test_machine_code_equals_the_reference_and_stays_inside_its_arrays(
    march: str, back_end: str, seed: int, bursts: int, tmp_path: Path
) -> None:
    for state, brain in brains(seed).items():
        checked = (march, back_end) == ("rv32imc", "mpy-cross")
        guard = GUARDS[seed % 2] if checked else ""
        core = OnCore(tmp_path / f"{state}.gbn", brain.blob, march, back_end, guard)
        core.equals_the_reference(
            brain.network, RandomStimulus.at_rate(seed, 0.2), bursts,
            f"seed {seed}, {state}, {march} by {back_end}; "
            f"pytest tests/equivalence -k '{march} and {back_end} and {seed}' runs it again",
        )  # fmt: skip


def test_the_emulator_notices_an_access_outside_the_arrays(tmp_path: Path) -> None:
    source = tmp_path / "kernel.py"
    source.write_text(
        "import micropython\n\n\n@micropython.viper\ndef peek(p: ptr8, i: int) -> int:\n"
        "    return p[i]\n"
    )
    for guard, last, beyond in (("after", 15, 16), ("before", 0, -1)):
        machine = emulate.machine("rv32imc", "mpy-cross", source, guard=guard)
        data = bytearray(range(16))
        assert machine.call("kernel.peek", (data, last)) == last
        with pytest.raises(ToolError, match=r"touches 1 bytes at 0x[0-9a-f]+, outside every array"):
            machine.call("kernel.peek", (data, beyond))


def test_the_emulator_refuses_viper_code_that_calls_the_runtime(tmp_path: Path) -> None:
    source = tmp_path / "kernel.py"
    source.write_text(
        "import micropython\n\n\n@micropython.viper\ndef f(a: int, b: int) -> int:\n"
        "    return a // b\n"
    )
    machine = emulate.machine("rv32imc", "mpy-cross", source)
    machine.count()
    with pytest.raises(ToolError, match="calls the runtime"):
        machine.call("kernel.f", (7, 2))
