"""Arrays: numbers as integers with a scale and a zero point, and back.

In:  an array of finite numbers and a Scheme.
Out: a QuantizedArray: x ≈ (q − zero_point) · scale, per tensor or per channel.
Never: turns 0 into anything but 0; divides by an empty or all-zero group's range.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import QuantizeError
from .calibrators import CALIBRATORS, grid
from .packing import pack, packed_size, unpack
from .rounding import rounded
from .scheme import Scheme

Floats = NDArray[np.float64]
FLOAT32_BYTES = 4


@dataclass(frozen=True, eq=False)
class QuantizedArray:
    """Integers of a shape; scale and zero_point have one entry per channel (one if per tensor)."""

    scheme: Scheme
    codes: NDArray[np.int8]
    scale: Floats
    zero_point: NDArray[np.int64]

    def __post_init__(self) -> None:
        channels = _channels(self.codes.shape, self.scheme.axis)
        if self.scale.shape != (channels,) or self.zero_point.shape != (channels,):
            raise QuantizeError(
                f"{channels} channels have {self.scale.size} scales and {self.zero_point.size} "
                "zero points",
                "give one of each per channel",
            )
        if not (np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise QuantizeError("a scale is not above 0 and finite", "quantize the array again")
        low, high = self.scheme.lowest, self.scheme.highest
        for what, values in (("code", self.codes), ("zero point", self.zero_point)):
            if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
                raise QuantizeError(
                    f"a {what} lies outside {low}..{high}", "quantize the array again"
                )
        if self.scheme.symmetric and self.zero_point.any():
            raise QuantizeError("a symmetric array has a zero point", "quantize the array again")

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    def dequantize(self) -> NDArray[np.float32]:
        """The numbers that the integers stand for."""
        rows = _rows(self.codes.astype(np.float64), self.scheme.axis)
        real = (rows - self.zero_point[:, None]) * self.scale[:, None]
        return _shaped(real, self.shape, self.scheme.axis).astype(np.float32)

    def step(self) -> Floats:
        """The scale of every number: within the range no error is larger than half of it."""
        rows = np.repeat(self.scale[:, None], max(self.codes.size // len(self.scale), 1), axis=1)
        return _shaped(rows[:, : _width(self.shape, len(self.scale))], self.shape, self.scheme.axis)

    def packed(self) -> bytes:
        """The integers as bytes."""
        return pack(self.codes, self.scheme.bits)

    @property
    def nbytes(self) -> int:
        """Packed integers, float32 scales, and zero points of one byte if there are any."""
        zero_points = 0 if self.scheme.symmetric else len(self.zero_point)
        packed = packed_size(self.codes.size, self.scheme.bits)
        return packed + FLOAT32_BYTES * len(self.scale) + zero_points

    @property
    def compression(self) -> float:
        """How many times smaller than float32; 1 for an empty array."""
        return self.codes.size * FLOAT32_BYTES / self.nbytes if self.codes.size else 1.0

    @classmethod
    def from_packed(
        cls, data: bytes, shape: tuple[int, ...], scheme: Scheme, scale: Any, zero_point: Any
    ) -> "QuantizedArray":
        """The inverse of packed(). Raises QuantizeError."""
        codes = unpack(data, scheme.bits, int(np.prod(shape))).reshape(shape)
        zero = np.asarray(zero_point, dtype=np.int64)
        return cls(scheme, codes, np.asarray(scale, dtype=np.float64), zero)


def quantize(array: ArrayLike, scheme: Scheme | None = None) -> QuantizedArray:
    """The array in integers. Raises QuantizeError for an array that is not of finite numbers."""
    scheme = scheme or Scheme()
    real = np.asarray(array, dtype=np.float64)
    if not np.isfinite(real).all():
        raise QuantizeError(
            f"the array holds {int((~np.isfinite(real)).sum()):,} numbers that are not finite",
            "replace them first",
        )
    rows = _rows(real, scheme.axis)
    low, high = CALIBRATORS[scheme.calibrator](rows, scheme)
    scale, zero = grid(low, high, scheme)
    scale = _stored(scale)
    whole = rounded(rows / scale[:, None], scheme.rounding, scheme.seed) + zero[:, None]
    codes = np.clip(whole, scheme.lowest, scheme.highest).astype(np.int8)
    return QuantizedArray(scheme, _shaped(codes, real.shape, scheme.axis), scale, zero)


def _stored(scale: Floats) -> Floats:
    """A scale as the float32 that a file holds, never rounded down: nothing may become too large
    for its integers."""
    single = scale.astype(np.float32)
    up = np.nextafter(single, np.float32(np.inf))
    least = np.float32(np.finfo(np.float32).tiny)
    return np.maximum(np.where(single < scale, up, single), least).astype(np.float64)


def _channels(shape: tuple[int, ...], axis: int | None) -> int:
    if axis is None:
        return 1
    if not -len(shape) <= axis < len(shape):
        raise QuantizeError(
            f"an array of {len(shape)} dimensions has no axis {axis}", "choose one that it has"
        )
    return shape[axis]


def _width(shape: tuple[int, ...], channels: int) -> int:
    return int(np.prod(shape)) // channels if channels else 0


def _rows(values: NDArray[Any], axis: int | None) -> NDArray[Any]:
    """(channels, rest)."""
    channels = _channels(values.shape, axis)
    moved = values if axis is None else np.moveaxis(values, axis, 0)
    return moved.reshape(channels, _width(values.shape, channels))


def _shaped(rows: NDArray[Any], shape: tuple[int, ...], axis: int | None) -> NDArray[Any]:
    """The inverse of _rows."""
    if axis is None:
        return rows.reshape(shape)
    moved = (shape[axis], *(n for i, n in enumerate(shape) if i != axis % len(shape)))
    return np.moveaxis(rows.reshape(moved), 0, axis)
