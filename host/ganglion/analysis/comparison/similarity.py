"""Similarity: how alike two firing patterns are, in figures that the field knows.

In:  two Patterns over the same neurons and the same bursts.
Out: F1 with and without tolerance, identical bursts, rates by area, spike-train distances.
Never: simulates; compares a burst that one of the two did not see.

F1 is 2·both / (spikes of one + spikes of the other), over (neuron, burst); 1 if neither fired.
With tolerance, a spike may be paired with one of the same neuron in the burst before or after,
each at most once, so that as many as possible are paired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError

Ints = NDArray[np.int64]
TIME_SCALE = 2.0  # bursts: van Rossum's τ, and 1/q of Victor and Purpura
MOST_NEURONS = 200  # whose distances are computed: those that differ most
MOST_BURSTS = 2_000  # ... over the first so many


@dataclass(frozen=True, eq=False)
class Pattern:
    """Who fired when: S spikes, each once, sorted by burst, then neuron."""

    burst: Ints  # (S,)
    neuron: Ints  # (S,)

    @classmethod
    def of(cls, burst: Ints, neuron: Ints) -> "Pattern":
        """Sorted, from any order."""
        order = np.lexsort((neuron, burst))
        return cls(burst[order], neuron[order])

    def key(self, neurons: int) -> Ints:
        """(S,) one number per (burst, neuron), ascending."""
        result: Ints = self.burst * neurons + self.neuron
        return result


@dataclass(frozen=True, slots=True)
class AreaRates:
    """How often an area's neurons fired, in % per burst, in A and in B."""

    area: str
    neurons: int
    a: float
    b: float

    @property
    def error(self) -> float:
        """(B − A) / A; 0 if neither fired, 1 if only B did."""
        if self.a:
            return (self.b - self.a) / self.a
        return 1.0 if self.b else 0.0


@dataclass(frozen=True, slots=True)
class Distances:
    """Spike-train distances, one neuron at a time. Time is counted in bursts.

    Over the neurons whose trains differ, at most MOST_NEURONS of them (those that differ most) and
    MOST_BURSTS bursts; the mean is over those. All other trains that are equal are at distance 0.
    """

    van_rossum_mean: float
    van_rossum_max: float
    victor_purpura_mean: float
    victor_purpura_max: float
    worst_neuron: int
    computed: int  # neurons
    differing: int  # neurons, of which only the most different were computed
    bursts: int
    time_scale: float = TIME_SCALE


def f1(a: Pattern, b: Pattern, neurons: int) -> float:
    """Agreement over (neuron, burst)."""
    both = len(np.intersect1d(a.key(neurons), b.key(neurons), assume_unique=True))
    return _score(both, len(a.burst), len(b.burst))


def f1_tolerant(a: Pattern, b: Pattern, neurons: int, tolerance: int = 1) -> float:
    """Agreement where a spike may come up to `tolerance` bursts early or late."""
    odd = _odd_neurons(a, b, neurons)
    in_a, in_b = odd[a.neuron], odd[b.neuron]
    paired = int((~in_a).sum())  # trains that are equal pair off entirely
    trains_b = dict(_trains(b, in_b))
    for neuron, mine in _trains(a, in_a):
        other = trains_b.get(neuron)
        if other is not None:
            paired += _pairs(mine.tolist(), other.tolist(), tolerance)
    return _score(paired, len(a.burst), len(b.burst))


def identical_bursts(a: Pattern, b: Pattern, bursts: int, neurons: int) -> float:
    """The share of bursts in which exactly the same neurons fired."""
    odd = np.setxor1d(a.key(neurons), b.key(neurons), assume_unique=True)
    return 1.0 - len(np.unique(odd // neurons)) / bursts if bursts else 1.0


def first_difference(a: Pattern, b: Pattern, neurons: int) -> tuple[int, Ints, Ints] | None:
    """The first burst that differs, and the neurons that fired only in A, and only in B."""
    ours, theirs = a.key(neurons), b.key(neurons)
    odd = np.setxor1d(ours, theirs, assume_unique=True)
    if not len(odd):
        return None
    burst = int(odd[0]) // neurons
    here = odd[odd // neurons == burst]
    only_a = np.isin(here, ours)
    return burst, here[only_a] % neurons, here[~only_a] % neurons


def rates(
    a: Pattern, b: Pattern, bursts: int, areas: list[tuple[str, int]]
) -> tuple[AreaRates, ...]:
    """`areas` are names and sizes, in the order of their neurons."""
    sizes = np.array([size for _, size in areas], dtype=np.int64)
    ends = np.cumsum(sizes)
    result = []
    for i, (name, size) in enumerate(areas):
        percent = [
            100.0 * int(((p.neuron >= ends[i] - size) & (p.neuron < ends[i])).sum())
            / max(1, size * bursts)
            for p in (a, b)
        ]  # fmt: skip
        result.append(AreaRates(name, size, *percent))
    return tuple(result)


def distances(a: Pattern, b: Pattern, neurons: int, bursts: int) -> Distances:
    """Van Rossum's and Victor and Purpura's, from Elephant. Raises ToolError if it is needed, since
    trains differ, and not here."""
    bursts = min(bursts, MOST_BURSTS)
    key_a, key_b = a.key(neurons), b.key(neurons)
    odd_keys = np.setxor1d(key_a, key_b, assume_unique=True)
    odd_keys = odd_keys[odd_keys // neurons <= bursts]
    if not len(odd_keys):
        return Distances(0.0, 0.0, 0.0, 0.0, -1, 0, 0, bursts)
    try:
        import quantities as pq
        from elephant.spike_train_dissimilarity import (
            van_rossum_distance,
            victor_purpura_distance,
        )
        from neo import SpikeTrain
    except ModuleNotFoundError as error:
        raise ToolError(
            f"spike-train distances need {error.name}, which is not installed",
            "`pip install 'ganglion[neo]'`",
        ) from None
    odd, count = np.unique(odd_keys % neurons, return_counts=True)
    chosen = odd[np.lexsort((odd, -count))][:MOST_NEURONS]
    trains = [dict(_trains(p, p.burst <= bursts)) for p in (a, b)]
    rossum, purpura = np.zeros(len(chosen)), np.zeros(len(chosen))
    for i, neuron in enumerate(chosen.tolist()):
        pair = [
            SpikeTrain(t.get(neuron, _NONE).astype(float), units=pq.s, t_stop=bursts + 1)
            for t in trains
        ]
        rossum[i] = van_rossum_distance(pair, time_constant=TIME_SCALE * pq.s)[0, 1]
        purpura[i] = victor_purpura_distance(pair, cost_factor=pq.Hz / TIME_SCALE)[0, 1]
    return Distances(
        van_rossum_mean=float(rossum.mean()),
        van_rossum_max=float(rossum.max()),
        victor_purpura_mean=float(purpura.mean()),
        victor_purpura_max=float(purpura.max()),
        worst_neuron=int(chosen[np.argmax(purpura)]),
        computed=len(chosen),
        differing=len(odd),
        bursts=bursts,
    )


_NONE = np.zeros(0, dtype=np.int64)


def _score(both: int, a: int, b: int) -> float:
    return 2 * both / (a + b) if a + b else 1.0


def _odd_neurons(a: Pattern, b: Pattern, neurons: int) -> NDArray[np.bool_]:
    """(neurons,) whether a neuron's trains differ."""
    odd = np.setxor1d(a.key(neurons), b.key(neurons), assume_unique=True)
    result = np.zeros(neurons, dtype=np.bool_)
    result[odd % neurons] = True
    return result


def _trains(p: Pattern, which: NDArray[np.bool_]) -> list[tuple[int, Ints]]:
    """Neuron by neuron, the bursts of the spikes chosen, ascending."""
    neuron, burst = p.neuron[which], p.burst[which]
    order = np.lexsort((burst, neuron))
    neuron, burst = neuron[order], burst[order]
    cuts = np.flatnonzero(np.diff(neuron)) + 1
    parts = np.split(burst, cuts)
    names = neuron[np.concatenate([[0], cuts])] if len(neuron) else neuron
    return list(zip(names.tolist(), parts, strict=False)) if len(neuron) else []


def _pairs(a: list[int], b: list[int], tolerance: int) -> int:
    """The most pairs within tolerance: both trains in order, the earliest partner each."""
    i = j = paired = 0
    while i < len(a) and j < len(b):
        if a[i] < b[j] - tolerance:
            i += 1
        elif b[j] < a[i] - tolerance:
            j += 1
        else:
            paired += 1
            i += 1
            j += 1
    return paired
