"""File: robot.toml, what a robot is made of and how its parts meet the brain's areas.

In:  a TOML file.
Out: a RobotFile whose every field was checked by itself; its JSON Schema; the file as text again.
Never: knows the brain: check.py and compile.py hold it against one.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .. import toml_files
from ..errors import RobotError
from .drivers import DRIVERS, TAKEN, USER

Name = Annotated[str, Field(min_length=1, max_length=32)]
Coding = Literal["legacy", "feagi3", "raw"]
OutputKind = Literal["motor", "servo", "position", "switch", "level", "count"]
Number = int | float
MOST_EVERY = 1000


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Encoding(_Table):
    """Where a reading enters the brain."""

    area: str = Field(min_length=1, description="id of an input area")
    channel: int = Field(0, ge=0, le=65535, description="which of the area's devices: its x")
    y: int = Field(0, ge=0, le=65535)
    coding: Coding = Field("legacy", description="legacy: genomes 2.x; feagi3; raw: the number")
    min: Number | None = Field(None, description="the reading that is the least; may be above max")
    max: Number | None = None
    positioning: Literal["linear", "fractional"] = Field("linear", description="feagi3 only")
    signed: bool = Field(False, description="feagi3: 0 is the middle, in two columns")
    potential: float | None = Field(None, description="that a voxel gets; 100, or 1 of feagi3")
    invert: bool = Field(False, description="the other way round")
    quiet: bool = Field(False, description="the least reading fires nothing")


class _Part(_Table):
    name: Name
    driver: Annotated[str, Field(min_length=1, max_length=40)]
    pins: dict[str, int] = Field({}, description="pins and other numbers of the driver")
    params: list[int] = Field([], max_length=16, description="of a driver of your own")

    @model_validator(mode="after")
    def _known(self) -> "_Part":
        if self.driver.startswith(USER):
            name = self.driver[len(USER) :]
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"driver {self.driver!r} names no Python module")
            if name in TAKEN:
                raise ValueError(f"a board has a module {name!r} of its own: call yours another")
        elif self.driver not in DRIVERS:
            known = ", ".join(sorted(DRIVERS))
            raise ValueError(f"there is no driver {self.driver!r}; there are {known}, {USER}MODULE")
        return self


class Sensor(Encoding, _Part):
    """A part that is read."""

    value: str | None = Field(None, description="which of the driver's values")
    every: int = Field(1, ge=1, le=MOST_EVERY, description="bursts from reading to reading")
    hold: int | None = Field(
        None, ge=0, le=65535, description="bursts that a reading is used; 0 = for ever"
    )
    also: list[Encoding] = Field([], description="further areas that it enters")
    at: tuple[int, int, int] | None = Field(
        None, description="in the world: mm ahead, mm to the left, degrees to the left"
    )
    senses: Literal["range", "infrared", "bumper", "battery", "wheel", "gyro", "nothing"] | None = (
        Field(None, description="in the world: what; the driver says it otherwise")
    )

    @model_validator(mode="before")
    @classmethod
    def _tuple(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("at"), list):
            data = {**data, "at": tuple(data["at"])}
        return data


class Actuator(_Part):
    """A part that is moved."""

    area: str = Field(min_length=1, description="id of an output area")
    channel: int = Field(0, ge=0, le=65535, description="motor number, servo number, or x")
    y: int = Field(0, ge=0, le=65535)
    coding: Coding = "legacy"
    kind: OutputKind | None = Field(None, description="the area's id says it otherwise")
    positioning: Literal["linear", "fractional"] = "linear"
    max_power: int | None = Field(None, ge=1, le=16383, description="what full power is called")
    window: int = Field(1, ge=1, le=16, description="legacy motors: rolling window")
    min: Number | None = Field(None, description="servos: degrees")
    max: Number | None = None
    start: Number | None = Field(None, description="servos: degrees at START")
    hop_area: str | None = Field(None, description="feagi3 servos: the incremental area")
    invert: bool = Field(False, description="turns the other way")
    wheel: Literal["left", "right"] | None = Field(None, description="in the world")


class Body(_Table):
    """What the world needs to know of the robot."""

    radius_mm: int = Field(60, ge=10, le=1000)
    wheel_base_mm: int = Field(100, ge=10, le=2000)
    speed_mm_s: int = Field(250, ge=1, le=5000, description="of a wheel at full power")
    steps_per_m: int = Field(1000, ge=1, le=100_000, description="of a wheel's encoder")


class RobotFile(_Table):
    """A robot. Every area named here is one of the brain's."""

    name: Name
    board: str | None = Field(None, description="as `ganglion boards` lists it")
    period_ms: float = Field(0, ge=0, le=60_000, description="of a burst; 0 = the genome's")
    contact_ms: int = Field(
        500, ge=0, le=60_000, description="without a host for so long, motors stop; 0 = never"
    )
    ring: int = Field(64, ge=0, le=4096, description="reports kept to be asked for again")
    wifi: bool = Field(False, description="a radio that takes ADC2 is on")
    body: Body = Field(default_factory=lambda: Body.model_validate({}))
    sensor: list[Sensor] = []
    actuator: list[Actuator] = []

    @model_validator(mode="after")
    def _names_differ(self) -> "RobotFile":
        names = [part.name for part in [*self.sensor, *self.actuator]]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two parts are called {name!r}")
        return self


def read_robot(path: Path) -> tuple[RobotFile, str]:
    """A robot file, and its text. Raises RobotError."""
    absent = "`ganglion robot new GENOME` proposes a robot file"
    text = toml_files.read_text(path, "robot", RobotError, absent)
    return parse_robot(text, str(path)), text


def parse_robot(text: str, name: str) -> RobotFile:
    """The robot that a file's text describes. `name` is for the sentence of a refusal."""
    fields = "`ganglion schema robot` describes each field"
    return toml_files.parse(text, name, "robot", RobotFile, RobotError, fields)


def robot_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a robot file."""
    schema = RobotFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def as_toml(robot: RobotFile) -> str:
    """The file as text: what is as it would be anyway is left out."""
    told = robot.model_dump(exclude_defaults=True)
    lines = [f"{key} = {_toml(value)}" for key, value in told.items() if _is_plain(value)]
    if "body" in told:
        lines += ["", "[body]", *(f"{k} = {_toml(v)}" for k, v in told["body"].items())]
    for kind in ("sensor", "actuator"):
        for part in told.get(kind, []):
            lines += ["", f"[[{kind}]]"]
            lines += [f"{key} = {_toml(value)}" for key, value in part.items()]
    return "\n".join(lines) + "\n"


def _is_plain(value: Any) -> bool:
    return not isinstance(value, list | dict)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
