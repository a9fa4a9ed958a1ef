"""Quantize learning: rules, projections, memories and twins of a connectome, in integers.

In:  a Connectome that learns, the scale of each area, where each neuron went.
Out: a NetworkLearning (SPEC.md, 11.6 and 11.7), and what of it can be lost.
Never: rounds where the unit is exact; lets a weight or a place be unaccounted for in the proof.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..connectome.learning import MemoryArea, PlasticRule
from ..connectome.model import Connectome
from ..errors import DoesNotFitError
from ..network.learning import (
    ALL_PAIRS,
    ASSOCIATIVE,
    CLOSED,
    LISTED,
    LONGEST_LIFE,
    MOST_LISTED,
    NOBODY,
    Memory,
    NetworkLearning,
    Projection,
    Rule,
    Twin,
)
from ..network.model import Population
from ..network.zones import Zone, zone_of_neurons, zones_of
from .learning_contributions import largest
from .lossless import Inexactness
from .profile import AreaProfile
from .rationals import nearest
from .scale import Scale

Ints = NDArray[np.int64]
NONE16 = np.zeros(0, dtype=np.uint16)
NO_FLAGS = np.zeros(0, dtype=np.bool_)
LARGEST_M, LARGEST_DRIVEN_M = 2**23, 2**15


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a connectome went: its areas' ranks and its neurons' numbers in the network."""

    rank: dict[int, int]  # connectome area -> network area
    new: Ints  # (connectome neurons,) network neuron, or -1
    populations: Sequence[Population]
    profiles: dict[int, AreaProfile]
    scales: dict[int, Scale]

    def neurons(self, area: int) -> range:
        """The network's neurons of a connectome area."""
        mine = [p for p in self.populations if p.area == self.rank[area]]
        return range(mine[0].first, mine[-1].stop)


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a plastic weight is multiplied by."""

    multiplier: int
    shift: int
    cap: int


def learning_of(c: Connectome, kept: Kept) -> NetworkLearning:
    """The learning of a network. Raises DoesNotFitError if a table cannot hold it."""
    rules: list[Rule] = []
    projections: list[Projection] = []
    zones = zones_of(kept.populations)
    order = sorted(
        (r for r in c.learning.rules if r.source in kept.rank and r.target in kept.rank),
        key=lambda r: (kept.rank[r.source], kept.rank[r.target]),
    )
    for rule in order:
        made = _projections(c, kept, zones, rule, len(rules))
        if made:
            rules.append(
                Rule(
                    kept.rank[rule.source], kept.rank[rule.target], rule.window,
                    rule.strengthen, rule.weaken, rule.associative,
                )
            )  # fmt: skip
            projections += made
    memories = tuple(_memory(m, kept) for m in _memories(c, kept))
    return NetworkLearning(tuple(rules), tuple(projections), memories, _twins(c, kept))


def ratio_of(scale: Scale, value: Fraction, steps: int, cap: int) -> Ratio:
    """M, r and K of a contribution that divides into steps (SPEC 11.6)."""
    rho = abs(value) / steps / scale.unit
    room = 2**22 if steps == 255 else LARGEST_DRIVEN_M
    shift = 0
    while rho.denominator > 1 and shift < 15 and rho * 2 ** (shift + 1) < room:
        shift += 1
    return Ratio(math.floor(rho * 2**shift + Fraction(1, 2)), shift, abs(cap))


def _projections(
    c: Connectome, kept: Kept, zones: list[Zone], rule: PlasticRule, number: int
) -> list[Projection]:
    mine = np.flatnonzero((c.area[c.source] == rule.source) & (c.area[c.target] == rule.target))
    mp = c.areas[rule.source].mp_driven_psp
    ratios: dict[tuple[int, bool, int], Ratio] = {}

    def ratio(psp: int, inhibitory: bool, divisor: int) -> Ratio:
        key = (0 if mp else psp, inhibitory, divisor)
        if key not in ratios:
            value, steps = largest(psp, mp, inhibitory, divisor)
            ratios[key] = ratio_of(
                kept.scales[rule.target], value, steps, _integer(kept, rule.target, value, steps)
            )
        return ratios[key]

    made: list[Projection] = []
    if rule.associative:
        alike = _alike(c, rule, mine)
        made = _blocks(
            c, kept, zones, rule, number, mine, alike, ratio(rule.psp, rule.inhibitory, 1)
        )
        mine = mine[~alike]
    if not len(mine):
        return made
    divisor = c.divisor()[c.source[mine]]
    parts = [
        ratio(int(p), bool(s), int(d))
        for p, s, d in zip(c.psp[mine], c.inhibitory[mine], divisor, strict=True)
    ]
    source, target = kept.new[c.source[mine]], kept.new[c.target[mine]]
    zone = zone_of_neurons(zones)[target]
    sign = np.where(c.inhibitory[mine], -1, 1)
    columns = np.array([
        zone, sign, [r.multiplier for r in parts], [r.cap for r in parts], [r.shift for r in parts]
    ])  # fmt: skip
    kinds, which = np.unique(columns, axis=1, return_inverse=True)
    weight = c.weight[mine]
    for kind, (at, its_sign, multiplier, cap, shift) in enumerate(kinds.T.tolist()):
        these = np.flatnonzero(which.ravel() == kind)
        these = these[np.lexsort((weight[these], target[these], source[these]))]
        sources = kept.neurons(rule.source)
        size = zones[at].stop - zones[at].first
        place = (source[these] - sources.start) * size + target[these] - zones[at].first
        whole = len(these) == len(sources) * size and bool((np.diff(place) == 1).all())
        whole = whole and not rule.associative
        begin, targets = NONE16, NONE16
        if not whole:
            if len(these) > MOST_LISTED:
                raise DoesNotFitError(
                    f"{len(these):,} plastic synapses from {c.areas[rule.source].id} to "
                    f"{c.areas[rule.target].id} are alike, and a brain lists {MOST_LISTED:,}",
                    "make the areas smaller, or join all of their pairs",
                )
            edges = np.arange(sources.start, sources.stop + 1)
            begin = np.searchsorted(source[these], edges).astype(np.uint16)
            targets = target[these].astype(np.uint16)
        made.append(
            Projection(
                number, at, multiplier, cap, its_sign, shift, ALL_PAIRS if whole else LISTED, mp,
                weight[these].astype(np.uint8), begin, targets, NO_FLAGS,
            )
        )  # fmt: skip
    return sorted(made, key=lambda p: (p.zone, p.form, p.sign, p.multiplier, p.cap, p.shift))


def _alike(c: Connectome, rule: PlasticRule, mine: Ints) -> NDArray[np.bool_]:
    """Which synapses are what the rule would create, and the only one between their neurons."""
    pairs = c.source[mine].astype(np.int64) * c.n_neurons + c.target[mine]
    _, which, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    alike = (counts[which.ravel()] == 1) & (c.inhibitory[mine] == rule.inhibitory)
    if not c.areas[rule.source].mp_driven_psp:
        alike &= c.psp[mine] == rule.psp
    result: NDArray[np.bool_] = alike
    return result


def _blocks(
    c: Connectome, kept: Kept, zones: list[Zone], rule: PlasticRule, number: int, mine: Ints,
    alike: NDArray[np.bool_], ratio: Ratio,
) -> list[Projection]:  # fmt: skip
    """All pairs of an associative rule, one block for each zone."""
    sources, targets = kept.neurons(rule.source), kept.neurons(rule.target)
    source, target = kept.new[c.source[mine]], kept.new[c.target[mine]]
    result = []
    for at, zone in enumerate(zones):
        if not targets.start <= zone.first < targets.stop:
            continue
        size = zone.stop - zone.first
        weight = np.zeros(len(sources) * size, dtype=np.uint8)
        present = np.zeros(len(sources) * size, dtype=np.bool_)
        inside = (target >= zone.first) & (target < zone.stop)
        place = (source - sources.start) * size + target - zone.first
        weight[place[inside & ~alike]] = CLOSED
        weight[place[inside & alike]] = c.weight[mine[inside & alike]]
        present[place[inside & alike]] = True
        result.append(
            Projection(
                number, at, ratio.multiplier, ratio.cap, -1 if rule.inhibitory else 1, ratio.shift,
                ASSOCIATIVE, c.areas[rule.source].mp_driven_psp, weight, NONE16, NONE16, present,
            )
        )  # fmt: skip
    return result


def _integer(kept: Kept, area: int, value: Fraction, steps: int) -> int:
    """What the scale made of a contribution."""
    profile = kept.profiles[area]
    for i, (v, d) in enumerate(zip(profile.values, profile.driven, strict=True)):
        if (v, d) == (value, steps):
            return kept.scales[area].contributions[i]
    return 0  # an associative rule that can create nothing


def _memories(c: Connectome, kept: Kept) -> list[MemoryArea]:
    return sorted(c.learning.memory_areas, key=lambda m: kept.rank[_slots_area(c, m)])


def _slots_area(c: Connectome, memory: MemoryArea) -> int:
    return int(c.area[memory.first])


def _memory(m: MemoryArea, kept: Kept) -> Memory:
    area = kept.populations[_population_at(kept, int(kept.new[m.first]))].area
    return Memory(
        area=area,
        depth=m.depth,
        upstream=tuple(sorted(kept.rank[up] for up in m.upstream)),
        init=min(m.init_lifespan, LONGEST_LIFE),
        growth=min(m.growth, LONGEST_LIFE),
        longterm=min(m.longterm_threshold, LONGEST_LIFE),
    )


def _population_at(kept: Kept, neuron: int) -> int:
    return next(i for i, p in enumerate(kept.populations) if p.first <= neuron < p.stop)


def _twins(c: Connectome, kept: Kept) -> tuple[Twin, ...]:
    memories = [m.area for m in _memories(c, kept)]
    found = []
    for twin in c.learning.twins:
        memory = memories.index(twin.memory_area)
        described = next(m for m in c.learning.memory_areas if m.area == twin.memory_area)
        upstream = sorted(kept.rank[up] for up in described.upstream)
        seen = kept.neurons(twin.upstream)
        plays = np.full(len(seen), NOBODY, dtype=np.uint16)
        plays[kept.new[twin.shown] - seen.start] = kept.new[twin.played]
        unit = kept.scales[twin.twin].unit
        value = described.depth * Fraction(twin.potential)
        cap = _integer(kept, twin.twin, value, described.depth)
        found.append(
            Twin(
                memory, upstream.index(kept.rank[twin.upstream]),
                nearest(Fraction(twin.potential) / unit), cap, plays,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda t: (t.memory, t.upstream)))


def memory_losses(c: Connectome, memory: MemoryArea) -> tuple[Inexactness, ...]:
    """What a memory area can forget that FEAGI would remember (SPEC 11.6)."""
    found = []
    longest = max(memory.init_lifespan, memory.longterm_threshold)
    if longest > LONGEST_LIFE:
        found.append(Inexactness("lifespan", f"its lifespans end at {LONGEST_LIFE} bursts"))
    seen = int(np.isin(c.area, memory.upstream).sum())
    patterns = memory.depth * seen
    every = patterns < 40 and 2**patterns - 1 <= memory.slots
    mortal = 0 < memory.init_lifespan < memory.longterm_threshold and not memory.growth
    if not every and not (mortal and memory.init_lifespan <= memory.slots):
        found.append(Inexactness("places", f"it can want more than its {memory.slots} places"))
    return tuple(found)
