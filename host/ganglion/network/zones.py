"""Zones: which neurons remember that they were touched, and how neurons lie together for it.

In:  the populations of a network.
Out: calm, tally and zone as SPEC.md 1 defines them.
Never: knows how a device stores any of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .model import Population

MOST_TALLIED = 127  # consecutive fires that a tally can hold


def is_calm(p: Population) -> bool:
    """Whether an update of its neurons that got nothing changes nothing."""
    return (
        not p.every_burst
        and p.always
        and not p.mp_driven
        and p.upper is None
        and p.threshold_step == 0
        and p.threshold > 0
        and not (p.limit or p.counts_down or p.leak)
    )


def has_tally(p: Population) -> bool:
    """Whether each of its neurons has a byte for touches and consecutive fires."""
    return 0 < p.limit <= MOST_TALLIED or not (p.every_burst or is_calm(p))


@dataclass(frozen=True, slots=True)
class Zone:
    """A longest run of populations of one area, alike in having a tally and in dynamics."""

    first_population: int
    stop_population: int
    first: int  # neuron
    stop: int
    tally: bool


def zones_of(populations: Sequence[Population]) -> list[Zone]:
    """The zones, in order."""
    result: list[Zone] = []
    before: tuple[int, bool, bool] | None = None
    for i, p in enumerate(populations):
        kind = p.area, has_tally(p), p.every_burst
        if kind == before:
            z = result[-1]
            result[-1] = Zone(z.first_population, i + 1, z.first, p.stop, z.tally)
        else:
            result.append(Zone(i, i + 1, p.first, p.stop, kind[1]))
        before = kind
    return result


def zone_of_neurons(zones: Sequence[Zone]) -> NDArray[np.int64]:
    """(N,) the zone of each neuron."""
    return np.repeat(np.arange(len(zones)), [z.stop - z.first for z in zones])
