"""Lattice: the unit of one area, and the integers that its neurons meet in it.

In:  every contribution and threshold of an area as exact rationals, and the state width.
Out: a Scale: the unit, the integer of each contribution, clamps, input limit, and their proof.
Never: a float where a rational will do; a clip that could change which neurons fire.

The rules and their order are SPEC.md, section 6.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .errors import QuantizeError


@dataclass(frozen=True, slots=True)
class Width:
    """The limits of one state width (SPEC 6.2)."""

    bits: int
    cap: int  # the largest threshold or contribution
    fine: int  # finest subdivision of an area's natural unit
    fine_leaky: int
    headrooms: tuple[int, ...]  # multiples of the largest inhibition kept below zero
    resolution: int  # a threshold this large needs no finer unit


WIDTHS = {
    8: Width(8, 127, 64, 64, (4, 1), 64),
    16: Width(16, 2**15 - 1, 2**8, 2**14, (64, 16, 4, 1), 64),
    32: Width(32, 2**30, 2**22, 2**22, (1024, 64, 16, 4), 2**14),
}
TOLERANCE = Fraction(1, 2**20)  # a quotient this close to a whole number is that number


@dataclass(frozen=True, slots=True)
class Meeting:
    """All that meets in one area. Potentials are exact rationals of the area's real unit."""

    area: str
    values: tuple[Fraction, ...]  # distinct signed contributions
    value_of: NDArray[np.int64]  # (m,) synapse -> values
    target: NDArray[np.int64]  # (m,) neuron within the area
    n_neurons: int
    thresholds: tuple[Fraction, ...]  # distinct
    natural: tuple[Fraction, ...]  # further potentials that should be whole: inputs, thresholds
    accumulates: bool
    leak: float  # the smallest active leak of the area, 0 = none
    mp_driven: bool
    plain: bool  # always excitable, no upper limit, no consecutive limit
    any_limit: bool  # an upper threshold limit exists
    stimulated: bool  # the random stimulus reaches it
    power: bool  # holds the power neuron
    negative_inputs: bool  # injected potentials may be below zero
    declared_maximum: Fraction  # largest potential that will be injected, 0 = not said


@dataclass(frozen=True, slots=True)
class Scale:
    """An area in integers. Satisfies low − n >= −2^(W−1) and high + p <= 2^(W−1) − 1."""

    unit: Fraction
    exact: bool
    contributions: tuple[int, ...]  # of Meeting.values
    threshold_max: int
    margin: Fraction  # what rounding may take from a sum, in units
    low: int
    high: int
    input_max: int  # J
    amount: int  # of the random stimulus
    power_amount: int
    p: int  # the largest sum that one burst can add
    n: int  # and take away
    need: int  # how far below zero a kept potential is wanted
    headroom: int
    clipped: int  # synapses whose contribution was clipped, harmlessly


def nearest(x: Fraction) -> int:
    """⌊x + ½⌋ for x >= 0, odd-symmetric below."""
    size = math.floor(abs(x) + Fraction(1, 2))
    return size if x >= 0 else -size


def _snapped(x: Fraction) -> int | None:
    near = round(x)
    return near if abs(x - near) <= TOLERANCE * abs(x) else None


def ceil_star(x: Fraction) -> int:
    """⌈x⌉, except that an x within a millionth of a whole number is that number."""
    near = _snapped(x)
    return math.ceil(x) if near is None else near


def floor_star(x: Fraction) -> int:
    """⌊x⌋, except that an x within a millionth of a whole number is that number."""
    near = _snapped(x)
    return math.floor(x) if near is None else near


def common_divisor(values: list[Fraction]) -> Fraction:
    """The largest rational of which all values are whole multiples; 1 if there is none."""
    sizes = [abs(v) for v in values if v != 0]
    if not sizes:
        return Fraction(1)
    scale = math.lcm(*(v.denominator for v in sizes))
    return Fraction(math.gcd(*(v.numerator * (scale // v.denominator) for v in sizes)), scale)


def threshold_in(scale_unit: Fraction, threshold: Fraction, margin: Fraction) -> int:
    """T_q (SPEC 6.3): never above what the exact sum must reach, less the rounding margin."""
    exact = threshold / scale_unit
    if margin and threshold > 0:
        return max(1, ceil_star(exact - min(margin, exact / 4096)))
    return ceil_star(exact)


def _sums(meeting: Meeting, integers: list[int], sign: int) -> int:
    """The largest sum of contributions of one sign that one neuron can meet."""
    if not len(meeting.target):
        return 0
    parts = np.array([max(sign * i, 0) for i in integers], dtype=np.int64)
    totals = np.bincount(
        meeting.target, weights=parts[meeting.value_of], minlength=meeting.n_neurons
    )
    return int(totals.max())


def attempt(meeting: Meeting, unit: Fraction, width: Width, headroom: int) -> Scale | None:
    """The area in this unit, or None if an integer could leave the state width."""
    quotients = [v / unit for v in meeting.values]
    integers = [nearest(q) for q in quotients]
    exact = all(q.denominator == 1 for q in quotients)
    fan_in = int(np.bincount(meeting.target).max()) if len(meeting.target) else 0
    worst = max((abs(q - i) for q, i in zip(quotients, integers, strict=True)), default=Fraction(0))
    margin = worst * fan_in + (1 if meeting.mp_driven and not exact else 0)
    tops = [threshold_in(unit, t, margin) for t in meeting.thresholds]
    t_max, t_min = max(tops), min(tops)
    if max((abs(i) for i in integers), default=0) > WIDTHS[32].cap:
        return None
    if max(t_max, -t_min) > width.cap:
        return None
    inhibition = _sums(meeting, integers, -1)
    clips = not meeting.mp_driven and not meeting.any_limit
    clips = clips and (not meeting.accumulates or meeting.plain)
    top = max(t_max, 1)
    if not meeting.accumulates and clips:
        wanted = Fraction(top + inhibition)
    else:
        wanted = max(
            Fraction(4 * top + inhibition),
            meeting.declared_maximum / unit,
            255 / unit if meeting.mp_driven else Fraction(0),
        )
    j = math.ceil(wanted)
    amount = min(j, top) if meeting.stimulated else 0
    power = min(j, max(1, math.floor(1 / unit))) if meeting.power else 0
    below = inhibition + (j if meeting.negative_inputs else 0)
    if not meeting.accumulates or below == 0:
        need = 0
    elif meeting.leak > 0:
        leak = Fraction(meeting.leak)
        need = math.ceil(below * (1 - leak) / leak) + 1
        if width.bits < 32:
            need = min(need, 4 * top)
    else:
        need = max(headroom * below, 2 * top)
    kept = list(integers)
    if clips:
        ceiling = top + inhibition + j + need
        kept = [min(i, ceiling) for i in kept]
        if not meeting.accumulates and t_min > 0:
            floor = max(1, _sums(meeting, kept, 1) + j + amount + power)
            kept = [max(i, -floor) for i in kept]
    clipped_up = [k < i for k, i in zip(kept, integers, strict=True)]
    clipped = [k != i for k, i in zip(kept, integers, strict=True)]
    n_clipped = int(np.array(clipped, dtype=bool)[meeting.value_of].sum()) if clipped else 0
    if max((abs(i) for i in kept), default=0) > width.cap:
        return None
    p = _sums(meeting, kept, 1) + j + amount + power
    n = _sums(meeting, kept, -1) + j
    if not meeting.accumulates:
        resting = 0
    elif meeting.plain and not meeting.any_limit and not meeting.mp_driven:
        resting = max(t_max - 1, 0)
    else:
        resting = 4 * top
    bits = width.bits if width.bits > 8 else 32
    limit = 2 ** (bits - 1)
    if resting + p > limit - 1 or need + n > limit:
        return None
    if not meeting.accumulates:
        low = high = 0
    elif width.bits == 8:
        low, high = -128, 127
    else:
        low, high = n - limit, limit - 1 - p
        if any(clipped_up):
            low = -need  # the clip is harmless only for potentials no lower than this
    return Scale(
        unit, exact, tuple(kept), t_max, margin, low, high, j, amount, power, p, n, need,
        headroom, n_clipped,
    )  # fmt: skip


def _finest(
    meeting: Meeting, natural: Fraction, width: Width, finest: int, headroom: int
) -> Scale | None:
    fine = finest
    while fine >= 1:
        scale = attempt(meeting, natural / fine, width, headroom)
        if scale is not None:
            return scale
        fine //= 2
    return None


def _approximate(meeting: Meeting, width: Width) -> Scale | None:
    """No lattice fits: the smallest unit, in steps of 4 %, in which nothing can overflow."""
    largest = max(max(meeting.thresholds), Fraction(0)) or max(
        (abs(v) for v in meeting.values), default=Fraction(1)
    )
    headroom = 64 if width.bits == 32 else width.headrooms[-2]
    for k in range(2000):
        unit = Fraction(float(largest) * 1.04**k / (100 if width.bits == 8 else width.cap))
        scale = attempt(meeting, unit, width, headroom)
        if scale is not None:
            return scale
    return None


def fit(meeting: Meeting, bits: int) -> Scale:
    """The area's scale at a state width (SPEC 6.2).

    Raises QuantizeError if no unit keeps the area inside the width.
    """
    width = WIDTHS[bits]
    whole = common_divisor([*meeting.values, *meeting.natural])
    finest = width.fine_leaky if meeting.leak > 0 and meeting.accumulates else width.fine
    if meeting.mp_driven:
        whole, finest = Fraction(1), 2**22
    best: Scale | None = None
    for headroom in width.headrooms:
        scale = _finest(meeting, whole, width, finest, headroom)
        if scale is None:
            continue
        best = scale
        if scale.threshold_max >= width.resolution or scale.threshold_max <= 0:
            break
    if best is None and not meeting.mp_driven:
        best = _approximate(meeting, width)
    if best is None:
        raise QuantizeError(
            f"area {meeting.area} has sums that no unit fits into {bits} bits",
            "choose a wider state (--state int32), or lower its weights or its fan-in",
        )
    return best
