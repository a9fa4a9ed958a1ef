"""Scales: the scale factors of a brain as a file, compared with another's, and what each costs.

In:  QuantizationConfigs of a brain, or the bytes of a file of them; a connectome.
Out: bytes to keep beside a brain; the units to give back to quantize; differences area by area;
     per area and state width what a scale gains and loses.
Never: a scale that a brain cannot have; a unit that is not exactly the one that was saved.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..connectome.model import Connectome
from ..errors import QuantizeError
from .description import QuantizationConfig
from .lossless import losses
from .options import QuantizeOptions
from .profile import profiled
from .scale import WIDTHS
from .unit import fit

FORMAT = "ganglion scales 1"
REMEDY = "give a file that `ganglion scales BRAIN -o FILE` wrote"


def to_bytes(configs: Sequence[QuantizationConfig], brain: str = "") -> bytes:
    """The file: JSON, one config per area. Only `activation_scale` is read back by compile."""
    facts = {"format": FORMAT, "brain": brain, "areas": [c.as_dict() for c in configs]}
    return json.dumps(facts, indent=2).encode() + b"\n"


def from_bytes(data: bytes, name: str = "the file") -> list[QuantizationConfig]:
    """The configs of a file, each validated. Raises QuantizeError."""
    try:
        facts: Any = json.loads(data.decode())
    except (UnicodeDecodeError, ValueError) as error:
        raise QuantizeError(f"{name} is not JSON: {error}", REMEDY) from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else None
        raise QuantizeError(f"{name} has the format {found!r}, not {FORMAT!r}", REMEDY)
    areas = facts.get("areas")
    if not isinstance(areas, list) or not all(isinstance(area, dict) for area in areas):
        raise QuantizeError(f"{name} has no list of areas", REMEDY)
    try:
        configs = [QuantizationConfig.from_dict(area) for area in areas]
    except (TypeError, ValueError) as error:
        raise QuantizeError(f"{name} holds a scale that is no number: {error}", REMEDY) from None
    twice = [c.area for i, c in enumerate(configs) if c.area in {d.area for d in configs[:i]}]
    if twice:
        raise QuantizeError(f"{name} has two scales of area {twice[0]}", "leave one of them out")
    return configs


def simplest(value: float) -> Fraction:
    """The fraction of smallest denominator whose nearest f64 is `value` (SPEC 6.2)."""
    exact = Fraction(value)
    below, above = Fraction(math.nextafter(value, 0)), Fraction(math.nextafter(value, math.inf))
    found = _between((exact + below) / 2, (exact + above) / 2)
    # The ends of the interval may round either way: then the fraction is `value` itself.
    return found if float(found) == value else exact


def _between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in low..high, which are above 0."""
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    below = math.floor(low)
    return below + 1 / _between(1 / (high - below), 1 / (low - below))


def units_of(configs: Sequence[QuantizationConfig]) -> dict[str, Fraction]:
    """The units to give to QuantizeOptions, by area id."""
    return {config.area: simplest(config.activation_scale) for config in configs}


@dataclass(frozen=True, slots=True)
class Difference:
    """One area of two brains; None where one does not have it."""

    area: str
    first: float | None
    second: float | None

    @property
    def ratio(self) -> float | None:
        """How many units of the second are one of the first."""
        return self.first / self.second if self.first and self.second else None

    @property
    def same(self) -> bool:
        """Whether an integer means the same potential in both."""
        return self.first == self.second

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "area": self.area, "first": self.first, "second": self.second, "ratio": self.ratio,
            "same": self.same,
        }  # fmt: skip


def compare(
    first: Sequence[QuantizationConfig], second: Sequence[QuantizationConfig]
) -> list[Difference]:
    """Every area of either, those of the first in order and then the others."""
    units: list[Mapping[str, float]] = [
        {config.area: config.activation_scale for config in configs} for configs in (first, second)
    ]
    names = [*units[0], *(name for name in units[1] if name not in units[0])]
    return [Difference(name, units[0].get(name), units[1].get(name)) for name in names]


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one area would be at one state width."""

    area: str
    bits: int
    unit: float | None  # None: it fits no unit at this width
    threshold: int  # its largest threshold, in units: the resolution
    exact: bool
    losses: tuple[str, ...]  # what can be lost; none = lossless
    refusal: str = ""

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "area": self.area, "bits": self.bits, "unit": self.unit, "threshold": self.threshold,
            "exact": self.exact, "losses": list(self.losses), "refusal": self.refusal or None,
        }  # fmt: skip


def prospects(connectome: Connectome, options: QuantizeOptions) -> list[Prospect]:
    """Every area at every width, as quantize would decide, whatever width the options ask for."""
    found = []
    profiles = profiled(connectome, options).areas
    for profile in profiles.values():
        for bits in WIDTHS:
            try:
                scale = fit(profile, bits, options.units.get(profile.area))
            except QuantizeError as error:
                found.append(Prospect(profile.area, bits, None, 0, False, (), error.fact))
                continue
            lost = tuple(dict.fromkeys(loss.code for loss in losses(profile, scale)))
            found.append(
                Prospect(
                    profile.area, bits, float(scale.unit), scale.threshold_max, scale.exact, lost
                )
            )
    return found
