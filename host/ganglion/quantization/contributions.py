"""Contributions: what each synapse adds to its target, as exact rationals, each value once.

In:  a Connectome, and the width of the weights that synapses have of their own.
Out: the distinct values and which synapse has which; per synapse a key of what made it.
Never: rounds, unless weights of 4 or 2 bits were asked for (SPEC.md, 6.1 and 6.4).
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from .rationals import common_divisor, nearest

LEVELS = {"int4": 15, "int2": 3}  # the largest weight of few bits; its sign is the class's
PARTS = 16  # candidates for the multiplier of weights of few bits


@dataclass(frozen=True, slots=True)
class Contributions:
    """Distinct signed contributions; `of` says which each synapse has."""

    values: tuple[Fraction, ...]  # mp-driven ones at the largest PSP (255)
    driven: tuple[int, ...]  # steps that one divides into: 255 if mp-driven; 0 = none
    base: tuple[Fraction, ...]  # of which a weight of few bits is a multiple; 0 for all others
    of: NDArray[np.int64]  # (m,)


def fan_out(connectome: Connectome) -> NDArray[np.int64]:
    """(m,) what each synapse's contribution is divided by: 1 where the source is uniform."""
    total = np.bincount(connectome.source, minlength=connectome.n_neurons)
    uniform = np.array([a.psp_uniform for a in connectome.areas] or [True])
    divisor: NDArray[np.int64] = np.where(uniform[connectome.area], 1, total).astype(np.int64)
    return divisor[connectome.source]


def keys_of(connectome: Connectome) -> NDArray[np.int64]:
    """(m,) equal for synapses of equal contribution: numerator, sign, mp-driven, divisor."""
    driven = np.array([a.mp_driven_psp for a in connectome.areas] or [False])
    mp = driven[connectome.area[connectome.source]]
    weight = connectome.weight.astype(np.int64)
    numerator = np.where(mp, weight, weight * connectome.psp)
    sign = connectome.inhibitory.astype(np.int64)
    keys: NDArray[np.int64] = ((numerator << 1 | sign) << 1 | mp) << 32
    return keys | fan_out(connectome)


def value_of_key(key: int) -> Fraction:
    """The signed contribution of a key; of an mp-driven one, at the largest PSP (255)."""
    divisor, mp, sign, numerator = key & 0xFFFFFFFF, key >> 32 & 1, key >> 33 & 1, key >> 34
    return Fraction((-numerator if sign else numerator) * (255 if mp else 1), divisor)


def groups_of(connectome: Connectome, keys: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The synapses by source area, target area, divisor and mp-driven: candidates for a class."""
    c = connectome
    source_area, target_area = c.area[c.source].astype(np.int64), c.area[c.target].astype(np.int64)
    divisor, mp = keys & 0xFFFFFFFF, keys >> 32 & 1
    group = ((source_area * len(c.areas) + target_area) << 33) | (divisor << 1) | mp
    order = np.argsort(group, kind="stable")
    cuts = np.flatnonzero(np.diff(group[order])) + 1
    return [part for part in np.split(order, cuts) if len(part)]


def contributions_of(connectome: Connectome, weights: str = "int8") -> Contributions:
    """Every synapse's contribution; with `weights` int4 or int2, own weights in few levels."""
    keys = keys_of(connectome)
    distinct, of = np.unique(keys, return_inverse=True)
    values = [value_of_key(int(k)) for k in distinct]
    driven = [255 * (int(k) >> 32 & 1) for k in distinct]
    base = [Fraction(0)] * len(values)
    of = of.astype(np.int64)
    if weights in LEVELS:
        for mine in groups_of(connectome, keys):
            here, counts = np.unique(of[mine], return_counts=True)
            if len(here) <= 2 or driven[here[0]]:
                continue
            step, small = _few_levels([values[i] for i in here], counts.tolist(), LEVELS[weights])
            replaced = {int(old): len(values) + i for i, old in enumerate(here)}
            values += [w * step for w in small]
            driven += [0] * len(here)
            base += [step] * len(here)
            of[mine] = [replaced[i] for i in of[mine].tolist()]
    return Contributions(tuple(values), tuple(driven), tuple(base), of)


def _few_levels(values: list[Fraction], counts: list[int], most: int) -> tuple[Fraction, list[int]]:
    """The multiplier, and the weights in −most..most, of least squared error (SPEC 6.4)."""
    largest = max(abs(v) for v in values)
    if largest == 0:
        return Fraction(1), [0] * len(values)
    exact = common_divisor(values)
    if largest / exact <= most:
        return exact, [int(v / exact) for v in values]
    best: tuple[Fraction, Fraction, list[int]] | None = None
    for part in range(PARTS, 0, -1):
        step = largest * part / (PARTS * most)
        small = [max(-most, min(most, nearest(v / step))) for v in values]
        error = sum(
            (n * (v - w * step) ** 2 for n, v, w in zip(counts, values, small, strict=True)),
            Fraction(0),
        )
        if best is None or error < best[0]:
            best = error, step, small
    assert best is not None
    return best[1], best[2]


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
