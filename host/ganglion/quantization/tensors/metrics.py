"""Metrics: what an approximation lost, in the figures that people ask for.

In:  the numbers, what they became, and the step of each if it is known.
Out: Metrics, all finite or plus infinity where nothing was lost.
Never: divides zero by zero: two arrays of zeros are equal.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...errors import QuantizeError


@dataclass(frozen=True, slots=True)
class Metrics:
    """`steps` is the largest error in steps: at most 0.5 where nothing was clipped."""

    max_error: float
    mean_error: float
    rmse: float
    sqnr_db: float  # 10·log10(Σx² / Σ(x − y)²); infinite if nothing was lost
    cosine: float  # 1 if both point the same way, and for two arrays of zeros
    steps: float | None

    def as_dict(self) -> dict[str, float | None]:
        """JSON-ready: an infinite sqnr_db becomes None."""
        found: dict[str, float | None] = asdict(self)
        if not math.isfinite(self.sqnr_db):
            found["sqnr_db"] = None
        return found


def measure(original: ArrayLike, found: ArrayLike, step: ArrayLike | None = None) -> Metrics:
    """Compare two arrays of one shape. Raises QuantizeError if they have different ones."""
    x, y = np.asarray(original, dtype=np.float64), np.asarray(found, dtype=np.float64)
    if x.shape != y.shape:
        raise QuantizeError(
            f"arrays of the shapes {x.shape} and {y.shape} cannot be compared",
            "give what was quantized, and what became of it",
        )
    if not x.size:
        return Metrics(0.0, 0.0, 0.0, math.inf, 1.0, None if step is None else 0.0)
    error = np.abs(x - y)
    noise, signal = float((error**2).sum()), float((x**2).sum())
    ratio = math.inf
    if noise:
        ratio = 10 * math.log10(signal / noise) if signal else -math.inf
    steps = None
    if step is not None:
        steps = float((error / np.asarray(step, dtype=np.float64)).max())
    return Metrics(
        max_error=float(error.max()),
        mean_error=float(error.mean()),
        rmse=math.sqrt(noise / x.size),
        sqnr_db=ratio,
        cosine=_cosine(x.ravel(), y.ravel()),
        steps=steps,
    )


def _cosine(x: np.ndarray, y: np.ndarray) -> float:
    sizes = float(np.linalg.norm(x)) * float(np.linalg.norm(y))
    if sizes == 0:
        return 1.0 if not x.any() and not y.any() else 0.0
    return max(-1.0, min(1.0, float(x @ y) / sizes))
