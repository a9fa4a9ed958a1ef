"""Learning: what a connectome changes while it runs, as values.

In:  a front end that has read plastic rules, memory areas and twins.
Out: PlasticRule, MemoryArea, Twin, and Learning that holds them; by `Connectome` area indices.
Never: runs anything; holds state (that is the references' and the device's).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST_WEIGHT = 255
"""A plastic weight stays in 0..255, as FEAGI stores it."""

FEAGI_MEMORY_CAPACITY = 50_000
"""Living memory neurons of all areas together, in FEAGI."""


@dataclass(frozen=True, slots=True)
class PlasticRule:
    """How the synapses from one area to another change.

    After the firing of a burst, for every synapse s -> t from `source` to `target`: if both
    neurons fired in every one of the last `window` bursts, its weight grows by `strengthen`; else,
    if either fired in any of them, it shrinks by `weaken`; both saturate at 0 and 255.
    """

    source: int  # area index
    target: int
    window: int  # bursts, at least 1
    strengthen: int  # 0..255 per burst
    weaken: int
    associative: bool = False
    """Also creates the synapse that is missing between two neurons that fired as above."""
    psp: int = 1  # of synapses it creates; their weight is `strengthen`
    inhibitory: bool = False

    @staticmethod
    def steps(constant: int, ltp: int, ltd: int) -> tuple[int, int]:
        """`strengthen` and `weaken` of FEAGI's constants: products limited to 0..255."""
        return _limited(constant * ltp), _limited(constant * ltd)


@dataclass(frozen=True, slots=True)
class MemoryArea:
    """An area whose neurons each stand for one pattern that its upstream areas showed.

    The pattern of a burst is what fired in `upstream`, area by area, in the last `depth` bursts.
    """

    area: int  # area index
    depth: int  # bursts, at least 1
    upstream: tuple[int, ...]  # area indices, in the order in which they enter the pattern
    init_lifespan: int  # bursts; 0 = immortal
    growth: int  # added to the lifespan when the pattern comes again, u32
    longterm_threshold: int  # a lifespan from which on a neuron stays for ever


@dataclass(frozen=True, slots=True)
class Twin:
    """An area in which a memory area plays back what it saw in one upstream area.

    Each spike of a frame adds `potential` to the twin's neuron of the same voxel: `shown[i]` is
    an upstream neuron and `played[i]` that neuron. Upstream neurons without one are left out.
    """

    memory_area: int  # area index
    upstream: int
    twin: int
    potential: float  # float32
    shown: NDArray[np.int64]
    played: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learning:
    """Everything that changes while a connectome runs. At most one rule per pair of areas."""

    rules: tuple[PlasticRule, ...] = ()
    memory_areas: tuple[MemoryArea, ...] = ()
    twins: tuple[Twin, ...] = ()
    memory_capacity: int = FEAGI_MEMORY_CAPACITY
    fatigue_area: int | None = None

    def __bool__(self) -> bool:
        return bool(self.rules or self.memory_areas)


def whole_growth(growth: float) -> int:
    """FEAGI's lifespan growth as it counts: truncated, saturating in u32, NaN is 0."""
    if not growth > 0:
        return 0
    return 0xFFFF_FFFF if growth >= 2**32 else int(growth)


def _limited(product: int) -> int:
    return max(0, min(LARGEST_WEIGHT, product))
