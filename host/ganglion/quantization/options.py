"""Options: how a person wants a brain quantized, as one frozen object.

In:  words and numbers from a command line or a program.
Out: QuantizeOptions whose every field is known to be possible; ranges of potentials, by area.
Never: looks at a connectome.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..errors import QuantizeError

STATES = ("auto", "int8", "int16", "int32")
WEIGHTS = ("int8", "int4", "int2")
WIDE_WEIGHTS = "int16"  # of layers: two matrices of 8 bits (SPEC 12.5)
INPUTS = ("whole", "graded")
ANY_AREA = "*"


@dataclass(frozen=True, slots=True)
class Range:
    """Real potentials that a kept potential needs room for.

    `hard` clamps it there; otherwise the room is only what must be there at least.
    Raises QuantizeError unless low <= 0 <= high.
    """

    low: float
    high: float
    hard: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise QuantizeError(f"the range {self} has no end", "give two finite numbers")
        if not self.low <= 0 <= self.high or self.low == self.high:
            raise QuantizeError(
                f"the range {self.low:g}..{self.high:g} does not hold 0 and more",
                "zero must stay zero: give a range with low <= 0 <= high",
            )

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"


FEAGI_RANGE = Range(-100.0, 50.0, hard=True)
"""Where FEAGI's INT8 saturates; for comparison."""


@dataclass(frozen=True, slots=True)
class QuantizeOptions:
    """How to quantize. Raises QuantizeError if a field is none of its possible values.

    `inputs` says what will be injected: "whole" numbers or "graded" reals; `maximum` the largest;
    `negative_inputs` that there are some below zero; `anywhere` that any area may be injected
    into, not only inputs. `ranges` gives kept potentials room, by area id or ANY_AREA; without,
    the genome's own numbers do. `weights` is the width of weights that synapses have of their own.
    `units` are what the integer 1 must stand for, by area id; areas that have none are as ever.
    """

    state: str = "auto"
    inputs: str = "whole"
    negative_inputs: bool = False
    maximum: float = 0.0
    anywhere: bool = False
    weights: str = "int8"
    ranges: Mapping[str, Range] = field(default_factory=dict)
    units: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what, value, known in (
            ("state width", self.state, STATES),
            ("weight width", self.weights, WEIGHTS),
            ("kind of inputs", self.inputs, INPUTS),
        ):
            if value not in known:
                raise QuantizeError(f"the {what} {value!r} is unknown", f"use {', '.join(known)}")
        for area, unit in self.units.items():
            if unit <= 0:
                raise QuantizeError(f"the unit of area {area} is {unit}", "give one above 0")
        if not (math.isfinite(self.maximum) and self.maximum >= 0):
            raise QuantizeError(
                f"the largest input is {self.maximum}", "give a finite number, 0 for unknown"
            )

    def range_of(self, area: str) -> Range | None:
        """The range of one area, if there is one."""
        return self.ranges.get(area, self.ranges.get(ANY_AREA))


def parse_range(text: str) -> dict[str, Range]:
    """`genome`, `feagi`, or `LOW:HIGH` (both as limits of every area). Raises QuantizeError."""
    if text == "genome":
        return {}
    if text == "feagi":
        return {ANY_AREA: FEAGI_RANGE}
    low, _, high = text.partition(":")
    try:
        return {ANY_AREA: Range(float(low), float(high), hard=True)}
    except ValueError:
        raise QuantizeError(
            f"the range {text!r} is not understood",
            "write genome, feagi or LOW:HIGH, for example -100:50",
        ) from None
