"""Meeting: what of a connectome meets in each area, as exact rationals.

In:  a Connectome, the neurons that are kept, and how the brain will be fed.
Out: a lattice.Meeting per area.
Never: rounds; f32 parameters become the rationals that they are.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .connectome import Connectome
from .contributions import contributions_of
from .options import STATES as STATES
from .options import Options as Options
from .scale import Meeting

ALWAYS = np.float32(0.999)


def live(connectome: Connectome) -> NDArray[np.int64]:
    """The neurons that a brain keeps, ascending: those that can matter; of a connectome without
    synapses one, since a brain is never empty."""
    found = np.flatnonzero(connectome.live())
    if not len(found) and connectome.n_neurons:
        found = np.array([connectome.power_neuron or 0])
    return found


def stimulated(connectome: Connectome, keep: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(len(keep),) the neurons that the random stimulus reaches: those of input areas; without
    one, those that no synapse reaches; without one, all."""
    is_input = np.array([a.group == "IPU" for a in connectome.areas] or [False])
    chosen = is_input[connectome.area[keep]]
    if not chosen.any():
        reached = np.zeros(connectome.n_neurons, dtype=bool)
        reached[connectome.target] = True
        chosen = ~reached[keep]
        if connectome.power_neuron is not None:
            chosen &= keep != connectome.power_neuron
    return chosen if chosen.any() else np.ones(len(keep), dtype=bool)


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


def meetings_of(c: Connectome, keep: NDArray[np.int64], options: Options) -> dict[int, Meeting]:
    """The Meeting of each area that has a neuron in `keep`, by the area's index."""
    contributions = contributions_of(c, options.weights)
    local = np.full(c.n_neurons, -1, dtype=np.int64)
    target_area = c.area[c.target]
    reach = stimulated(c, keep)
    by_area = np.argsort(target_area, kind="stable")
    bounds = np.searchsorted(target_area[by_area], np.arange(len(c.areas) + 1))
    result: dict[int, Meeting] = {}
    for index, area in enumerate(c.areas):
        mine = np.flatnonzero(c.area[keep] == index)
        if not len(mine):
            continue
        neurons = keep[mine]
        local[neurons] = np.arange(len(neurons))
        synapses = by_area[bounds[index] : bounds[index + 1]]
        distinct, value_of = np.unique(contributions.of[synapses], return_inverse=True)
        thresholds = _rationals(c.threshold[neurons])
        power = c.power_neuron is not None and bool((neurons == c.power_neuron).any())
        stimulated_here = bool(reach[mine].any())
        injected = stimulated_here or options.anywhere
        natural: list[Fraction] = []
        if injected or power:
            natural = [Fraction(1), *(d for t in thresholds if (d := _decimal(t)) is not None)]
        leaks, limits = c.leak[neurons], c.threshold_limit[neurons]
        result[index] = Meeting(
            area=area.id,
            values=tuple(contributions.values[i] for i in distinct),
            driven=tuple(contributions.driven[i] for i in distinct),
            base=tuple(contributions.base[i] for i in distinct),
            value_of=value_of,
            target=local[c.target[synapses]],
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
