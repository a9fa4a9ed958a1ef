"""Comparison: two firing patterns over the neurons of both sides, in figures and in words.

In:  two Sides, a number of bursts, a stimulus.
Out: a Comparison; its first divergence with every step that led to it, on both sides.
Never: a figure over bursts that one side did not see; "identical" of two brains that do not have
       the same neurons, or of less than was to be compared.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError, ToolError, UsageError
from ...network.model import QuantizedNetwork
from ...network.outline import outline
from ...reference.integers import Reference
from ...simulation.engines import FloatEngine
from ...simulation.trained import TrainedEngine
from .shared_inputs import KeyedInputs, NeuronKeys, SharedInputs
from .sides import Fired, OnDevice, Recorded, Side, Simulated, side_of
from .similarity import (
    AreaRates,
    Distances,
    Pattern,
    distances,
    f1,
    f1_tolerant,
    first_difference,
    identical_bursts,
    rates,
)
from .steps import FIRES, steps_of

Ints = NDArray[np.int64]
DEFAULT_BURSTS = 1000


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first burst in which other neurons fired, and one of them, step by step."""

    burst: int
    neurons: int  # how many differ in this burst
    area: str
    voxel: tuple[int, int, int]
    fired_in: str  # A or B
    a: tuple[str, ...]  # steps; empty where a side cannot be computed again
    b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be said of A and B."""

    a: str
    b: str
    bursts: int  # compared: those that both saw
    bursts_left_out: int
    neurons: int  # that both have
    only_in_a: int  # live neurons that B lacks; their spikes count as A's alone
    only_in_b: int
    connectome_a: str  # fingerprints, hexadecimal (SPEC.md 6.1)
    connectome_b: str
    missing_a: str  # what of a recording is not there, in words; "" if it is whole
    missing_b: str
    made_a: str  # how each was made: by what, when, from which brain
    made_b: str
    stimulus: str  # what entered both; "" where two recordings were fed each its own
    spikes_a: int
    spikes_b: int
    similarity: float  # F1 over (neuron, burst)
    similarity_tolerant: float  # ... within one burst
    identical_bursts: float  # share
    distances: Distances | None
    why_no_distances: str
    areas: tuple[AreaRates, ...]
    first_divergence: FirstDifference | None

    @property
    def same_neurons(self) -> bool:
        """Whether neither side has a live neuron that the other lacks."""
        return not self.only_in_a and not self.only_in_b

    @property
    def identical(self) -> bool:
        """Whether the same neurons fired in every burst that was to be compared."""
        return (
            self.first_divergence is None
            and self.same_neurons
            and self.bursts > 0
            and not self.bursts_left_out
            and not self.missing_a
            and not self.missing_b
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the figures must know beside them."""
        said = []
        if not self.same_neurons:
            said.append(
                f"A and B are different brains: {self.only_in_a:,} neurons only in A, "
                f"{self.only_in_b:,} only in B (connectomes {self.connectome_a} and "
                f"{self.connectome_b})"
            )
        elif self.connectome_a != self.connectome_b:
            said.append(
                f"A and B are different brains with the same neurons (connectomes "
                f"{self.connectome_a} and {self.connectome_b})"
            )
        for name, missing in (("A", self.missing_a), ("B", self.missing_b)):
            if missing:
                said.append(f"{name} is not whole: {missing}")
        if self.bursts_left_out:
            said.append(f"{self.bursts_left_out:,} bursts were not seen by both and are left out")
        if not self.spikes_a and not self.spikes_b:
            said.append("no neuron fired on either side: such runs are alike whatever the brains")
        return tuple(said)

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        areas = [{**asdict(area), "error": area.error} for area in self.areas]
        return {
            **asdict(self), "identical": self.identical, "same_neurons": self.same_neurons,
            "remarks": list(self.remarks), "areas": areas,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Compared:
    """A Comparison and what pictures of it are drawn from."""

    result: Comparison
    a: Pattern
    b: Pattern
    network: QuantizedNetwork  # an outline of the live neurons of both
    last: int  # burst


def compare(
    words: tuple[str, str],
    *,
    bursts: int | None = None,
    stimulus: str = "random:1",
    brain: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda label, done, total: None,
) -> Compared:
    """Runs or reads both sides and compares them. `progress` is told a side, bursts done, all."""
    keys = NeuronKeys()
    sides = (side_of(words[0], keys, brain, stimulus), side_of(words[1], keys, brain, stimulus))
    last = _bursts(sides, bursts)
    feed = _feed(sides, stimulus, keys)

    def run(side: Side) -> Fired:
        return side.run(last, feed, lambda done: progress(side.label, done, last))

    return _compared(sides, (run(sides[0]), run(sides[1])), last, feed, keys, _fed(sides, stimulus))


def _fed(sides: tuple[Side, Side], stimulus: str) -> str:
    """What entered both, in words; nothing where two recordings had each its own."""
    recorded = [side for side in sides if isinstance(side, Recorded)]
    if len(recorded) == 2:
        return ""
    if not recorded:
        return stimulus
    words = recorded[0].recording.meta.get("fed_by_host")
    injected = len(recorded[0].ran.injected)
    chosen = str(words or recorded[0].ran.configuration.stimulus or "none")
    return chosen + (f" and {injected:,} injections" if injected and not words else "")


def _bursts(sides: tuple[Side, Side], asked: int | None) -> int:
    recorded = [side.ran.last for side in sides if isinstance(side, Recorded)]
    if asked is not None and recorded and asked > min(recorded):
        raise UsageError(
            f"{asked} bursts were asked for, and a recording has {min(recorded)}",
            f"compare at most {min(recorded)}",
        )
    return asked or (min(recorded) if recorded else DEFAULT_BURSTS)


def _feed(sides: tuple[Side, Side], stimulus: str, keys: NeuronKeys) -> SharedInputs:
    """The stimulus of the side that cannot be told another: recordings first, then devices."""
    simulated = [side for side in sides if isinstance(side, Simulated)]
    for side in sides:
        if isinstance(side, Recorded) and simulated:
            return side.feed()
    for side in sides:
        if isinstance(side, OnDevice):
            return side.feed()
    return simulated[0].feed(stimulus, keys) if simulated else _NoInputs()


class _NoInputs:
    """Two recordings need none."""

    def potentials(self, burst: int) -> tuple[Ints, NDArray[np.float32]]:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)

    def is_of(self, network: QuantizedNetwork) -> bool:
        return False

    def exact(self, burst: int) -> tuple[None, None]:
        return None, None


def _compared(
    sides: tuple[Side, Side],
    fired: tuple[Fired, Fired],
    last: int,
    feed: SharedInputs,
    keys: NeuronKeys,
    fed: str,
) -> Compared:
    shared = np.intersect1d(sides[0].keys, sides[1].keys, assume_unique=True)
    if not len(shared):
        raise UsageError(
            f"{sides[0].label} and {sides[1].label} have no neuron in common",
            "compare runs of one genome",
        )
    live = [side.keys[side.live] for side in sides]
    every = np.union1d(live[0], live[1])
    known = sorted(keys.areas.values(), key=lambda value: value[0])
    network = outline([(info, every[every >> 40 == code] & (1 << 40) - 1) for code, info in known])
    seen = fired[0].seen & fired[1].seen
    a, b = (_pattern(fired[i], sides[i].keys, every, seen) for i in (0, 1))
    n, counted = len(every), int(seen.sum())
    sizes = [(network.areas[p.area].id, p.count) for p in network.populations]
    told: Distances | None = None
    why = ""
    try:
        told = distances(a, b, n, last)
    except ToolError as error:
        why = str(error)
    result = Comparison(
        a=sides[0].label,
        b=sides[1].label,
        bursts=counted,
        bursts_left_out=last - counted,
        neurons=len(np.intersect1d(shared, every, assume_unique=True)),
        only_in_a=len(np.setdiff1d(live[0], sides[1].keys, assume_unique=True)),
        only_in_b=len(np.setdiff1d(live[1], sides[0].keys, assume_unique=True)),
        connectome_a=sides[0].connectome_id,
        connectome_b=sides[1].connectome_id,
        missing_a=sides[0].missing,
        missing_b=sides[1].missing,
        made_a=sides[0].made,
        made_b=sides[1].made,
        stimulus=fed,
        spikes_a=len(a.burst),
        spikes_b=len(b.burst),
        similarity=f1(a, b, n),
        similarity_tolerant=f1_tolerant(a, b, n),
        identical_bursts=identical_bursts(a, b, counted, n),
        distances=told,
        why_no_distances=why,
        areas=rates(a, b, counted, sizes),
        first_divergence=_parting(sides, a, b, network, every, feed),
    )
    return Compared(result, a, b, network, last)


def _pattern(fired: Fired, keys: Ints, every: Ints, seen: NDArray[np.bool_]) -> Pattern:
    """In numbers of the outline, over the bursts that both saw; dead neurons left out."""
    mine = keys[fired.neuron]
    at = np.minimum(np.searchsorted(every, mine), len(every) - 1)
    kept = (every[at] == mine) & seen[fired.burst - 1]
    return Pattern.of(fired.burst[kept], at[kept])


def _parting(
    sides: tuple[Side, Side], a: Pattern, b: Pattern, network: QuantizedNetwork, every: Ints,
    feed: SharedInputs,
) -> FirstDifference | None:  # fmt: skip
    found = first_difference(a, b, len(every))
    if found is None:
        return None
    burst, only_a, only_b = found
    neuron = int(np.concatenate([only_a, only_b]).min())
    area, voxel, _ = network.describe(neuron)
    in_a = neuron in only_a
    told = [
        _steps(side, burst, int(every[neuron]), feed, fires)
        for side, fires in zip(sides, (in_a, not in_a), strict=True)
    ]
    return FirstDifference(
        burst=burst,
        neurons=len(only_a) + len(only_b),
        area=area,
        voxel=voxel,
        fired_in="A" if in_a else "B",
        a=tuple(told[0]),
        b=tuple(told[1]),
    )


def _steps(side: Side, burst: int, key: int, feed: SharedInputs, fires: bool) -> list[str]:
    """The side again, up to that burst, looking at one neuron."""
    if key not in side.keys:
        return [f"{side.label} has no such neuron"]
    if isinstance(side, Recorded | OnDevice):
        try:
            feed = side.feed()
        except RecordingError:  # it does not know its inputs
            return []
    engine = side.again()
    take = KeyedInputs(side.keys, getattr(side, "network", None), feed)
    for _ in range(burst - 1):
        take.step(engine)
    assert isinstance(engine, FloatEngine | Reference | TrainedEngine)
    steps = steps_of(engine, take, int(np.flatnonzero(side.keys == key)[0]))
    if (steps[-1] == FIRES) != fires:
        steps.append(f"so the reference; but {side.label} did otherwise: verify it")
    return steps
