"""Populations: the neurons of an area, grouped by equal parameters, in integers.

In:  a connectome, the neurons kept of one area, and the area's scale.
Out: Population records and the order of the neurons (SPEC.md, 6.3).
Never: gives two parameters that differ the same integer unless the scale says so.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import ALWAYS, Connectome, Dynamics
from ..network.model import Population
from .grouping import distinct_of
from .profile import AreaProfile
from .rationals import floor_star
from .scale import Scale
from .unit import threshold_in


@cache
def leak_code(leak: float, bits: int) -> tuple[int, int, int]:
    """(L, fine, s): the fraction (L + fine / 2^15) / 2^s is lost (SPEC 6.3).

    s is the largest in 14..30 for which L is at most 32767; only potentials of 32 bits, and
    leaks of which L has all its 15 bits, have a fine part.
    """
    for shift in range(30, 13, -1):
        whole = math.floor(Fraction(leak) * 2 ** (shift + 15) + Fraction(1, 2))
        code = (whole + 2**14) >> 15
        if code <= 32_767:
            if not code:
                return 0, 0, 0
            return code, whole - (code << 15) if bits == 32 and code >= 2**14 else 0, shift
    return 16_384, 0, 14


def _excitability(e: np.float32) -> tuple[bool, int]:
    """(always, E): E is the smallest hash that does not fire, as f32(hash)/2^32 < e decides."""
    if e >= ALWAYS:
        return True, 0
    if e <= 0:
        return False, 0
    low, high = 0, 2**32 - 1
    while low < high:
        middle = (low + high) // 2
        if np.float32(middle) / np.float32(2**32) >= e:
            high = middle
        else:
            low = middle + 1
    return False, low


def _chunks(thresholds: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """A group number per neuron such that each group's thresholds span at most 255 steps."""
    distinct = np.unique(thresholds)
    step = math.gcd(*(int(d) for d in np.diff(distinct))) if len(distinct) > 1 else 1
    group = np.zeros(len(distinct), dtype=np.int64)
    start = 0
    for i in range(1, len(distinct)):
        if (distinct[i] - distinct[start]) // step > 255:
            start = i
        group[i] = group[i - 1] + (start == i)
    return group[np.searchsorted(distinct, thresholds)], step


def _alike(columns: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """(n,) a number for each row, the same for equal ones, in order of first appearance."""
    n = len(columns[0])
    kind = np.zeros(n, dtype=np.int64)
    for column in columns:
        bits = column if column.dtype.kind in "iu" else column.view(np.int32)
        if n and (bits != bits[0]).any():
            distinct, which = distinct_of(bits.__getitem__, n, 1 << 63)
            code = kind * len(distinct) + which
            kind = distinct_of(code.__getitem__, n, int(code.max()) + 1)[1].astype(np.int64)
    seen = np.empty(int(kind.max(initial=0)) + 1, dtype=np.int64)
    seen[kind[::-1]] = np.arange(n)[::-1]  # the last one that is written stays: the first
    rank = np.empty_like(seen)
    rank[np.argsort(seen)] = np.arange(len(seen))
    return rank[kind]


def group(
    c: Connectome,
    neurons: NDArray[np.int64],
    index: int,
    area: int,
    profile: AreaProfile,
    scale: Scale,
    bits: int,
) -> tuple[list[Population], NDArray[np.int64], NDArray[np.int8]]:
    """The populations of one area, the order of its neurons, and their threshold offsets.

    `first` of the populations counts from 0 within the area.
    """
    values, of = np.unique(c.threshold[neurons], return_inverse=True)
    by_value = [threshold_in(scale.unit, Fraction(float(v)), scale.margin) for v in values]
    t = np.array(by_value, dtype=np.int64)[of]
    chunk, _ = _chunks(t)
    sometimes = (c.excitability[neurons] > 0) & (c.excitability[neurons] < ALWAYS)
    columns = (
        c.leak[neurons], c.threshold_limit[neurons], c.refractory_period[neurons],
        c.consecutive_fire_limit[neurons], c.snooze[neurons], c.excitability[neurons], chunk,
    )  # fmt: skip
    kind = _alike(columns)
    order = np.argsort(kind, kind="stable")
    # where the hash decides, a population's connectome indices must be consecutive
    apart = sometimes[order] & (np.diff(neurons[order], prepend=-1) != 1)
    cuts = np.flatnonzero((np.diff(kind[order], prepend=-1) != 0) | apart)
    offsets = np.zeros(len(neurons), dtype=np.int8)
    result: list[Population] = []
    info = c.areas[index]
    for start, stop in zip(cuts, [*cuts[1:], len(neurons)], strict=True):
        n = neurons[order[start]]
        mine = t[order[start:stop]]
        base, step = int(mine.min()), 0
        if mine.max() > base:
            step = math.gcd(*(int(d) for d in np.diff(np.unique(mine))))
            steps = (mine - base) // step
            below = max(0, int(steps.max()) - 127)
            offsets[start:stop] = steps - below
            base += below * step
        limit = float(c.threshold_limit[n])
        leak, fine, shift = leak_code(float(c.leak[n]), bits) if profile.accumulates else (0, 0, 0)
        always, excitability = _excitability(c.excitability[n])
        refractory = int(c.refractory_period[n])
        consecutive = int(c.consecutive_fire_limit[n])
        snoozed = min(65_535, refractory + int(c.snooze[n])) if consecutive else refractory
        result.append(
            Population(
                first=int(start),
                count=int(stop - start),
                area=area,
                threshold=base,
                threshold_step=step,
                upper=floor_star(Fraction(limit) / scale.unit) if limit > 0 else None,
                accumulates=profile.accumulates,
                every_burst=info.dynamics is Dynamics.EVERY_BURST,
                always=always,
                excitability=excitability,
                mp_driven=info.mp_driven_psp,
                psp_bits=scale.unit.denominator.bit_length() - 1 if info.mp_driven_psp else 0,
                leak=leak,
                leak_fine=fine,
                shift=shift,
                refractory=refractory,
                snoozed=snoozed,
                limit=consecutive,
                low=scale.low,
                high=scale.high,
                input_max=scale.input_max,
                id=int(n) if not always and excitability else 0,
            )
        )
    return result, order, offsets
