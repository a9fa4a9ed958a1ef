"""Connectome: neurons and synapses as arrays, in an order that is always the same.

In:  arrays: a front end's, or a file's (npz.py).
Out: a Connectome: what FEAGI's engine would hold after development, as f32 and integers.
Never: quantizes, prunes or simulates.
"""

from dataclasses import dataclass, field, fields
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from .ids import read
from .learning import Learning
from .slices import counts, marked

ALWAYS = np.float32(0.999)
"""From this excitability on, a neuron that can fire does."""

PRECISIONS = {
    "fp32": ("fp32", "float32", "f32"),
    "fp16": ("fp16", "float16", "f16"),
    "int8": ("int8", "i8"),
}


class Dynamics(Enum):
    """When leak and refractory countdown advance."""

    ON_INPUT = "on_input"
    """Only for neurons that receive something this burst (FEAGI's engine)."""
    EVERY_BURST = "every_burst"
    """For every neuron, every burst (leaky integrate-and-fire as papers and NIR mean it)."""


@dataclass(frozen=True, slots=True)
class Area:
    """A cortical area: a box of voxels whose neurons share the flags below."""

    id: str
    name: str
    group: str  # CORE, IPU, OPU, CUSTOM or MEMORY
    dimensions: tuple[int, int, int]  # voxels along x, y, z
    neurons_per_voxel: int
    position: tuple[int, int, int]  # where the genome draws it; no effect
    first: int  # connectome index of its first neuron; x outermost, then y, z, neuron in voxel
    count: int
    mp_charge_accumulation: bool
    mp_driven_psp: bool
    psp_uniform: bool
    dynamics: Dynamics = Dynamics.ON_INPUT


@dataclass(frozen=True, slots=True)
class Connectome:
    """Neurons (n of them) and synapses (m) of a developed genome. Arrays are read-only.

    Potentials, thresholds and contributions share one dimensionless unit. A synapse contributes
    ±weight·psp, divided by its source's fan-out unless the source's area is psp_uniform.
    """

    genome_id: str
    title: str
    precision: str  # fp32, fp16 or int8, as the genome asks
    timestep: float  # seconds per burst
    areas: tuple[Area, ...]
    power_neuron: int | None  # receives +1.0 every burst

    area: NDArray[np.int32]  # (n,) index into areas
    threshold: NDArray[np.float32]  # (n,)
    threshold_limit: NDArray[np.float32]  # (n,) 0 = none
    leak: NDArray[np.float32]  # (n,) fraction lost, 0..1
    refractory_period: NDArray[np.uint16]  # (n,) bursts
    consecutive_fire_limit: NDArray[np.uint16]  # (n,) 0 = unlimited
    snooze: NDArray[np.uint16]  # (n,) bursts
    excitability: NDArray[np.float32]  # (n,) >= 0.999 always fires, <= 0 never

    source: NDArray[np.int32]  # (m,) ascending
    target: NDArray[np.int32]  # (m,)
    weight: NDArray[np.uint8]  # (m,)
    psp: NDArray[np.uint8]  # (m,)
    inhibitory: NDArray[np.bool_]  # (m,)
    projection: NDArray[np.int32]  # (m,) index of the mapping rule that made it
    projections: tuple[tuple[int, int, str], ...] = ()  # source area, target area, morphology
    learning: Learning = field(default_factory=Learning)
    """What changes while it runs; nothing, unless a front end says so."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                locked = value.view()
                locked.flags.writeable = False
                object.__setattr__(self, each.name, locked)

    @property
    def n_neurons(self) -> int:
        return len(self.area)

    @property
    def n_synapses(self) -> int:
        return len(self.source)

    # Finding ----------------------------------------------------------------------------------

    def area_index(self, text: str) -> int | None:
        """The area with that id in any spelling FEAGI knows, or with that name if only one has."""
        if not text:
            return None
        key = read(text).key
        for i, area in enumerate(self.areas):
            if area.id == text or read(area.id).key == key:
                return i
        named = [i for i, area in enumerate(self.areas) if area.name == text]
        return named[0] if len(named) == 1 else None

    def neuron(self, area: int, x: int, y: int, z: int, in_voxel: int = 0) -> int | None:
        """The connectome index of a neuron, or None if the area has no such voxel or neuron."""
        described = self.areas[area]
        sizes = (*described.dimensions, described.neurons_per_voxel)
        at = (x, y, z, in_voxel)
        if not all(0 <= here < size for here, size in zip(at, sizes, strict=True)):
            return None
        return described.first + int(np.ravel_multi_index(at, sizes))

    def coordinates(self, neuron: int) -> tuple[int, int, int, int, int]:
        """Area, x, y, z and the number within the voxel of a neuron."""
        area = int(self.area[neuron])
        described = self.areas[area]
        sizes = (*described.dimensions, described.neurons_per_voxel)
        x, y, z, in_voxel = np.unravel_index(neuron - described.first, sizes)
        return area, int(x), int(y), int(z), int(in_voxel)

    # What synapses add --------------------------------------------------------------------------

    def divisor(self) -> NDArray[np.int64]:
        """(n,) what the contributions of a neuron's synapses are divided by: its fan-out, or 1 if
        its area is psp_uniform. (FEAGI's rule; SPEC.md 6.1.)"""
        uniform = np.array([a.psp_uniform for a in self.areas] or [True])
        return np.where(uniform[self.area], 1, np.maximum(self.fan_out(), 1)).astype(np.int64)

    def mp_driven(self) -> NDArray[np.bool_]:
        """(n,) neurons whose potential sets their PSP: those of mp-driven areas."""
        driven: NDArray[np.bool_] = np.array([a.mp_driven_psp for a in self.areas] or [False])
        return driven[self.area]

    def contribution(
        self, synapses: NDArray[np.int64], psp: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """(k,) what these synapses add: ±weight·psp over the source's divisor (SPEC.md 6.1)."""
        signed = np.where(self.inhibitory[synapses], -1.0, 1.0) * self.weight[synapses]
        return signed * psp / self.divisor()[self.source[synapses]]

    # What matters -----------------------------------------------------------------------------

    def fan_out(self) -> NDArray[np.int64]:
        """(n,) synapses that leave each neuron, into every area."""
        return counts(self.source, self.n_neurons).astype(np.int64)

    def live(self) -> NDArray[np.bool_]:
        """(n,) neurons that can matter: those with a synapse in or out, or that learning needs.

        The rest can neither cause nor show anything, and the power neuron is no exception:
        without outputs nothing reads it.
        """
        mask = marked(self.source, self.n_neurons) | marked(self.target, self.n_neurons)
        if self.learning:
            mask |= self.learning.kept(self.area)
        return mask

    def dead_per_area(self) -> dict[str, int]:
        """Area id to how many of its neurons `live` leaves out; areas without any are absent."""
        dead = np.bincount(self.area[~self.live()], minlength=len(self.areas))
        return {area.id: int(count) for area, count in zip(self.areas, dead, strict=True) if count}


def canonical_precision(text: str) -> str | None:
    """fp32, fp16 or int8 for any of its spellings, None for anything else."""
    lower = text.strip().lower()
    return next((name for name, spellings in PRECISIONS.items() if lower in spellings), None)
