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

from .connectome import Area, Connectome, Dynamics
from .errors import GenomeError
from .genome.ids import POWER
from .genome.model import Genome, GenomeArea, Rule
from .genome.notice import Notice, Notices
from .genome.policy import Policy
from .genome.text import shorten
from .morphology import HELPERS, MEMORY, Morphology, bound, pairs


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
    plans = _plan(genome, areas, policy, notices)
    synapses = _Synapses(areas, policy)
    for plan in plans:
        made = synapses.add(plan)
        if made == 0 and plan.rule.attractivity > 0:
            notices.area = areas[plan.source].id
            notices.warning(
                "no-synapse", plan.rule.path,
                f"the rule {shorten(plan.rule.morphology)} to {areas[plan.target].id} makes no "
                "synapse: no voxel of the one area meets one of the other",
                "check the morphology against the dimensions, or remove the rule",
            )  # fmt: skip
    connectome = _assemble(genome, areas, plans, synapses)
    return Development(connectome, genome.notices + notices.freeze())


@dataclass(frozen=True, slots=True)
class _Plan:
    """One rule that will be carried out."""

    source: int  # area index
    target: int
    rule: Rule
    morphology: Morphology
    psp: int  # 0..255
    first_of_pair: bool  # no earlier rule joins the same two areas


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
    """Threshold plus increment · coordinate along x, y and z, each step rounded to float32."""
    total = np.full(area.dimensions, area.threshold, dtype=np.float32)
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


# Rules ----------------------------------------------------------------------------------------


def _plan(
    genome: Genome, areas: tuple[Area, ...], policy: Policy, notices: Notices
) -> list[_Plan]:
    """The rules that make synapses, in order; the others are notices."""
    index = {area.id.key: i for i, area in enumerate(genome.areas)}
    plans: list[_Plan] = []
    most = 0
    for source, area in enumerate(genome.areas):
        notices.area = area.id.text
        psp = _psp(area, notices)
        joined: set[int] = set()
        order = {id(rule): index.get(rule.destination.key, -1) for rule in area.rules}
        for rule in sorted(area.rules, key=lambda rule: order[id(rule)]):
            target = order[id(rule)]
            morphology = genome.morphologies.get(rule.morphology)
            if target < 0:
                notices.warning(
                    "unknown-destination", rule.path,
                    f"the mapping leads to {shorten(rule.destination.text)}, which is no area",
                    "it makes no synapse; remove it, or add the area",
                )  # fmt: skip
                continue
            if morphology is None:
                if not _skip_unknown(rule, policy, notices):
                    break
                continue
            if not _makes_synapses(rule, morphology, area, genome.areas[target], policy, notices):
                continue
            if rule.psp is not None:
                own = int(min(255.0, max(0.0, rule.psp)))
            plans.append(
                _Plan(
                    source, target, rule, morphology,
                    psp if rule.psp is None else own, target not in joined,
                )
            )  # fmt: skip
            joined.add(target)
            most += area.neurons_per_voxel * bound(
                morphology, area.dimensions, genome.areas[target].dimensions
            )
            if most > policy.max_synapses:
                raise GenomeError(
                    f"{rule.path}: with this rule the genome has up to {most} synapses, "
                    f"and the limit is {policy.max_synapses}",
                    "make areas smaller, or raise the policy max_synapses",
                )
    notices.area = None
    return plans


def _psp(area: GenomeArea, notices: Notices) -> int:
    """FEAGI keeps the postsynaptic current as whole numbers from 0 to 255."""
    current = area.postsynaptic_current
    psp = int(min(255.0, max(0.0, current)))
    if area.rules and psp != current and area.written:
        notices.warning(
            "psp", area.path,
            f"the postsynaptic current {current:g} becomes {psp}"
            + ("; the area's synapses contribute nothing" if psp == 0 else ", as in FEAGI"),
            "write a whole number from 1 to 255",
        )  # fmt: skip
    return psp


def _skip_unknown(rule: Rule, policy: Policy, notices: Notices) -> bool:
    """Says that a rule's morphology is unknown; true if the next rules still count."""
    fact = f"the morphology {shorten(rule.morphology)} is not defined"
    if policy.unknown_morphology == "refuse":
        raise GenomeError(f"{rule.path}: {fact}", "define it, or remove the rule")
    rest = policy.unknown_morphology == "skip-rest"
    notices.warning(
        "unknown-morphology", rule.path,
        f"{fact}; the rule {'and the rest of the area are' if rest else 'is'} left out",
        "define it, remove the rule, or choose the policy unknown_morphology",
    )  # fmt: skip
    return not rest


def _makes_synapses(
    rule: Rule, morphology: Morphology, source: GenomeArea, target: GenomeArea,
    policy: Policy, notices: Notices,
) -> bool:  # fmt: skip
    """Whether the rule can be carried out; if not, a notice says why."""
    name = shorten(rule.morphology)
    if morphology.type == "functions" and rule.morphology in MEMORY:
        both = source.is_memory and target.is_memory
        if rule.morphology == "associative_memory" and both:
            return True
        notices.warning(
            "memory-rule", rule.path, f"{name} makes no fixed synapse, and memory is not run",
            "expect nothing from this rule",
        )  # fmt: skip
        return False
    if not morphology.has_rule:
        notices.warning(
            "unimplemented-morphology", rule.path,
            f"the morphology {name} ({morphology.type}) has no rule in FEAGI and makes no synapse",
            "replace it by vectors, patterns or projector",
        )  # fmt: skip
        return False
    if morphology.type == "functions" and rule.morphology in HELPERS:
        if policy.helper_morphologies == "none":
            notices.warning(
                "helper-morphology", rule.path,
                f"{name} makes no synapse, as in FEAGI, which defines and never applies it",
                "replace it, or choose the policy helper_morphologies",
            )  # fmt: skip
            return False
        notices.warning(
            "helper-morphology", rule.path,
            f"{name} is carried out, though FEAGI defines and never applies it",
            "compare with care, or choose the policy helper_morphologies",
        )  # fmt: skip
    return True


# Synapses -------------------------------------------------------------------------------------


class _Synapses:
    """The synapses so far, one array of sources and targets per plan."""

    def __init__(self, areas: tuple[Area, ...], policy: Policy) -> None:
        self.areas = areas
        self.seed = policy.attractivity_seed
        self.parts: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []
        self._joined: list[NDArray[np.int64]] = []  # keys between the two areas at hand

    def add(self, plan: _Plan) -> int:
        """Carries out one rule. Returns how many synapses it made."""
        source, target = self.areas[plan.source], self.areas[plan.target]
        morphology = plan.morphology
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

        if plan.first_of_pair:
            self._joined = []
        keys = here * target.count + there
        if morphology.skips_existing and self._joined:
            new = np.isin(keys, np.concatenate(self._joined), invert=True)
            here, there, keys = here[new], there[new], keys[new]
        if plan.rule.attractivity < 100:
            drawn = draw(self.seed, len(self.parts), here, there)
            kept = drawn < plan.rule.attractivity
            here, there, keys = here[kept], there[kept], keys[kept]
        self._joined.append(keys)
        self.parts.append(
            ((here + source.first).astype(np.int32), (there + target.first).astype(np.int32))
        )
        return len(here)


def draw(
    seed: int, rule: int, source: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """A number from 0 to 99 per synapse: a hash of seed, rule and both neurons in their areas."""
    mixed = np.full(len(source), (seed * 2654435761 + rule) & 0xFFFFFFFF, dtype=np.uint32)
    for part in (source, target):
        mixed = _pcg(mixed ^ (part & 0xFFFFFFFF).astype(np.uint32))
    return ((mixed.astype(np.uint64) * 100) >> np.uint64(32)).astype(np.uint32)


def _pcg(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """PCG-RXS-M-XS 32, as FEAGI's excitability uses it."""
    state = x * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    result: NDArray[np.uint32] = (word >> np.uint32(22)) ^ word
    return result


# Assembly -------------------------------------------------------------------------------------


def _assemble(
    genome: Genome, areas: tuple[Area, ...], plans: list[_Plan], synapses: _Synapses
) -> Connectome:
    counts = [len(here) for here, _ in synapses.parts]
    projection = np.repeat(np.arange(len(plans), dtype=np.int32), counts)
    source = _joined([here for here, _ in synapses.parts])
    target = _joined([there for _, there in synapses.parts])
    # Sources ascend within each rule and rules ascend: a stable sort gives the announced order.
    order = np.argsort(source, kind="stable")
    projection = projection[order]
    weight = np.array([abs(plan.rule.multiplier) for plan in plans], dtype=np.uint8)
    psp = np.array([plan.psp for plan in plans], dtype=np.uint8)
    inhibitory = np.array([plan.rule.multiplier < 0 for plan in plans], dtype=np.bool_)

    def per_neuron(values: list[float], dtype: type) -> NDArray[np.generic]:
        return np.repeat(np.array(values, dtype=dtype), [area.count for area in areas])

    written = genome.areas
    power = next((a.first for a, g in zip(areas, written, strict=True) if g.id.key == POWER), None)
    return Connectome(
        genome_id=genome.id,
        title=genome.title,
        precision=genome.precision,
        timestep=genome.timestep,
        areas=areas,
        power_neuron=power,
        area=np.repeat(np.arange(len(areas), dtype=np.int32), [area.count for area in areas]),
        threshold=_float_joined([_thresholds(area) for area in written]),
        threshold_limit=per_neuron([a.threshold_limit for a in written], np.float32),
        leak=per_neuron([a.leak for a in written], np.float32),
        refractory_period=per_neuron([a.refractory_period for a in written], np.uint16),
        consecutive_fire_limit=per_neuron([a.consecutive_fire_limit for a in written], np.uint16),
        snooze=per_neuron([a.snooze for a in written], np.uint16),
        excitability=per_neuron([a.excitability for a in written], np.float32),
        source=source[order],
        target=target[order],
        weight=weight[projection],
        psp=psp[projection],
        inhibitory=inhibitory[projection],
        projection=projection,
        projections=tuple((plan.source, plan.target, plan.rule.morphology) for plan in plans),
    )


def _joined(parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)


def _float_joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)
