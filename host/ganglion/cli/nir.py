"""What `compile` and `lint` say of a NIR file.

In:  a brain of layers and where it was written; or verdicts.
Out: a table or lines on stdout; the same as JSON.
Never: decides anything.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ..api import blobs
from ..api.layers import STATUSES, LayeredConnectome, NodeVerdict

if TYPE_CHECKING:
    from ..api.fidelities import NirFidelity


def print_compiled(facts: dict[str, Any], output: Path, verdicts: tuple[NodeVerdict, ...]) -> None:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    exact = sum(layer["exact_weights"] for layer in facts["layers"])
    rows = (
        ("brain", f"{output} ({facts['brain_id']})"),
        ("neurons", f"{facts['neurons']:,} in {len(facts['layers'])} layers, inputs among them"),
        ("weights", f"{facts['weights']:,}; exact in {exact} of {len(facts['layers'])} layers"),
        ("blob", f"{facts['blob_bytes']:,} bytes"),
        ("RAM", f"{facts['ram_total']:,} bytes"),
        ("overflow", "impossible: proved"),
        ("self-test", blobs.decided(facts["undecided"])),
    )
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
    for verdict in verdicts:
        if verdict.status == "assumed":
            click.echo(str(verdict), err=True)


def print_layers(connectome: LayeredConnectome, as_json: bool) -> None:
    """The layers of a file, as real numbers have them: what `develop` is for a genome."""
    rows = [
        {
            "name": layer.name, "neurons": layer.count, "shape": list(layer.shape),
            "weights": sum(int(path.weight.size) for path in layer.paths),
            "from": [connectome.layers[path.source].name for path in layer.paths],
            "forms": [path.form for path in layer.paths],
        }
        for layer in connectome.layers
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps({"timestep_us": connectome.timestep_us, "layers": rows}, indent=2))
        return
    table = Table(box=None)
    for heading in ("layer", "shape", "from"):
        table.add_column(heading, overflow="fold")
    for heading in ("neurons", "weights"):
        table.add_column(heading, justify="right")
    for layer, row in zip(connectome.layers, rows, strict=True):
        came = ", ".join(
            f"{connectome.layers[path.source].name} ({path.form})" for path in layer.paths
        )
        shape = "×".join(map(str, layer.shape))
        table.add_row(layer.name, shape, came, f"{layer.count:,}", f"{row['weights']:,}")
    Console(highlight=False, markup=False).print(table)
    neurons = sum(layer.count for layer in connectome.layers)
    click.echo(f"{len(rows)} layers, {neurons:,} neurons, inputs among them")


def print_fidelity(found: "NirFidelity") -> None:
    """A table of layers, the verdict, and what a difference is due to."""
    from ..api.fidelities import CAUSES

    console = Console(highlight=False, markup=False, soft_wrap=True)
    table = Table(box=None)
    table.add_column("layer")
    for heading in ("neurons", "float", "integers", "differ", *CAUSES[:-1]):
        table.add_column(heading, justify="right", no_wrap=True)
    for x in found.layers:
        spikes = (x.spikes, x.spikes_int, x.different, *x.alone.values())
        shown = [f"{n:,}" for n in spikes] if x.values else ["read out"]
        table.add_row(x.name, f"{x.neurons:,}", *shown)
    console.print(table)
    if not found.different:
        click.echo(f"spike-exact: all {found.values:,} values in {found.bursts:,} bursts")
    else:
        share = 100 * found.different / found.values
        click.echo(
            f"{found.different:,} of {found.values:,} values differ ({share:.2f} %); the cause: "
            f"{found.sentence()}"
        )
    if found.readout_error:
        click.echo(f"what is read out is off by {100 * found.readout_error:.2g} % at most")
    first = found.first
    if first is not None:
        click.echo(
            f"first in burst {first.burst}: neuron {first.neuron} of {first.layer} fired "
            f"{first.fired} times in float32 and {first.fired_int} in integers, with "
            f"{first.potential:.6g} and {first.potential_int:.6g} left at a threshold of "
            f"{first.threshold:.6g}"
        )
    if found.cause == "weights" and found.weights < 16:
        click.echo("with --weights int16 they take 2 bytes each and lose 256 times less")


def print_verdicts(path: Path, verdicts: tuple[NodeVerdict, ...], as_json: bool) -> int:
    """The exit code: 1 if a node is refused."""
    counts = Counter(verdict.status for verdict in verdicts)
    if as_json:
        facts = {
            "file": str(path),
            "counts": {status: counts[status] for status in STATUSES},
            "verdicts": [verdict.as_dict() for verdict in verdicts],
        }
        click.echo(json.dumps(facts, indent=2))
    else:
        for verdict in verdicts:
            click.echo(str(verdict))
        click.echo(", ".join(f"{counts[status]} {status}" for status in STATUSES))
    return 1 if counts["refused"] else 0
