"""Rounding: from quotients to whole numbers, by name.

In:  an array of float64, and for `stochastic` a seed.
Out: an array of whole float64.
Never: a mode without a name; a random number that depends on anything but the seed and the index.

nearest_even  to nearest, ties to even (IEEE; numpy's rint)
nearest_away  to nearest, ties away from zero
floor, ceil   down, up
truncate      toward zero
stochastic    up with a probability of the fraction, so that the mean is kept
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...errors import QuantizeError

Floats = NDArray[np.float64]


def _nearest_even(x: Floats, _: int) -> Floats:
    return np.rint(x)


def _nearest_away(x: Floats, _: int) -> Floats:
    result: Floats = np.copysign(np.floor(np.abs(x) + 0.5), x)
    return result


def _floor(x: Floats, _: int) -> Floats:
    return np.floor(x)


def _ceil(x: Floats, _: int) -> Floats:
    return np.ceil(x)


def _truncate(x: Floats, _: int) -> Floats:
    return np.trunc(x)


def _stochastic(x: Floats, seed: int) -> Floats:
    index = np.arange(x.size, dtype=np.uint64).reshape(x.shape)
    # splitmix64 of (seed, index): the same on every machine
    z = index + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn = (z ^ (z >> np.uint64(31))).astype(np.float64) / 2.0**64
    whole = np.floor(x)
    result: Floats = whole + (drawn < x - whole)
    return result


ROUNDINGS: dict[str, Callable[[Floats, int], Floats]] = {
    "nearest_even": _nearest_even,
    "nearest_away": _nearest_away,
    "floor": _floor,
    "ceil": _ceil,
    "truncate": _truncate,
    "stochastic": _stochastic,
}
TO_NEAREST = ("nearest_even", "nearest_away")


def rounded(x: Floats, name: str, seed: int = 0) -> Floats:
    """Whole numbers. Raises QuantizeError for an unknown name."""
    if name not in ROUNDINGS:
        raise QuantizeError(f"the rounding {name!r} is unknown", f"use {', '.join(ROUNDINGS)}")
    with np.errstate(over="ignore"):  # uint64 is meant to wrap
        return ROUNDINGS[name](x, seed)
