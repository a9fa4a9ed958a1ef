"""Fake weight: the weights of a layer as a blob will have them, while they are trained.

In:  a weight tensor of floats, of any shape.
Out: the same shape: k·w with one k per layer and whole w of at most 127, 15 or 3 (in layers 127, 7
     or 1); gradients pass as if nothing had been rounded.
Never: a zero point: zero is zero.

That is one pair of classes of own weights (SPEC.md 5.4): w is the weight, k the multiplier, and the
sign is the class's.
"""

from fractions import Fraction
from typing import Any

from ..errors import UsageError
from ..simulation.accelerators.torch_batch import torch_package

torch = torch_package()
Tensor = Any
Module: Any = torch.nn.Module

MOST = {8: 127, 4: 15, 2: 3}
SIGNED = {8: 127, 4: 7, 2: 1}


class FakeWeight(Module):  # type: ignore[misc]
    """A parametrization: `torch.nn.utils.parametrize.register_parametrization(layer, "weight",
    FakeWeight(bits=4))`.

    `unit` is that of the area the layer ends in, in steps of w, once the brain has been compiled;
    where it is coarser than 1, weights are rounded to it as well.
    """

    def __init__(self, bits: int = 8, signed: bool = False) -> None:
        """`signed`: the sign is one of the bits, as in layers (SPEC.md 12.4). Raises UsageError
        unless bits is 8, 4 or 2."""
        super().__init__()
        if bits not in MOST:
            raise UsageError(f"weights of {bits!r} bits were asked for", "use 8, 4 or 2")
        self.bits = bits
        self.most = (SIGNED if signed else MOST)[bits]
        self.unit: Fraction | None = None

    def scale(self, weight: Tensor) -> Tensor:
        """k: what the whole number 1 stands for."""
        largest = weight.detach().abs().max()
        return torch.where(largest > 0, largest / self.most, torch.ones_like(largest))

    def whole(self, weight: Tensor) -> Tensor:
        """w: whole numbers, as floats."""
        return (weight.detach() / self.scale(weight)).round().clamp(-self.most, self.most)

    def forward(self, weight: Tensor) -> Tensor:
        """k·w, with the gradient of `weight`."""
        whole = self.whole(weight)
        if self.unit is not None:
            unit = float(self.unit)
            size = (whole.double().abs() / unit + 0.5).floor() * unit
            whole = (size * whole.sign()).to(weight.dtype)
        faked = whole * self.scale(weight)
        return weight + (faked - weight).detach()
