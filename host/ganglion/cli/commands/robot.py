"""robot: a robot file, from a first proposal to one that fits.

In:  a genome or a brain; perhaps FEAGI's capabilities; a robot file.
Out: a robot file to be put right; every misfit of one, and exit code 1 if there is any.
Never: a robot file overwritten.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.robots import check_robot, propose_robot
from ...errors import RobotError
from ..options.nir import nir_options
from ..options.output import OutputFile


@click.group()
def command() -> None:
    """Robot files: which sensor enters which area, and which area moves which motor."""


@command.command()
@click.argument("genome", type=click.Path(path_type=Path), required=False)
@click.option("--capabilities", type=click.Path(path_type=Path), metavar="FILE",
              help="FEAGI's capabilities, old or new, in place of a genome.")  # fmt: skip
@click.option("-o", "--output", type=OutputFile((".toml",), new=True),
              help="Write here, not to stdout.")  # fmt: skip
@nir_options
def new(genome: Path | None, capabilities: Path | None, output: Path | None) -> None:
    """Propose a robot for a GENOME's (or brain's) input and output areas."""
    proposed = propose_robot(genome, capabilities)
    for line in proposed.left_out:
        click.echo(f"ganglion: left out: {line}", err=True)
    if output is None:
        click.echo(proposed.text(), nl=False)
        return
    proposed.save(output)
    robot = proposed.robot
    click.echo(f"{output}: {len(robot.sensor)} sensors, {len(robot.actuator)} motors")


@command.command(name="check")
@click.argument("brain", type=click.Path(path_type=Path))
@click.argument("robot", type=click.Path(path_type=Path))
@click.option("--board", help="Another board than the file names.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check_(brain: Path, robot: Path, board: str | None, as_json: bool) -> None:
    """Name everything of ROBOT that does not fit BRAIN (.gbn or genome), the board or the clock."""
    fit = check_robot(brain, robot, board)
    if as_json:
        click.echo(json.dumps(fit.as_dict()))
    else:
        for note in fit.notes:
            click.echo(f"note: {note}")
        for misfit in fit.misfits:
            click.echo(f"misfit: {misfit}")
    if fit.misfits:
        raise RobotError(
            f"{robot} has {len(fit.misfits)} misfit{'s' if len(fit.misfits) > 1 else ''}",
            "correct it there",
        )
    if not as_json:
        click.echo(
            f"fits: {fit.sensors} readings and {fit.outputs} outputs; a burst of "
            f"{fit.period_us:,} us"
        )
