"""Physics: MuJoCo's world in place of a room, headless. Needs the extra `sim`.

In:  a model (MJCF) whose body, sensors and actuators carry the names of a robot file's parts.
Out: what its sensors read, as integers; its track.
Never: a claim that its floats repeat on another machine: the integers that they became do.

A part that senses range reads the sensor (rangefinder) of its name, in metres. A wheel is the
actuator of its name, whose full power is the end of its ctrlrange. The robot's body is "robot".
"""

from collections.abc import Sequence
from math import atan2, degrees
from pathlib import Path
from typing import Any

from ..errors import RobotError, ToolError
from ..network.robot import Program
from ..reference.robot import Read
from .file import RobotFile
from .loop import Pose, share
from .room import FAR, INFRARED
from .world import FULL

_TOUCH = 0.002  # metres


class MujocoWorld:
    """A model that steps one burst at a time."""

    def __init__(self, path: Path, robot: RobotFile, program: Program) -> None:
        try:
            import mujoco
        except ImportError:
            raise ToolError(
                "MuJoCo is not installed", "`pip install ganglion[sim]`, or use a room"
            ) from None
        self._mujoco: Any = mujoco
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise RobotError(f"{path} cannot be read ({why})", "check the path") from None
        try:
            self._model = mujoco.MjModel.from_xml_string(text)
        except ValueError as error:
            told = str(error).splitlines()[0]
            raise RobotError(f"MuJoCo refuses {path}: {told}", "correct the model") from None
        self._data = mujoco.MjData(self._model)
        self.program = program
        self._steps = max(1, round(program.period_us / 1e6 / self._model.opt.timestep))
        self._body = self._named("body", "robot", path)
        self._wheels = [
            (driver, self._named("actuator", driver.label, path))
            for driver in program.drivers
            if driver.acts and any(a.name == driver.label and a.wheel for a in robot.actuator)
        ]
        self._senses: dict[str, tuple[int, str]] = {}
        for driver in program.drivers:
            if not driver.acts:
                sensor = self._named("sensor", driver.label, path)
                self._senses[driver.label] = int(self._model.sensor_adr[sensor]), driver.name
        self._collisions = 0
        self._metres = 0.0
        self._touching = False
        mujoco.mj_forward(self._model, self._data)

    def _named(self, kind: str, name: str, path: Path) -> int:
        objects = {"body": "mjOBJ_BODY", "actuator": "mjOBJ_ACTUATOR", "sensor": "mjOBJ_SENSOR"}
        code = getattr(self._mujoco.mjtObj, objects[kind])
        found = int(self._mujoco.mj_name2id(self._model, code, name))
        if found < 0:
            raise RobotError(
                f"{path} has no {kind} called {name!r}", "name it there as the robot file does"
            )
        return found

    @property
    def collisions(self) -> int:
        return self._collisions

    @property
    def distance_mm(self) -> float:
        return self._metres * 1000

    def readings(self, burst: int) -> tuple[list[int], list[int]]:
        states = [int(Read.HELD)] * self.program.slots
        values = [0] * self.program.slots
        for driver in self.program.drivers:
            if not driver.acts and driver.due(burst):
                at, name = self._senses[driver.label]
                for i in range(driver.count):
                    states[driver.first + i] = int(Read.FRESH)
                    real = float(self._data.sensordata[at + i])
                    values[driver.first + i] = _raw(name, driver.params, real)
        return states, values

    def move(self, driven: Sequence[int]) -> Pose:
        for driver, actuator in self._wheels:
            told = share(driver.name, driver.params, driven[driver.first])
            low, high = (float(end) for end in self._model.actuator_ctrlrange[actuator])
            self._data.ctrl[actuator] = told / FULL * (high if told > 0 else -low)
        x, y = (float(v) for v in self._data.xpos[self._body][:2])
        for _ in range(self._steps):
            self._mujoco.mj_step(self._model, self._data)
        now = [float(v) for v in self._data.xpos[self._body][:2]]
        self._metres += ((now[0] - x) ** 2 + (now[1] - y) ** 2) ** 0.5
        touching = self._in_contact()
        self._collisions += touching and not self._touching
        self._touching = touching
        forward = self._data.xmat[self._body]
        return Pose(now[0] * 1000, now[1] * 1000, degrees(atan2(forward[3], forward[0])), touching)

    def _in_contact(self) -> bool:
        """Whether a geom of the robot touches one whose name begins with "wall"."""
        names = self._mujoco.mj_id2name
        geom = self._mujoco.mjtObj.mjOBJ_GEOM
        for contact in self._data.contact[: self._data.ncon]:
            for side in (contact.geom1, contact.geom2):
                if (names(self._model, geom, side) or "").startswith("wall"):
                    return bool(contact.dist < _TOUCH)
        return False


def _raw(driver: str, params: Sequence[int], metres: float) -> int:
    """What a sensor's driver gives for a real reading."""
    um = FAR if metres < 0 else min(round(metres * 1e6), FAR)
    if driver == "hcsr04":
        return min(um * 58 // 10000, params[2])
    if driver == "vl53l0x":
        return min(um // 1000, 8190)
    if driver == "digital":
        return int(0 < metres < 0.15)
    if driver == "analog":
        return 65535 * (INFRARED - um) // INFRARED if um < INFRARED else 0
    return round(metres)
