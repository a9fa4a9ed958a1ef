"""Lint: everything odd about a genome: its text, its development, and what can never happen.

In:  the bytes of a genome and a Policy.
Out: notices, those of reading first, then those of development, then those of the whole brain.
Never: raises for a genome; runs a burst.

What can never happen is decided by bounds that hold for every stimulus, so a notice is never a
guess: areas of group IPU may receive anything, all others only power and their synapses.
"""

import numpy as np
from numpy.typing import NDArray

from ...connectome.model import Area, Connectome
from ...errors import GenomeError
from ...notices import Notice, Notices, Severity
from .json_text import count
from .policy import Policy
from .reader import examine


def lint(data: bytes, policy: Policy | None = None) -> tuple[Notice, ...]:
    """All notices of a genome."""
    from .develop import develop_with_notices

    genome, read = examine(data, policy)
    if genome is None or any(notice.severity is Severity.ERROR for notice in read):
        return read
    notices = Notices()
    try:
        developed = develop_with_notices(genome, policy)
    except GenomeError as error:
        path, found, fact = error.fact.partition(": ")
        known = bool(found) and path.startswith("$")
        notices.error(
            "development", path if known else "$", fact if known else error.fact, error.remedy
        )
        return read + notices.freeze()
    paths = {area.id.text: area.path for area in genome.areas}
    _lint_brain(developed.connectome, paths, notices)
    return developed.notices + notices.freeze()


def _lint_brain(c: Connectome, paths: dict[str, str], notices: Notices) -> None:
    live = c.live()
    highest = highest_potential(c)
    driven = _driven_areas(c)
    sources = {s for s, _, _ in c.projections} | {r.source for r in c.learning.rules}
    sources |= {up for m in c.learning.memory_areas for up in m.upstream}
    targets = {t for _, t, _ in c.projections} | {r.target for r in c.learning.rules}
    for i, area in enumerate(c.areas):
        if area.group == "CORE" or area.id not in paths:  # the places of a memory have no file
            continue
        notices.area = area.id
        path = paths[area.id]
        mask = live[area.first : area.first + area.count]
        if not mask.any():
            notices.info(
                "dead-area", path,
                f"no synapse enters or leaves {count(area.count, 'neuron')} of {area.id}",
                "map it to an area, or remove it",
            )  # fmt: skip
            continue
        if area.group == "IPU" and i not in sources:
            notices.info(
                "unread-input", path, f"no area reads the input {area.id}", "map it to an area"
            )
        if area.group == "OPU" and i not in targets:
            notices.info(
                "unwritten-output", path, f"no area drives the output {area.id}",
                "map an area to it",
            )  # fmt: skip
        if not driven[i]:
            notices.warning(
                "undriven-area", path,
                f"no path leads from an input or from power to {area.id}: it never fires",
                "map an area to it that fires",
            )  # fmt: skip
            continue
        _lint_neurons(c, area, mask, highest, path, notices)


def _lint_neurons(
    c: Connectome, area: Area, live: NDArray[np.bool_], highest: NDArray[np.float64], path: str,
    notices: Notices,
) -> None:  # fmt: skip
    here = slice(area.first, area.first + area.count)
    threshold, limit = c.threshold[here], c.threshold_limit[here]
    crossed = int((live & (limit != 0) & (limit < threshold)).sum())
    if crossed:
        notices.warning(
            "limit-below-threshold", path,
            f"{count(crossed, 'neuron')} of {area.id} with an upper limit below the threshold "
            "can never fire",
            "raise firing_threshold_limit, or set it to 0 for none",
        )  # fmt: skip
    never = int((live & (c.excitability[here] <= 0)).sum())
    if never:
        notices.warning(
            "never-excitable", path,
            f"{count(never, 'neuron')} of {area.id} with an excitability of 0 or less "
            "can never fire",
            "raise neuron_excitability",
        )  # fmt: skip
    any_touch = int((live & (threshold <= 0)).sum())
    if any_touch:
        notices.info(
            "threshold-zero", path,
            f"{count(any_touch, 'neuron')} of {area.id} with a threshold of 0 or less "
            "fire on anything that reaches them, even 0",
            "raise firing_threshold if that is not meant",
        )  # fmt: skip
    out_of_reach = live & (threshold > highest[here] * (1 + 1e-5))
    connected = count(int(live.sum()), "connected neuron")
    if out_of_reach.any():
        worst = int(np.argmax(np.where(out_of_reach, threshold - highest[here], -np.inf)))
        notices.warning(
            "unreachable-threshold", path,
            f"{int(out_of_reach.sum())} of {connected} of {area.id} can never fire: "
            f"the most that can meet in one is {highest[here][worst]:g} and its "
            f"threshold is {threshold[worst]:g}",
            "lower firing_threshold, or raise the postsynaptic current or the multiplier",
        )  # fmt: skip


def highest_potential(c: Connectome) -> NDArray[np.float64]:
    """(n,) an upper bound of each neuron's potential at the compare; inputs make it infinite."""
    areas = c.areas
    keeps = np.array([area.mp_charge_accumulation for area in areas], dtype=np.bool_)
    sensed = np.array([area.group == "IPU" for area in areas], dtype=np.bool_)
    psp = np.where(c.mp_driven()[c.source], 255.0, c.psp)
    arriving = np.maximum(c.contribution(np.arange(c.n_synapses), psp), 0.0)
    arriving[c.learning.changes(c.area[c.source], c.area[c.target])] = np.inf  # it can grow
    total = np.bincount(c.target, weights=arriving, minlength=c.n_neurons)
    if c.power_neuron is not None:
        total[c.power_neuron] += 1.0
    # What stays after the compare is (V + S)(1 - leak), so V at the compare stays below S / leak.
    with np.errstate(divide="ignore", invalid="ignore"):
        gathered = np.where(c.leak > 0, total / c.leak, np.inf)
    result = np.where(keeps[c.area] & (total > 0), gathered, total)
    result[sensed[c.area] | c.learning.reached(c.area)] = np.inf
    return result


def _driven_areas(c: Connectome) -> list[bool]:
    """Which areas a path of excitation reaches from inputs or power."""
    # Where a threshold is 0 or less, being touched is enough.
    counts = (~c.inhibitory & (c.weight > 0)) | (c.threshold[c.target] <= 0)
    excites = np.zeros(len(c.projections), dtype=np.bool_)
    excites[c.projection[counts]] = True
    next_areas: dict[int, set[int]] = {}
    for i in np.flatnonzero(excites).tolist():
        source, target, _ = c.projections[i]
        next_areas.setdefault(source, set()).add(target)
    for rule in c.learning.rules:
        next_areas.setdefault(rule.source, set()).add(rule.target)
    for twin in c.learning.twins:
        next_areas.setdefault(twin.upstream, set()).add(twin.twin)
    power = None if c.power_neuron is None else int(c.area[c.power_neuron])
    reached = {i for i, area in enumerate(c.areas) if area.group == "IPU" or i == power}
    frontier = list(reached)
    while frontier:
        found = next_areas.get(frontier.pop(), set()) - reached
        reached |= found
        frontier.extend(found)
    return [i in reached for i in range(len(c.areas))]
