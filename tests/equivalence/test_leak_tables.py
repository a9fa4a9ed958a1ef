"""Where a board has room it looks up what a leak leaves; with or without, digests are equal."""

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Connectome, Dynamics
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tests.support.on_core import OnCore
from tests.support.xtensa import needs_xtensa

WORDS, EVERY, TABLE = 32, 5, 13  # of a row of a population; its kind; where its table lies
STIMULUS = RandomStimulus.at_rate(3, 0.3)


def leaking(state: str = "int16") -> Brain:
    """Nine populations of every_burst that leak nothing, little, much or all; some have fewer
    neurons than are worth a table."""
    c: Connectome = synthetic.network(300, 8, dynamics=Dynamics.EVERY_BURST, gain=3)
    leaks = np.array([0, 0.01, 0.1, 0.1, 0.6, 1], np.float32)
    leak = leaks[np.arange(len(c.area)) * 6 // len(c.area)]
    leak[c.area == 0] = 0
    options = QuantizeOptions(state=state, anywhere=True)
    return compile_connectome(replace(c, leak=leak), options)


def tables(device: object) -> list[int]:
    """Where the tables of its populations of every_burst lie."""
    net = device.net  # type: ignore[attr-defined]
    rows = range(net.n_populations)
    return [net.populations[WORDS * i + TABLE] for i in rows if net.kinds[i] == EVERY]


CORES = [
    ("rv32imc", "mpy-cross", "after"), ("rv32imc", "mpy-cross", "before"),
    ("rv32imc", "ganglion", "after"),
    pytest.param("xtensawin", "mpy-cross", "", marks=needs_xtensa),
    pytest.param("xtensawin", "ganglion", "", marks=needs_xtensa),
]  # fmt: skip


@pytest.mark.parametrize(("march", "back_end", "guard"), CORES)
def test_machine_code_that_looks_leaks_up_equals_the_reference(
    march: str, back_end: str, guard: str, tmp_path: Path
) -> None:
    brain = leaking()
    core = OnCore(tmp_path / "brain.gbn", brain.blob, march, back_end, guard)  # type: ignore[arg-type]
    found = tables(core.device)
    assert 0 in found and sum(at > 0 for at in found) > 4, "some have a table, some have none"
    assert len(core.device.net.populations) > WORDS * core.device.net.n_populations
    reference = core.equals_the_reference(brain.network, STIMULUS, 40, f"{march}, {back_end}")
    assert reference.spikes > 500 and (reference.potential < 0).any()


@pytest.mark.parametrize("why", ["full", "wide"])
def test_a_board_that_is_full_and_a_wide_brain_compute_the_leak(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brain = leaking("int32" if why == "wide" else "int16")
    if why == "full":
        monkeypatch.setattr(gc, "mem_free", lambda: 45_000, raising=False)
    core = OnCore(tmp_path / "brain.gbn", brain.blob, "rv32imc", "ganglion", "")
    assert not any(tables(core.device))
    core.equals_the_reference(brain.network, STIMULUS, 20, why)


def test_micropython_makes_the_tables_and_reproduces_the_golden_vector(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    (tmp_path / "brain.gbn").write_bytes(leaking().blob)
    said = micropython(PROGRAM, tmp_path).decode().split()
    assert said == ["True", "True", "True"]


PROGRAM = f"""
import sys
from ganglion.brain import Brain
from ganglion.load.net import load
net = load("brain.gbn")
rows = range(net.n_populations)
places = [net.populations[{WORDS} * i + {TABLE}] for i in rows if net.kinds[i] == {EVERY}]
print(0 in places and sum(at > 0 for at in places) > 4, Brain(net).self_test() is None)
print("ganglion.kernel.leaks" not in sys.modules)  # its code takes no memory of a run
"""
