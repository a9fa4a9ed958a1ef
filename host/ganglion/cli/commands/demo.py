"""demo: the closed loop in one command, with no board: genome, robot, device, room, proof, picture.

In:  nothing.
Out: a table, a picture of the track and the spikes, and exit code 0 if device and reference were
     identical.
Never: takes a minute, or needs anything that pip has not installed.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.drives import Driven, demonstrate
from ...errors import MismatchError
from ..options.device import device_option
from ..options.output import OutputFile
from ..options.progress import progress


@click.command()
@device_option
@click.option("--bursts", type=click.IntRange(1, 10**6), default=3000, show_default=True)
@click.option(
    "-o", "--output", type=OutputFile((".png", ".svg")), default="ganglion-demo.png",
    show_default=True, help="The picture.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def command(device_spec: str, bursts: int, output: Path, as_json: bool) -> None:
    """Drive a small robot through a room on a virtual device, and prove each burst equal."""
    console = Console(highlight=False, markup=False, soft_wrap=True, quiet=as_json)
    driven = demonstrate(
        output, device_spec, bursts, progress=progress, tell=lambda text: console.print(text)
    )
    console.print(_table(driven))
    console.print(f"picture: {output}")
    result = driven.result
    if as_json:
        told = {**result.as_dict(), "brain_id": driven.brain_id, "device": device_spec}
        click.echo(json.dumps({**told, "picture": str(output)}))
    if result.divergence is not None:
        raise MismatchError(
            f"the device and the reference part: {result.divergence}", "tell its makers"
        )


def _table(driven: Driven) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    result, blind, facts = driven.result, driven.without_brain, driven.facts
    for name, value in (
        ("neurons", f"{facts['neurons']:,}"),
        ("synapses", f"{facts['synapses']:,}"),
        ("RAM per neuron", f"{facts['state_bytes_per_neuron']} bytes of state"),
        ("bursts", f"{result.bursts:,}"),
        ("spikes", f"{result.spikes:,}"),
        ("sensor readings", f"{result.sensed:,}"),
        ("driven", f"{result.distance_mm / 1000:.2f} m"),
        ("collisions", f"{result.collisions}"),
        ("bursts at a wall", f"{result.contact_bursts:,}"),
        ("... without a brain", f"{blind[1]:,}" if blind else ""),
        ("bursts per second", f"{result.bursts / max(result.seconds, 1e-9):,.0f}"),
        ("verdict", "identical" if result.identical else "DIFFERENT"),
    ):
        table.add_row(name, value)
    return table
