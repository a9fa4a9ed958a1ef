"""World: room.toml, where a robot drives, and the room that the package brings along.

In:  a TOML file; a robot file, which says how large the robot is and where its sensors sit.
Out: a WorldFile; a Room; what the virtual device's `machine` needs to know of both, as JSON.
Never: moves anything: that is room.py's.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .. import toml_files
from ..errors import RobotError
from ..network.robot import Program
from .drivers import DRIVERS
from .file import RobotFile
from .room import Room

Millimetres = Annotated[int, Field(ge=-20_000, le=20_000)]
FULL = 65535  # what the full speed of a wheel is called between machine and room


class WorldFile(BaseModel):
    """A room."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = Field(min_length=1, max_length=64)
    start: list[int] = Field(min_length=3, max_length=3, description="x, y in mm; degrees")
    walls: list[list[Millimetres]] = Field(max_length=256, description="x1, y1, x2, y2 in mm, each")
    boxes: list[list[Millimetres]] = Field(
        [], max_length=64, description="x, y, width, height in mm: four walls each"
    )

    @model_validator(mode="after")
    def _walls_are_lines(self) -> "WorldFile":
        for kind, lists in (("wall", self.walls), ("box", self.boxes)):
            for i, numbers in enumerate(lists):
                if len(numbers) != 4:
                    raise ValueError(f"{kind} {i} has {len(numbers)} numbers, not 4")
        if not self.lines():
            raise ValueError("there are no walls")
        return self

    def lines(self) -> list[list[int]]:
        """Every wall, those of the boxes too."""
        found = [list(wall) for wall in self.walls]
        for x, y, width, height in self.boxes:
            corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
            for i, (ax, ay) in enumerate(corners):
                bx, by = corners[(i + 1) % 4]
                found.append([ax, ay, bx, by])
        return found


# Two metres by one and a half, with a box and a wall to get around.
BUILT_IN = WorldFile(
    name="built-in room",
    start=[400, 400, 20],
    walls=[[1250, 0, 1250, 450]],
    boxes=[[0, 0, 2400, 1800], [600, 950, 300, 250], [1700, 1150, 200, 200]],
)


def read_world(path: Path) -> WorldFile:
    """The room of a file. Raises RobotError."""
    absent = "leave out --world for the built-in room"
    return parse_world(toml_files.read_text(path, "world", RobotError, absent), str(path))


def parse_world(text: str, name: str) -> WorldFile:
    """The room that a file's text describes."""
    fields = "`ganglion schema world` describes each field"
    return toml_files.parse(text, name, "world", WorldFile, RobotError, fields)


def world_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a world file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **WorldFile.model_json_schema(),
    }


def as_toml(world: WorldFile) -> str:
    """The file as text, as a recording keeps it."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in world.model_dump().items())


def room_of(world: WorldFile, robot: RobotFile, period_us: int) -> Room:
    """The robot at its start in the room. Raises RobotError if it does not fit there."""
    body = robot.body
    room = Room(
        world.lines(), world.start, body.radius_mm, body.wheel_base_mm, body.speed_mm_s,
        body.steps_per_m, period_us,
    )  # fmt: skip
    if room._touching(room.x, room.y) >= 0:
        raise RobotError(
            f"at its start ({world.start[0]}, {world.start[1]}) a robot of {body.radius_mm} mm "
            f"touches a wall of {world.name}",
            "begin elsewhere, or make it smaller",
        )
    return room


def for_machine(
    world: WorldFile, robot: RobotFile, program: Program, period_us: int
) -> dict[str, Any]:
    """What firmware/virtual/machine.py is told: the room, and which pin is what in it."""
    body = robot.body
    parts: list[list[Any]] = []
    by_name = {part.name: part for part in [*robot.sensor, *robot.actuator]}
    for driver in program.drivers:
        part = by_name[driver.label]
        known = DRIVERS.get(driver.name)
        if driver.acts:
            wheel = getattr(part, "wheel", None)
            if wheel:
                parts.append(["wheel", driver.name, list(driver.params), int(wheel == "right")])
            continue
        senses = getattr(part, "senses", None) or (known.senses if known else "nothing")
        at = getattr(part, "at", None) or (0, 0, 0)
        parts.append([senses, driver.name, list(driver.params), list(at)])
    return {
        "walls": world.lines(),
        "start": world.start,
        "body": [body.radius_mm, body.wheel_base_mm, body.speed_mm_s, body.steps_per_m],
        "period_us": period_us,
        "full": FULL,
        "parts": parts,
    }
