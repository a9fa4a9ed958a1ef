"""A brain that learns, on four machines: numpy, the real MicroPython, RV32 and Xtensa.

All that is learnt is in the digest, so equal digests are equal weights, synapses and memory.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.analysis.bench.machine import Guard
from ganglion.compiler import Brain, compile_connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus
from tests.support.learning import KINDS, learner
from tests.support.on_core import OnCore
from tests.support.xtensa import needs_xtensa

SEEDS = (0, 2)
BURSTS = 30

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
def brain_of(seed: int, kind: str, state: str) -> Brain:
    connectome = learner(seed, kind, size=5 + 9 * (seed % 4))
    return compile_connectome(connectome, QuantizeOptions(state=state))


def learnt(reference: Reference) -> tuple[int, ...]:
    """How much of each kind is other than at the start."""
    learns = reference.learns
    assert learns is not None
    return (
        sum(int((p.weight != p.described.weight).sum()) for p in learns.projections),
        sum(
            int((p.present != p.described.present).sum())
            for p in learns.projections
            if len(p.described.present)
        ),
        sum(int((m.state > 0).sum()) for m in learns.memories),
        sum(int(m.flags.sum()) for m in learns.memories),
    )


def test_micropython_reproduces_every_golden_vector(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    spikes = count = 0
    for seed in SEEDS:
        for kind in KINDS:
            for state in ("auto", "int32"):
                brain = brain_of(seed, kind, state)
                (tmp_path / f"{seed}-{kind}-{state}.gbn").write_bytes(brain.blob)
                spikes += brain.network.golden.spikes
                count += 1
    lines = micropython(SELF_TEST, tmp_path).decode().splitlines()
    assert len(lines) == count
    assert [line for line in lines if not line.endswith("equal")] == []
    assert spikes > 500, "the networks hardly fire, so the test shows nothing"


CASES = [
    *(pytest.param("rv32imc", "mpy-cross", kind) for kind in KINDS),
    pytest.param("rv32imc", "ganglion", "all"),
    *(
        pytest.param("xtensawin", "mpy-cross", kind, marks=needs_xtensa)
        for kind in ("rules", "driven", "all")
    ),
    pytest.param("xtensawin", "ganglion", "all", marks=needs_xtensa),
]


@pytest.mark.parametrize(("march", "back_end", "kind"), CASES)
def test_machine_code_learns_as_the_reference_does_and_stays_inside_its_arrays(
    march: str, back_end: str, kind: str, tmp_path: Path
) -> None:
    seed = KINDS.index(kind) % 2
    brain = brain_of(seed, kind, "auto" if kind != "twin" else "int32")
    guard: Guard = "after" if (march, back_end) == ("rv32imc", "mpy-cross") else ""
    core = OnCore(tmp_path / "brain.gbn", brain.blob, march, back_end, guard)
    reference = core.equals_the_reference(
        brain.network, RandomStimulus.at_rate(seed, 0.4), BURSTS,
        f"learner({seed}, {kind!r}), {march} by {back_end}; "
        f"pytest tests/equivalence/test_learning.py -k '{march} and {kind}' runs it again",
    )  # fmt: skip
    assert any(learnt(reference))
