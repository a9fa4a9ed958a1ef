"""robot: a robot file, from a first proposal to one that fits.

In:  a genome or a brain; perhaps FEAGI's capabilities; a robot file.
Out: a robot file to be put right; every misfit of one, and exit code 1 if there is any.
Never: a robot file overwritten.
"""

import json
from pathlib import Path

import rich_click as click

from ...boards.board import load_board
from ...brains import open_brain
from ...errors import RobotError, UsageError
from ...robot.check import check
from ...robot.draft import Misfit
from ...robot.drivers import USER
from ...robot.file import as_toml, read_robot
from ...robot.own import absent, own_drivers
from ...robot.propose import propose, read_capabilities
from ..options.nir import nir_options
from ..options.output import OutputFile

HEAD = "# {}. Put the pins right, then: ganglion robot check BRAIN {}\n"


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
    if (genome is None) == (capabilities is None):
        raise UsageError(
            "a robot is proposed from a genome or from --capabilities", "give one of them"
        )
    if capabilities is not None:
        robot, left = read_capabilities(capabilities)
        source = capabilities
    else:
        assert genome is not None
        network, _ = open_brain(genome)
        robot, left = propose(network, genome.stem)
        source = genome
    text = HEAD.format(f"Proposed from {source.name}", output or "ROBOT") + as_toml(robot)
    for line in left:
        click.echo(f"ganglion: left out: {line}", err=True)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RobotError(f"{output} exists", "name another file") from None
    except OSError as error:
        raise RobotError(
            f"{output} cannot be written ({error.strerror})", "name another place"
        ) from None
    click.echo(f"{output}: {len(robot.sensor)} sensors, {len(robot.actuator)} motors")


@command.command(name="check")
@click.argument("brain", type=click.Path(path_type=Path))
@click.argument("robot", type=click.Path(path_type=Path))
@click.option("--board", help="Another board than the file names.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check_(brain: Path, robot: Path, board: str | None, as_json: bool) -> None:
    """Name everything of ROBOT that does not fit BRAIN (.gbn or genome), the board or the clock."""
    network, _ = open_brain(brain)
    described, _ = read_robot(robot)
    name = board or described.board
    compiled, misfits, notes = check(described, network, load_board(name) if name else None)
    own_drivers(described, robot.parent)
    for module in absent(described, robot.parent):
        why = f"its driver {module}.py is not beside the robot file, and will not be sent"
        part = next(
            p for p in [*described.sensor, *described.actuator] if p.driver == USER + module
        )
        notes.append(Misfit(part.name, why))
    program = compiled.program
    if as_json:
        told = {
            "fits": not misfits, "misfits": [str(m) for m in misfits],
            "notes": [str(n) for n in notes], "sensors": program.slots,
            "outputs": len(program.outputs), "period_us": program.period_us,
            "cost_us": sum(d.cost_us for d in program.drivers),
        }  # fmt: skip
        click.echo(json.dumps(told))
    else:
        for note in notes:
            click.echo(f"note: {note}")
        for misfit in misfits:
            click.echo(f"misfit: {misfit}")
    if misfits:
        raise RobotError(
            f"{robot} has {len(misfits)} misfit{'s' if len(misfits) > 1 else ''}",
            "correct it there",
        )
    if not as_json:
        click.echo(
            f"fits: {program.slots} readings and {len(program.outputs)} outputs; a burst of "
            f"{program.period_us:,} us"
        )
