"""bench: what a brain's bursts cost, as exact counts of instructions.

In:  a brain, a stimulus.
Out: instructions per burst, per synaptic event, per touched neuron and per spike, of the shipped
     viper code compiled for an instruction set; the spikes were compared in the same run.
Never: a time.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.costs import BACK_ENDS, ISAS, cost_of
from ...api.stimuli import DEFAULT_STIMULUS
from ..options.brain import open_brain
from ..options.nir import nir_options


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.option("--isa", type=click.Choice(ISAS), default=ISAS[0], show_default=True)
@click.option(
    "--back-end",
    type=click.Choice(BACK_ENDS),
    default="ganglion",
    show_default=True,
    help="Whose machine code: ours, as a board gets it, or mpy-cross's of the same viper.",
)
@click.option("--stimulus", default=DEFAULT_STIMULUS, show_default=True, help="random:SEED[:RATE].")
@click.option("--bursts", type=click.IntRange(1, 10_000), default=40, show_default=True)
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    brain: Path, isa: str, back_end: str, stimulus: str, bursts: int, as_json: bool
) -> None:
    """Count the instructions of BRAIN's bursts (.gbn or genome) in an emulator."""
    found = cost_of(open_brain(brain), stimulus, bursts, isa=isa, back_end=back_end)
    if as_json:
        click.echo(json.dumps(found.as_dict()))
        return
    for name, value in (
        ("instructions per burst", found.instructions),
        ("per synaptic event", found.per_event),
        ("per touched neuron", found.per_touched),
        ("per spike", found.per_spike),
        ("digest, per burst", found.digest),
        ("synaptic events per burst", found.events),
        ("touched neurons per burst", found.touched),
        ("spikes per burst", found.spikes),
    ):
        click.echo(f"{name:28}{value:14,.1f}")
    click.echo(f"{isa} by {back_end}, {found.bursts} bursts, every spike equal to the reference")
