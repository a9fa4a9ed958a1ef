"""Learning rules: what SPEC 11.7 asks of a brain that learns beyond the ranges of its records.

In:  rules, projections and slots whose every index is in range; a network that learns.
Out: nothing, or a BlobError that names the rule.
Never: reads a byte.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..network.learning import (
    ASSOCIATIVE,
    CLOSED,
    LISTED,
    LONGEST_LIFE,
    NOBODY,
    Memory,
    Projection,
    Rule,
    Slots,
    area_neurons,
)
from ..network.model import QuantizedNetwork
from ..network.zones import Zone
from .sections import require


def check_projections(
    rules: Sequence[Rule],
    projections: Sequence[Projection],
    areas: Sequence[range],
    zones: Sequence[Zone],
) -> None:
    """Every rule has its projections, in the form that SPEC 11.6 gives them; else BlobError."""
    for i, rule in enumerate(rules):
        mine = [p for p in projections if p.rule == i]
        require(bool(mine), f"rule {i} has no projection")
        if rule.associative:
            inside = areas[rule.target]
            wanted = [z for z, zone in enumerate(zones) if zone.first in inside]
            blocks = [p for p in mine if p.form == ASSOCIATIVE]
            found = [p.zone for p in blocks]
            require(found == wanted, f"rule {i} has not one block of pairs per zone")
            alike = {(p.multiplier, p.cap, p.sign, p.shift) for p in blocks}
            require(len(alike) == 1, f"rule {i} creates synapses of several kinds")
        listed: set[int] = set()
        for p in mine:
            if p.form == LISTED:
                source = _sources_of(p)
                order = np.lexsort((p.weight, p.target, source))
                ordered = bool((order == np.arange(len(order))).all())
                require(ordered, f"rule {i} lists synapses that do not ascend")
                size = zones[p.zone].stop - zones[p.zone].first
                pairs = source * size + p.target
                whole = len(pairs) == len(areas[rule.source]) * size
                whole = whole and bool((np.diff(pairs) == 1).all()) and not rule.associative
                require(not whole, f"rule {i} lists all pairs, which has another form")
                listed |= set((source << 16 | p.target).tolist())
        if rule.associative:
            closed = set().union(*(_closed(p, zones[p.zone]) for p in blocks))
            require(closed == listed, f"rule {i} closes other pairs than those that it lists")


def _closed(p: Projection, zone: Zone) -> set[int]:
    """The pairs of an associative projection that are closed: its i-th source, the target."""
    at = np.flatnonzero(~p.present & (p.weight == CLOSED))
    size = zone.stop - zone.first
    pairs: list[int] = (at // size << 16 | at % size + zone.first).tolist()
    return set(pairs)


def _sources_of(p: Projection) -> NDArray[np.int64]:
    """Of each place of a listed projection, which source it is of."""
    edges: NDArray[np.int64] = p.begin.astype(np.int64)
    return np.repeat(np.arange(len(edges) - 1), edges[1:] - edges[:-1])


def check_slots(slots: Slots, memory: Memory, areas: Sequence[range]) -> None:
    """Raises BlobError unless the slots that a run begins with are as SPEC 11.7 has them."""
    masks = []
    for up in memory.upstream:
        seen = areas[up]
        bits = np.zeros(32 * ((seen.stop + 31) // 32), dtype=np.bool_)
        bits[seen.start : seen.stop] = True
        masks.append(np.packbits(bits, bitorder="little").view("<u4")[seen.start >> 5 :])
    mask = np.concatenate(masks)
    lives = slots.alive > 0
    where = f"the slots of area {memory.area}"
    require(bool(np.isin(slots.alive, (0, 1, 3)).all()), f"{where} are in no known state")
    require(bool((slots.life <= LONGEST_LIFE).all()), f"{where} have lives beyond 2^30")
    free = ~lives
    require(not slots.life[free].any() and not slots.pattern[free].any(), f"{where} are not free")
    require(not (slots.pattern & ~mask).any(), f"{where} have patterns of other neurons")
    kept = slots.pattern[lives]
    unlike = len({pattern.tobytes() for pattern in kept}) == len(kept)
    unlike = unlike and bool(kept.any(axis=(1, 2)).all())
    require(unlike, f"{where} have patterns that are alike, or none")


def check_slots_unreached(network: QuantizedNetwork) -> None:
    """Raises BlobError if anything but its pattern reaches a slot."""
    learning = network.learning
    for memory in learning.memories:
        where = f"a slot of area {memory.area}"
        slots = area_neurons(network, memory.area)
        inside = (network.target >= slots.start) & (network.target < slots.stop)
        require(not inside.any(), f"a synapse reaches {where}")
        require(all(r.target != memory.area for r in learning.rules), f"a rule reaches {where}")
        for twin in learning.twins:
            played = twin.plays[twin.plays != NOBODY]
            require(not np.isin(played, slots).any(), f"a twin reaches {where}")
