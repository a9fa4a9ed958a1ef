"""Development: a Genome as a Connectome, by FEAGI's rules and in an order of our own.

In:  a Genome, a Policy, and optionally one dynamics for all areas.
Out: a Connectome (connectome.py) and a notice for everything that came to nothing.
Never: random: attractivity draws from a seeded hash of the synapse; allocates before counting.

Order: areas by id, core areas first; in an area x outermost, then y, z, neuron in voxel. Synapses
by source, then by rule (destination area in area order, then order in the list), then by target.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...connectome.ids import POWER
from ...connectome.model import Area, Connectome, Dynamics
from ...errors import GenomeError
from ...notices import Notice, Notices
from .genome import Genome, GenomeArea
from .json_text import shorten
from .learning import with_learning
from .mapping_plan import Projection, plan
from .morphology import pairs
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Development:
    """What development gives: the connectome, and all notices of reading and developing."""

    connectome: Connectome
    notices: tuple[Notice, ...]


def develop(
    genome: Genome, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> Connectome:
    """The connectome of a genome. Raises GenomeError if it is too large or a policy refuses it."""
    return develop_with_notices(genome, policy, dynamics).connectome


def develop_with_notices(
    genome: Genome, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> Development:
    """The connectome, and the notices of reading and development together."""
    policy = policy or Policy()
    notices = Notices()
    areas = _place(genome, policy, dynamics)
    plans = plan(genome, policy, notices)
    synapses = _Synapses(areas, plans, policy)
    for each in plans:
        made = synapses.add(each)
        if made == 0 and each.rule.attractivity > 0:
            notices.area = areas[each.source].id
            notices.warning(
                "no-synapse", each.rule.path,
                f"the rule {shorten(each.rule.morphology)} to {areas[each.target].id} makes no "
                "synapse: no voxel of the one area meets one of the other",
                "check the morphology against the dimensions, or remove the rule",
            )  # fmt: skip
    connectome = _assemble(genome, areas, plans, synapses)
    connectome = with_learning(genome, connectome, policy, notices)
    notices.area = None
    if connectome.n_synapses == 0:
        notices.warning(
            "no-synapses", "$.blueprint", "the genome makes no synapse at all",
            "map areas to each other: without synapses nothing propagates",
        )  # fmt: skip
    return Development(connectome, genome.notices + notices.freeze())


# Areas and neurons ----------------------------------------------------------------------------


def _place(genome: Genome, policy: Policy, dynamics: Dynamics | None) -> tuple[Area, ...]:
    """Areas with the index of their first neuron."""
    total = sum(area.neurons for area in genome.areas)
    if total > policy.max_neurons:
        raise GenomeError(
            f"the genome has {total} neurons and the limit is {policy.max_neurons}",
            "make areas smaller, or raise the policy max_neurons",
        )
    areas = []
    first = 0
    for area in genome.areas:
        areas.append(
            Area(
                id=area.id.text,
                name=area.name,
                group=area.group,
                dimensions=area.dimensions,
                neurons_per_voxel=area.neurons_per_voxel,
                position=area.position,
                first=first,
                count=area.neurons,
                mp_charge_accumulation=area.mp_charge_accumulation,
                mp_driven_psp=area.mp_driven_psp,
                psp_uniform=area.psp_uniform,
                dynamics=dynamics or area.dynamics,
            )
        )
        first += area.neurons
    return tuple(areas)


def _thresholds(area: GenomeArea) -> NDArray[np.float32]:
    """Threshold plus increment · coordinate along x, y and z, each step rounded to float32.

    As in FEAGI there is no gradient at all unless some increment exceeds float32's epsilon.
    """
    total = np.full(area.dimensions, area.threshold, dtype=np.float32)
    if max(map(abs, area.threshold_increment)) <= np.finfo(np.float32).eps:
        return np.repeat(total.ravel(), area.neurons_per_voxel)
    with np.errstate(over="ignore", invalid="ignore"):
        for axis, increment in enumerate(area.threshold_increment):
            if increment == 0.0:
                continue
            shape = [1, 1, 1]
            shape[axis] = -1
            along = np.arange(area.dimensions[axis], dtype=np.float32) * np.float32(increment)
            total = total + along.reshape(shape)
    if not np.isfinite(total).all():
        raise GenomeError(
            f"{area.path}: the threshold increments lead beyond float32",
            "write smaller firing_threshold_increment values",
        )
    return np.repeat(total.ravel(), area.neurons_per_voxel)


# Synapses -------------------------------------------------------------------------------------


class _Synapses:
    """The synapses so far, one array of sources and targets per plan."""

    def __init__(self, areas: tuple[Area, ...], plans: list[Projection], policy: Policy) -> None:
        self.areas = areas
        self._watched = {  # areas between which a later rule must skip what is there
            (each.source, each.target)
            for each in plans
            if each.morphology.skips_existing and not each.first_of_pair
        }
        self.seed = policy.attractivity_seed
        self.parts: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        self._joined = _Pairs()  # those between the two areas at hand

    def add(self, each: Projection) -> int:
        """Carries out one rule. Returns how many synapses it made."""
        source, target = self.areas[each.source], self.areas[each.target]
        morphology = each.morphology
        if morphology.name == "associative_memory":
            morphology = replace(morphology, name="projector")
        from_voxel, to_voxel = pairs(morphology, source.dimensions, target.dimensions)
        per_voxel = source.neurons_per_voxel
        if morphology.from_one_neuron:
            here = from_voxel * per_voxel + (per_voxel - 1)
        elif per_voxel == 1:
            here = from_voxel
        else:
            here = (from_voxel[:, None] * per_voxel + np.arange(per_voxel)).ravel()
            to_voxel = np.repeat(to_voxel, per_voxel)
        # FEAGI finds targets by coordinate, where the last neuron of a voxel stands for all.
        there = to_voxel * target.neurons_per_voxel + (target.neurons_per_voxel - 1)

        if each.first_of_pair:
            self._joined = _Pairs()
        watched = (each.source, each.target) in self._watched
        if watched and morphology.skips_existing:
            new = ~self._joined.contain(here * target.count + there)
            here, there = here[new], there[new]
        if each.rule.attractivity < 100:
            drawn = draw(self.seed, len(self.parts), here, there)
            kept = drawn < each.rule.attractivity
            here, there = here[kept], there[kept]
        if watched:
            self._joined.add(here * target.count + there)
        self.parts.append(
            ((here + source.first).astype(np.int32), (there + target.first).astype(np.int32))
        )
        return len(here)


class _Pairs:
    """A growing set of numbers as sorted runs, each at least twice as long as the next."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.int64]] = []

    def add(self, keys: NDArray[np.int64]) -> None:
        run = np.sort(keys)
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        if len(run):
            self._runs.append(run)

    def contain(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        found = np.zeros(len(keys), dtype=np.bool_)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, keys), len(run) - 1)
            found |= run[at] == keys
        return found


def draw(
    seed: int, rule: int, source: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """A number from 0 to 99 per synapse: a hash of seed, rule and both neurons in their areas."""
    mixed = np.full(len(source), (seed * 0x9E3779B1 + rule) & 0xFFFFFFFF, dtype=np.uint32)
    for part in (source, target):
        mixed = _scrambled(mixed ^ (part & 0xFFFFFFFF).astype(np.uint32))
    return ((mixed.astype(np.uint64) * np.uint64(100)) >> np.uint64(32)).astype(np.uint32)


def _scrambled(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Every bit of x reaches every bit of the result (the finalizer of MurmurHash3)."""
    x = x + np.uint32(0x9E3779B9)  # 0 would stay 0
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    result: NDArray[np.uint32] = x ^ (x >> np.uint32(16))
    return result


# Assembly -------------------------------------------------------------------------------------


def _assemble(
    genome: Genome, areas: tuple[Area, ...], plans: list[Projection], synapses: _Synapses
) -> Connectome:
    counts = [len(here) for here, _ in synapses.parts]
    projection = np.repeat(np.arange(len(plans), dtype=np.int32), counts)
    source = _joined([here for here, _ in synapses.parts])
    target = _joined([there for _, there in synapses.parts])
    # Sources ascend within each rule and rules ascend: a stable sort gives the announced order.
    order = np.argsort(source, kind="stable")
    projection = projection[order]
    weight = np.array([abs(each.rule.multiplier) for each in plans], dtype=np.uint8)
    psp = np.array([each.psp for each in plans], dtype=np.uint8)
    inhibitory = np.array([each.rule.multiplier < 0 for each in plans], dtype=np.bool_)

    sizes = [area.count for area in areas]

    def float32(values: list[float]) -> NDArray[np.float32]:
        return np.repeat(np.array(values, dtype=np.float32), sizes)

    def uint16(values: list[int]) -> NDArray[np.uint16]:
        return np.repeat(np.array(values, dtype=np.uint16), sizes)

    written = genome.areas
    power = next((a.first for a, g in zip(areas, written, strict=True) if g.id.key == POWER), None)
    return Connectome(
        genome_id=genome.id,
        title=genome.title,
        precision=genome.precision,
        timestep=genome.timestep,
        areas=areas,
        power_neuron=power,
        area=np.repeat(np.arange(len(areas), dtype=np.int32), sizes),
        threshold=_float_joined([_thresholds(area) for area in written]),
        threshold_limit=float32([a.threshold_limit for a in written]),
        leak=float32([a.leak for a in written]),
        refractory_period=uint16([a.refractory_period for a in written]),
        consecutive_fire_limit=uint16([a.consecutive_fire_limit for a in written]),
        snooze=uint16([a.snooze for a in written]),
        excitability=float32([a.excitability for a in written]),
        source=source[order],
        target=target[order],
        weight=weight[projection],
        psp=psp[projection],
        inhibitory=inhibitory[projection],
        projection=projection,
        projections=tuple((each.source, each.target, each.rule.morphology) for each in plans),
    )


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def _float_joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
