"""Options: what the commands that drive a robot share.

In:  words of the command line; what came of a drive.
Out: a world; a picture; what the same robot hits without a brain.
Never: drives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ...errors import RobotError
from ...export.plots.track import drive_picture
from ...monitor.robot import RobotView
from ...network.model import QuantizedNetwork
from ...recording.runs import Run
from ...robot.compile import compile_robot
from ...robot.file import RobotFile, parse_robot, read_robot
from ...robot.loop import RoomWorld, World
from ...robot.world import BUILT_IN, WorldFile, as_toml, for_machine, parse_world, read_world
from ...verification.drive import DRIVERS, DriveResult, without_brain
from .robot import drivers_of

MUJOCO = "mujoco:"
FULL_AHEAD = 1 << 14  # more than any motor's full power


@dataclass(frozen=True)
class Driving:
    """How a monitored run drives; as it is, it does not."""

    network: QuantizedNetwork
    mode: int = 0
    machine: Mapping[str, object] | None = None
    view: RobotView | None = None
    told: Mapping[str, object] = field(default_factory=dict)  # for a recording
    drivers: Mapping[str, bytes] = field(default_factory=dict)  # files of the user's own


def driving_of(
    path: Path, world_spec: str | None, network: QuantizedNetwork, device: str
) -> Driving:
    """The brain with its robot: on `virtual` in a room, else in the field."""
    robot, text = read_robot(path)
    program = compile_robot(robot, network)
    network = replace(network, robot=program)
    own = drivers_of(robot, path)
    if device.partition(":")[0] != "virtual":
        told: dict[str, object] = {"robot": text, "mode": DRIVERS}
        return Driving(network, DRIVERS, None, RobotView(program), told, own)
    room = read_world(Path(world_spec)) if world_spec else BUILT_IN
    machine = for_machine(room, robot, program, program.period_us)
    view = RobotView(program, lambda: RoomWorld(room, robot, program, program.period_us))
    told = {"robot": text, "world": as_toml(room), "mode": DRIVERS}
    return Driving(network, DRIVERS, machine, view, told, own)


def recorded_view(
    meta: Mapping[str, object], network: QuantizedNetwork, run: Run
) -> RobotView | None:
    """What a monitor shows of a recorded drive; its room, if the recording names one."""
    program = network.robot
    if program is None or not run.configuration.drives:
        return None
    robot, world = meta.get("robot"), meta.get("world")
    if not isinstance(robot, str) or not isinstance(world, str):
        return RobotView(program)
    try:
        described, room = parse_robot(robot, "the recording"), parse_world(world, "the recording")
    except RobotError:  # another kind of world
        return RobotView(program)
    return RobotView(program, lambda: RoomWorld(room, described, program, program.period_us))


def world_of(
    spec: str | None, robot: RobotFile, network: QuantizedNetwork
) -> tuple[World | None, WorldFile | None, str]:
    """The world, its file if it is a room, and its words for a recording."""
    program = network.robot
    assert program is not None
    if spec == "none":
        return None, None, "none"
    if spec is not None and spec.startswith(MUJOCO):
        from ...robot.physics import MujocoWorld

        return MujocoWorld(Path(spec[len(MUJOCO) :]), robot, program), None, spec
    room = read_world(Path(spec)) if spec else BUILT_IN
    return RoomWorld(room, robot, program, program.period_us), room, as_toml(room)


def without(world: World | None, bursts: int, network: QuantizedNetwork) -> tuple[int, int] | None:
    """Collisions and bursts at a wall of the same robot in the same room, both wheels at full
    power; none where that cannot be said."""
    if not isinstance(world, RoomWorld) or network.robot is None:
        return None
    return without_brain(world, bursts, [FULL_AHEAD] * len(network.robot.outputs))


def draw(
    path: Path, result: DriveResult, network: QuantizedNetwork, world: World | None, title: str
) -> None:
    """The picture of a drive."""
    counts = [len(neurons) for _, neurons in result.fired]
    bursts = np.repeat([number for number, _ in result.fired], counts).astype(np.int64)
    parts = [neurons for _, neurons in result.fired]
    neurons = np.concatenate([np.zeros(0, dtype=np.uint16), *parts]).astype(np.int64)
    walls: list[list[int]] = world.walls if isinstance(world, RoomWorld) else []
    radius = world.radius_mm if isinstance(world, RoomWorld) else 0
    track = [(pose.x, pose.y, pose.contact) for pose in result.track]
    verdict = "identical" if result.identical else "DIFFERENT"
    title += f", {result.spikes:,} spikes, {result.collisions} collisions, {verdict}"
    drive_picture(path, walls, track, bursts, neurons, network, radius_mm=radius, title=title)
