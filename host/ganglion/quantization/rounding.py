"""Rounding: what the contributions of one area are in a unit, and the largest sums they make there.

In:  an AreaProfile.
Out: per unit the integers of its contributions; whether they are exact, else how far off.
Never: a float where a rational will do; a value that another unit's trial has left behind.

A search tries hundreds of units. So the contributions are written over one denominator once, and a
trial is arithmetic of whole numbers: of v = n/D in the unit a/b, v/u = n·b / (D·a).
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..connectome.slices import counts
from .profile import AreaProfile
from .rationals import common_divisor, nearest, nearest_ratio, over_one_denominator
from .scale import WIDEST

REMEMBERED = 32  # units, and sums


class Rounded(NamedTuple):
    """The contributions of an area in one unit."""

    integers: tuple[int, ...]  # of Profile.values
    exact: bool  # each is a whole number of units, and so is what it consists of
    margin: Fraction  # what rounding may take from a sum, in units


def quanta_of(profile: AreaProfile) -> list[Fraction]:
    """Of what each contribution is a whole multiple: itself, or its part per PSP and weight."""
    return [v / d if d else v for v, d in zip(profile.values, profile.driven, strict=True)]


class Contributing:
    """The contributions of one area, to be tried in one unit after another."""

    def __init__(self, profile: AreaProfile) -> None:
        self.profile = profile
        self.numerators, self.denominator = over_one_denominator(profile.values)
        self.largest = max((abs(n) for n in self.numerators), default=0)
        self.multiples = [
            int(v / base) if base else 0
            for v, base in zip(profile.values, profile.base, strict=True)
        ]
        self.bases = tuple({base for base in profile.base if base})
        self.base_of = [self.bases.index(base) if base else -1 for base in profile.base]
        quanta = quanta_of(profile)
        self.divisor = common_divisor(quanta) if any(quanta) else Fraction(0)
        self.fan_in = int(counts(profile.target, profile.n_neurons).max(initial=0))
        self._rounded: dict[Fraction, Rounded | None] = {}
        self._sums: dict[tuple[int, ...], int] = {}

    def rounded(self, unit: Fraction) -> Rounded | None:
        """The integers of a unit; None if one is larger than any width takes."""
        if unit not in self._rounded:
            if len(self._rounded) > REMEMBERED:
                self._rounded.clear()
            self._rounded[unit] = self._round(unit)  # the next headroom tries the same units
        return self._rounded[unit]

    def _round(self, unit: Fraction) -> Rounded | None:
        up, down = unit.denominator, self.denominator * unit.numerator
        if self.largest * up > WIDEST * down:
            return None
        steps = [nearest(base / unit) for base in self.bases]
        integers = [
            multiple * steps[base] if base >= 0 else nearest_ratio(n * up, down)
            for n, base, multiple in zip(self.numerators, self.base_of, self.multiples, strict=True)
        ]
        exact = (self.divisor / unit).denominator == 1
        if exact:
            return Rounded(tuple(integers), True, Fraction(0))
        error = max(
            abs(n * up - i * down) + (driven > 0) * down
            for n, i, driven in zip(self.numerators, integers, self.profile.driven, strict=True)
        )
        return Rounded(tuple(integers), False, Fraction(error, down) * self.fan_in)

    def largest_sum(self, integers: tuple[int, ...], sign: int) -> int:
        """The largest sum of contributions of one sign that one neuron can meet."""
        if not len(self.profile.target):
            return 0
        parts = tuple(max(sign * i, 0) for i in integers)
        common = math.gcd(*parts)
        if not common:
            return 0
        parts = tuple(i // common for i in parts)  # units that are exact differ by a factor only
        if parts not in self._sums:
            sizes = np.array(parts, dtype=np.float64)
            value_of = self.profile.value_of
            totals = counts(
                self.profile.target, self.profile.n_neurons, lambda part: sizes[value_of[part]]
            )
            if len(self._sums) > REMEMBERED:
                self._sums.clear()
            self._sums[parts] = int(totals.max())
        return common * self._sums[parts]
