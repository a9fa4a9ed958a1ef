"""Fidelity: how far a brain in integers fires like its genome in float32.

In:  a connectome, how to quantize it, a stimulus, a number of bursts.
Out: a Fidelity: F1, identical bursts, first divergence with its cause, rates, open loop, chaos.
Never: a figure over other neurons than those that the brain keeps.

F1 is 2·both / (spikes of one + spikes of the other) over (neuron, burst); 1 if neither fired.
Open loop: the float32 spikes are what propagates in the integers too, so that one early
difference is counted once and not for ever. Chaos floor: the F1 of float32 against float32 in
which one input arrives larger by one unit in the last place: no rounding can be asked to do
better. It is an input of a neuron that keeps it; when it has died out, the next one is moved.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...compiler import Brain, Draft, draft
from ...connectome.model import Connectome
from ...connectome.selection import live_neurons
from ...quantization.options import QuantizeOptions
from ...reference.floats import FloatReference
from ...reference.real import RealStimulus
from ...simulation.engines import FloatEngine, IntegerEngine
from .cause import RoundingCause, TwoRuns, explain, psp_of

Indices = NDArray[np.int64]
Progress = Callable[[int], None]
EARLY = 100  # bursts in which chaos has not had its time


@dataclass(frozen=True, slots=True)
class AreaRate:
    """How often one area fired in both."""

    area: str
    exact: bool
    spikes_f32: int
    spikes_int: int
    rate_error: float  # (int − f32) / f32; 0 if neither fired, 1 if only the integers did


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What a comparison found."""

    bursts: int
    stimulus: str
    state: str
    weights: str
    lossless: bool
    f1: float
    f1_early: float
    identical_bursts: float
    open_loop: float
    chaos_floor: float
    spikes_f32: int
    spikes_int: int
    exact_areas: int
    clamped_inputs: int
    first_divergence: RoundingCause | None
    areas: tuple[AreaRate, ...]

    def as_dict(self) -> dict[str, object]:
        """Everything, JSON-ready."""
        return asdict(self)


@dataclass(frozen=True)
class ReferenceRun:
    """float32's run, recorded: fired neurons and mp-driven PSPs by burst (index b − 1)."""

    fired: list[Indices]
    psp: list[dict[int, float]]
    chaos_floor: float


class Follower(Protocol):
    """What runs the integers, by connectome indices."""

    @property
    def clamped(self) -> int: ...

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices: ...

    def psp(self, neuron: int) -> float: ...


class Score:
    """Counts agreement, burst by burst."""

    def __init__(self) -> None:
        self.both = self.first = self.second = self.same = self.bursts = 0

    def add(self, a: Indices, b: Indices) -> bool:
        """Takes up the fired sets of one burst; says whether they are equal."""
        both = len(np.intersect1d(a, b, assume_unique=True))
        self.both += both
        self.first += len(a)
        self.second += len(b)
        self.bursts += 1
        same = both == len(a) == len(b)
        self.same += same
        return same

    @property
    def f1(self) -> float:
        total = self.first + self.second
        return 2 * self.both / total if total else 1.0

    @property
    def identical(self) -> float:
        return self.same / self.bursts if self.bursts else 1.0


def options_for(stimulus: RealStimulus, state: str = "auto", **more: object) -> QuantizeOptions:
    """Options that suit a stimulus: what kind of numbers it gives, how large, which signs."""
    return QuantizeOptions(
        state=state,
        inputs=stimulus.kind,
        negative_inputs=stimulus.negative,
        maximum=stimulus.maximum,
        **more,  # type: ignore[arg-type]
    )


def record(connectome: Connectome, stimulus: RealStimulus, bursts: int) -> ReferenceRun:
    """float32's own run, and its chaos floor."""
    engine = FloatEngine(connectome)
    nudged = FloatEngine(connectome)
    kept = np.zeros(connectome.n_neurons, dtype=bool)
    kept[live_neurons(connectome)] = True
    score = Score()
    fired: list[Indices] = []
    psp: list[dict[int, float]] = []
    driven = any(a.mp_driven_psp for a in connectome.areas)
    for _ in range(bursts):
        now = engine.follow(stimulus)
        fired.append(now[kept[now]])
        if driven:
            psp.append(psp_of(connectome, now, engine.psp))
        other = nudged.follow(stimulus)
        score.add(fired[-1], other[kept[other]])
        _nudge(engine.reference, nudged.reference)
    return ReferenceRun(fired, psp, score.f1)


def _nudge(original: FloatReference, other: FloatReference) -> None:
    """Moves one potential that `other` keeps by one unit in the last place, if both are equal."""
    v = other.potential
    if not np.array_equal(v, original.potential):
        return
    if not np.array_equal(other.consecutive_fires, original.consecutive_fires):
        return
    keeps = np.flatnonzero(v)
    if len(keeps):
        n = keeps[other.burst % len(keeps)]
        v[n] = np.nextafter(v[n], np.float32(np.inf))


def measure(
    connectome: Connectome,
    stimulus: RealStimulus,
    bursts: int,
    options: QuantizeOptions | None = None,
    *,
    reference: ReferenceRun | None = None,
    brain: Brain | Draft | None = None,
    engines: tuple[Follower, Follower] | None = None,
    progress: Progress = lambda burst: None,
) -> Fidelity:
    """Compare a brain with float32. Raises what compiling raises.

    `engines` run it in place of two of our own: closed loop, and open loop.
    """
    options = options or options_for(stimulus)
    brain = brain or draft(connectome, options)
    reference = reference or record(connectome, stimulus, bursts)
    note, network = brain.quantization, brain.network
    closed, opened = engines or (
        IntegerEngine(network, note.neuron, 2 * bursts),
        IntegerEngine(network, note.neuron, 2 * bursts),
    )
    score, early, loop = Score(), Score(), Score()
    spikes_int: NDArray[np.int64] = np.zeros(len(connectome.areas), dtype=np.int64)
    spikes_f32 = spikes_int.copy()
    psp: list[dict[int, float]] = []
    divergence: RoundingCause | None = None
    for burst in range(1, bursts + 1):
        expected = reference.fired[burst - 1]
        fired = closed.follow(stimulus)
        if reference.psp and divergence is None:
            psp.append(psp_of(connectome, fired, closed.psp))
        same = score.add(expected, fired)
        if burst <= EARLY:
            early.add(expected, fired)
        if not same and divergence is None:
            past = TwoRuns(reference.fired, stimulus.inputs, reference.psp, psp)
            divergence = explain(connectome, brain, past, burst, expected, fired)
        before = reference.fired[burst - 2] if burst > 1 else expected[:0]
        loop.add(expected, opened.follow(stimulus, before))
        np.add.at(spikes_int, connectome.area[fired], 1)
        np.add.at(spikes_f32, connectome.area[expected], 1)
        progress(burst)
    rates = tuple(
        AreaRate(
            connectome.areas[i].id, scale.exact, int(spikes_f32[i]), int(spikes_int[i]),
            _relative(int(spikes_f32[i]), int(spikes_int[i])),
        )
        for i, scale in zip(note.areas, note.scales, strict=True)
    )  # fmt: skip
    return Fidelity(
        bursts=bursts,
        stimulus=stimulus.name,
        state=f"int{network.state}",
        weights=options.weights,
        lossless=note.lossless,
        f1=score.f1,
        f1_early=early.f1,
        identical_bursts=score.identical,
        open_loop=loop.f1,
        chaos_floor=reference.chaos_floor,
        spikes_f32=score.first,
        spikes_int=score.second,
        exact_areas=sum(scale.exact for scale in note.scales),
        clamped_inputs=closed.clamped,
        first_divergence=divergence,
        areas=rates,
    )


def _relative(reference: int, found: int) -> float:
    if reference:
        return (found - reference) / reference
    return 1.0 if found else 0.0
