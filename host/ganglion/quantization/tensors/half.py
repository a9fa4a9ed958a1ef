"""Half: numbers as float16.

In:  an array of finite numbers.
Out: a HalfArray of the nearest float16 values, ties to even; its bytes.
Never: makes a number infinite without having been told that it may be cut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import QuantizeError

LARGEST = 65504.0


@dataclass(frozen=True, eq=False)
class HalfArray:
    """float16 values of a shape."""

    values: NDArray[np.float16]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def dequantize(self) -> NDArray[np.float32]:
        """The same numbers as float32, exactly."""
        return self.values.astype(np.float32)

    def packed(self) -> bytes:
        """Little-endian float16."""
        return self.values.astype("<f2").tobytes()

    @property
    def nbytes(self) -> int:
        return 2 * self.values.size

    @property
    def compression(self) -> float:
        """How many times smaller than float32."""
        return 2.0 if self.values.size else 1.0

    @classmethod
    def from_packed(cls, data: bytes, shape: tuple[int, ...]) -> "HalfArray":
        """The inverse of packed(). Raises QuantizeError."""
        count = int(np.prod(shape))
        if len(data) != 2 * count:
            raise QuantizeError(
                f"{count:,} float16 numbers are {2 * count:,} bytes, and {len(data):,} were given",
                "give all of them, and nothing else",
            )
        return cls(np.frombuffer(data, dtype="<f2").astype(np.float16).reshape(shape))


def to_half(array: ArrayLike, *, saturate: bool = False) -> HalfArray:
    """The array in float16.

    Raises QuantizeError if a number is not finite, or beyond ±65504 unless `saturate`.
    """
    real = np.asarray(array, dtype=np.float64)
    if not np.isfinite(real).all():
        raise QuantizeError("the array holds numbers that are not finite", "replace them first")
    largest = float(np.abs(real).max(initial=0.0))
    with np.errstate(over="ignore"):
        infinite = not np.isfinite(np.float16(largest))
    if infinite and not saturate:
        raise QuantizeError(
            f"the number {largest:g} is beyond float16, whose largest is {LARGEST:g}",
            "scale the array, or say saturate=True",
        )
    return HalfArray(np.clip(real, -LARGEST, LARGEST).astype(np.float16))
