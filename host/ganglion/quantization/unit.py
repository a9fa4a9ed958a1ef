"""Unit: the unit of one area, and the integers that its neurons meet in it.

In:  every contribution and threshold of an area as exact rationals, and the state width.
Out: a Scale: the unit, the integer of each contribution, clamps, input limit.
Never: a float where a rational will do; a clip that could change which neurons fire.

The rules and their order are SPEC.md, section 6. Names in comments are those of that section.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from ..errors import QuantizeError
from .profile import AreaProfile
from .rationals import ceil_star, common_divisor, floor_star
from .rounding import Contributing, quanta_of
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


def _count(profile: AreaProfile, before: Sequence[int], after: Sequence[int]) -> int:
    """The synapses whose contribution differs."""
    pairs = zip(profile.counts, before, after, strict=True)
    return 0 if before == after else sum(count for count, a, b in pairs if a != b)


def attempt(area: Contributing, unit: Fraction, width: Width, headroom: int) -> Scale | None:
    """The area in this unit, or None if an integer could leave the state width."""
    profile = area.profile
    narrow = width.bits == 8
    cap = WIDEST if narrow and profile.mp_driven and unit == 1 else width.cap
    rounded = area.rounded(unit)
    if rounded is None:
        return None
    integers, exact, margin = rounded
    # what T_q and floor* give rises with what they are given
    t_max = threshold_in(unit, max(profile.thresholds), margin)
    t_min = threshold_in(unit, min(profile.thresholds), margin)
    if max(t_max, -t_min) > cap:
        return None
    top = max(t_max, 1)
    upper = floor_star(max(profile.uppers) / unit) if profile.uppers else 0
    inhibition = area.largest_sum(integers, -1)
    forgiving = _forgiving(profile, inhibition)

    # J and the other inputs (6.5)
    if forgiving:
        j = top + inhibition
    else:
        j = max(
            max(4 * top, upper + 1) + inhibition,
            math.ceil(profile.declared_maximum / unit),
            math.ceil(255 / unit) if profile.mp_driven else 0,
        )
    amount = min(j, top) if profile.stimulated else 0
    power = min(j, max(1, floor_star(1 / unit))) if profile.power else 0

    # the room that kept potentials need (6.5)
    below = inhibition + (j if profile.negative_inputs else 0)
    need = _need(profile, unit, width, headroom, below, top)

    # clipping (6.5)
    kept = integers
    if forgiving or _plain(profile):
        ceiling = top + below + need
        kept = tuple(min(i, ceiling) for i in kept)
        if not profile.accumulates and t_min > 0:
            floor = max(1, area.largest_sum(kept, 1) + j + amount + power)
            kept = tuple(max(i, -floor) for i in kept)
    raised = any(k < i for k, i in zip(kept, integers, strict=True))
    clipped = _count(profile, integers, kept)
    ended = tuple(max(-cap, min(cap, i)) for i in kept) if narrow else kept
    if max((abs(i) for i in ended), default=0) > cap:
        return None
    saturated = _count(profile, kept, ended)

    # the proof (6.6)
    p = area.largest_sum(ended, 1) + j + amount + power
    n = area.largest_sum(ended, -1) + j
    highest = _highest(profile, unit, t_max, upper, below)
    limit = 2 ** ((32 if narrow else width.bits) - 1) - 1
    rounding = (1 / unit).numerator // 2 if profile.mp_driven else 0  # U4 adds it before it shifts
    if highest + p + rounding > limit or need + n > limit:
        return None
    low, high = 0, 0
    if profile.accumulates:
        low, high = (-128, 127) if narrow else (n - limit, limit - rounding - p)
        if raised:
            low = max(low, -need)  # the clip is harmless only for potentials no lower than this
        if profile.range is not None and profile.range.hard:
            low = max(low, -math.floor(-Fraction(profile.range.low) / unit))
            high = min(high, math.floor(Fraction(profile.range.high) / unit))
            if narrow and Fraction(profile.range.high) / unit > 127:
                return None
    return Scale(
        unit, exact and not saturated, ended, t_max, margin, low, high, j, amount, power,
        p, n, need, headroom, clipped, saturated,
    )  # fmt: skip


def _need(
    profile: AreaProfile, unit: Fraction, width: Width, headroom: int, below: int, top: int
) -> int:
    """How far below zero a kept potential should find room."""
    if not profile.accumulates or below == 0:
        return 0
    if profile.range is not None:
        need = math.ceil(-Fraction(profile.range.low) / unit)
    elif profile.leaks:
        leak = min(profile.leaks)
        need = math.ceil(below * (1 - leak) / leak) + 1
        if width.bits < 32:
            need = min(need, 4 * top)
    else:
        need = max(headroom * below, 2 * top)
    return min(need, 128) if width.bits == 8 else need


def _plain(profile: AreaProfile) -> bool:
    """Whether its neurons fire whenever they reach their threshold."""
    return profile.always and not profile.limited and not profile.uppers and not profile.mp_driven


def _forgiving(profile: AreaProfile, inhibition: int) -> bool:
    """Whether what alone reaches every threshold does the same as anything larger."""
    if profile.mp_driven or profile.uppers:
        return False
    if not profile.accumulates:
        return True
    return profile.always and inhibition == 0 and not profile.negative_inputs


def decisive(profile: AreaProfile, unit: Fraction, t_max: int, upper: int) -> int:
    """The highest potential that differs from still higher ones in what it leads to, as long as
    nothing lowers it."""
    if _plain(profile):
        return max(t_max - 1, 0)
    return max(t_max, upper + 1, math.ceil(255 / unit) if profile.mp_driven else 0)


def _highest(profile: AreaProfile, unit: Fraction, t_max: int, upper: int, below: int) -> int:
    """The highest potential that an area keeps, or is given room for (V⁺)."""
    if not profile.accumulates:
        return 0
    least = decisive(profile, unit, t_max, upper)
    leaks = profile.leaks and not (profile.always and not profile.uppers)
    if _plain(profile) or (below == 0 and not leaks):
        return least
    if profile.range is not None:
        return max(least, math.ceil(Fraction(profile.range.high) / unit))
    return max(least, 4 * t_max)


def _finest(
    area: Contributing, natural: Fraction, width: Width, finest: int, headroom: int
) -> Scale | None:
    fine = finest
    while fine >= 1:
        scale = attempt(area, natural / fine, width, headroom)
        if scale is not None and not scale.saturated:
            blurred = len(area.profile.thresholds) > 1 and scale.threshold_max > BLUR
            if not blurred or fine == 1:
                return scale
        fine //= 2
    return None


def _approximate(area: Contributing, width: Width) -> Scale | None:
    """No lattice fits: the smallest unit, in steps of 4 %, in which nothing can overflow."""
    profile = area.profile
    largest = max(max(profile.thresholds), Fraction(0))
    if profile.range is not None and width.bits == 8:
        largest = Fraction(max(-profile.range.low, profile.range.high))
    largest = largest or max((abs(v) for v in profile.values), default=Fraction(1)) or Fraction(1)
    first: Scale | None = None
    unit = largest / width.approximate
    for _ in range(2000):
        scale = attempt(area, unit, width, width.approximate_headroom)
        if scale is not None and not scale.saturated:
            return scale
        if scale is not None:  # 8 bits: rather a coarser threshold than a saturated weight
            first = first or scale
            if scale.threshold_max < COARSEST:
                break
        unit *= STEP
    return first


def _given(area: Contributing, bits: int, unit: Fraction) -> Scale:
    """The area in a unit that was asked for, with the first headroom that fits."""
    width, profile = WIDTHS[bits], area.profile
    if profile.mp_driven and (unit.numerator != 1 or unit.denominator not in POWERS):
        raise QuantizeError(
            f"area {profile.area} was given the unit {float(unit):g}, and its PSP follows its "
            "potential",
            "give it one of 1, 1/2, 1/4, … 1/2^22",
        )
    saturated: Scale | None = None
    for headroom in width.headrooms:
        scale = attempt(area, unit, width, headroom)
        if scale is not None and not scale.saturated:
            return scale
        saturated = saturated or scale
    if saturated is not None:  # at 8 bits only
        return saturated
    raise QuantizeError(
        f"area {profile.area} does not fit {bits} bits in the unit {float(unit):g} that it was "
        "given",
        "give it a coarser one, leave it out of the scales, or choose a wider state",
    )


def fit(profile: AreaProfile, bits: int, unit: Fraction | None = None) -> Scale:
    """The area's scale at a state width, in `unit` if one is given (SPEC 6.2).

    Raises QuantizeError if no unit keeps the area inside the width, or the one given does not.
    """
    area = Contributing(profile)
    if unit is not None:
        return _given(area, bits, unit)
    width = WIDTHS[bits]
    whole = common_divisor([*quanta_of(profile), *profile.natural])
    finest = width.fine_integrating if profile.integrates else width.fine
    if profile.mp_driven:
        whole, finest = Fraction(1), 2**22
    best: Scale | None = None
    for headroom in width.headrooms:
        scale = _finest(area, whole, width, finest, headroom)
        if scale is None:
            continue
        best = scale
        enough = scale.exact and not profile.integrates and not profile.mp_driven
        if enough or scale.threshold_max >= width.resolution or scale.threshold_max <= 0:
            break
    if best is None and not profile.mp_driven:
        best = _approximate(area, width)
    if best is None:
        raise QuantizeError(
            f"area {profile.area} has sums that no unit fits into {bits} bits",
            "choose a wider state (--state int32), or lower its weights or its fan-in",
        )
    return best
