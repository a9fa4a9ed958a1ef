"""Layers: the parts of a network whose update is data (SPEC 12), in integers.

In:  what quantization/layers.py computed, or what blob/layers.py read.
Out: frozen records and arrays, named as in the specification.
Never: floating point.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Dims = tuple[int, int, int]  # rows, columns, channels; the channel varies fastest

CURRENTS = ("none", "after", "decayed", "used")
EMITS = ("nothing", "once", "many")
RESETS = ("none", "value", "subtract")
TIMES = ("now", "next-before", "next-after")
LIMIT = 2**29 - 1  # no potential, current, threshold, bias or sum leaves ±LIMIT


def columns_in_order(width: int, stride: int) -> list[int]:
    """The columns of a kernel as a blob has them: phase by phase, the last first."""
    return [kx for phase in range(stride) for kx in reversed(range(phase, width, stride))]


@dataclass(frozen=True)
class Path:
    """What one layer sends to another. Weights are i8; a contribution is multiplier · weight.

    Dense: weight is (sources, targets), of pooled sources. Convolution: (channels, rows, columns,
    targets' channels).
    """

    source: int  # the layer's number
    conv: bool
    bits: int  # 8, 4 or 2 bits of a stored weight
    multiplier: Ints  # (1,) or (period,)
    weight: NDArray[np.int8]
    source_dims: Dims
    target_dims: Dims
    pool: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)

    @property
    def pooled(self) -> Dims:
        h, w, c = self.source_dims
        return h // self.pool[0], w // self.pool[1], c

    def place(self) -> tuple[int | bytes, ...]:
        """By what the paths of a layer ascend in a blob (SPEC 12.4)."""
        weight, kernel = self.weight, (0, 0)
        if self.conv:
            rows, columns = (int(n) for n in weight.shape[1:3])
            kernel = rows, columns
            weight = weight[:, :, columns_in_order(columns, self.stride[1])]
        record = (
            self.source, self.conv, self.bits, len(self.multiplier) > 1, *self.source_dims,
            *self.target_dims, *self.pool, *self.stride, *self.before, *kernel,
        )  # fmt: skip
        codes = (weight.astype(np.int16) + 128).astype(np.uint8)
        return *record, *(-self.multiplier).tolist(), codes.tobytes()


@dataclass(frozen=True)
class Layer:
    """Consecutive neurons, one population, whose update follows one rule.

    Vectors have 1 entry or `period`: neuron n of the layer has entry n mod period.
    """

    first: int
    count: int
    period: int
    current: int
    emit: int
    most: int  # spikes of one neuron in one burst, 1..255; 0 of a read-out
    reset: int
    at: int
    gives_back: bool
    loses_input: bool
    from_old: bool
    low: int
    high: int
    threshold: Ints  # (1 | period,)
    size: Ints  # (1 | period,) what a spike subtracts, and what many spikes are counted in
    reset_to: Ints  # (1 | period,)
    bias: Ints  # (1 | period,)
    drift: Ints  # (1 | period,)
    leak: Ints  # (1 | period, 3): L, s, f of the potential (SPEC 2, U6)
    leak_current: Ints  # (1 | period, 3)
    paths: tuple[Path, ...] = ()

    @property
    def stop(self) -> int:
        return self.first + self.count

    def spread(self, vector: Ints) -> Ints:
        """(count, …) a vector's entry of each neuron."""
        if len(vector) == 1:
            return np.broadcast_to(vector, (self.count, *vector.shape[1:]))
        return np.tile(vector, (self.count // self.period,) + (1,) * (vector.ndim - 1))
