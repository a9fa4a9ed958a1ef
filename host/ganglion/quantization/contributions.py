"""Contributions: what each synapse adds to its target, as exact rationals, each value once.

In:  a Connectome, and the width of the weights that synapses have of their own.
Out: the distinct values, and which the synapses of each kind have.
Never: rounds, unless weights of 4 or 2 bits were asked for (SPEC.md, 6.1 and 6.4).
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from .grouping import Ints
from .kinds import Kinds
from .rationals import common_divisor, nearest_ratio, over_one_denominator

LEVELS = {"int4": 15, "int2": 3}  # the largest weight of few bits; its sign is the class's
PARTS = 16  # candidates for the multiplier of weights of few bits


@dataclass(frozen=True, slots=True)
class Contributions:
    """Distinct signed contributions; `of_kind` says which the synapses of each kind have."""

    kinds: Kinds
    values: tuple[Fraction, ...]  # mp-driven ones at the largest PSP (255)
    driven: tuple[int, ...]  # steps that one divides into: 255 if mp-driven; 0 = none
    base: tuple[Fraction, ...]  # of which a weight of few bits is a multiple; 0 for all others
    of_kind: Ints  # (k,)
    more: Ints  # of what is no synapse yet, but may come to add something
    more_target: NDArray[np.int32]  # and to which neuron of the connectome


def contributions_of(connectome: Connectome, weights: str = "int8") -> Contributions:
    """Every synapse's contribution; with `weights` int4 or int2, own weights in few levels."""
    kinds = Kinds.among(connectome)
    values = [part.value for part in kinds.parts]
    driven = [255 * part.driven for part in kinds.parts]
    base = [Fraction(0)] * len(values)
    of = kinds.part.copy()
    plastic = kinds.plastic(connectome)
    if weights in LEVELS:
        for mine in kinds.groups():
            here = kinds.part[mine]
            if len(here) <= 2 or driven[here[0]] or plastic[mine[0]]:
                continue
            counts = kinds.count[mine].tolist()
            step, small = _few_levels([values[i] for i in here], counts, LEVELS[weights])
            of[mine] = np.arange(len(values), len(values) + len(mine))
            values += [w * step for w in small]
            driven += [0] * len(here)
            base += [step] * len(here)
    none = np.zeros(0, dtype=np.int64)
    return Contributions(
        kinds, tuple(values), tuple(driven), tuple(base), of, none, none.astype(np.int32)
    )


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
    few = contributions_of(connectome, weights)
    coarse = np.array([b > 0 for b in few.base])[few.of_kind]
    count = few.kinds.count[coarse]
    real = np.array([float(part.value) for part in few.kinds.parts])[few.kinds.part[coarse]]
    found = np.array([float(v) for v in few.values])[few.of_kind[coarse]]
    noise = float((count * (real - found) ** 2).sum())
    if noise == 0:
        return int(count.sum()), math.inf
    return int(count.sum()), 10 * math.log10(float((count * real**2).sum()) / noise)
