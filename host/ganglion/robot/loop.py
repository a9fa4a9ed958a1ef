"""Loop: a robot in a world on the host: what its sensors would read, and where its motors take it.

In:  a robot, its program, a room; what the motors were told in each burst.
Out: the readings of the sensors that are due; the robot's track.
Never: a brain: whoever drives has that, on a device or as the reference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..network.robot import Driver, Program
from ..reference.robot import Read
from .file import RobotFile
from .room import TURN, Parts
from .world import FULL, WorldFile, for_machine, room_of


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a robot is: millimetres and degrees, and whether it touches something."""

    x: float
    y: float
    degrees: float
    contact: bool


class World(Protocol):
    """Where a robot can be driven."""

    @property
    def collisions(self) -> int: ...

    @property
    def distance_mm(self) -> float: ...

    def readings(self, burst: int) -> tuple[list[int], list[int]]:
        """For each slot whether it was read in this burst, and its value."""

    def move(self, driven: Sequence[int]) -> Pose:
        """A burst goes by with the motors told so."""


class RoomWorld:
    """The built-in kind of world, in whole numbers: the same on every machine."""

    def __init__(
        self, world: WorldFile, robot: RobotFile, program: Program, period_us: int
    ) -> None:
        self.program = program
        self.room = room_of(world, robot, period_us)
        self.walls = world.lines()
        self.radius_mm = robot.body.radius_mm
        told = for_machine(world, robot, program, period_us)
        self._parts = Parts(self.room, FULL)
        self._wheels: list[tuple[Driver, int]] = []  # and whether it is the right one
        self._sensors: dict[str, list[object]] = {}
        found = iter(told["parts"])
        for driver in program.drivers:
            if not driver.acts:
                self._sensors[driver.label] = next(found)
            elif any(a.name == driver.label and a.wheel for a in robot.actuator):
                part = next(found)
                self._wheels.append((driver, part[3]))

    @property
    def collisions(self) -> int:
        return self.room.collisions

    @property
    def distance_mm(self) -> float:
        return self.room.distance / 1000

    def readings(self, burst: int) -> tuple[list[int], list[int]]:
        states = [int(Read.HELD)] * self.program.slots
        values = [0] * self.program.slots
        for driver in self.program.drivers:
            if not driver.acts and driver.due(burst):
                found = self._parts.read(*self._sensors[driver.label])  # type: ignore[arg-type]
                for i in range(driver.count):
                    states[driver.first + i] = int(Read.FRESH)
                    values[driver.first + i] = found[i] if i < len(found) else 0
        return states, values

    def move(self, driven: Sequence[int]) -> Pose:
        for driver, right in self._wheels:
            told = share(driver.name, driver.params, driven[driver.first])
            self._parts.tell(right, told)
        self._parts.step()
        return self.pose()

    def pose(self) -> Pose:
        room = self.room
        return Pose(room.x / 1000, room.y / 1000, room.heading * 360 / TURN, room.contact >= 0)


def share(driver: str, params: Sequence[int], value: int) -> int:
    """What a motor's driver makes of a number: a share of FULL, toward zero."""
    full = _FULL_AT[driver](params)
    size = min(abs(value), full)
    if driver == "pca9685_motor":
        size = size * _COUNTS // full * FULL // _COUNTS
    else:
        size = size * FULL // full
    return size if value >= 0 else -size


_COUNTS = 4095  # of a PCA9685
_FULL_AT: dict[str, Callable[[Sequence[int]], int]] = {
    "motor": lambda params: params[2],
    "motor_enable": lambda params: params[3],
    "pca9685_motor": lambda params: params[5],
}
