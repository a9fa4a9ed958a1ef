"""drive: a robot in a world, or in the field, and the proof that it did as the reference does.

In:  a brain, a robot file, a device, perhaps a world.
Out: exit code 0 and what came of it; or exit code 4 and the first divergence.
Never: leaves motors turning; overwrites a recording.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.drives import Driven, drive
from ...errors import MismatchError
from ..options.device import device_option
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.talk import remark


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
    driven = drive(
        brain, robot_path, device_spec, bursts, world=world_spec, record=record, picture=picture,
        period_us=None if period is None else round(period * 1000), progress=progress, tell=remark,
    )  # fmt: skip
    _tell(driven, device_spec, as_json)


def _tell(driven: Driven, device: str, as_json: bool) -> None:
    result, blind = driven.result, driven.without_brain
    if as_json:
        told = {**result.as_dict(), "brain_id": driven.brain_id, "device": device}
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
    if driven.world != "none":
        beside = "" if blind is None else (
            f" (with both wheels at full power and no brain: {blind[1]:,} bursts)"
        )  # fmt: skip
        click.echo(
            f"{result.distance_mm / 1000:.2f} m, {result.collisions} collisions, "
            f"{result.contact_bursts:,} bursts in touch with a wall{beside}"
        )
