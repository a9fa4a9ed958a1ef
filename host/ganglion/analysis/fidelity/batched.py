"""Batched: the integer runs of many comparisons at once, on PyTorch, equal to our own in every bit.

In:  brains of one connectome, each with its stimulus and float32's run of it.
Out: per brain, two recorded runs, closed and open loop, which `measure` follows.
Never: brains of unlike shape in one batch: each kind has its own.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...compiler import Brain
from ...connectome.model import Connectome
from ...errors import UsageError
from ...reference.real import Drawn, RealStimulus
from ...simulation.accelerators.torch_batch import Batch, kind_of, torch_package
from ...simulation.engines import Addressed
from .cause import psp_of
from .measure import Indices, ReferenceRun

ENGINE = "torch"


@dataclass(frozen=True)
class Comparison:
    """One brain to be compared."""

    brain: Brain
    stimulus: RealStimulus
    reference: ReferenceRun


@dataclass
class Recorded:
    """A run that is over, as measure.Follower: each call gives its next burst."""

    fired: list[Indices] = field(default_factory=list)
    psps: list[dict[int, float]] = field(default_factory=list)
    clamped: int = 0
    burst: int = 0

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices:
        self.burst += 1
        return self.fired[self.burst - 1]

    def psp(self, neuron: int) -> float:
        return self.psps[self.burst - 1][neuron]


def device_of(engine: str) -> str:
    """torch's word for the device of `torch` or `torch:DEVICE`.

    Raises UsageError for another word, ToolError without torch.
    """
    kind, _, device = engine.partition(":")
    if kind != ENGINE:
        raise UsageError(f"the engine {engine!r} is unknown", "use torch or torch:DEVICE")
    torch_package()
    return device or "cpu"


def run(
    connectome: Connectome, comparisons: Sequence[Comparison], bursts: int, device: str = "cpu"
) -> list[tuple[Recorded, Recorded]]:
    """The closed and the open loop of each, in their order.

    Raises UsageError for a device that torch does not have, or a brain with a rule that the engine
    does not compute.
    """
    kinds: dict[object, list[int]] = defaultdict(list)
    for i, comparison in enumerate(comparisons):
        kinds[kind_of(comparison.brain.network)].append(i)
    found = [(Recorded(), Recorded()) for _ in comparisons]
    for members in kinds.values():
        _run([comparisons[i] for i in members], [found[i] for i in members], bursts, device,
             connectome)  # fmt: skip
    return found


def _run(
    comparisons: Sequence[Comparison], found: Sequence[tuple[Recorded, Recorded]], bursts: int,
    device: str, connectome: Connectome,
) -> None:  # fmt: skip
    batch = Batch([c.brain.network for c in comparisons for _ in range(2)], device)
    inside = [Addressed(c.brain.network, c.brain.quantization.neuron) for c in comparisons]
    shape = len(batch.networks), batch.neurons
    for burst in range(1, bursts + 1):
        stimulus, injected = np.zeros((2, *shape), dtype=np.int64)
        hit, before = np.zeros((2, *shape), dtype=bool)
        for i, (comparison, mine) in enumerate(zip(comparisons, inside, strict=True)):
            rows = slice(2 * i, 2 * i + 2)
            for given, onto in zip(
                mine.given(comparison.stimulus, burst), (stimulus, injected), strict=True
            ):
                _put(given, onto[rows], hit[rows])
            if burst > 1:
                number, kept = mine.within(comparison.reference.fired[burst - 2])
                before[2 * i + 1, number[kept]] = True
        batch.fired[1::2] = batch.tensor(before[1::2])
        fired = batch.step(stimulus, injected, hit).cpu().numpy()
        psp = batch.psp.cpu().numpy() if any(c.reference.psp for c in comparisons) else None
        for i, (comparison, mine) in enumerate(zip(comparisons, inside, strict=True)):
            for k, run in enumerate(found[i]):
                run.fired.append(mine.outside(np.flatnonzero(fired[2 * i + k])))
                run.clamped = mine.clamped
            closed = found[i][0]
            if psp is not None and comparison.reference.psp:
                closed.psps.append(
                    psp_of(connectome, closed.fired[-1], partial(_psp, psp[2 * i], mine))
                )


def _psp(values: Indices, addressed: Addressed, neuron: int) -> float:
    return float(values[addressed.within(np.array([neuron]))[0][0]])


def _put(given: Drawn | None, onto: Indices, hit: NDArray[np.bool_]) -> None:
    """The same for both loops of a brain."""
    if given is not None:
        onto[:, given[0]] = given[1]
        hit[:, given[0]] = True
