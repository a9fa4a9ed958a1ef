"""QuantizationConfig: how the integers of one area relate to real potentials.

In:  a network, or what a report stored.
Out: one validated object per area: scales, zero point, rounding, width.
Never: a scale that is not positive and finite; a zero that is not zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

from ..errors import QuantizeError
from ..network.model import QuantizedNetwork

ROUNDING = (
    "contributions and inputs to nearest, ties away from zero; inputs that are not kept down; "
    "thresholds up; upper limits down; leak to nearest, at least 1"
)


@dataclass(frozen=True, slots=True)
class QuantizationConfig:
    """The integers of one area.

    A potential of integer V stands for V · activation_scale. A weight w of class classes[k] adds
    w · weight_scale[k], which is below 0 for own weights that inhibit; if that class is mp-driven,
    times the PSP. What the area sends on, if its PSP follows its potential, is in units of
    output_scale. zero_point is 0: zero is zero.
    Raises QuantizeError if a field is out of range.
    """

    area: str
    state_width: int  # 8, 16 or 32 bits
    activation_scale: float
    output_scale: float
    weight_scale: tuple[float, ...]
    classes: tuple[int, ...]  # of the blob, of the synapses that end in this area
    zero_point: int = 0
    rounding: str = ROUNDING

    def __post_init__(self) -> None:
        if self.state_width not in (8, 16, 32):
            raise QuantizeError(
                f"area {self.area} has the state width {self.state_width}", "use 8, 16 or 32"
            )
        scales = (self.activation_scale, self.output_scale, *self.weight_scale)
        least = min(self.activation_scale, self.output_scale)
        if not all(map(math.isfinite, scales)) or not least > 0:
            raise QuantizeError(
                f"area {self.area} has the scales {scales}", "give finite numbers above 0"
            )
        if self.zero_point != 0:
            raise QuantizeError(
                f"area {self.area} has the zero point {self.zero_point}",
                "only 0 keeps a potential of 0 at 0, whatever is added to it",
            )
        if len(self.weight_scale) != len(self.classes):
            raise QuantizeError(
                f"area {self.area} has {len(self.weight_scale)} weight scales for "
                f"{len(self.classes)} classes",
                "give one for each",
            )

    def dequantize(self, integer: int) -> float:
        """The real potential that an integer of this area stands for."""
        return integer * self.activation_scale

    def quantize(self, potential: float) -> int:
        """The integer nearest to a real potential."""
        quotient = Fraction(potential) / Fraction(self.activation_scale)
        size = math.floor(abs(quotient) + Fraction(1, 2))
        return size if quotient >= 0 else -size

    def as_dict(self) -> dict[str, Any]:
        """The config, JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "QuantizationConfig":
        """What as_dict gave, validated. Raises QuantizeError."""
        names = {f.name for f in fields(cls)}
        if set(data) != names:
            odd = sorted(set(data) ^ names)
            raise QuantizeError(
                f"a quantization config has the fields {sorted(data)}",
                f"give exactly its fields; these differ: {', '.join(odd)}",
            )
        values = dict(data)
        values["weight_scale"] = tuple(float(s) for s in values["weight_scale"])
        values["classes"] = tuple(int(k) for k in values["classes"])
        return cls(**values)


def configs_of(network: QuantizedNetwork) -> Sequence[QuantizationConfig]:
    """One per area of a network, in order."""
    incoming: dict[int, set[int]] = {}
    area_of = network.per_neuron("area")
    pairs = zip(area_of[network.target].tolist(), network.klass.tolist(), strict=True)
    for area, klass in set(pairs):
        incoming.setdefault(area, set()).add(klass)
    return [
        QuantizationConfig(
            area=info.id,
            state_width=network.state,
            activation_scale=info.unit,
            output_scale=info.unit,
            weight_scale=tuple(
                info.unit * network.classes[k].multiplier / (1 << network.classes[k].shift)
                for k in sorted(incoming.get(i, ()))
            ),
            classes=tuple(sorted(incoming.get(i, ()))),
        )
        for i, info in enumerate(network.areas)
    ]
