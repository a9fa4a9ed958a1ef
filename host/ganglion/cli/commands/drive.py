"""drive: a robot in a world, or in the field, and the proof that it did as the reference does.

In:  a brain, a robot file, a device, perhaps a world.
Out: exit code 0 and what came of it; or exit code 4 and the first divergence.
Never: leaves motors turning; overwrites a recording.
"""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import rich_click as click

from ...blob.container import brain_id, encode
from ...brains import open_brain
from ...device.device import open_device
from ...device.installation.deploy import send_drivers
from ...errors import MismatchError
from ...link.messages import Burst
from ...recording.file import Recorder
from ...robot.compile import compile_robot
from ...robot.file import read_robot
from ...robot.loop import Pose
from ...robot.world import for_machine
from ...verification.drive import DRIVERS, HOST, Driver, DriveResult, Settings
from ..options.device import deploy, device_option, progress
from ..options.drive import draw, without, world_of
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.robot import drivers_of


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.option("--robot", "robot_path", type=click.Path(path_type=Path), required=True,
              help="The robot file.")  # fmt: skip
@click.option("--world", "world_spec", metavar="FILE|mujoco:FILE|none",
              help="A room, or MuJoCo's physics; none: the robot drives for real. Default: the "
                   "built-in room.")  # fmt: skip
@device_option
@click.option("--bursts", type=click.IntRange(1, 2**31 - 1), default=1000, show_default=True)
@click.option("--period", type=click.FloatRange(0, 268_000), default=None, metavar="MS",
              help="Milliseconds from burst to burst. Default: the robot's in the field, 0 in a "
                   "world.")  # fmt: skip
@click.option("--record", type=OutputFile(new=True), help="Keep the drive in this file.")
@click.option("--picture", type=OutputFile((".png", ".svg")), help="Draw its track and its spikes.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def command(
    brain: Path, robot_path: Path, world_spec: str | None, device_spec: str, bursts: int,
    period: float | None, record: Path | None, picture: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Drive the robot of BRAIN (.gbn or genome), and prove each burst equal to the reference."""
    network, _ = open_brain(brain)
    robot, text = read_robot(robot_path)
    network = replace(network, robot=compile_robot(robot, network))
    drivers = drivers_of(robot, robot_path)
    world, room, kind = world_of(world_spec, robot, network)
    blank, _, _ = world_of(world_spec, robot, network)
    virtual = device_spec.partition(":")[0] == "virtual"
    mode = DRIVERS if world is None or (virtual and room is not None) else HOST
    blob = encode(network)
    program = network.robot
    assert program is not None
    period_us = program.period_us if period is None and world is None else round(
        (period or 0) * 1000
    )  # fmt: skip
    machine = None
    if virtual and room is not None:
        machine = for_machine(room, robot, program, program.period_us)
    meta: dict[str, object] = {
        "device": device_spec, "stimulus": "none", "period_us": period_us, "robot": text,
        "world": kind, "mode": mode,
    }  # fmt: skip
    if drivers:
        meta["drivers"] = {
            name: source.decode("utf-8", "replace") for name, source in drivers.items()
        }
    with open_device(device_spec, machine=machine) as device:
        if drivers and mode == DRIVERS:
            send_drivers(device, drivers)
        deploy(device, blob)
        with Recorder(record, blob, meta) if record else nullcontext() as recorder:
            if recorder:
                device.link.tap = recorder.tap
            with progress("driving", bursts) as advance:

                def on_burst(burst: Burst, pose: Pose | None) -> None:
                    advance(burst.number)

                settings = Settings(bursts, mode, period_us, picture is not None, world is not None)
                driver = Driver(network, device, world, settings, on_burst)
                result = driver.run()
    blind = without(blank, bursts, network)
    if picture is not None:
        draw(picture, result, network, world, f"{robot.name}: {result.bursts:,} bursts")
    _tell(result, blob, device_spec, kind, blind, as_json)


def _tell(
    result: DriveResult, blob: bytes, device: str, world: str,
    blind: tuple[int, int] | None, as_json: bool,
) -> None:  # fmt: skip
    if as_json:
        told = {**result.as_dict(), "brain_id": brain_id(blob).hex(), "device": device}
        if blind is not None:
            told["without_brain"] = {"collisions": blind[0], "contact_bursts": blind[1]}
        click.echo(json.dumps(told))
    if result.divergence is not None:
        raise MismatchError(
            f"the device and the reference part: {result.divergence}",
            "drive again; if they part again, send the recording to its makers",
        )
    if as_json:
        return
    click.echo(
        f"identical: {result.bursts:,} bursts, {result.spikes:,} spikes, {result.sensed:,} "
        f"readings, {result.driven:,} orders to motors, {result.seconds:.1f} s"
    )
    if result.failed or result.still or result.asked_again:
        click.echo(
            f"{result.failed:,} readings failed; {result.still:,} bursts with the motors held; "
            f"{result.asked_again:,} reports asked for again"
        )
    if world != "none":
        beside = "" if blind is None else (
            f" (with both wheels at full power and no brain: {blind[1]:,} bursts)"
        )  # fmt: skip
        click.echo(
            f"{result.distance_mm / 1000:.2f} m, {result.collisions} collisions, "
            f"{result.contact_bursts:,} bursts in touch with a wall{beside}"
        )
