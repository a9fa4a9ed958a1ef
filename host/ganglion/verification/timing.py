"""Timing: how long a device's bursts took, by its own clock.

In:  the microseconds of each burst, as the device told them.
Out: their median, their 99th percentile and the worst.
Never: a time that this host measured; a value between two that were measured.
"""

from array import array
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds, each of one burst that there was."""

    median: int
    p99: int
    worst: int

    @classmethod
    def of(cls, micros: "array[int] | NDArray[np.int64]") -> Self | None:
        """Of no bursts there is none."""
        if not len(micros):
            return None
        found = np.quantile(np.asarray(micros), (0.5, 0.99, 1.0), method="inverted_cdf")
        return cls(*(int(each) for each in found))

    def __str__(self) -> str:
        return (
            f"bursts took {self.median:,} µs (median), {self.p99:,} µs (99 %), "
            f"{self.worst:,} µs at worst"
        )
