"""Sensors: what reads, and where its readings enter the brain.

In:  a Draft, the sensors of a robot file.
Out: drivers and encoders in the draft.
Never: ends at a sensor that does not fit: it becomes a misfit.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ..network.model import AreaInfo
from ..network.robot import Driver, Gain
from ..reference.inputs import HostInput
from . import columns, feagi3, legacy
from .draft import Draft, Misfit, Unfit, module_of
from .drivers import DRIVERS, Part
from .file import Encoding, Sensor

ECHO_SLACK_US = 600  # an HC-SR04 begins its echo that long after it was asked


class Sensors:
    """Adds sensors to a draft; several may be values of one driver."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.host = HostInput(draft.network)
        self._shared: dict[tuple[object, ...], int] = {}  # a driver's identity: its first slot
        self._phase = 0

    def add(self, sensor: Sensor) -> None:
        part = DRIVERS.get(sensor.driver)
        slot = 0
        with self.draft.noting():
            slot = self._slot(sensor, part)
        for encoding in [sensor, *sensor.also]:
            with self.draft.noting():
                self._encode(sensor.name, encoding, sensor, part, slot)

    def _slot(self, sensor: Sensor, part: Part | None) -> int:
        """The slot that a sensor fills; several sensors may be values of one driver."""
        if part is not None and part.acts:
            raise Unfit(sensor.name, f"{sensor.driver} is no sensor")
        params = self.draft.params(sensor.name, sensor, part, self._echo(sensor, part))
        values = part.values if part else ("value",)
        wanted = sensor.value or values[0]
        if wanted not in values:
            raise Unfit(
                sensor.name, f"{sensor.driver} has no value {wanted!r}, but {', '.join(values)}"
            )
        hold = 10 * sensor.every if sensor.hold is None else sensor.hold
        key = (sensor.driver, params, sensor.every, hold)
        if key not in self._shared or len(values) == 1:
            cost = part.cost_us if part else 0
            if sensor.driver == "hcsr04":
                cost += params[2]
            self._shared[key] = self.draft.slots
            phase = self._phase % sensor.every
            self._phase += sensor.every > 1
            self.draft.drivers.append(Driver(
                module_of(sensor.driver), sensor.name, False, self.draft.slots, len(values), params,
                sensor.every, phase, hold, cost,
            ))  # fmt: skip
            self.draft.slots += len(values)
        return self._shared[key] + values.index(wanted)

    def _echo(self, sensor: Sensor, part: Part | None) -> dict[str, int]:
        if sensor.driver != "hcsr04" or part is None or "most_us" in sensor.pins:
            return {}
        ends = _range(sensor, part)
        return {"most_us": max(map(int, ends)) + ECHO_SLACK_US}

    def _encode(
        self, name: str, encoding: Encoding, sensor: Sensor, part: Part | None, slot: int
    ) -> None:
        area = self.draft.area(name, encoding.area, "IPU")
        signed = encoding.signed
        x = encoding.channel * 2 if signed else encoding.channel
        last = x + 1 if signed else x
        self.draft.inside(name, area, last, encoding.y)
        for column in range(x, last + 1):
            self.draft.take(name, area, column, encoding.y, False)
        low, high = _range(encoding, part, sensor)
        if encoding.invert:
            low, high = high, low
        if low == high:
            raise Unfit(name, f"min and max are both {encoding.min}")
        if max(abs(low), abs(high)) >= 1 << 29:
            raise Unfit(name, f"a range of {low}..{high} is wider than 30 bits")
        depth = area.dimensions[2]
        plus = [self.draft.atlas.voxel(area, x, encoding.y, z) for z in range(depth)]
        minus = [self.draft.atlas.voxel(area, last, encoding.y, z) for z in range(depth)]
        live = [n for cell in plus + minus for n in cell]
        if not live:
            self.draft.notes.append(Misfit(
                name, f"no neuron of {area.id} at x = {x} has a connection: nothing comes of it"
            ))  # fmt: skip
            return
        coding = encoding.coding
        potential = encoding.potential
        if potential is None:
            potential = {"legacy": legacy.POTENTIAL, "feagi3": feagi3.POTENTIAL, "raw": 1}[coding]
        if coding == "raw":
            self._raw(name, area, slot, live[0], (low, high), potential)
            return
        if encoding.quiet and depth == 1 and coding == "feagi3":
            raise Unfit(name, f"quiet: {area.id} has one voxel a column, which all readings fire")
        if encoding.quiet and depth > 1:  # legacy areas of depth 1 are quiet as they are
            plus, minus = _without(plus, coding), _without(minus, coding)
        amount = self._amount(name, area, live[0], potential)
        if coding == "legacy":
            self.draft.encoders.append(columns.legacy_levels(slot, amount, low, high, plus, depth))
            return
        zero = (low + high) // 2 if signed else low
        if encoding.positioning == "fractional" and any(len(cell) > 1 for cell in plus + minus):
            raise Unfit(name, f"fractional coding needs one neuron per voxel, {area.id} has more")
        if encoding.positioning == "fractional" and depth > 30:
            raise Unfit(name, f"fractional coding takes a depth of at most 30, not {depth}")
        self.draft.encoders.append(columns.feagi3_encoder(
            slot, amount, zero, high, depth, (plus, minus if signed else ()),
            fractional=encoding.positioning == "fractional",
        ))  # fmt: skip

    def _amount(self, name: str, area: AreaInfo, neuron: int, potential: float) -> int:
        given = np.array([neuron]), np.array([potential], dtype=np.float32)
        injection = self.host.convert(*given)
        if injection.clamped:
            self.draft.notes.append(Misfit(
                name, f"{area.id} takes at most {injection.amounts[0] * area.unit:g} of "
                f"{potential:g}: compile the brain with a larger --maximum if that matters",
            ))  # fmt: skip
        return int(injection.amounts[0])

    def _raw(
        self, name: str, area: AreaInfo, slot: int, neuron: int, ends: tuple[int, int],
        potential: float,
    ) -> None:  # fmt: skip
        low, high = min(ends), max(ends)
        gain = round(potential / area.unit / (high - low))
        if gain == 0 or abs(gain) * (high - low) >= columns.MOST:
            raise Unfit(
                name,
                f"raw: a potential of {potential:g} over {high - low} steps is {gain} units "
                f"of {area.unit:g} a step",
            )
        if ends[0] > ends[1]:
            self.draft.encoders.append(Gain(slot, neuron, low, high, -gain))
        else:
            self.draft.encoders.append(Gain(slot, neuron, low, high, gain))


def _without(cells: list[Sequence[int]], coding: str) -> list[Sequence[int]]:
    """Cells of a column less the one of the least reading."""
    return [(), *cells[1:]] if coding == "legacy" else [*cells[:-1], ()]


def _range(encoding: Encoding, part: Part | None, sensor: Sensor | None = None) -> tuple[int, int]:
    """Least and greatest reading, raw; those of the sensor where an area says nothing."""
    per_unit = part.per_unit if part else Fraction(1)
    low, high = (Fraction(end) for end in (part.range if part else (0, 1)))
    for source in (sensor, encoding):
        if source is not None:
            low = low if source.min is None else Fraction(source.min)
            high = high if source.max is None else Fraction(source.max)
    return round(low * per_unit), round(high * per_unit)
