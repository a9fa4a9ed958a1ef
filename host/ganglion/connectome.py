"""Connectome: neurons and synapses as arrays, in an order that is always the same.

In:  a Genome (development.py), a file written by `save`, or arrays.
Out: a Connectome: what FEAGI's engine would hold after development, as f32 and integers.
Never: quantizes, prunes or simulates.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


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

    @property
    def n_neurons(self) -> int:
        return len(self.area)

    @property
    def n_synapses(self) -> int:
        return len(self.source)
