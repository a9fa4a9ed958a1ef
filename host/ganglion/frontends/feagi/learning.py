"""Development of learning: the plastic rules, memory areas and twins of a genome.

In:  a Genome, its Connectome so far, a Policy.
Out: the Connectome with its Learning, and an area of places for each memory area behind the others.
Never: leaves a rule out without a notice; takes what FEAGI runs without end.
"""

import numpy as np
from numpy.typing import NDArray

from ...connectome.ids import FATIGUE
from ...connectome.learning import Learning, MemoryArea, PlasticRule, Twin, whole_growth
from ...connectome.model import Area, Connectome
from ...connectome.slots import with_slots
from ...errors import GenomeError
from ...network.learning import LONGEST_WINDOW
from ...notices import Notices
from .genome import Genome, Rule
from .json_text import shorten
from .plasticity import REPLAY
from .policy import Policy


def with_learning(
    genome: Genome, connectome: Connectome, policy: Policy, notices: Notices
) -> Connectome:
    """The connectome that learns as its genome says; itself if the genome says nothing."""
    index = {area.id.key: i for i, area in enumerate(genome.areas)}
    memory = _memory_areas(genome, index, policy, notices)
    rules = _rules(genome, index, {m.area for m in memory}, policy, notices)
    learning = Learning(
        rules=rules,
        memory_areas=memory,
        twins=_twins(genome, connectome, index, memory, notices),
        fatigue_area=index.get(FATIGUE),
    )
    if not learning:
        return connectome
    return with_slots(connectome, learning, policy.memory_slots)


def _rules(
    genome: Genome, index: dict[bytes, int], memory: set[int], policy: Policy, notices: Notices
) -> tuple[PlasticRule, ...]:
    """The last plastic rule of each pair of areas, as FEAGI registers them."""
    found: dict[tuple[int, int], tuple[PlasticRule, Rule]] = {}
    for source, area in enumerate(genome.areas):
        notices.area = area.id.text
        for rule in area.rules:
            target = index.get(rule.destination.key)
            if rule.plasticity is None or target is None:
                continue
            given = rule.plasticity
            if given.associative and memory & {source, target}:
                raise GenomeError(
                    f"{rule.path}: the rule {shorten(rule.morphology)} has a memory area at an "
                    "end, where FEAGI makes synapses without end",
                    "remove the rule, or choose the policy learning=ignore",
                )
            if (source, target) in found:
                notices.warning(
                    "plasticity", found[source, target][1].path,
                    f"the plastic rule is replaced by {rule.path}, as in FEAGI: two areas have one",
                    "remove one of the two",
                )  # fmt: skip
            psp = area.postsynaptic_current if rule.psp is None else rule.psp
            up, down = PlasticRule.steps(given.constant, given.ltp, given.ltd)
            plastic = PlasticRule(
                source, target, given.window, up, down, given.associative,
                int(min(255.0, max(0.0, psp))), rule.multiplier < 0,
            )  # fmt: skip
            found[source, target] = plastic, rule
            _say_what_no_brain_holds(plastic, rule, genome, notices)
            _say_what_never_grows(plastic, rule, genome, notices)
    notices.area = None
    return tuple(found[pair][0] for pair in sorted(found))


def _say_what_no_brain_holds(
    plastic: PlasticRule, rule: Rule, genome: Genome, notices: Notices
) -> None:
    """What compiling refuses, so that `lint` says it too (SPEC 11.8)."""
    source = genome.areas[plastic.source]
    if plastic.window > LONGEST_WINDOW:
        notices.warning(
            "not-compiled", rule.path,
            f"a window of {plastic.window} bursts cannot be compiled: a brain holds "
            f"{LONGEST_WINDOW}",
            "write a smaller plasticity_window",
        )  # fmt: skip
    if plastic.associative and not source.psp_uniform:
        notices.warning(
            "not-compiled", rule.path,
            f"the rule creates synapses and cannot be compiled: each divides what {source.id.text} "
            "sends anew",
            f"set psp_uniform_distribution of {source.id.text}",
        )  # fmt: skip


def _say_what_never_grows(
    plastic: PlasticRule, rule: Rule, genome: Genome, notices: Notices
) -> None:
    """What FEAGI's rule does otherwise than most would think."""
    source, target = genome.areas[plastic.source], genome.areas[plastic.target]
    if plastic.strengthen == 0:
        notices.warning(
            "never-strengthens", rule.path,
            "the plastic rule can only weaken: constant · ltp_multiplier is not above 0",
            "write a positive constant and ltp_multiplier",
        )  # fmt: skip
        return
    if plastic.window == 1:
        return
    tired = [area for area in (source, target) if area.refractory_period > 0]
    if tired:
        notices.warning(
            "never-strengthens", rule.path,
            f"the plastic rule can only weaken: a window of {plastic.window} asks that both "
            f"neurons fire in {plastic.window} bursts in a row, and those of {tired[0].id.text} "
            f"rest for {tired[0].refractory_period} after each",
            "write a plasticity_window of 1, or a refractory period of 0",
        )  # fmt: skip
        return
    notices.info(
        "coincidence", rule.path,
        f"a window of {plastic.window} strengthens only after {plastic.window} bursts in a row in "
        "which both neurons fired; a single coincidence weakens",
        "write a plasticity_window of 1 if a coincidence should strengthen",
    )  # fmt: skip


def _memory_areas(
    genome: Genome, index: dict[bytes, int], policy: Policy, notices: Notices
) -> tuple[MemoryArea, ...]:
    """The memory areas that some area leads to."""
    active = {i for i, area in enumerate(genome.areas) if area.memory is not None}
    upstream: dict[int, set[int]] = {i: set() for i in active}
    for source, area in enumerate(genome.areas):
        for rule in area.rules:
            target = index.get(rule.destination.key, -1)
            if target in active and source not in active:
                upstream[target].add(source)
    found = []
    for i in sorted(active):
        area = genome.areas[i]
        assert area.memory is not None
        notices.area = area.id.text
        if not upstream[i]:
            notices.warning(
                "memory-area", area.path, "no area leads to the memory area: it remembers nothing",
                "map an area to it that is no memory",
            )  # fmt: skip
            continue
        found.append(
            MemoryArea(
                area=i,
                depth=area.memory.depth,
                upstream=tuple(sorted(upstream[i])),
                init_lifespan=area.memory.init_lifespan,
                growth=whole_growth(area.memory.growth),
                longterm_threshold=area.memory.longterm_threshold,
            )
        )
    notices.area = None
    return tuple(found)


def _twins(
    genome: Genome,
    connectome: Connectome,
    index: dict[bytes, int],
    memory: tuple[MemoryArea, ...],
    notices: Notices,
) -> tuple[Twin, ...]:
    """Areas that a memory area replays to and that are the twin of one of its upstream areas."""
    found: dict[tuple[int, int], Twin] = {}
    for described in memory:
        for rule in genome.areas[described.area].rules:
            target = index.get(rule.destination.key)
            if rule.morphology != REPLAY or target is None:
                continue
            of = genome.areas[target].twin_of
            upstream = None if of is None else index.get(of.key)
            if upstream not in described.upstream:
                notices.warning(
                    "memory-area", rule.path,
                    f"{genome.areas[target].id.text} is no twin of an area that this memory sees",
                    "expect no replay; name that area in memory_twin_of",
                )  # fmt: skip
                continue
            assert upstream is not None
            shown, played = _voxels(connectome.areas[upstream], connectome.areas[target])
            potential = float(np.float32(genome.areas[target].threshold))
            found[described.area, upstream] = Twin(
                described.area, upstream, target, potential, shown, played
            )
    return tuple(found[key] for key in sorted(found))


def _voxels(upstream: Area, twin: Area) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each neuron of the upstream area, and the last one of the twin's voxel, where it has it."""
    voxels = np.indices(upstream.dimensions).reshape(3, -1)
    inside = (voxels < np.array(twin.dimensions)[:, None]).all(axis=0)
    x, y, z = voxels[:, inside]
    _, height, depth = twin.dimensions
    last = twin.first + ((x * height + y) * depth + z + 1) * twin.neurons_per_voxel - 1
    each = upstream.neurons_per_voxel
    shown = upstream.first + (np.flatnonzero(inside)[:, None] * each + np.arange(each)).ravel()
    return shown, np.repeat(last, each)
