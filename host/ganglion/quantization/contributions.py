"""Contributions: what each synapse adds to its target, as exact rationals, each value once.

In:  a Connectome, and the width of the weights that synapses have of their own.
Out: the distinct values and which synapse has which; per synapse the parts it is made of.
Never: rounds, unless weights of 4 or 2 bits were asked for (SPEC.md, 6.1 and 6.4).
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from .grouping import distinct_of, order_of
from .rationals import common_divisor, nearest_ratio, over_one_denominator

LEVELS = {"int4": 15, "int2": 3}  # the largest weight of few bits; its sign is the class's
PARTS = 16  # candidates for the multiplier of weights of few bits


@dataclass(frozen=True, slots=True)
class Contributions:
    """Distinct signed contributions; `of` says which each synapse has."""

    parts: "Parts"
    values: tuple[Fraction, ...]  # mp-driven ones at the largest PSP (255)
    driven: tuple[int, ...]  # steps that one divides into: 255 if mp-driven; 0 = none
    base: tuple[Fraction, ...]  # of which a weight of few bits is a multiple; 0 for all others
    of: NDArray[np.int64]  # (m,)


@dataclass(frozen=True, slots=True)
class Parts:
    """What each synapse's contribution is made of: ±numerator / divisor. Arrays are (m,)."""

    numerator: NDArray[np.int64]  # weight·psp; the weight alone if mp-driven
    negative: NDArray[np.bool_]
    driven: NDArray[np.bool_]  # the source's area is mp-driven: times its PSP
    divisor: NDArray[np.int64]

    @classmethod
    def of(cls, c: Connectome) -> "Parts":
        driven = c.mp_driven()[c.source]
        weight = c.weight.astype(np.int64)
        return cls(
            np.where(driven, weight, weight * c.psp), c.inhibitory, driven, c.divisor()[c.source]
        )

    def distinct(self) -> tuple[list["Part"], NDArray[np.int64]]:
        """The different ones, and (m,) which each synapse has."""
        divisors, which = distinct_of(self.divisor, int(self.divisor.max(initial=0)) + 1)
        n = max(len(divisors), 1)
        code = self.numerator * 4 + self.negative * 2 + self.driven
        codes, of = distinct_of(code * n + which, 4 * n * (int(self.numerator.max(initial=0)) + 1))
        found = [
            Part(code >> 2, bool(code & 2), bool(code & 1), int(divisors[i]))
            for code, i in (divmod(code, n) for code in codes.tolist())
        ]
        return found, of

    def groups(self, c: Connectome) -> list[NDArray[np.int64]]:
        """The synapses by source area, target area, divisor and mp-driven: candidates for a
        class."""
        areas = c.area[c.source].astype(np.int64) * len(c.areas) + c.area[c.target]
        order = order_of((areas, self.divisor, self.driven.astype(np.int64)))
        changed = np.zeros(max(len(order) - 1, 0), dtype=bool)
        for key in (areas, self.divisor, self.driven.astype(np.int64)):
            changed |= np.diff(key[order]) != 0
        return [part for part in np.split(order, np.flatnonzero(changed) + 1) if len(part)]


class Part(NamedTuple):
    """The parts of one contribution."""

    numerator: int
    negative: bool
    driven: bool
    divisor: int

    @property
    def value(self) -> Fraction:
        """The signed contribution; of an mp-driven one, at the largest PSP (255)."""
        size = self.numerator * (255 if self.driven else 1)
        return Fraction(-size if self.negative else size, self.divisor)


def contributions_of(connectome: Connectome, weights: str = "int8") -> Contributions:
    """Every synapse's contribution; with `weights` int4 or int2, own weights in few levels."""
    parts = Parts.of(connectome)
    distinct, of = parts.distinct()
    values = [part.value for part in distinct]
    driven = [255 * part.driven for part in distinct]
    base = [Fraction(0)] * len(values)
    if weights in LEVELS:
        for mine in parts.groups(connectome):
            here, counts = np.unique(of[mine], return_counts=True)
            if len(here) <= 2 or driven[here[0]]:
                continue
            step, small = _few_levels([values[i] for i in here], counts.tolist(), LEVELS[weights])
            replaced = {int(old): len(values) + i for i, old in enumerate(here)}
            values += [w * step for w in small]
            driven += [0] * len(here)
            base += [step] * len(here)
            of[mine] = [replaced[i] for i in of[mine].tolist()]
    return Contributions(parts, tuple(values), tuple(driven), tuple(base), of)


def _few_levels(values: list[Fraction], counts: list[int], most: int) -> tuple[Fraction, list[int]]:
    """The multiplier, and the weights in −most..most, of least squared error (SPEC 6.4)."""
    largest = max(abs(v) for v in values)
    if largest == 0:
        return Fraction(1), [0] * len(values)
    exact = common_divisor(values)
    if largest / exact <= most:
        return exact, [int(v / exact) for v in values]
    # v/step = n/(N·part), in whole numbers: of v = n/D, the largest being N/D, all times 16·most
    over, denominator = over_one_denominator(values)
    numerators = [n * PARTS * most for n in over]
    unit = int(largest * denominator)
    best: tuple[int, int, list[int]] | None = None
    for part in range(PARTS, 0, -1):
        step = unit * part
        small = [max(-most, min(most, nearest_ratio(n, step))) for n in numerators]
        error = sum(
            c * (n - w * step) ** 2 for c, n, w in zip(counts, numerators, small, strict=True)
        )
        if best is None or error < best[0]:
            best = error, part, small
    assert best is not None
    return largest * best[1] / (PARTS * most), best[2]


def sqnr(connectome: Connectome, weights: str) -> tuple[int, float]:
    """How many synapses have weights of few bits, and their signal-to-noise ratio in dB."""
    plain, few = contributions_of(connectome), contributions_of(connectome, weights)
    coarse = np.array([b > 0 for b in few.base])[few.of]
    real = np.array([float(v) for v in plain.values])[plain.of[coarse]]
    found = np.array([float(v) for v in few.values])[few.of[coarse]]
    noise = float(((real - found) ** 2).sum())
    if noise == 0:
        return int(coarse.sum()), math.inf
    return int(coarse.sum()), 10 * math.log10(float((real**2).sum()) / noise)
