"""inspect: what is inside a blob.

In:  a .gbn file.
Out: header, sections, areas with their scales, sizes, RAM on a board, the golden vector.
Never: runs the brain.
"""

import json
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.blobs import inspect_file
from ..options.nir import nir_options
from ..options.tables import show
from .compile import per_synapse


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.option("--board", "board_name", help="Say whether this board has room for it.")
@click.option("--key", type=click.Path(path_type=Path), help="Refuse a brain not signed by it.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(brain: Path, board_name: str | None, key: Path | None, as_json: bool) -> None:
    """Show what is inside BRAIN, a .gbn file."""
    facts = inspect_file(brain, board_name or "", key)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    console = Console(highlight=False, markup=False)
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    golden = facts["golden"]
    rows = [
        ("brain", facts["brain_id"]),
        ("connectome", facts["connectome"]),
        ("board", facts["compiled_for"] or "any"),
        ("counter", f"{facts['counter']}, {'signed' if facts['signed'] else 'not signed'}"),
        ("state", f"{facts['state']}, stored in {facts['storage_bits']} bits"),
        ("neurons", f"{facts['neurons']:,} in {len(facts['populations'])} populations"),
        ("synapses", f"{facts['synapses']:,} in {len(facts['classes'])} classes"),
        ("blob", f"{facts['blob_bytes']:,} bytes, {per_synapse(facts)} per synapse"),
        (
            "RAM",
            f"{facts['ram_total']:,} bytes, {facts['state_bytes_per_neuron']} of state per neuron",
        ),
        ("golden", f"{golden['bursts']} bursts, {golden['spikes']} spikes, {golden['chain']:08x}"),
    ]
    if "board" in facts:
        rows.append(("fits", f"{facts['board']['name']}, {facts['board']['heap']:,} bytes of heap"))
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for title, parts in (("section", facts["sections"]), ("RAM", facts["ram"])):
        sizes = Table(box=None)
        sizes.add_column(title)
        sizes.add_column("bytes", justify="right")
        for name, size in parts.items():
            sizes.add_row(name, f"{size:,}")
        console.print(sizes)
    areas = Table(box=None)
    for heading in ("area", "name", "group", "dimensions", "live", "unit"):
        areas.add_column(heading, justify="right" if heading in ("live", "unit") else "left")
    for area in facts["areas"]:
        x, y, z = area["dimensions"]
        areas.add_row(
            area["id"], area["name"], area["group"], f"{x}x{y}x{z}",
            str(area["live_neurons"]), f"{area['unit']:g}",
        )  # fmt: skip
    show(areas, console)
