"""Profile: what of a connectome meets in each area, as exact rationals.

In:  a Connectome, the neurons that are kept, and how the brain will be fed.
Out: an AreaProfile per area.
Never: rounds; f32 parameters become the rationals that they are.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import ALWAYS, Connectome
from ..connectome.selection import live_neurons, stimulated_neurons
from ..connectome.slices import slices
from .contributions import Contributions, contributions_of
from .grouping import Ints, Numbers
from .learning_contributions import learned_contributions
from .options import QuantizeOptions, Range

NEAR = 14  # 2^14 neurons, whose sums take a quarter of a cache of the second level


@dataclass(frozen=True, slots=True)
class AreaProfile:
    """All that meets in one area. Potentials are exact rationals of the area's real unit."""

    area: str
    values: tuple[Fraction, ...]  # distinct signed contributions; mp-driven ones at a PSP of 255
    driven: tuple[int, ...]  # into how many steps each divides (mp-driven, plastic), or 0
    base: tuple[Fraction, ...]  # of which a weight of few bits is a whole multiple; else 0
    value_of: Numbers  # (m,) synapse -> values; synapses of near targets lie together
    target: NDArray[np.int32]  # (m,) neuron within the area
    counts: tuple[int, ...]  # synapses that have each of `values`
    numbers: NDArray[np.int64]  # of `values` among the contributions of all areas
    n_neurons: int
    thresholds: tuple[Fraction, ...]  # distinct
    uppers: tuple[Fraction, ...]  # distinct upper threshold limits that exist
    natural: tuple[Fraction, ...]  # further potentials that should be whole: inputs, thresholds
    accumulates: bool
    leaks: tuple[Fraction, ...]  # distinct, above 0
    all_leak: bool  # no neuron is without one
    mp_driven: bool  # the area's own PSP follows its potential
    always: bool  # all its neurons are always excitable
    limited: bool  # some have a consecutive fire limit
    stimulated: bool  # the random stimulus reaches it
    injected: bool  # potentials will be injected into it
    graded: bool  # and they will not be whole numbers
    power: bool  # holds the power neuron
    negative_inputs: bool  # injected potentials may be below zero
    declared_maximum: Fraction  # largest potential that will be injected, 0 = not said
    range: Range | None = None  # room that a person asked for

    @property
    def integrates(self) -> bool:
        """Keeps what no whole unit can hold: graded input or what is left of a leak."""
        return self.accumulates and (self.graded or any(leak < 1 for leak in self.leaks))


def _rationals(values: NDArray[np.float32]) -> list[Fraction]:
    return [Fraction(float(v)) for v in np.unique(values)]


def _decimal(value: Fraction) -> Fraction | None:
    """The short decimal that a float32 threshold stands for, if there is one (SPEC 6.2)."""
    decimal = Fraction(str(np.float32(float(value))))
    if decimal.denominator > 1000:
        decimal = Fraction(round(value * 1000), 1000)
        if abs(value - decimal) > abs(value) / 2**22:
            return None
    return decimal if decimal != 0 else None


class Profiled(NamedTuple):
    """What quantization asks of a connectome, asked once."""

    keep: NDArray[np.int64]  # (N,) neurons that can matter
    reach: NDArray[np.bool_]  # (N,) which of these the random stimulus reaches
    contributions: Contributions
    areas: dict[int, AreaProfile]  # by the area's index


def profiled(
    c: Connectome, options: QuantizeOptions, keep: NDArray[np.int64] | None = None
) -> Profiled:
    """The profile of each area that a brain keeps, and what it was made of; `keep`: the neurons
    that can matter, if they are known."""
    keep = live_neurons(c) if keep is None else keep
    reach = stimulated_neurons(c, keep)
    contributions = learned_contributions(c, contributions_of(c, options.weights))
    return Profiled(keep, reach, contributions, profiles_of(c, keep, reach, contributions, options))


def profiles_of(
    c: Connectome,
    keep: NDArray[np.int64],
    reach: NDArray[np.bool_],
    contributions: Contributions,
    options: QuantizeOptions,
) -> dict[int, AreaProfile]:
    """The profile of each area that has a neuron in `keep`, by the area's index. `reach`: which
    of these the random stimulus reaches."""
    local = np.full(c.n_neurons, -1, dtype=np.int32)
    present = [i for i in range(len(c.areas)) if (c.area[keep] == i).any()]
    for index in present:
        neurons = keep[c.area[keep] == index]
        local[neurons] = np.arange(len(neurons))
    meeting = _meetings(c, contributions, local)
    result: dict[int, AreaProfile] = {}
    for index in present:
        area = c.areas[index]
        mine = np.flatnonzero(c.area[keep] == index)
        neurons = keep[mine]
        distinct, counts, value_of, target = meeting[index]
        thresholds = _rationals(c.threshold[neurons])
        power = c.power_neuron is not None and bool((neurons == c.power_neuron).any())
        stimulated_here = bool(reach[mine].any())
        injected = stimulated_here or options.anywhere
        natural: list[Fraction] = []
        if injected or power:
            natural = [Fraction(1), *(d for t in thresholds if (d := _decimal(t)) is not None)]
        leaks, limits = c.leak[neurons], c.threshold_limit[neurons]
        result[index] = AreaProfile(
            area=area.id,
            values=tuple(contributions.values[i] for i in distinct),
            driven=tuple(contributions.driven[i] for i in distinct),
            base=tuple(contributions.base[i] for i in distinct),
            value_of=value_of,
            target=target,
            counts=tuple(counts.tolist()),
            numbers=distinct,
            n_neurons=len(neurons),
            thresholds=tuple(thresholds),
            uppers=tuple(_rationals(limits[limits > 0])),
            natural=tuple(natural),
            accumulates=area.mp_charge_accumulation,
            leaks=tuple(_rationals(leaks[leaks > 0])),
            all_leak=bool((leaks > 0).all()),
            mp_driven=area.mp_driven_psp,
            always=bool((c.excitability[neurons] >= ALWAYS).all()),
            limited=bool((c.consecutive_fire_limit[neurons] > 0).any()),
            stimulated=stimulated_here,
            injected=injected,
            graded=injected and options.inputs == "graded",
            power=power,
            negative_inputs=injected and options.negative_inputs,
            declared_maximum=Fraction(options.maximum) if injected else Fraction(0),
            range=options.range_of(area.id),
        )
    return result


class Meeting(NamedTuple):
    """What meets in one area: synapses, and behind them what may come to be."""

    numbers: Ints  # the distinct contributions, ascending
    counts: Ints  # how many have each
    value_of: Numbers  # (m,) index into numbers
    target: NDArray[np.int32]  # (m,) neuron within the area


def _meetings(
    c: Connectome, contributions: Contributions, local: NDArray[np.int32]
) -> list[Meeting]:
    """Of each area; `local`: (n,) every neuron's number within its area."""
    kinds, of_kind, more = contributions.kinds, contributions.of_kind, contributions.more
    more_area = c.area[contributions.more_target]
    value_of_kind = np.zeros(len(kinds), dtype=np.min_scalar_type(len(contributions.values)))
    sets = []
    for index in range(len(c.areas)):
        mine, later = np.flatnonzero(kinds.target == index), np.flatnonzero(more_area == index)
        both = np.concatenate([of_kind[mine], more[later]])
        times = np.concatenate([kinds.count[mine], np.ones(len(later), dtype=np.int64)])
        numbers, value = np.unique(both, return_inverse=True)
        value_of_kind[mine] = value[: len(mine)]
        sets.append((numbers, np.bincount(value, times, len(numbers)), value[len(mine) :], later))
    values, targets = _by_target(c, local, kinds.of, value_of_kind)
    found, first = [], 0
    for index, (numbers, times, value, later) in enumerate(sets):
        stop = first + int(kinds.count[kinds.target == index].sum())
        value_of, target = values[first:stop], targets[first:stop]
        if len(later):
            value_of = np.concatenate([value_of, value.astype(value_of.dtype)])
            target = np.concatenate([target, local[contributions.more_target[later]]])
        found.append(Meeting(numbers, times.astype(np.int64), value_of, target))
        first = stop
    return found


def _by_target(
    c: Connectome, local: NDArray[np.int32], kind_of: Numbers, value: Numbers
) -> tuple[Numbers, NDArray[np.int32]]:
    """(m,) the value of each synapse's kind, and its target within its area: those of an area
    together, and in it those whose targets are near, whose sums then stay in cache."""
    blocks = (np.bincount(c.area, minlength=len(c.areas)) >> NEAR) + 1
    before = (np.cumsum(blocks) - blocks) << NEAR  # an area begins with a block
    place = (before[c.area] + local).astype(np.int32 if blocks.sum() < 2**17 else np.int64)
    column = np.min_scalar_type(blocks.sum())  # numpy sorts small numbers by counting them
    block = (place >> NEAR).astype(column)
    began = np.repeat(before, blocks)
    free = np.zeros(len(began), dtype=np.int64)
    for part in slices(c.n_synapses):
        free += np.bincount(block[c.target[part]], minlength=len(free))
    free = np.cumsum(free) - free
    values = np.empty(c.n_synapses, dtype=value.dtype)
    targets = np.empty(c.n_synapses, dtype=np.int32)
    for part in slices(c.n_synapses):
        target = place[c.target[part]]
        here = (target >> NEAR).astype(column)
        order = np.argsort(here, kind="stable")
        here = here[order]
        count = np.bincount(here, minlength=len(free))
        at = (free - np.cumsum(count) + count)[here] + np.arange(len(order))
        values[at] = value[kind_of[part][order]]
        targets[at] = target[order] - began[here]
        free += count
    return values, targets
