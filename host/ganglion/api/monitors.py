"""Monitors: a brain at work, live or from a recording, shown in the terminal, as lines, in a page.

In:  a brain (or whatever the device has), a device, a stimulus; or a recorded run.
Out: what a person or a program sees, until the run ends or is told to.
Never: changes how the brain runs by being looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..device.device import Device
from ..device.installation.deploy import send_drivers
from ..device.open import open_device
from ..errors import RobotError, UsageError
from ..monitor.live import Live, Settings
from ..monitor.robot import RobotView
from ..monitor.show import ShowOptions
from ..monitor.show import watch as show
from ..monitor.unknown_brain import network_on
from ..reference.stimulus import RandomStimulus
from ..robot.file import parse_robot
from ..robot.loop import RoomWorld
from ..robot.world import BUILT_IN, as_toml, for_machine, parse_world, read_world
from ..verification.drive import DRIVERS
from .brains import OpenedBrain
from .devices import put
from .progress import Progress, Tell, silent, unheard
from .robots import put_in

if TYPE_CHECKING:
    from .recordings import Chosen

__all__ = ["ShowOptions", "watch", "watch_recording"]


@dataclass(frozen=True)
class _Driving:
    """How a monitored run drives; as it is, it does not."""

    mode: int = 0
    machine: Mapping[str, object] | None = None
    view: RobotView | None = None
    told: Mapping[str, object] = field(default_factory=dict)  # for a recording
    drivers: Mapping[str, bytes] = field(default_factory=dict)  # files of the user's own


def watch(
    brain: OpenedBrain | None, device: str, options: ShowOptions, *, bursts: int = 0,
    stimulus: str = "random:1", period_us: int | None = None, compare: bool = True,
    patience: float = 60.0, name: str = "", robot: Path | None = None, world: Path | None = None,
    progress: Progress = silent, tell: Tell = unheard,
) -> None:  # fmt: skip
    """Shows a brain at work on a device; without one, whatever the device has.

    `bursts`: 0 = until told to stop. `period_us`: None = what the genome asks, 0 = as fast as
    possible. `compare`: with the reference beside it. `patience`: seconds to wait for a device that
    went away. `robot`: a robot file, driven in a room (`world`) on `virtual`. Raises what ended the
    run, if that was nobody's request.
    """
    network, blob = (brain.network, brain.blob) if brain else (network_on(device), b"")
    driving = _Driving()
    if robot is not None:
        if brain is None:
            raise UsageError("a robot is compiled with a brain", "name the brain too")
        brain, driving = _driving_of(brain, robot, world, device, tell)
        network, blob, stimulus = brain.network, brain.blob, "none"
    elif world is not None:
        raise UsageError("a world without a robot is empty", "name the robot with --robot")
    settings = Settings(
        bursts, RandomStimulus.parse(stimulus),
        network.timestep_us if period_us is None else period_us, patience, stay=bursts == 0,
        drives=driving.mode, told=driving.told,
    )  # fmt: skip

    def deploy(there: Device, sent: bytes) -> bool:
        if driving.drivers:
            send_drivers(there, driving.drivers)
        return put(there, sent, progress)

    source = Live(
        device, network, blob, settings, title=f"{name} on {device}" if name else device,
        compare=compare, deploy=deploy, opener=partial(open_device, machine=driving.machine),
    )  # fmt: skip
    show(network, source, options, blob, driving.view)


def watch_recording(chosen: "Chosen", options: ShowOptions, speed: float = 1.0) -> None:
    """Shows a recorded run as if its device were here, `speed` times as fast as it was."""
    from ..monitor.replayed import Replayed

    network, run = chosen.network, chosen.run
    replayed = Replayed(chosen.recording.path.name, network, run, speed, stay=options.web)
    show(network, replayed, options, robot=_recorded_view(chosen))


def _driving_of(
    brain: OpenedBrain, path: Path, world: Path | None, device: str, tell: Tell
) -> tuple[OpenedBrain, _Driving]:
    """The brain with its robot: on `virtual` in a room, else in the field."""
    brain, robot, text, drivers = put_in(brain, path, tell)
    program = brain.network.robot
    assert program is not None
    if device.partition(":")[0] != "virtual":
        told: dict[str, object] = {"robot": text, "mode": DRIVERS}
        return brain, _Driving(DRIVERS, None, RobotView(program), told, drivers)
    room = read_world(world) if world else BUILT_IN
    machine = for_machine(room, robot, program, program.period_us)
    view = RobotView(program, lambda: RoomWorld(room, robot, program, program.period_us))
    told = {"robot": text, "world": as_toml(room), "mode": DRIVERS}
    return brain, _Driving(DRIVERS, machine, view, told, drivers)


def _recorded_view(chosen: "Chosen") -> RobotView | None:
    """What is shown of a recorded drive; its room, if the recording names one."""
    program = chosen.network.robot
    if program is None or not chosen.run.configuration.drives:
        return None
    robot, world = chosen.recording.meta.get("robot"), chosen.recording.meta.get("world")
    if not isinstance(robot, str) or not isinstance(world, str):
        return RobotView(program)
    try:
        described, room = parse_robot(robot, "the recording"), parse_world(world, "the recording")
    except RobotError:  # another kind of world
        return RobotView(program)
    return RobotView(program, lambda: RoomWorld(room, described, program, program.period_us))
