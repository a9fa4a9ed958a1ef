"""flash: MicroPython, the firmware and a brain onto one board or many, by esptool.

In:  a board's name, ports, perhaps an image of MicroPython and a brain.
Out: boards that answer; esptool's own progress; for a fleet a table; with --dry-run the commands.
Never: guesses between several ports; writes to the wrong chip; lets one failure stop the others.
"""

import json
import sys
from pathlib import Path

import rich_click as click
from rich.table import Table

from ...api.installations import BAUD, Flashed, flashing, ports_of
from ...errors import DeviceError
from ..options.brain import open_brain
from ..options.device import level_options, port_with_levels
from ..options.nir import nir_options
from ..options.robot import robot_option
from ..options.tables import show
from ..options.talk import remark


@click.command()
@click.argument("brain", required=False, type=click.Path(path_type=Path))
@click.option("--board", "board_spec", required=True, help="Its name, or the path of a board file.")
@click.option(
    "--port",
    "specs",
    multiple=True,
    default=("auto",),
    show_default=True,
    help="auto, all, a port, id:SERIAL, rfc2217://HOST:PORT, socket://HOST:PORT, qemu or "
    "qemu:FILE. Repeatable: a fleet.",
)
@click.option("--firmware", type=click.Path(path_type=Path), help="MicroPython's image, a .bin.")
@click.option("--micropython", "version", metavar="VERSION", help="Not the newest image, but this.")
@click.option("--sha256", help="Trust an image with this hash, besides those of the board file.")
@click.option("--baud", type=click.IntRange(min=9600), default=BAUD, show_default=True,
              help="Speed of writing.")  # fmt: skip
@click.option("--pin", type=click.Path(path_type=Path), metavar="KEY.pub",
              help="The board will run no brain but those that this key has signed.")  # fmt: skip
@robot_option
@level_options
@click.option("--dry-run", is_flag=True, help="Print the commands; touch no port and no network.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(
    brain: Path | None, board_spec: str, specs: tuple[str, ...], firmware: Path | None,
    version: str | None, sha256: str | None, baud: int, pin: Path | None,
    robot_path: Path | None, dtr: str | None, rts: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make a board ours: MicroPython, the firmware, and BRAIN (.gbn or genome) if there is one.

    What its flash held is gone afterwards.
    """
    job = flashing(
        board_spec, open_brain(brain) if brain else None, name=str(brain), robot=robot_path,
        pin=pin, firmware=firmware, version=version, sha256=sha256, baud=baud, tell=remark,
    )  # fmt: skip
    if dry_run:
        lines, missing = job.commands(specs)
        for line in lines:
            click.echo(line)
        if missing:
            remark(
                f"{missing} is not here yet: flash would download it, check it, and add the "
                "firmware and the brain where it keeps its files"
            )
        return
    named = ports_of(specs, remark)  # before any download
    ports = [port_with_levels(port, dtr, rts) for port in named]
    results = job.write(ports, lambda port, said: click.echo(f"{port}: {said}", err=True), _show)
    failed = [result for result in results if result.error]
    if as_json:
        click.echo(json.dumps([_facts(result) for result in results], indent=2))
    elif len(ports) > 1:
        _print(results)
    else:
        click.echo(f"flashed: {job.board.title} at {ports[0]}, {results[0].seconds:.1f} s")
    if failed:
        raise DeviceError(
            f"{len(failed)} of {len(results)} boards were not flashed "
            f"({', '.join(result.port for result in failed)})",
            "see what was said of each, and flash those again",
        )


def _show(data: bytes) -> None:
    sys.stderr.write(data.decode("utf-8", "replace"))
    sys.stderr.flush()


def _facts(result: Flashed) -> dict[str, object]:
    return {
        "port": result.port,
        "ok": result.error is None,
        "chip": result.chip,
        "mac": result.mac,
        "seconds": round(result.seconds, 1),
        "error": str(result.error) if result.error else None,
    }


def _print(results: list[Flashed]) -> None:
    table = Table()
    for heading in ("port", "chip", "MAC", "seconds", "result"):
        table.add_column(heading, overflow="fold")
    for result in results:
        table.add_row(
            result.port, result.chip, result.mac, f"{result.seconds:.1f}",
            result.error.fact if result.error else "flashed",
            style="bold red" if result.error else None,
        )  # fmt: skip
    show(table)
