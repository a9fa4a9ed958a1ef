"""Lattice: the unit of one area, and the integers that its neurons meet in it.

In:  every contribution and threshold of an area as exact rationals, and the state width.
Out: a Scale: the unit, the integer of each contribution, clamps, input limit.
Never: a float where a rational will do; a clip that could change which neurons fire.

The rules and their order are SPEC.md, section 6. Names in comments are those of that section.
"""

import math
from fractions import Fraction

import numpy as np

from ..errors import QuantizeError
from .profile import AreaProfile
from .rationals import ceil_star, common_divisor, floor_star, nearest
from .scale import WIDEST, WIDTHS, Scale, Width

STEP = Fraction(26, 25)  # from one approximate unit to the next
BLUR = 2**22  # thresholds larger than this differ by what float32 rounded, not by equal steps
POWERS = frozenset(2**k for k in range(23))
COARSEST = 32  # a threshold below this is worse than weights that saturate


def threshold_in(scale_unit: Fraction, threshold: Fraction, margin: Fraction) -> int:
    """T_q (SPEC 6.3): never above what the exact sum must reach, less the rounding margin."""
    exact = threshold / scale_unit
    if margin and threshold > 0:
        return max(1, ceil_star(exact - min(margin, exact / 4096)))
    return ceil_star(exact)


def quanta_of(meeting: AreaProfile) -> list[Fraction]:
    """Of what each contribution is a whole multiple: itself, or its part per PSP and weight."""
    return [v / d if d else v for v, d in zip(meeting.values, meeting.driven, strict=True)]


def largest_sum(meeting: AreaProfile, integers: list[int], sign: int) -> int:
    """The largest sum of contributions of one sign that one neuron can meet."""
    if not len(meeting.target):
        return 0
    parts = np.array([max(sign * i, 0) for i in integers], dtype=np.float64)
    totals = np.bincount(
        meeting.target, weights=parts[meeting.value_of], minlength=meeting.n_neurons
    )  # whole numbers below 2^53: exact
    return int(totals.max())


def _count(meeting: AreaProfile, before: list[int], after: list[int]) -> int:
    """The synapses whose contribution differs."""
    moved = np.array([a != b for a, b in zip(after, before, strict=True)], dtype=bool)
    return int(moved[meeting.value_of].sum()) if len(moved) else 0


def attempt(meeting: AreaProfile, unit: Fraction, width: Width, headroom: int) -> Scale | None:
    """The area in this unit, or None if an integer could leave the state width."""
    narrow = width.bits == 8
    cap = WIDEST if narrow and meeting.mp_driven and unit == 1 else width.cap
    quotients = [v / unit for v in meeting.values]
    if max((abs(q) for q in quotients), default=Fraction(0)) > WIDEST:
        return None
    integers = [
        nearest(q) if base == 0 else int(q * unit / base) * nearest(base / unit)
        for q, base in zip(quotients, meeting.base, strict=True)
    ]
    exact = all((step / unit).denominator == 1 for step in quanta_of(meeting))
    margin = Fraction(0)
    if not exact:
        errors = [
            abs(q - i) + (driven > 0)
            for q, i, driven in zip(quotients, integers, meeting.driven, strict=True)
        ]
        margin = max(errors) * int(np.bincount(meeting.target).max())
    tops = [threshold_in(unit, t, margin) for t in meeting.thresholds]
    t_max, t_min = max(tops), min(tops)
    if max(t_max, -t_min) > cap:
        return None
    top = max(t_max, 1)
    upper = max((floor_star(u / unit) for u in meeting.uppers), default=0)
    inhibition = largest_sum(meeting, integers, -1)
    forgiving = _forgiving(meeting, inhibition)

    # J and the other inputs (6.5)
    if forgiving:
        j = top + inhibition
    else:
        j = max(
            max(4 * top, upper + 1) + inhibition,
            math.ceil(meeting.declared_maximum / unit),
            math.ceil(255 / unit) if meeting.mp_driven else 0,
        )
    amount = min(j, top) if meeting.stimulated else 0
    power = min(j, max(1, floor_star(1 / unit))) if meeting.power else 0

    # the room that kept potentials need (6.5)
    below = inhibition + (j if meeting.negative_inputs else 0)
    need = _need(meeting, unit, width, headroom, below, top)

    # clipping (6.5)
    kept = list(integers)
    if forgiving or _plain(meeting):
        ceiling = top + below + need
        kept = [min(i, ceiling) for i in kept]
        if not meeting.accumulates and t_min > 0:
            floor = max(1, largest_sum(meeting, kept, 1) + j + amount + power)
            kept = [max(i, -floor) for i in kept]
    raised = any(k < i for k, i in zip(kept, integers, strict=True))
    clipped = _count(meeting, integers, kept)
    ended = [max(-cap, min(cap, i)) for i in kept] if narrow else kept
    if max((abs(i) for i in ended), default=0) > cap:
        return None
    saturated = _count(meeting, kept, ended)

    # the proof (6.6)
    p = largest_sum(meeting, ended, 1) + j + amount + power
    n = largest_sum(meeting, ended, -1) + j
    highest = _highest(meeting, unit, t_max, upper, below)
    limit = 2 ** ((32 if narrow else width.bits) - 1) - 1
    rounding = (1 / unit).numerator // 2 if meeting.mp_driven else 0  # U4 adds it before it shifts
    if highest + p + rounding > limit or need + n > limit:
        return None
    low, high = 0, 0
    if meeting.accumulates:
        low, high = (-128, 127) if narrow else (n - limit, limit - rounding - p)
        if raised:
            low = max(low, -need)  # the clip is harmless only for potentials no lower than this
        if meeting.range is not None and meeting.range.hard:
            low = max(low, -math.floor(-Fraction(meeting.range.low) / unit))
            high = min(high, math.floor(Fraction(meeting.range.high) / unit))
            if narrow and Fraction(meeting.range.high) / unit > 127:
                return None
    return Scale(
        unit, exact and not saturated, tuple(ended), t_max, margin, low, high, j, amount, power,
        p, n, need, headroom, clipped, saturated,
    )  # fmt: skip


def _need(
    meeting: AreaProfile, unit: Fraction, width: Width, headroom: int, below: int, top: int
) -> int:
    """How far below zero a kept potential should find room."""
    if not meeting.accumulates or below == 0:
        return 0
    if meeting.range is not None:
        need = math.ceil(-Fraction(meeting.range.low) / unit)
    elif meeting.leaks:
        leak = min(meeting.leaks)
        need = math.ceil(below * (1 - leak) / leak) + 1
        if width.bits < 32:
            need = min(need, 4 * top)
    else:
        need = max(headroom * below, 2 * top)
    return min(need, 128) if width.bits == 8 else need


def _plain(meeting: AreaProfile) -> bool:
    """Whether its neurons fire whenever they reach their threshold."""
    return meeting.always and not meeting.limited and not meeting.uppers and not meeting.mp_driven


def _forgiving(meeting: AreaProfile, inhibition: int) -> bool:
    """Whether what alone reaches every threshold does the same as anything larger."""
    if meeting.mp_driven or meeting.uppers:
        return False
    if not meeting.accumulates:
        return True
    return meeting.always and inhibition == 0 and not meeting.negative_inputs


def decisive(meeting: AreaProfile, unit: Fraction, t_max: int, upper: int) -> int:
    """The highest potential that differs from still higher ones in what it leads to, as long as
    nothing lowers it."""
    if _plain(meeting):
        return max(t_max - 1, 0)
    return max(t_max, upper + 1, math.ceil(255 / unit) if meeting.mp_driven else 0)


def _highest(meeting: AreaProfile, unit: Fraction, t_max: int, upper: int, below: int) -> int:
    """The highest potential that an area keeps, or is given room for (V⁺)."""
    if not meeting.accumulates:
        return 0
    least = decisive(meeting, unit, t_max, upper)
    leaks = meeting.leaks and not (meeting.always and not meeting.uppers)
    if _plain(meeting) or (below == 0 and not leaks):
        return least
    if meeting.range is not None:
        return max(least, math.ceil(Fraction(meeting.range.high) / unit))
    return max(least, 4 * t_max)


def _finest(
    meeting: AreaProfile, natural: Fraction, width: Width, finest: int, headroom: int
) -> Scale | None:
    fine = finest
    while fine >= 1:
        scale = attempt(meeting, natural / fine, width, headroom)
        if scale is not None and not scale.saturated:
            blurred = len(meeting.thresholds) > 1 and scale.threshold_max > BLUR
            if not blurred or fine == 1:
                return scale
        fine //= 2
    return None


def _approximate(meeting: AreaProfile, width: Width) -> Scale | None:
    """No lattice fits: the smallest unit, in steps of 4 %, in which nothing can overflow."""
    largest = max(max(meeting.thresholds), Fraction(0))
    if meeting.range is not None and width.bits == 8:
        largest = Fraction(max(-meeting.range.low, meeting.range.high))
    largest = largest or max((abs(v) for v in meeting.values), default=Fraction(1)) or Fraction(1)
    first: Scale | None = None
    unit = largest / width.approximate
    for _ in range(2000):
        scale = attempt(meeting, unit, width, width.approximate_headroom)
        if scale is not None and not scale.saturated:
            return scale
        if scale is not None:  # 8 bits: rather a coarser threshold than a saturated weight
            first = first or scale
            if scale.threshold_max < COARSEST:
                break
        unit *= STEP
    return first


def _given(meeting: AreaProfile, bits: int, unit: Fraction) -> Scale:
    """The area in a unit that was asked for, with the first headroom that fits."""
    width = WIDTHS[bits]
    if meeting.mp_driven and (unit.numerator != 1 or unit.denominator not in POWERS):
        raise QuantizeError(
            f"area {meeting.area} was given the unit {float(unit):g}, and its PSP follows its "
            "potential",
            "give it one of 1, 1/2, 1/4, … 1/2^22",
        )
    saturated: Scale | None = None
    for headroom in width.headrooms:
        scale = attempt(meeting, unit, width, headroom)
        if scale is not None and not scale.saturated:
            return scale
        saturated = saturated or scale
    if saturated is not None:  # at 8 bits only
        return saturated
    raise QuantizeError(
        f"area {meeting.area} does not fit {bits} bits in the unit {float(unit):g} that it was "
        "given",
        "give it a coarser one, leave it out of the scales, or choose a wider state",
    )


def fit(meeting: AreaProfile, bits: int, unit: Fraction | None = None) -> Scale:
    """The area's scale at a state width, in `unit` if one is given (SPEC 6.2).

    Raises QuantizeError if no unit keeps the area inside the width, or the one given does not.
    """
    if unit is not None:
        return _given(meeting, bits, unit)
    width = WIDTHS[bits]
    whole = common_divisor([*quanta_of(meeting), *meeting.natural])
    finest = width.fine_integrating if meeting.integrates else width.fine
    if meeting.mp_driven:
        whole, finest = Fraction(1), 2**22
    best: Scale | None = None
    for headroom in width.headrooms:
        scale = _finest(meeting, whole, width, finest, headroom)
        if scale is None:
            continue
        best = scale
        enough = scale.exact and not meeting.integrates and not meeting.mp_driven
        if enough or scale.threshold_max >= width.resolution or scale.threshold_max <= 0:
            break
    if best is None and not meeting.mp_driven:
        best = _approximate(meeting, width)
    if best is None:
        raise QuantizeError(
            f"area {meeting.area} has sums that no unit fits into {bits} bits",
            "choose a wider state (--state int32), or lower its weights or its fan-in",
        )
    return best
