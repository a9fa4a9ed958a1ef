"""Layer weights: the weights of a path as whole numbers, and what the number 1 stands for.

In:  a RealPath, the factor by which its layer multiplies what it brings, a width.
Out: scales, and Paths of integers: one, or of 16 bits two.
Never: knows a threshold; loses anything where weights are whole multiples of one number.
"""

from dataclasses import dataclass

import numpy as np

from ..connectome.layered import Real, RealLayer, RealPath
from ..network.layers import Path

PLANE = 254  # a weight of 16 bits is PLANE · one of 8 bits, and another of 8 bits
WIDEST = {16: 127 * PLANE + 126, 8: 127, 4: 7, 2: 1}  # the largest weight of so many bits
DYADIC = 24  # weights that are whole multiples of 2^-24 can be exact


@dataclass(frozen=True)
class Scaled:
    """A path's weights in the layer's units; `factor` (neurons,) multiplies what a convolution
    brings where it is another at each place."""

    path: RealPath
    weight: Real
    factor: Real | None = None

    def of_neurons(self, scale: Real) -> Real:
        """The real value of weight 1: (1,), (targets' channels,) or, with a factor, (neurons,)."""
        if self.factor is None:
            return scale
        channels = self.weight.shape[-1]
        each: Real = np.broadcast_to(scale, (len(self.factor) // channels, channels)).reshape(-1)
        return each * self.factor

    @property
    def at_first(self) -> Real:
        """The weights as they are at the first place."""
        if self.factor is None:
            return self.weight
        first: Real = self.weight * self.factor[: self.weight.shape[-1]]
        return first


def scaled_by(layer: RealLayer, path: RealPath, values: Real) -> Scaled:
    """With a value of each neuron as a factor of what arrives."""
    if path.form == "dense":
        return Scaled(path, path.weight * values[None, :])
    channels = values.reshape(-1, layer.dims[2])
    if (channels != channels[0]).any():
        return Scaled(path, path.weight, values)
    return Scaled(path, path.weight * channels[0])


def width_of(path: RealPath, weight: Real, bits: int) -> int:
    """Bits of a path's weights: 16 only if 8 lose something; a convolution has at least 8."""
    if bits == 16:
        return 8 if scales_of(weight, 8)[1] else 16
    return 8 if path.form == "conv" else bits


def scales_of(weight: Real, bits: int) -> tuple[Real, bool]:
    """(1,) or (targets,) the real value of weight 1, and whether all weights are whole in it."""
    flat = weight.reshape(-1, weight.shape[-1])
    widest = WIDEST[bits]
    common = _common(flat)
    if common and np.abs(flat).max(initial=0) <= widest * common * (1 + 1e-9):
        return np.array([common]), True
    top = np.abs(flat).max(axis=0, initial=0)
    whole = float(top.max(initial=0)) or 1.0
    scale = np.where(top > 0, top, whole) / widest
    return np.maximum(scale, whole / widest / 4096), False


def _common(values: Real) -> float:
    """The largest number of which all are whole multiples, if they are short; else 0."""
    whole = values * 2.0**DYADIC
    if not values.size or np.abs(whole).max() >= 2**52 or (whole != np.round(whole)).any():
        return 0.0
    return int(np.gcd.reduce(np.abs(whole.astype(np.int64)), axis=None)) / 2.0**DYADIC


def in_steps(scale: Real, x_unit: float) -> Real:
    """The next scale that is a whole number of units, so that its multiplier loses nothing."""
    steps: Real = np.maximum(np.ceil(scale / x_unit * (1 - 1e-12)), 1) * x_unit
    return steps


def planes_of(
    path: RealPath, weight: Real, own: Real, scale: Real, x_unit: float, bits: int
) -> tuple[Path, ...]:
    """The path; of 16 bits two, whose weights add up. `own` is the real value of weight 1 in
    `weight`, `scale` that of each target in the layer's units."""
    whole = np.clip(np.round(weight / own), -WIDEST[bits], WIDEST[bits])
    if bits < 16:
        return (_path(path, whole, scale, x_unit, bits),)
    high = np.round(whole / PLANE)
    return (
        _path(path, high, scale * PLANE, x_unit, 8),
        _path(path, whole - high * PLANE, scale, x_unit, 8),
    )


def _path(path: RealPath, weight: Real, scale: Real, x_unit: float, bits: int) -> Path:
    multiplier = np.round(scale / x_unit).astype(np.int64)
    return Path(
        path.source, path.form == "conv", bits, np.maximum(multiplier, 1), weight.astype(np.int8),
        path.source_dims, path.target_dims, path.pool, path.stride, path.before,
    )  # fmt: skip


def meant(planes: tuple[Path, ...], x_unit: float) -> Real:
    """The real weights that integers stand for, at the first place."""
    total: Real = np.zeros(1)
    for q in planes:
        channels = q.multiplier[: q.weight.shape[-1]]
        total = total + q.weight * (channels * x_unit)
    return total
