"""Compile: a robot file and a brain become the robot's program.

In:  a RobotFile, a QuantizedNetwork.
Out: a Program; and what does not fit, each as a sentence that names the part.
Never: a program of a robot that does not fit its brain.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..errors import RobotError
from ..network.model import AreaInfo, QuantizedNetwork
from ..network.robot import MOST_OUTPUTS, MOST_SLOTS, Driver, Encoder, Gain, Output, Program
from ..reference.inputs import HostInput
from . import columns, feagi3, legacy
from .atlas import Atlas
from .drivers import DRIVERS, USER, Part
from .file import Actuator, Encoding, RobotFile, Sensor

MOST_REPORTS = 32_768  # bytes of a board's memory
ECHO_SLACK_US = 600  # an HC-SR04 begins its echo that long after it was asked
KINDS = {
    "o__mot": "motor", "omot": "motor", "o__ser": "servo", "o_spos": "position", "opse": "servo",
    "odgpio": "switch", "o_init": "switch", "o_blnk": "switch", "o_stop": "switch",
    "o_misc": "switch", "ocnt": "level",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something of a robot that cannot be so. `part` is its name in the file."""

    part: str
    why: str

    def __str__(self) -> str:
        return f"{self.part}: {self.why}"


@dataclass(frozen=True, slots=True)
class Compiled:
    program: Program
    misfits: tuple[Misfit, ...]
    notes: tuple[Misfit, ...]  # what is odd, and may be meant


def compile_robot(robot: RobotFile, network: QuantizedNetwork) -> Program:
    """The program. Raises RobotError with the first misfit, and how many there are."""
    compiled = try_compile(robot, network)
    if compiled.misfits:
        more = len(compiled.misfits) - 1
        raise RobotError(
            f"the robot does not fit the brain: {compiled.misfits[0]}"
            + (f" (and {more} more)" if more else ""),
            "`ganglion robot check BRAIN ROBOT` names every misfit",
        )
    return compiled.program


def try_compile(robot: RobotFile, network: QuantizedNetwork) -> Compiled:
    """The program as far as it can be made, and what does not fit."""
    making = _Making(robot, network)
    for sensor in robot.sensor:
        making.sensor(sensor)
    for actuator in robot.actuator:
        making.actuator(actuator)
    return making.done()


class _Unfit(Exception):
    """A misfit of one part, which ends what is made of it."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(why)
        self.misfit = Misfit(part, why)


class _Making:
    def __init__(self, robot: RobotFile, network: QuantizedNetwork) -> None:
        self.robot = robot
        self.network = network
        self.atlas = Atlas(network)
        self.host = HostInput(network)
        self.misfits: list[Misfit] = []
        self.notes: list[Misfit] = []
        self.drivers: list[Driver] = []
        self.encoders: list[Encoder] = []
        self.outputs: list[Output] = []
        self.slots = 0
        self._shared: dict[tuple[object, ...], int] = {}  # a driver's identity: its first slot
        self._taken: dict[tuple[str, int, int, bool], str] = {}
        self._phase = 0

    def done(self) -> Compiled:
        period = round(self.robot.period_ms * 1000) or self.network.timestep_us
        if self.slots > MOST_SLOTS or len(self.outputs) > MOST_OUTPUTS:
            self.misfits.append(Misfit(
                self.robot.name, f"{self.slots} readings and {len(self.outputs)} outputs; a board "
                f"takes {MOST_SLOTS} and {MOST_OUTPUTS}",
            ))  # fmt: skip
        report = 12 + 5 * self.slots + 4 * len(self.outputs)
        if self.robot.ring * report > MOST_REPORTS:
            self.misfits.append(Misfit(
                self.robot.name, f"ring = {self.robot.ring} reports of {report} bytes are more "
                f"than a board's {MOST_REPORTS:,}; the most is {MOST_REPORTS // report}",
            ))  # fmt: skip
        program = Program(
            period, self.robot.contact_ms, self.robot.ring, self.slots, tuple(self.drivers),
            tuple(self.encoders), tuple(self.outputs),
        )  # fmt: skip
        return Compiled(program, tuple(self.misfits), tuple(self.notes))

    # ---- sensors

    def sensor(self, sensor: Sensor) -> None:
        part = DRIVERS.get(sensor.driver)
        slot = 0
        with self._noting():
            slot = self._slot(sensor, part)
        for encoding in [sensor, *sensor.also]:
            with self._noting():
                self._encode(sensor.name, encoding, sensor, part, slot)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except _Unfit as unfit:
            self.misfits.append(unfit.misfit)

    def _slot(self, sensor: Sensor, part: Part | None) -> int:
        """The slot that a sensor fills; several sensors may be values of one driver."""
        if part is not None and part.acts:
            raise _Unfit(sensor.name, f"{sensor.driver} is no sensor")
        params = self._params(sensor.name, sensor, part, self._echo(sensor, part))
        values = part.values if part else ("value",)
        wanted = sensor.value or values[0]
        if wanted not in values:
            raise _Unfit(
                sensor.name, f"{sensor.driver} has no value {wanted!r}, but {', '.join(values)}"
            )
        hold = 10 * sensor.every if sensor.hold is None else sensor.hold
        key = (sensor.driver, params, sensor.every, hold)
        if key not in self._shared or len(values) == 1:
            cost = part.cost_us if part else 0
            if sensor.driver == "hcsr04":
                cost += params[2]
            self._shared[key] = self.slots
            phase = self._phase % sensor.every
            self._phase += sensor.every > 1
            self.drivers.append(Driver(
                _module(sensor.driver), sensor.name, False, self.slots, len(values), params,
                sensor.every, phase, hold, cost,
            ))  # fmt: skip
            self.slots += len(values)
        return self._shared[key] + values.index(wanted)

    def _echo(self, sensor: Sensor, part: Part | None) -> dict[str, int]:
        if sensor.driver != "hcsr04" or part is None or "most_us" in sensor.pins:
            return {}
        ends = _range(sensor, part)
        return {"most_us": max(map(int, ends)) + ECHO_SLACK_US}

    def _params(
        self, name: str, given: Sensor | Actuator, part: Part | None, computed: dict[str, int]
    ) -> tuple[int, ...]:
        if part is None:
            if given.pins:
                raise _Unfit(name, "a driver of your own takes params, not pins")
            return tuple(given.params)
        if given.params:
            raise _Unfit(name, f"{given.driver} takes pins by name, not params")
        unknown = [key for key in given.pins if key not in part.params]
        if unknown:
            known = ", ".join(part.params)
            raise _Unfit(name, f"{given.driver} has no {unknown[0]!r}, but {known}")
        found = []
        for key, default in part.params.items():
            number = given.pins.get(key, computed.get(key, default))
            if number is None:
                raise _Unfit(name, f"pins lacks {key!r}, which {given.driver} needs")
            found.append(number)
        return tuple(found)

    def _encode(
        self, name: str, encoding: Encoding, sensor: Sensor, part: Part | None, slot: int
    ) -> None:
        area = self._area(name, encoding.area, "IPU")
        signed = encoding.signed
        x = encoding.channel * 2 if signed else encoding.channel
        last = x + 1 if signed else x
        self._inside(name, area, last, encoding.y)
        for column in range(x, last + 1):
            self._take(name, area, column, encoding.y, False)
        low, high = _range(encoding, part, sensor)
        if encoding.invert:
            low, high = high, low
        if low == high:
            raise _Unfit(name, f"min and max are both {encoding.min}")
        if max(abs(low), abs(high)) >= 1 << 29:
            raise _Unfit(name, f"a range of {low}..{high} is wider than 30 bits")
        depth = area.dimensions[2]
        plus = [self.atlas.voxel(area, x, encoding.y, z) for z in range(depth)]
        minus = [self.atlas.voxel(area, last, encoding.y, z) for z in range(depth)]
        live = [n for cell in plus + minus for n in cell]
        if not live:
            self.notes.append(Misfit(
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
            raise _Unfit(name, f"quiet: {area.id} has one voxel a column, which all readings fire")
        if encoding.quiet and depth > 1:  # legacy areas of depth 1 are quiet as they are
            plus, minus = _without(plus, coding), _without(minus, coding)
        amount = self._amount(name, area, live[0], potential)
        if coding == "legacy":
            self.encoders.append(columns.legacy_levels(slot, amount, low, high, plus, depth))
            return
        zero = (low + high) // 2 if signed else low
        if encoding.positioning == "fractional" and any(len(cell) > 1 for cell in plus + minus):
            raise _Unfit(name, f"fractional coding needs one neuron per voxel, {area.id} has more")
        if encoding.positioning == "fractional" and depth > 30:
            raise _Unfit(name, f"fractional coding takes a depth of at most 30, not {depth}")
        self.encoders.append(columns.feagi3_encoder(
            slot, amount, zero, high, depth, (plus, minus if signed else ()),
            fractional=encoding.positioning == "fractional",
        ))  # fmt: skip

    def _amount(self, name: str, area: AreaInfo, neuron: int, potential: float) -> int:
        given = np.array([neuron]), np.array([potential], dtype=np.float32)
        injection = self.host.convert(*given)
        if injection.clamped:
            self.notes.append(Misfit(
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
            raise _Unfit(
                name,
                f"raw: a potential of {potential:g} over {high - low} steps is {gain} units "
                f"of {area.unit:g} a step",
            )
        if ends[0] > ends[1]:
            self.encoders.append(Gain(slot, neuron, low, high, -gain))
        else:
            self.encoders.append(Gain(slot, neuron, low, high, gain))

    # ---- motors

    def actuator(self, actuator: Actuator) -> None:
        part = DRIVERS.get(actuator.driver)
        output, params = None, None
        with self._noting():
            area = self._area(actuator.name, actuator.area, "OPU")
            output = self._output(actuator, area)
            self._exact(actuator, output, area)
        with self._noting():
            params = self._motor_params(actuator, part)
        if output is None or params is None:
            return
        self.drivers.append(Driver(
            _module(actuator.driver), actuator.name, True, len(self.outputs), 1, params,
            cost_us=part.cost_us if part else 0,
        ))  # fmt: skip
        self.outputs.append(output)

    def _exact(self, actuator: Actuator, output: Output, area: AreaInfo) -> None:
        """Small integers of a board have 30 bits and a sign."""
        largest = _largest(output)
        if abs(output.scale) * largest >= columns.MOST:
            raise _Unfit(
                actuator.name,
                f"max_power {output.scale} over an area of {area.dimensions[2]} voxels in depth is "
                f"too fine for 30 bits; the most is {columns.MOST // largest}",
            )

    def _motor_params(self, actuator: Actuator, part: Part | None) -> tuple[int, ...]:
        if part is not None and not part.acts:
            raise _Unfit(actuator.name, f"{actuator.driver} moves nothing")
        computed = {}
        if part is not None and "full" in part.params:
            computed["full"] = actuator.max_power or _full(part)
        if part is not None and "low_us" in part.params:
            computed["low"], computed["high"] = _angles(actuator)
        params = self._params(actuator.name, actuator, part, computed)
        if actuator.invert and part is not None and "back" in part.params:
            at = list(part.params)
            swapped = list(params)
            i, j = at.index("forward"), at.index("back")
            swapped[i], swapped[j] = swapped[j], swapped[i]
            params = tuple(swapped)
        return params

    def _output(self, actuator: Actuator, area: AreaInfo) -> Output:
        name, k, depth, per = (
            actuator.name,
            actuator.channel,
            area.dimensions[2],
            (area.neurons_per_voxel),
        )
        kind = actuator.kind or _kind_of(area.id)
        two = _columns(actuator, kind) == 2
        last = 2 * k + 1 if two else k
        self._inside(name, area, last, actuator.y)
        for x in range(2 * k if two else k, last + 1):
            self._take(name, area, x, actuator.y, True)

        def place(x: int, z: int) -> Sequence[int]:
            return self.atlas.voxel(area, x, actuator.y, z)

        part = DRIVERS.get(actuator.driver)
        full = actuator.max_power or (_full(part) if part else 100)
        low, high = (Fraction(a, columns.ANGLE) for a in _angles(actuator))
        if low >= high:
            raise _Unfit(name, f"min {low} is not below max {high}")
        group = [a.id for a in self.network.areas].index(area.id)
        start = actuator.start if actuator.start is not None else float((low + high) / 2)
        if actuator.coding == "feagi3" and kind == "servo":
            hop = self._area(name, actuator.hop_area, "OPU") if actuator.hop_area else None

            def hops(x: int, z: int) -> Sequence[int]:
                return self.atlas.voxel(hop, x, actuator.y, z) if hop else ()

            ends = (_whole(low), _whole(high))
            made = columns.servo_target(k, depth, *ends, per, target=place, hop=hops)
        elif actuator.coding == "feagi3" and kind in ("motor", "level"):
            made = columns.feagi3_output(
                k, depth, full, per, signed=kind == "motor",
                fractional=actuator.positioning == "fractional", place=place,
            )  # fmt: skip
        elif kind == "count" or actuator.coding == "raw":
            made = columns.count(k, depth, full, place)
        elif kind == "motor":
            made = columns.legacy_motor(k, depth, full, actuator.window, per, place, group)
        elif kind == "servo":
            step = actuator.max_power or 10
            made = columns.legacy_servo(
                k, depth, step, float(low), float(high), float(start), per, place
            )
        elif kind == "position":
            made = columns.legacy_position(k, depth, float(low), float(high), per, place)
        elif kind == "switch":
            made = columns.switch(k, depth, full, place)
        else:
            made = columns.level(k, depth, full, per, place)
        if not (made.plus or made.minus or made.target):
            self.notes.append(Misfit(
                name, f"no neuron of {area.id} at channel {k} has a connection: it never moves"
            ))  # fmt: skip
        return made

    # ---- both

    def _area(self, name: str, wanted: str, group: str) -> AreaInfo:
        named = [a for a in self.atlas.areas.values() if a.name.casefold() == wanted.casefold()]
        area = self.atlas.areas.get(wanted) or (named[0] if len(named) == 1 else None)
        if area is None:
            known = ", ".join(a.id for a in self.network.areas if a.group == group) or "none"
            raise _Unfit(
                name, f"the brain has no area {wanted!r} with a connection; there are {known}"
            )
        if area.group != group:
            self.notes.append(Misfit(name, f"{wanted} is of group {area.group}, not {group}"))
        return area

    def _inside(self, name: str, area: AreaInfo, x: int, y: int) -> None:
        width, height, _ = area.dimensions
        if not (x < width and y < height):
            raise _Unfit(
                name, f"x = {x}, y = {y} lies outside {area.id}, which is {width} x {height}"
            )

    def _take(self, name: str, area: AreaInfo, x: int, y: int, acts: bool) -> None:
        other = self._taken.setdefault((area.id, x, y, acts), name)
        if other != name:
            raise _Unfit(name, f"{other} has {area.id} at x = {x}, y = {y} too")


def _without(cells: list[Sequence[int]], coding: str) -> list[Sequence[int]]:
    """Cells of a column less the one of the least reading."""
    return [(), *cells[1:]] if coding == "legacy" else [*cells[:-1], ()]


def _module(driver: str) -> str:
    return driver[len(USER) :] if driver.startswith(USER) else driver


def _columns(actuator: Actuator, kind: str) -> int:
    if actuator.coding == "legacy":
        return 2 if kind in ("motor", "servo") else 1
    fractional = actuator.positioning == "fractional"
    return 2 if actuator.coding == "feagi3" and kind == "motor" and fractional else 1


def _kind_of(area: str) -> str:
    return next((kind for start, kind in KINDS.items() if area.startswith(start)), "level")


def _full(part: Part) -> int:
    return part.params.get("full") or 1


def _angles(actuator: Actuator) -> tuple[int, int]:
    low = 0 if actuator.min is None else actuator.min
    high = 180 if actuator.max is None else actuator.max
    return round(low * columns.ANGLE), round(high * columns.ANGLE)


def _whole(angle: Fraction) -> int:
    return int(angle * columns.ANGLE)


def _range(encoding: Encoding, part: Part | None, sensor: Sensor | None = None) -> tuple[int, int]:
    """Least and greatest reading, raw; those of the sensor where an area says nothing."""
    per_unit = part.per_unit if part else Fraction(1)
    low, high = (Fraction(end) for end in (part.range if part else (0, 1)))
    for source in (sensor, encoding):
        if source is not None:
            low = low if source.min is None else Fraction(source.min)
            high = high if source.max is None else Fraction(source.max)
    return round(low * per_unit), round(high * per_unit)


def _largest(output: Output) -> int:
    """What |numerator| of an output can be, at most."""
    plus, minus = sum(abs(t.weight) for t in output.plus), sum(abs(t.weight) for t in output.minus)
    n, m = (max(sum(t.first for t in taps), 1) for taps in (output.plus, output.minus))
    if not output.mean:
        n = m = 1
    return max(plus * m, minus * n, 1)
