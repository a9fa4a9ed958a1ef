"""What `compile` and `lint` say of a NIR file.

In:  a brain of layers and where it was written; or verdicts.
Out: a table or lines on stdout; the same as JSON.
Never: decides anything.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ..analysis.nir_verdicts import STATUSES, Verdict
from ..blob.container import brain_id
from ..boards.memory import summary
from ..compiler import LayeredBrain


def facts_of(brain: LayeredBrain, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    """What there is to say of a compiled NIR file, JSON-ready."""
    layers = zip(
        brain.connectome.layers, brain.network.layers, brain.quantization.notes, strict=True
    )
    return {
        "brain_id": brain_id(brain.blob).hex(),
        "neurons": brain.network.n_neurons,
        "weights": sum(p.weight.size for x in brain.network.layers for p in x.paths),
        "layers": [
            {
                "name": real.name, "neurons": made.count, "shape": list(real.shape),
                "unit": note.unit, "fraction_bits": note.fraction_bits,
                "exact_weights": note.exact_weights, "weight_error": note.weight_error,
            }
            for real, made, note in layers
        ],
        "verdicts": [verdict.as_dict() for verdict in verdicts],
        **summary(brain.network, brain.blob),
    }  # fmt: skip


def print_compiled(facts: dict[str, Any], output: Path, verdicts: tuple[Verdict, ...]) -> None:
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
    )
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
    for verdict in verdicts:
        if verdict.status == "assumed":
            click.echo(str(verdict), err=True)


def print_verdicts(path: Path, verdicts: tuple[Verdict, ...], as_json: bool) -> int:
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
