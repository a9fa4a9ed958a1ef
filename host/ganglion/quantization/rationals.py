"""Rationals: the few exact operations from which every integer of a brain comes (SPEC.md, 6.1).

In:  fractions, exact.
Out: whole numbers, and the largest fraction of which given ones are multiples.
Never: a float; a tie that depends on the platform.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

TOLERANCE = Fraction(1, 2**20)  # a quotient this close to a whole number is that number


def nearest(x: Fraction) -> int:
    """⌊x + ½⌋ for x >= 0, odd-symmetric below."""
    return nearest_ratio(x.numerator, x.denominator)


def nearest_ratio(n: int, d: int) -> int:
    """`nearest` of n/d, d > 0, which need not be in lowest terms."""
    size = (2 * abs(n) + d) // (2 * d)
    return size if n >= 0 else -size


def over_one_denominator(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """The numerators of values over their least common denominator, and that; 1 for none."""
    d = math.lcm(*(v.denominator for v in values))
    return [v.numerator * (d // v.denominator) for v in values], d


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
    numerators, denominator = over_one_denominator(sizes)
    return Fraction(math.gcd(*numerators), denominator)
