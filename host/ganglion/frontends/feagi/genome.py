"""Model: a genome after reading, whatever layout it was written in.

In:  nothing; these are values.
Out: Genome, GenomeArea and Rule, frozen.
Never: knows a file layout, a default or a policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...connectome.ids import AreaId
from ...connectome.model import Dynamics
from ...notices import Notice
from .morphology import Morphology
from .plasticity import MemoryFields, Plasticity


@dataclass(frozen=True, slots=True)
class Rule:
    """One mapping rule: how the neurons of an area connect to those of another."""

    destination: AreaId
    morphology: str
    multiplier: int  # the weight; below 0 inhibits
    path: str
    attractivity: int = 100  # percent of the synapses that come to exist
    plastic: bool = False
    plasticity: Plasticity | None = None  # None also where a plastic rule is not to learn
    psp: float | None = None  # replaces the area's postsynaptic current (example layout)


@dataclass(frozen=True, slots=True)
class GenomeArea:
    """A cortical area as the genome describes it, every default filled in."""

    id: AreaId
    path: str
    name: str = ""
    group: str = "CUSTOM"
    dimensions: tuple[int, int, int] = (1, 1, 1)
    neurons_per_voxel: int = 1
    position: tuple[int, int, int] = (0, 0, 0)
    threshold: float = 1.0
    threshold_increment: tuple[float, float, float] = (0.0, 0.0, 0.0)
    threshold_limit: float = 0.0
    leak: float = 0.0  # fraction lost, 0..1
    refractory_period: int = 0
    consecutive_fire_limit: int = 0
    snooze: int = 0
    excitability: float = 1.0
    mp_charge_accumulation: bool = False
    mp_driven_psp: bool = False
    psp_uniform: bool = False
    postsynaptic_current: float = 1.0
    is_memory: bool = False
    memory: MemoryFields | None = None  # of a memory area that is to remember
    twin_of: AreaId | None = None  # the area that it plays back
    dynamics: Dynamics = Dynamics.ON_INPUT
    rules: tuple[Rule, ...] = ()
    written: bool = True
    """False for a core area that the file lacks and FEAGI would add."""

    @property
    def voxels(self) -> int:
        x, y, z = self.dimensions
        return x * y * z

    @property
    def neurons(self) -> int:
        return self.voxels * self.neurons_per_voxel


@dataclass(frozen=True, slots=True)
class Genome:
    """A genome as read: areas in connectome order, morphologies by name."""

    id: str
    title: str
    description: str
    version: str
    layout: str  # flat, hierarchical or example
    precision: str  # fp32, fp16 or int8
    timestep: float  # seconds per burst
    areas: tuple[GenomeArea, ...]
    morphologies: Mapping[str, Morphology]
    notices: tuple[Notice, ...] = ()

    def area(self, text: str) -> GenomeArea | None:
        """The area with that id in any spelling, or with that name if only one has it."""
        from ...connectome.ids import read

        key = read(text).key if text else b""
        for area in self.areas:
            if area.id.key == key:
                return area
        named = [area for area in self.areas if area.name == text]
        return named[0] if len(named) == 1 else None
