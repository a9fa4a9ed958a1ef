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
from .contributions import Contributions, contributions_of
from .grouping import distinct_of, order_of
from .learning_contributions import learned_contributions
from .options import QuantizeOptions, Range


@dataclass(frozen=True, slots=True)
class AreaProfile:
    """All that meets in one area. Potentials are exact rationals of the area's real unit."""

    area: str
    values: tuple[Fraction, ...]  # distinct signed contributions; mp-driven ones at a PSP of 255
    driven: tuple[int, ...]  # into how many steps each divides (mp-driven, plastic), or 0
    base: tuple[Fraction, ...]  # of which a weight of few bits is a whole multiple; else 0
    value_of: NDArray[np.int64]  # (m,) synapse -> values
    target: NDArray[np.int64]  # (m,) neuron within the area
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


def profiled(c: Connectome, options: QuantizeOptions) -> Profiled:
    """The profile of each area that a brain keeps, and what it was made of."""
    keep = live_neurons(c)
    reach = stimulated_neurons(c, keep)
    contributions, target = learned_contributions(c, contributions_of(c, options.weights))
    return Profiled(
        keep, reach, contributions, profiles_of(c, keep, reach, contributions, target, options)
    )


def profiles_of(
    c: Connectome,
    keep: NDArray[np.int64],
    reach: NDArray[np.bool_],
    contributions: Contributions,
    target: NDArray[np.int32],
    options: QuantizeOptions,
) -> dict[int, AreaProfile]:
    """The profile of each area that has a neuron in `keep`, by the area's index. `reach`: which
    of these the random stimulus reaches; `target` (m + more,) of each synapse, those that may be
    learned behind those that are there."""
    local = np.full(c.n_neurons, -1, dtype=np.int64)
    target_area = c.area[target]
    by_area = order_of((target_area,))
    bounds = np.searchsorted(target_area[by_area], np.arange(len(c.areas) + 1))
    result: dict[int, AreaProfile] = {}
    for index, area in enumerate(c.areas):
        mine = np.flatnonzero(c.area[keep] == index)
        if not len(mine):
            continue
        neurons = keep[mine]
        local[neurons] = np.arange(len(neurons))
        synapses = by_area[bounds[index] : bounds[index + 1]]
        distinct, value_of = distinct_of(contributions.of[synapses], len(contributions.values))
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
            target=local[target[synapses]],
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
