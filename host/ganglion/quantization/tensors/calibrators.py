"""Calibrators: which range of an array its integers should span.

In:  an array as rows, one per channel, and a Scheme.
Out: per row the lowest and the highest number to represent; low <= 0 <= high.
Never: a range without 0; a search whose result depends on chance.

min_max     everything: no number is clipped, no error is larger than half a step
percentile  the given percentile: a few large numbers are clipped for the sake of the others
mse         of 80 ranges, each a hundredth smaller than the last, the one of least squared error
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .scheme import Scheme

Floats = NDArray[np.float64]
Range = tuple[Floats, Floats]
SHARES = np.arange(100, 20, -1) / 100  # of the whole range, tried by `mse`


def _min_max(rows: Floats, _: Scheme) -> Range:
    if not rows.shape[1]:
        zero = np.zeros(len(rows))
        return zero, zero
    return np.minimum(rows.min(axis=1), 0.0), np.maximum(rows.max(axis=1), 0.0)


def _percentile(rows: Floats, scheme: Scheme) -> Range:
    if not rows.shape[1]:
        return _min_max(rows, scheme)
    if scheme.symmetric:
        high = np.percentile(np.abs(rows), scheme.percentile, axis=1)
        return -high, high
    low = np.percentile(rows, 100 - scheme.percentile, axis=1)
    high = np.percentile(rows, scheme.percentile, axis=1)
    return np.minimum(low, 0.0), np.maximum(high, 0.0)


def _mse(rows: Floats, scheme: Scheme) -> Range:
    low, high = _min_max(rows, scheme)
    best = np.full(len(rows), np.inf)
    best_low, best_high = low.copy(), high.copy()
    for share in SHARES:
        scale, zero = grid(low * share, high * share, scheme)
        codes = np.rint(rows / scale[:, None]) + zero[:, None]
        codes = np.clip(codes, scheme.lowest, scheme.highest)
        found = (codes - zero[:, None]) * scale[:, None]
        error = ((found - rows) ** 2).mean(axis=1) if rows.shape[1] else np.zeros(len(rows))
        better = error < best
        best = np.where(better, error, best)
        best_low = np.where(better, low * share, best_low)
        best_high = np.where(better, high * share, best_high)
    return best_low, best_high


CALIBRATORS: dict[str, Callable[[Floats, Scheme], Range]] = {
    "min_max": _min_max,
    "percentile": _percentile,
    "mse": _mse,
}


def grid(low: Floats, high: Floats, scheme: Scheme) -> tuple[Floats, NDArray[np.int64]]:
    """Scale and zero point of each range. A range of nothing but 0 has scale 1 and zero point 0."""
    if scheme.symmetric:
        scale = np.maximum(-low, high) / scheme.highest
        none = scale == 0
        return np.where(none, 1.0, scale), np.zeros(len(low), dtype=np.int64)
    scale = (high - low) / (scheme.highest - scheme.lowest)
    none = scale == 0
    scale = np.where(none, 1.0, scale)
    zero = np.where(none, 0, np.rint(scheme.lowest - low / scale))
    return scale, np.clip(zero, scheme.lowest, scheme.highest).astype(np.int64)
