"""Draft: a robot's program while it is made, and what of it does not fit.

In:  a RobotFile, a QuantizedNetwork; then what sensors and actuators add.
Out: places in areas, checked; parameters of drivers by their names; misfits and notes.
Never: knows what a sensor or an actuator means.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..network.model import AreaInfo, QuantizedNetwork
from ..network.robot import Driver, Encoder, Output
from .atlas import Atlas
from .drivers import USER, Part
from .file import Actuator, RobotFile, Sensor


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something of a robot that cannot be so. `part` is its name in the file."""

    part: str
    why: str

    def __str__(self) -> str:
        return f"{self.part}: {self.why}"


class Unfit(Exception):
    """A misfit of one part, which ends what is made of it."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(why)
        self.misfit = Misfit(part, why)


class Draft:
    """What has been made so far. `noting()` turns an Unfit into a misfit of the robot."""

    def __init__(self, robot: RobotFile, network: QuantizedNetwork) -> None:
        self.robot = robot
        self.network = network
        self.atlas = Atlas(network)
        self.misfits: list[Misfit] = []
        self.notes: list[Misfit] = []
        self.drivers: list[Driver] = []
        self.encoders: list[Encoder] = []
        self.outputs: list[Output] = []
        self.slots = 0
        self._taken: dict[tuple[str, int, int, bool], str] = {}

    @contextmanager
    def noting(self) -> Iterator[None]:
        try:
            yield
        except Unfit as unfit:
            self.misfits.append(unfit.misfit)

    def params(
        self, name: str, given: Sensor | Actuator, part: Part | None, computed: dict[str, int]
    ) -> tuple[int, ...]:
        if part is None:
            if given.pins:
                raise Unfit(name, "a driver of your own takes params, not pins")
            return tuple(given.params)
        if given.params:
            raise Unfit(name, f"{given.driver} takes pins by name, not params")
        unknown = [key for key in given.pins if key not in part.params]
        if unknown:
            known = ", ".join(part.params)
            raise Unfit(name, f"{given.driver} has no {unknown[0]!r}, but {known}")
        found = []
        for key, default in part.params.items():
            number = given.pins.get(key, computed.get(key, default))
            if number is None:
                raise Unfit(name, f"pins lacks {key!r}, which {given.driver} needs")
            found.append(number)
        return tuple(found)

    def area(self, name: str, wanted: str, group: str) -> AreaInfo:
        named = [a for a in self.atlas.areas.values() if a.name.casefold() == wanted.casefold()]
        area = self.atlas.areas.get(wanted) or (named[0] if len(named) == 1 else None)
        if area is None:
            known = ", ".join(a.id for a in self.network.areas if a.group == group) or "none"
            raise Unfit(
                name, f"the brain has no area {wanted!r} with a connection; there are {known}"
            )
        if area.group != group:
            self.notes.append(Misfit(name, f"{wanted} is of group {area.group}, not {group}"))
        return area

    def inside(self, name: str, area: AreaInfo, x: int, y: int) -> None:
        width, height, _ = area.dimensions
        if not (x < width and y < height):
            raise Unfit(
                name, f"x = {x}, y = {y} lies outside {area.id}, which is {width} x {height}"
            )

    def take(self, name: str, area: AreaInfo, x: int, y: int, acts: bool) -> None:
        other = self._taken.setdefault((area.id, x, y, acts), name)
        if other != name:
            raise Unfit(name, f"{other} has {area.id} at x = {x}, y = {y} too")


def module_of(driver: str) -> str:
    return driver[len(USER) :] if driver.startswith(USER) else driver
