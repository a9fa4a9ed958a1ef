"""Scheme: how an array is to become integers, as one validated object.

In:  bits, symmetric or not, per tensor or per channel, rounding and calibrator by name.
Out: the object; the integers that its bits allow.
Never: a combination that has no meaning.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import QuantizeError
from .rounding import ROUNDINGS

BITS = (8, 4, 2)
CALIBRATOR_NAMES = ("min_max", "percentile", "mse")


@dataclass(frozen=True, slots=True)
class Scheme:
    """How to quantize. Raises QuantizeError if a field is none of its possible values.

    `axis` None is one scale for all; a number is one scale for each index along that axis.
    Symmetric integers have zero_point 0 and as many above zero as below; asymmetric ones use
    every code, and their range always includes 0, which stays exactly 0 in both.
    """

    bits: int = 8
    symmetric: bool = True
    axis: int | None = None
    rounding: str = "nearest_even"
    calibrator: str = "min_max"
    percentile: float = 99.9  # of the calibrator of that name
    seed: int = 0  # of the rounding `stochastic`

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise QuantizeError(f"{self.bits} bits were asked for", "use 8, 4 or 2")
        for what, value, known in (
            ("rounding", self.rounding, tuple(ROUNDINGS)),
            ("calibrator", self.calibrator, CALIBRATOR_NAMES),
        ):
            if value not in known:
                raise QuantizeError(f"the {what} {value!r} is unknown", f"use {', '.join(known)}")
        if not 50 < self.percentile <= 100:
            raise QuantizeError(
                f"the percentile is {self.percentile}", "use a number above 50 and at most 100"
            )
        if not 0 <= self.seed < 2**32:
            raise QuantizeError(f"the seed is {self.seed}", "use a number from 0 to 2^32 − 1")

    @property
    def lowest(self) -> int:
        """The smallest integer."""
        return -(1 << (self.bits - 1)) + (1 if self.symmetric else 0)

    @property
    def highest(self) -> int:
        """The largest integer."""
        return (1 << (self.bits - 1)) - 1

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Scheme":
        """What as_dict gave, validated. Raises QuantizeError."""
        known = {f.name for f in fields(cls)}
        odd = sorted(set(data) - known)
        if odd:
            raise QuantizeError(
                f"a scheme has no field {', '.join(odd)}", f"use {', '.join(sorted(known))}"
            )
        return cls(**data)
