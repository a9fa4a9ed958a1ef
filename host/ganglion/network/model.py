"""QuantizedNetwork: a brain in integers, the thing that a blob stores and a board runs.

In:  what quantize.py computed, or what blob.py read.
Out: frozen records and arrays, named as in SPEC.md (1, 5).
Never: floating point, except an area's `unit`, by which the host speaks of real potentials.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .layers import Layer
from .learning import NetworkLearning
from .robot import Program

GROUPS = ("CORE", "IPU", "OPU", "CUSTOM", "MEMORY")
MAX_NEURONS = 65_535  # of a board; a brain of more is one of this host alone (SPEC 5.11)
MAX_CLASSES = 32_767
Numbers = NDArray[np.unsignedinteger[Any]]  # of neurons: u16, or u32 where a board has no room


def numbered(numbers: NDArray[Any], neurons: int) -> Numbers:
    """Numbers of neurons, of which there are so many, in 16 bits if those are enough."""
    return numbers.astype(np.uint16 if neurons <= MAX_NEURONS else np.uint32)


@dataclass(frozen=True, slots=True)
class Population:
    """Consecutive neurons with the same parameters (SPEC 5.3)."""

    first: int
    count: int
    area: int
    threshold: int
    high: int
    low: int
    input_max: int
    threshold_step: int = 0
    upper: int | None = None
    accumulates: bool = False
    every_burst: bool = False
    always: bool = True
    excitability: int = 0
    mp_driven: bool = False
    psp_bits: int = 0
    leak: int = 0
    leak_fine: int = 0
    shift: int = 0
    refractory: int = 0
    snoozed: int = 0
    limit: int = 0
    id: int = 0
    layer: bool = False  # its update is a Layer's

    @property
    def stop(self) -> int:
        return self.first + self.count

    @property
    def leak_share(self) -> float:
        """The fraction that leaks."""
        return (self.leak + self.leak_fine / 2**15) / 2**self.shift if self.leak else 0.0

    @property
    def counts_down(self) -> bool:
        """Whether its neurons have a countdown."""
        return self.refractory > 0 or self.snoozed > 0


@dataclass(frozen=True, slots=True)
class SynapseClass:
    """What a synapse's weight is multiplied by (SPEC 5.4)."""

    multiplier: int
    weight: int = 0  # of every synapse; 0 = each synapse has its own
    mp_driven: bool = False
    cap: int = 0
    shift: int = 0
    few_bits: int = 0  # of an own weight: 2 or 4; 0 = it has 8


@dataclass(frozen=True, slots=True)
class InputRange:
    """Neurons that the random stimulus reaches, and the integer it adds (SPEC 5.6)."""

    first: int
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """How the host names an area's neurons, and its real unit (SPEC 5.7)."""

    id: str
    name: str
    group: str
    dimensions: tuple[int, int, int]
    neurons_per_voxel: int
    position: tuple[int, int, int]
    unit: float  # the real potential that the integer 1 stands for


@dataclass(frozen=True, slots=True)
class Golden:
    """The vector by which a device tests itself (SPEC 5.8)."""

    seed: int = 1
    chance: int = 0
    group_bits: int = 0
    bursts: int = 1
    chain: int = 0
    spikes: int = 0


@dataclass(frozen=True)
class QuantizedNetwork:
    """N neurons and m synapses. Synapses are sorted by source, class, target, weight."""

    storage: int  # 16 or 32, bits of a stored potential
    state: int  # 8, 16 or 32, the width that kept potentials stay in
    populations: tuple[Population, ...]
    classes: tuple[SynapseClass, ...]
    inputs: tuple[InputRange, ...]
    areas: tuple[AreaInfo, ...]
    offset: NDArray[np.int8]  # (N,) threshold offsets; 0 where they do not vary
    place: NDArray[np.int64]  # (N,) place in the neuron's area
    source: Numbers  # (m,)
    target: Numbers  # (m,)
    klass: NDArray[np.uint16]  # (m,)
    weight: NDArray[np.int8]  # (m,)
    power_neuron: int | None = None
    power_amount: int = 0
    timestep_us: int = 0
    counter: int = 0
    genome: bytes = bytes(8)
    board: str = ""
    golden: Golden = field(default_factory=Golden)
    learning: NetworkLearning = field(default_factory=NetworkLearning)
    robot: Program | None = None
    layers: tuple[Layer, ...] = ()

    @property
    def n_neurons(self) -> int:
        return len(self.offset)

    @property
    def host_only(self) -> bool:
        """Whether it has more neurons than a board numbers (SPEC 5.11)."""
        return self.n_neurons > MAX_NEURONS

    @property
    def n_synapses(self) -> int:
        return len(self.source)

    @cached_property
    def population_of(self) -> NDArray[np.int64]:
        """(N,) index into populations."""
        counts = [p.count for p in self.populations]
        return np.repeat(np.arange(len(counts)), counts)

    def per_neuron(self, name: str) -> NDArray[np.int64]:
        """(N,) the populations' field `name`, spread over their neurons; None becomes 0."""
        values = [int(getattr(p, name) or 0) for p in self.populations]
        return np.array(values, dtype=np.int64)[self.population_of]

    @cached_property
    def threshold(self) -> NDArray[np.int64]:
        """(N,) T[n] = B + M·o[n]."""
        return self.per_neuron("threshold") + self.per_neuron("threshold_step") * self.offset

    @cached_property
    def contribution(self) -> NDArray[np.int64]:
        """(m,) what a synapse adds; of an mp-driven one, the largest it can add, with its sign."""
        size = np.array([c.cap if c.mp_driven else c.multiplier for c in self.classes] or [0])
        result: NDArray[np.int64] = self.weight.astype(np.int64) * size[self.klass]
        return result

    @cached_property
    def mp_class(self) -> NDArray[np.int64]:
        """(4, classes) whether it is mp-driven, M, r and K of each class (SPEC 2, R1)."""
        rows = [(int(c.mp_driven), c.multiplier, c.shift, c.cap) for c in self.classes]
        return np.array(rows or [(0, 0, 0, 0)], dtype=np.int64).T

    def delivered(self, synapses: NDArray[np.int64], psp: NDArray[np.int64]) -> NDArray[np.int64]:
        """(k,) what these synapses add (SPEC 2, R1) if their sources fired with `psp` (N,)."""
        amount = self.contribution[synapses]
        if not self.mp_driven:
            return amount
        driven, multiplier, shift, cap = self.mp_class[:, self.klass[synapses]]
        half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
        size = np.minimum((psp[self.source[synapses]] * multiplier + half) >> shift, cap)
        return np.where(driven > 0, self.weight[synapses] * size, amount)

    @cached_property
    def mp_driven(self) -> bool:
        """Whether any synapse delivers what its source's potential was."""
        return any(c.mp_driven for c in self.classes)

    @cached_property
    def unit_of_neuron(self) -> NDArray[np.float64]:
        """(N,) the real potential that the integer 1 stands for in each neuron's area."""
        units = np.array([area.unit for area in self.areas], dtype=np.float64)
        return units[self.per_neuron("area")]

    def describe(self, neuron: int) -> tuple[str, tuple[int, int, int], int]:
        """Area id, voxel (x, y, z) and number within the voxel of one neuron."""
        area = self.areas[self.populations[int(self.population_of[neuron])].area]
        place, inner = divmod(int(self.place[neuron]), area.neurons_per_voxel)
        _, height, depth = area.dimensions
        voxel = (place // (height * depth), place // depth % height, place % depth)
        return area.id, voxel, inner

    def neurons_at(self, area_id: str, voxel: tuple[int, int, int]) -> NDArray[np.int64]:
        """The neurons of a voxel that this network keeps (none where they cannot matter)."""
        found: list[int] = []
        for index, area in enumerate(self.areas):
            if area.id != area_id:
                continue
            _, height, depth = area.dimensions
            base = ((voxel[0] * height + voxel[1]) * depth + voxel[2]) * area.neurons_per_voxel
            mine = self.per_neuron("area") == index
            here = (self.place >= base) & (self.place < base + area.neurons_per_voxel)
            found.extend(np.flatnonzero(mine & here).tolist())
        return np.array(found, dtype=np.int64)
