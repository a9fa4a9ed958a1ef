"""Loop: a robot in a world on the host: what its sensors would read, and where its motors take it.

In:  a robot, its program, a room; what the motors were told in each burst.
Out: the readings of the sensors that are due; the robot's track.
Never: a brain: whoever drives has that, on a device or as the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..network.robot import Program
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

    collisions: int

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
        self._wheels: list[tuple[int, int, int]] = []  # output, right, full
        self._sensors: dict[str, list[object]] = {}
        found = iter(told["parts"])
        for driver in program.drivers:
            if not driver.acts:
                self._sensors[driver.label] = next(found)
            elif any(a.name == driver.label and a.wheel for a in robot.actuator):
                part = next(found)
                self._wheels.append((driver.first, part[3], full_of(driver.name, driver.params)))

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
        for output, right, full in self._wheels:
            self._parts.tell(right, share(driven[output], full))
        self._parts.step()
        return self.pose()

    def pose(self) -> Pose:
        room = self.room
        return Pose(room.x / 1000, room.y / 1000, room.heading * 360 / TURN, room.contact >= 0)


def share(value: int, full: int) -> int:
    """A motor's number as a share of FULL, toward zero, as its driver makes it a duty."""
    size = min(abs(value), full) * FULL // full
    return size if value >= 0 else -size


def full_of(driver: str, params: Sequence[int]) -> int:
    """What full power of a motor's driver is called."""
    return {"motor": params[2:3], "motor_enable": params[3:4], "pca9685_motor": params[5:6]}.get(
        driver, (100,)
    )[0]
