"""bench: what a burst of a brain costs, in instructions of the machine code that a board runs.

In:  a brain, a stimulus.
Out: instructions per burst, synaptic event, updated neuron and spike; spikes compared on the way.
Never: a time: the counts are exact, and the same on every machine.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ..bench import ISA, Cost, cost
from ..errors import UsageError
from ..session_options import brain_of
from ..stimulus import RandomStimulus


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.option(
    "--isa", type=click.Choice([ISA]), default=ISA, show_default=True, help="Of the code."
)
@click.option("--bursts", type=click.IntRange(1), default=40, show_default=True, help="To count.")
@click.option("--warm-up", type=click.IntRange(0), default=20, show_default=True, help="Before.")
@click.option("--stimulus", default="random:1", show_default=True, help="random:SEED[:RATE].")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(brain: Path, isa: str, bursts: int, warm_up: int, stimulus: str, as_json: bool) -> None:
    """Count the instructions of BRAIN (.gbn or genome), each burst compared with the reference."""
    network, blob = brain_of(brain)
    chosen = RandomStimulus.parse(stimulus)
    if chosen is None:
        raise UsageError("without a stimulus nothing happens", "give random:SEED or leave it out")
    found = cost(network, blob, chosen, bursts, warm_up)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _print(found)


def _print(found: Cost) -> None:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for title, value in (
        (f"instructions per burst, {found.isa}", found.instructions),
        ("of them: deliver spikes", found.deliver),
        ("of them: update neurons", found.update),
        ("per synaptic event", found.per_event),
        ("per neuron updated, of update", found.per_touched),
        ("per spike", found.per_spike),
        ("the digest, apart", found.digest),
        ("synaptic events per burst", found.events),
        ("neurons updated per burst", found.touched),
        ("spikes per burst", found.spikes),
    ):
        table.add_row(title, f"{value:,.1f}")
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(f"{found.bursts} bursts, every one equal to the reference")
