"""inspect: what is inside a blob.

In:  a .gbn file.
Out: header, sections, areas with their scales, sizes, RAM on a board, the golden vector.
Never: runs the brain.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...blob.container import VERSION, brain_id, split
from ...blob.signature import check, read_public
from ...boards.board import load_board
from ...boards.memory import check_fits, summary
from ...brains import network_of
from ...network.model import QuantizedNetwork
from ...network.proof import prove
from ...quantization.description import configs_of
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
    network, blob = network_of(brain)
    if key:
        check(blob, read_public(key))
    facts = describe(network, blob)
    if board_name:
        board = load_board(board_name)
        check_fits(network, blob, board)
        facts["board"] = {"name": board.name, "heap": board.memory.heap}
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)


def describe(network: QuantizedNetwork, blob: bytes) -> dict[str, Any]:
    """Everything in a blob, JSON-ready."""
    kept: dict[int, int] = {}
    for p in network.populations:
        kept[p.area] = kept.get(p.area, 0) + p.count
    return {
        "brain_id": brain_id(blob).hex(),
        "version": VERSION,
        "connectome": network.genome.hex(),
        "compiled_for": network.board or None,
        "counter": network.counter,
        "signed": bool(split(blob)[1]),
        "state": f"int{network.state}",
        "storage_bits": network.storage,
        "neurons": network.n_neurons,
        "synapses": network.n_synapses,
        "timestep_us": network.timestep_us,
        "power_neuron": network.power_neuron,
        "slack": prove(network).slack(network.storage),
        "golden": asdict(network.golden),
        **summary(network, blob),
        "areas": [
            {**asdict(area), "live_neurons": kept.get(i, 0), "quantization": config.as_dict()}
            for i, (area, config) in enumerate(zip(network.areas, configs_of(network), strict=True))
        ],
        "populations": [asdict(p) for p in network.populations],
        "classes": [asdict(c) for c in network.classes],
        "inputs": [asdict(r) for r in network.inputs],
    }


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
