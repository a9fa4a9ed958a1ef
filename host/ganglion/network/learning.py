"""NetworkLearning: what a QuantizedNetwork changes while it runs, in integers (SPEC.md, 11).

In:  what quantize_learning.py computed, or what blob_learning.py read.
Out: frozen records and arrays, named as in SPEC.md.
Never: state: weights here are the first ones.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .model import QuantizedNetwork

Ints = NDArray[np.int64]
LISTED, ALL_PAIRS, ASSOCIATIVE = 0, 1, 2  # forms of a projection
MOST_WEIGHT = 255
LONGEST_WINDOW = 127
DEEPEST = 255
LONGEST_LIFE = 2**30
MOST_LISTED = 65_535
MOST_PLACES = 2**20
NOBODY = 0xFFFF
CLOSED = 255  # in place of the weight of a place that is not present and never will be


@dataclass(frozen=True, slots=True)
class Rule:
    """How the plastic synapses from one area to another change (SPEC 11.1)."""

    source: int  # area of the network
    target: int
    window: int
    up: int
    down: int
    associative: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """Plastic synapses of a rule that are alike, to neurons of one zone.

    `begin` and `target` are of a listed one: those of its i-th source are begin[i]..begin[i + 1].
    """

    rule: int
    zone: int
    multiplier: int
    cap: int
    sign: int  # 1 or -1
    shift: int
    form: int
    mp_driven: bool
    weight: NDArray[np.uint8]  # (places,)
    begin: NDArray[np.uint16]  # (sources + 1,) or (0,)
    target: NDArray[np.uint16]  # (places,) or (0,)
    present: NDArray[np.bool_]  # (places,) of an associative one, else (0,)

    @property
    def places(self) -> int:
        return len(self.weight)


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory area: its slots, and what it looks at."""

    area: int  # of the network, whose neurons are the slots
    depth: int
    upstream: tuple[int, ...]  # areas of the network, ascending
    init: int
    growth: int
    longterm: int


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one memory area as a run begins, or as one left them (SPEC 11.3)."""

    alive: NDArray[np.uint8]  # (slots,) 0 free, 1 living, 3 long-term
    life: NDArray[np.int64]  # (slots,)
    pattern: NDArray[np.uint32]  # (slots, depth, words of a frame)


@dataclass(frozen=True, slots=True)
class Twin:
    """What plays back one upstream area of a memory area."""

    memory: int  # number of the memory area
    upstream: int  # number in its list
    amount: int
    cap: int
    plays: NDArray[np.uint16]  # per neuron of the upstream area; NOBODY = none


@dataclass(frozen=True, slots=True)
class NetworkLearning:
    """All of it. Rules, projections, memories and twins are in the order of SPEC 11.7."""

    rules: tuple[Rule, ...] = ()
    projections: tuple[Projection, ...] = ()
    memories: tuple[Memory, ...] = ()
    twins: tuple[Twin, ...] = ()
    slots: tuple[Slots, ...] = ()  # of each memory area; empty = all are free

    def __bool__(self) -> bool:
        return bool(self.rules or self.memories)

    def windows(self) -> dict[int, int]:
        """The longest window of each area that has a history."""
        found: dict[int, int] = {}
        for rule in self.rules:
            for area in (rule.source, rule.target):
                found[area] = max(found.get(area, 0), rule.window)
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the places of a projection lie: (places,) each; those of source i of the source area
    are rows[i]..rows[i + 1] - 1, and `first` is source 0."""

    source: Ints
    target: Ints
    rows: Ints
    first: int


def places_of(network: "QuantizedNetwork", projection: Projection) -> Places:
    """The source and the target of each place of a projection."""
    from .zones import zones_of  # zones read populations, which are beside this in model.py

    sources = area_neurons(network, network.learning.rules[projection.rule].source)
    each = np.arange(sources.start, sources.stop)
    if projection.form == LISTED:
        rows: Ints = projection.begin.astype(np.int64)
        return Places(
            np.repeat(each, rows[1:] - rows[:-1]), projection.target.astype(np.int64), rows,
            sources.start,
        )  # fmt: skip
    zone = zones_of(network.populations)[projection.zone]
    size = zone.stop - zone.first
    return Places(
        np.repeat(each, size), np.tile(np.arange(zone.first, zone.stop), len(each)),
        np.arange(len(each) + 1) * size, sources.start,
    )  # fmt: skip


def area_neurons(network: "QuantizedNetwork", area: int) -> range:
    """The neurons of an area of the network."""
    mine = [p for p in network.populations if p.area == area]
    return range(mine[0].first, mine[-1].stop)


def largest_of(network: "QuantizedNetwork") -> tuple[Ints, Ints]:
    """Targets and largest contributions, with their sign, of all that learning can add."""
    targets, amounts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    learning = network.learning
    for described in learning.projections:
        target = places_of(network, described).target
        if described.form == ASSOCIATIVE:
            grows = learning.rules[described.rule].up > 0
            target = target[described.present | (grows & (described.weight != CLOSED))]
        targets.append(target)
        amounts.append(np.full(len(target), described.sign * described.cap, dtype=np.int64))
    for twin in learning.twins:
        depth = learning.memories[twin.memory].depth
        played = twin.plays[twin.plays != NOBODY].astype(np.int64)
        targets.append(played)
        amounts.append(np.full(len(played), min(depth * twin.amount, twin.cap), dtype=np.int64))
    return np.concatenate(targets), np.concatenate(amounts)
