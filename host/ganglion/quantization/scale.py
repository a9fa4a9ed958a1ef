"""Scale: what meets in an area, and the integers that it became: the two ends of unit.py.

In:  fields, from profile.py (an AreaProfile) and unit.py (a Scale).
Out: frozen records; the limits of each state width.
Never: computes a scale.
"""

from dataclasses import dataclass
from fractions import Fraction

WIDEST = 2**30  # the largest threshold or contribution at any width


@dataclass(frozen=True, slots=True)
class Width:
    """The limits of one state width (SPEC 6.2)."""

    bits: int
    cap: int  # the largest threshold or contribution
    fine: int  # finest subdivision of an area's natural unit
    fine_integrating: int  # the same where leaks or graded inputs leave remainders
    headrooms: tuple[int, ...]  # bursts of the largest inhibition that find room below zero
    resolution: int  # a threshold this large needs no finer unit
    approximate: int  # where no lattice fits: the largest threshold, in units
    approximate_headroom: int


WIDTHS = {
    8: Width(8, 127, 2**6, 2**6, (4, 1), 64, 100, 4),
    16: Width(16, 2**15 - 1, 2**8, 2**14, (1024, 64, 16, 4, 1), 64, 2**15 - 1, 4),
    32: Width(32, WIDEST, 2**22, 2**22, (2**20, 1024, 64, 16, 4), 2**14, WIDEST, 64),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """An area in integers. No sum of one burst leaves ±(2^(W−1) − 1)."""

    unit: Fraction
    exact: bool  # every contribution is a whole number of units
    contributions: tuple[int, ...]  # of Profile.values
    threshold_max: int
    margin: Fraction  # what rounding may take from a sum, in units
    low: int
    high: int
    input_max: int  # J
    amount: int  # of the random stimulus
    power_amount: int
    p: int  # the largest sum that one burst can add
    n: int  # and take away
    need: int  # how far below zero a kept potential has room
    headroom: int
    clipped: int  # synapses whose contribution was clipped, harmlessly
    saturated: int  # synapses whose contribution was clipped because the width ends there
