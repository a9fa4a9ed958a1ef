"""Drives: a robot in a world, or in the field, and the proof that it did as the reference does.

In:  a brain, a robot file, a device, perhaps a world.
Out: a Driven: what came of it, and the first divergence if there is one; a recording, a picture.
Never: leaves motors turning; overwrites a recording.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..boards.memory import summary
from ..device.open import open_device
from ..examples import path as example
from ..examples import robot as example_robot
from ..link.messages import Burst
from ..network.model import QuantizedNetwork
from ..recording.file import Recorder
from ..robot.file import RobotFile
from ..robot.loop import Pose, RoomWorld, World
from ..robot.world import BUILT_IN, WorldFile, as_toml, for_machine, read_world
from ..verification.drive import DRIVERS, HOST, Driver, DriveResult, Settings, without_brain
from .brains import OpenedBrain, Source, open_brain, read
from .devices import put
from .progress import Progress, Tell, silent, unheard
from .robots import put_in

__all__ = ["DriveResult", "Driven", "demonstrate", "drive"]

_MUJOCO = "mujoco:"
_FULL_AHEAD = 1 << 14  # more than any motor's full power


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of a drive."""

    result: DriveResult
    brain_id: str
    world: str
    """its words in a recording; `none` in the field"""
    without_brain: tuple[int, int] | None
    """collisions, and bursts at a wall, of the same robot in the same room with both wheels at
    full power; None where that cannot be said"""
    facts: Mapping[str, object] = field(default_factory=dict)
    """of the brain in a board's memory"""


@dataclass(frozen=True)
class _Course:
    """A brain and its robot, and where it drives."""

    brain: OpenedBrain
    robot: RobotFile
    world: World | None
    room: WorldFile | None
    words: str

    @property
    def network(self) -> QuantizedNetwork:
        return self.brain.network


def drive(
    source: Source, robot: Path, device: str = "virtual", bursts: int = 1000, *,
    world: str | None = None, period_us: int | None = None, record: Path | None = None,
    picture: Path | None = None, progress: Progress = silent, tell: Tell = unheard,
) -> Driven:  # fmt: skip
    """Drives the robot of a brain, and compares each burst with the reference.

    `world`: a room's file, `mujoco:MODEL.xml`, `none` for the field, or None for the built-in room.
    `period_us`: microseconds from burst to burst; None: the robot's own in the field, else as fast
    as possible. `record`, `picture`: new files of it. `tell` is told of drivers that are missing.
    Raises RobotError, DeviceError.
    """
    brain, described, text, drivers = put_in(open_brain(source), robot, tell)
    course = _course(brain, described, world)
    virtual, mode = _mode(device, course)
    program = brain.network.robot
    assert program is not None
    if period_us is None:
        period_us = program.period_us if course.world is None else 0
    meta: dict[str, object] = {
        "device": device, "stimulus": "none", "period_us": period_us, "robot": text,
        "world": course.words, "mode": mode,
    }  # fmt: skip
    if drivers:
        meta["drivers"] = {name: code.decode("utf-8", "replace") for name, code in drivers.items()}
    settings = Settings(bursts, mode, period_us, picture is not None, course.world is not None)
    with open_device(device, machine=_machine(course, virtual)) as there:
        if drivers and mode == DRIVERS:
            from ..device.installation.deploy import send_drivers

            send_drivers(there, drivers)
        put(there, brain.blob, progress)
        with Recorder(record, brain.blob, meta) if record else nullcontext() as recorder:
            if recorder:
                there.link.tap = recorder.tap
            with progress("driving", bursts) as advance:

                def on_burst(burst: Burst, pose: Pose | None) -> None:
                    advance(burst.number)

                result = Driver(brain.network, there, course.world, settings, on_burst).run()
    blind = _without(_course(brain, described, world), bursts)
    if picture is not None:
        _draw(picture, result, course, f"{described.name}: {result.bursts:,} bursts")
    return Driven(result, brain.id, course.words, blind)


def demonstrate(
    picture: Path, device: str = "virtual", bursts: int = 3000, *, name: str = "wall_avoider",
    progress: Progress = silent, tell: Tell = unheard,
) -> Driven:  # fmt: skip
    """The closed loop of an example in the built-in room: compiled, deployed, driven, drawn.

    `tell` is told what has been done. Raises DeviceError.
    """
    connectome = read(example(name))
    brain, robot, _, _ = put_in(open_brain(connectome), example_robot(name))
    tell(f"{connectome.title}: brain and robot compiled to {len(brain.blob):,} bytes")
    course = _course(brain, robot, None)
    virtual, mode = _mode(device, course)
    with open_device(device, machine=_machine(course, virtual)) as there:
        put(there, brain.blob, progress)
        tell(f"deployed to {there.greeting.board}; its self-test reproduced the brain")
        with progress("driving and comparing", bursts) as advance:

            def on_burst(burst: Burst, pose: Pose | None) -> None:
                advance(burst.number)

            settings = Settings(bursts, mode)
            result = Driver(brain.network, there, course.world, settings, on_burst).run()
    _draw(picture, result, course, f"{connectome.title}: {result.bursts:,} bursts")
    blind = _without(_course(brain, robot, None), bursts)
    n = brain.network
    facts = {"neurons": n.n_neurons, "synapses": n.n_synapses, **summary(n, brain.blob)}
    return Driven(result, brain.id, course.words, blind, facts)


def _course(brain: OpenedBrain, robot: RobotFile, spec: str | None) -> _Course:
    program = brain.network.robot
    assert program is not None
    if spec == "none":
        return _Course(brain, robot, None, None, "none")
    if spec is not None and spec.startswith(_MUJOCO):
        from ..robot.physics import MujocoWorld

        return _Course(
            brain, robot, MujocoWorld(Path(spec[len(_MUJOCO) :]), robot, program), None, spec
        )
    room = read_world(Path(spec)) if spec else BUILT_IN
    world = RoomWorld(room, robot, program, program.period_us)
    return _Course(brain, robot, world, room, as_toml(room))


def _mode(device: str, course: _Course) -> tuple[bool, int]:
    """Whether a device is virtual, and who feeds the robot: its own drivers or this host."""
    virtual = device.partition(":")[0] == "virtual"
    own = course.world is None or (virtual and course.room is not None)
    return virtual, DRIVERS if own else HOST


def _machine(course: _Course, virtual: bool) -> Mapping[str, object] | None:
    """What a virtual board's drivers meet: the room."""
    program = course.network.robot
    if not virtual or course.room is None or program is None:
        return None
    return for_machine(course.room, course.robot, program, program.period_us)


def _without(course: _Course, bursts: int) -> tuple[int, int] | None:
    program = course.network.robot
    if not isinstance(course.world, RoomWorld) or program is None:
        return None
    return without_brain(course.world, bursts, [_FULL_AHEAD] * len(program.outputs))


def _draw(path: Path, result: DriveResult, course: _Course, title: str) -> None:
    from ..export.plots.track import drive_picture

    world = course.world
    counts = [len(neurons) for _, neurons in result.fired]
    bursts = np.repeat([number for number, _ in result.fired], counts).astype(np.int64)
    parts = [neurons for _, neurons in result.fired]
    neurons = np.concatenate([np.zeros(0, dtype=np.uint16), *parts]).astype(np.int64)
    walls: list[list[int]] = world.walls if isinstance(world, RoomWorld) else []
    radius = world.radius_mm if isinstance(world, RoomWorld) else 0
    track = [(pose.x, pose.y, pose.contact) for pose in result.track]
    verdict = "identical" if result.identical else "DIFFERENT"
    title += f", {result.spikes:,} spikes, {result.collisions} collisions, {verdict}"
    drive_picture(
        path, walls, track, bursts, neurons, course.network, radius_mm=radius, title=title
    )
