"""Rationals: the few exact operations from which every integer of a brain comes (SPEC.md, 6.1).

In:  fractions, exact.
Out: whole numbers, and the largest fraction of which given ones are multiples.
Never: a float; a tie that depends on the platform.
"""

import math
from fractions import Fraction

TOLERANCE = Fraction(1, 2**20)  # a quotient this close to a whole number is that number


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
