"""Plan: which mapping rules of a genome make synapses, and in which order.

In:  a Genome and a Policy.
Out: plans in connectome order: source area, then destination area, then order in the list.
Never: makes a synapse; leaves a rule out without a notice.
"""

from dataclasses import dataclass

from ...errors import GenomeError
from ...notices import Notices
from .genome import Genome, GenomeArea, Rule
from .json_text import shorten
from .morphology import HELPERS, MEMORY, Morphology, bound
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Projection:
    """One rule that will be carried out."""

    source: int  # area index
    target: int
    rule: Rule
    morphology: Morphology
    psp: int  # 0..255
    first_of_pair: bool  # no earlier rule joins the same two areas


def plan(genome: Genome, policy: Policy, notices: Notices) -> list[Projection]:
    """The rules that make synapses, in order; the others are notices."""
    index = {area.id.key: i for i, area in enumerate(genome.areas)}
    plans: list[Projection] = []
    most = blocks = 0
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
            if rule.attractivity < 100:
                notices.info(
                    "attractivity", rule.path,
                    f"{rule.attractivity} percent of the synapses come to exist, drawn with the "
                    f"seed {policy.attractivity_seed}; FEAGI draws anew at each start",
                    "choose the policy attractivity_seed for another draw",
                )  # fmt: skip
            if rule.psp is not None:
                own = int(min(255.0, max(0.0, rule.psp)))
            plans.append(
                Projection(
                    source, target, rule, morphology,
                    psp if rule.psp is None else own, target not in joined,
                )
            )  # fmt: skip
            joined.add(target)
            blocks += morphology.blocks
            if blocks > policy.max_blocks:
                raise GenomeError(
                    f"{rule.path}: with this rule the rules apply {blocks} vectors and patterns, "
                    f"and the limit is {policy.max_blocks}",
                    "use fewer, or raise the policy max_blocks",
                )
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
        learns = rule.plasticity is not None or source.memory or target.memory
        if not learns:
            notices.warning(
                "memory-rule", rule.path,
                f"{name} makes no fixed synapse, and nothing learns by it",
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
