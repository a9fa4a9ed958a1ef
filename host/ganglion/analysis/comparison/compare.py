"""Comparison: two firing patterns over the neurons that both have, in figures and in words.

In:  two Sides, a number of bursts, a stimulus.
Out: a Comparison; its first divergence with every step that led to it, on both sides.
Never: a figure over bursts that one side did not see, or over neurons that one side lacks.
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
from .feeds import Feed, KeyedInputs, NeuronKeys
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
    neurons: int  # compared: those that both have
    only_in_a: int  # neurons that B lacks
    only_in_b: int
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
    def identical(self) -> bool:
        return self.first_divergence is None

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        areas = [{**asdict(area), "error": area.error} for area in self.areas]
        return {**asdict(self), "identical": self.identical, "areas": areas}


@dataclass(frozen=True, eq=False)
class Compared:
    """A Comparison and what pictures of it are drawn from."""

    result: Comparison
    a: Pattern
    b: Pattern
    network: QuantizedNetwork  # an outline of the neurons compared
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

    return _compared(sides, (run(sides[0]), run(sides[1])), last, feed, keys)


def _bursts(sides: tuple[Side, Side], asked: int | None) -> int:
    recorded = [side.ran.last for side in sides if isinstance(side, Recorded)]
    if asked is not None and recorded and asked > min(recorded):
        raise UsageError(
            f"{asked} bursts were asked for, and a recording has {min(recorded)}",
            f"compare at most {min(recorded)}",
        )
    return asked or (min(recorded) if recorded else DEFAULT_BURSTS)


def _feed(sides: tuple[Side, Side], stimulus: str, keys: NeuronKeys) -> Feed:
    """The stimulus of the side that cannot be told another: recordings first, then devices."""
    simulated = [side for side in sides if isinstance(side, Simulated)]
    for side in sides:
        if isinstance(side, Recorded) and simulated:
            return side.feed()
    for side in sides:
        if isinstance(side, OnDevice):
            return side.feed()
    return simulated[0].feed(stimulus, keys) if simulated else _NoFeed()


class _NoFeed:
    """Two recordings need none."""

    def potentials(self, burst: int) -> tuple[Ints, NDArray[np.float32]]:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)

    def is_of(self, network: QuantizedNetwork) -> bool:
        return False

    def exact(self, burst: int) -> tuple[None, None]:
        return None, None


def _compared(
    sides: tuple[Side, Side], fired: tuple[Fired, Fired], last: int, feed: Feed, keys: NeuronKeys
) -> Compared:
    shared = np.intersect1d(sides[0].keys, sides[1].keys, assume_unique=True)
    if not len(shared):
        raise UsageError(
            f"{sides[0].label} and {sides[1].label} have no neuron in common",
            "compare runs of one genome",
        )
    known = sorted(keys.areas.values(), key=lambda value: value[0])
    network = outline(
        [(info, shared[shared >> 40 == code] & (1 << 40) - 1) for code, info in known]
    )
    seen = fired[0].seen & fired[1].seen
    a, b = (_pattern(fired[i], sides[i].keys, shared, seen) for i in (0, 1))
    n, counted = len(shared), int(seen.sum())
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
        neurons=n,
        only_in_a=len(sides[0].keys) - n,
        only_in_b=len(sides[1].keys) - n,
        spikes_a=len(a.burst),
        spikes_b=len(b.burst),
        similarity=f1(a, b, n),
        similarity_tolerant=f1_tolerant(a, b, n),
        identical_bursts=identical_bursts(a, b, counted, n),
        distances=told,
        why_no_distances=why,
        areas=rates(a, b, counted, sizes),
        first_divergence=_parting(sides, a, b, network, shared, feed),
    )
    return Compared(result, a, b, network, last)


def _pattern(fired: Fired, keys: Ints, shared: Ints, seen: NDArray[np.bool_]) -> Pattern:
    """In numbers of the shared neurons, over the bursts that both saw."""
    mine = keys[fired.neuron]
    at = np.minimum(np.searchsorted(shared, mine), len(shared) - 1)
    kept = (shared[at] == mine) & seen[fired.burst - 1]
    return Pattern.of(fired.burst[kept], at[kept])


def _parting(
    sides: tuple[Side, Side], a: Pattern, b: Pattern, network: QuantizedNetwork, shared: Ints,
    feed: Feed,
) -> FirstDifference | None:  # fmt: skip
    found = first_difference(a, b, len(shared))
    if found is None:
        return None
    burst, only_a, only_b = found
    neuron = int(np.concatenate([only_a, only_b]).min())
    area, voxel, _ = network.describe(neuron)
    in_a = neuron in only_a
    told = [
        _steps(side, burst, int(shared[neuron]), feed, fires)
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


def _steps(side: Side, burst: int, key: int, feed: Feed, fires: bool) -> list[str]:
    """The side again, up to that burst, looking at one neuron."""
    if isinstance(side, Recorded | OnDevice):
        try:
            feed = side.feed()
        except RecordingError:  # it does not know its inputs
            return []
    engine = side.again()
    take = KeyedInputs(side.keys, getattr(side, "network", None), feed)
    for _ in range(burst - 1):
        take.step(engine)
    assert isinstance(engine, FloatEngine | Reference)
    steps = steps_of(engine, take, int(np.flatnonzero(side.keys == key)[0]))
    if (steps[-1] == FIRES) != fires:
        steps.append(f"so the reference; but {side.label} did otherwise: verify it")
    return steps
