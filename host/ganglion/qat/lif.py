"""LIF: leaky integrate-and-fire neurons that round as U1 to U7 of SPEC.md 2 do.

In:  sums of weights, burst by burst.
Out: spikes, 0 or 1, with the gradient of a surrogate.
Never: another rounding in training than on the board: potentials are whole numbers of a unit.

Every burst updates every neuron (EVERY of SPEC.md 1), as papers and NIR mean it.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import UsageError
from ..quantization.populations import leak_code
from ..simulation.accelerators.torch_batch import torch_package

torch = torch_package()
Tensor = Any
Module: Any = torch.nn.Module
Function: Any = torch.autograd.Function

UNFITTED = Fraction(1, 256)  # the unit before a brain has been compiled, in steps of a weight


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the compiler decided of one area."""

    unit: Fraction  # in steps of w
    exact: bool  # every w is a whole number of units
    threshold: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class FittedLayer:
    """What the compiler decided of one layer (SPEC.md 12)."""

    unit: float  # in steps of the smallest k that leads to the layer
    multipliers: tuple[float, ...]  # units for each whole weight 1, of each path
    bias: Any  # integers in the layer's shape
    threshold: int
    leak: tuple[int, int, int]  # L, f, s


@dataclass(frozen=True, slots=True)
class Arriving:
    """What one path brings in a burst: sums of faked weights, divided by `area` in a mean."""

    sums: Any
    scale: Any  # k, or None where weights are not faked
    area: int


RATIOS = 1 << 16  # two k of one layer are to each other as whole numbers over this
LIMIT = 2**29 - 1  # of a potential in layers


def ratio(scales: list[Any]) -> list[Any]:
    """What w = 1 of each path is, in steps of the smallest k."""
    least = min(scales)
    return [(k.detach().double() / least * RATIOS).round() / RATIOS for k in scales]


class _Spike(Function):  # type: ignore[misc]
    """v >= T, with the derivative of a fast sigmoid: 1 / (1 + slope·|v/T − 1|)²."""

    @staticmethod
    def forward(ctx: Any, above: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(above)
        ctx.slope = slope
        return (above >= 0).to(above.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (above,) = ctx.saved_tensors
        return gradient / (1 + ctx.slope * above.abs()) ** 2, None


class LIF(Module):  # type: ignore[misc]
    """A layer of neurons. Real threshold; leak is the share that is lost per burst, 0..1.

    `refractory` bursts of rest follow a fire; after `limit` fires in a row (0 = unlimited) `snooze`
    more. `state` is the width that it will be compiled for: int8, int16 or int32.
    `exact_leak` leaks in floats, without U6's rounding, for comparison. `recurrent` is a
    torch.nn.Linear that brings what the layer itself fired in the burst before.
    """

    def __init__(
        self, threshold: float = 1.0, leak: float = 0.0, refractory: int = 0, limit: int = 0,
        snooze: int = 0, state: str = "int32", slope: float = 5.0, exact_leak: bool = False,
        recurrent: Any = None,
    ) -> None:  # fmt: skip
        """Raises UsageError for a number out of range."""
        super().__init__()
        if not threshold > 0:
            raise UsageError(f"the threshold is {threshold}", "give a number above 0")
        if not 0 <= leak <= 1:
            raise UsageError(f"the leak is {leak}", "give the share that is lost, from 0 to 1")
        if not all(0 <= bursts < 2**15 for bursts in (refractory, limit, snooze)):
            raise UsageError(
                f"refractory, limit and snooze are {refractory}, {limit} and {snooze}",
                "give whole numbers from 0 to 32,767",
            )
        if state not in ("int8", "int16", "int32"):
            raise UsageError(f"the state is {state!r}", "use int8, int16 or int32")
        self.threshold, self.leak = threshold, leak
        self.refractory, self.limit, self.snooze = refractory, limit, snooze
        self.state, self.slope, self.exact_leak = state, slope, exact_leak
        if recurrent is not None and not isinstance(recurrent, torch.nn.Linear):
            raise UsageError(
                f"the recurrent weights are a {type(recurrent).__name__}", "give a torch.nn.Linear"
            )
        self.recurrent = recurrent
        self.fitted: Fitted | None = None
        self.of_layer: FittedLayer | None = None
        self.reset()

    def reset(self) -> None:
        """Everything to zero; the shape is that of the next current."""
        self._v: Any = None

    def forward(self, current: Tensor, scale: Any = None) -> Tensor:
        """One burst. `current` is the sum of faked weights of who fired in the burst before;
        `scale` is their k (FakeWeight.scale). Without one nothing is rounded."""
        if self._v is None:
            self._v = torch.zeros_like(current, dtype=torch.float64)
            self._rest = torch.zeros_like(self._v, dtype=torch.int64)
            self._count = torch.zeros_like(self._rest)
        x, threshold = self._in_units(current.double(), scale)
        v = self._v + x
        resting = self._rest > 0
        above = v / threshold - 1
        window = (above.detach() >= 0) & ~resting
        full = (self._count >= self.limit) if self.limit else torch.zeros_like(resting)
        tired = window & full
        fire = window & ~tired
        spikes = _Spike.apply(above, self.slope) * (~(resting | tired)).double()
        left = self._clamped(torch.where(tired, v, self._leaked(v, scale is not None)))
        self._v = torch.where(fire | resting, torch.zeros_like(left), left)
        self._counted(fire, resting, full)
        return spikes.to(current.dtype)

    def step_of_layer(self, parts: list[Arriving], bias: Any) -> Tensor:
        """One burst of a layer (SPEC.md 12.2): what arrives over its paths, and its biases."""
        kind = parts[0].sums.dtype
        if any(part.scale is None for part in parts):
            x: Any = sum(part.sums.double() / part.area for part in parts)
            x, threshold = x if bias is None else x + bias, torch.tensor(self.threshold)
        else:
            x, threshold = self._whole_units(parts, bias)
        v = x if self._v is None else self._v + x
        v = v.clamp(-LIMIT, LIMIT)
        above = v / threshold - 1
        left = self._leaked(v, parts[0].scale is not None)
        self._v = torch.where(above.detach() >= 0, torch.zeros_like(left), left)
        spikes: Tensor = _Spike.apply(above, self.slope).to(kind)
        return spikes

    def _whole_units(self, parts: list[Arriving], bias: Any) -> Any:
        """What arrives and the threshold, in the layer's units."""
        scales = [part.scale.detach().double() / part.area for part in parts]
        fitted = self.of_layer
        unit = fitted.unit if fitted else float(UNFITTED)
        factors: Any = [(one / unit).round() for one in ratio(scales)]
        if fitted and not self.training:
            factors = fitted.multipliers
        x: Any = 0
        for part, factor in zip(parts, factors, strict=True):
            sums = part.sums.double() / part.scale.detach().double()
            # Sums of w are small whole numbers, so that rounding undoes what f32 did to them.
            x = x + (sums + (sums.round() - sums).detach()) * factor
        least = min(scales) * unit
        if bias is not None:
            real = bias / least
            whole = fitted.bias if fitted and not self.training else (real.detach() + 0.5).floor()
            x = x + real + (whole - real).detach()
        x = x + (x.round() - x).detach()
        if fitted and not self.training:
            return x, torch.tensor(float(fitted.threshold), dtype=torch.float64)
        return x, (self.threshold / least).ceil().clamp(min=1)

    def _in_units(self, current: Tensor, scale: Any) -> Any:
        """The current and the threshold, in units; real ones where there is no scale."""
        if scale is None:
            return current, self.threshold
        k = scale.detach().double()
        fitted = self.fitted
        unit = fitted.unit if fitted else UNFITTED
        # Sums of w are small whole numbers, so that rounding them undoes what f32 did to them.
        grain = k * float(unit) if fitted and not fitted.exact else k
        real = current / grain
        x = real + (real.round() - real).detach()
        if not (fitted and not fitted.exact):
            x = x * unit.denominator / unit.numerator
        if fitted and not self.training:
            return x, float(fitted.threshold)
        # As the compiler reads it: an f32 in steps of w, up to a whole number of units.
        real_threshold = (self.threshold / k).to(torch.float32).double() / float(unit)
        near = real_threshold.round()
        snapped = (near - real_threshold).abs() <= real_threshold / 2**20
        return x, torch.where(snapped, near, real_threshold.ceil()).clamp(min=1)

    def _leaked(self, v: Tensor, rounded: bool) -> Tensor:
        """U6, with the gradient of a leak that is not rounded."""
        smooth = v * self.leak
        if not rounded or self.exact_leak or not self.leak:
            return v - smooth
        leak, fine, shift = (
            self.of_layer.leak if self.of_layer
            else leak_code(_as_f32(self.leak), int(self.state[3:]))
        )  # fmt: skip
        size = v.detach().abs().to(torch.int64)
        loss = (size * leak + (size >> 15) * fine + (1 << (shift - 1))) >> shift
        loss = torch.maximum(loss, (size > 0).to(torch.int64)) if leak else torch.zeros_like(size)
        exact = loss.double() * v.detach().sign()
        return v - (smooth + (exact - smooth).detach())

    def _clamped(self, v: Tensor) -> Tensor:
        return v.clamp(self.fitted.low, self.fitted.high) if self.fitted else v

    def _counted(self, fire: Any, resting: Any, full: Any) -> None:
        rested = self._rest - resting.to(torch.int64)
        if not self.limit:
            self._rest = torch.where(fire, self.refractory, rested)
            return
        more = (self._count + 1).clamp(max=65_535)
        spent = more >= self.limit
        snoozed = min(65_535, self.refractory + self.snooze)
        again = (~resting & ~fire) | (resting & full & (rested == 0))
        self._count = torch.where(fire, more, self._count.masked_fill(again, 0))
        rest = torch.where(spent, snoozed, self.refractory)
        self._rest = torch.where(fire, rest, rested)


def _as_f32(value: float) -> float:
    """What a connectome stores of it."""
    return float(torch.tensor(value, dtype=torch.float32))
