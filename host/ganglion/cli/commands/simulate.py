"""simulate: a genome or a brain, here, in fp32, fp16 or int8.

In:  a genome, a connectome or a blob; a precision, a stimulus.
Out: spikes by area, the last digest chain where there is one; with --spikes every burst.
Never: runs floating point for a blob: a blob is integers.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.genomes import Policy
from ...api.quantization import QuantizeChoice
from ...api.simulations import Simulated, simulate_file
from ...api.stimuli import DEFAULT_STIMULUS, HELP
from ..options.brain import warn_first
from ..options.nir import nir_options
from ..options.policy import policy_option
from ..options.progress import progress
from ..options.quantize import quantize_options


@click.command()
@click.argument("brain", metavar="GENOME|BLOB", type=click.Path(path_type=Path))
@click.option("--precision", help="fp32, fp16 or int8. [what the genome asks for]")
@click.option("--bursts", type=click.IntRange(1, 2**31), default=1000, show_default=True)
@click.option("--stimulus", "stimulus_text", default=DEFAULT_STIMULUS, show_default=True, help=HELP)
@click.option("--spikes", is_flag=True, help="Print the neurons that fire, burst by burst.")
@quantize_options
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    brain: Path, precision: str | None, bursts: int, stimulus_text: str, spikes: bool,
    choice: QuantizeChoice, policy: Policy, as_json: bool,
) -> None:  # fmt: skip
    """Run a genome (.json), a connectome (.npz), a trained network (.nir; fp32 is its tool's) or a
    brain (.gbn) on this computer."""
    fired: list[list[int]] = []

    def on_burst(burst: int, neurons: list[int]) -> None:
        if not as_json:
            click.echo(f"{burst}: {' '.join(map(str, neurons))}")
        elif spikes:
            fired.append(neurons)

    found = simulate_file(
        brain, bursts, stimulus_text, precision, choice=choice, policy=policy,
        on_burst=on_burst if spikes else None, progress=progress, warn=warn_first,
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps({**found.as_dict(), "fired": fired if spikes else None}))
    else:
        _print(found)


def _print(found: Simulated) -> None:
    console = Console(highlight=False, markup=False)
    state = f", state {found.state}" if found.state else ""
    console.print(
        f"{found.precision}{state}: {found.bursts:,} bursts of {found.stimulus}, "
        f"{found.spikes:,} spikes in {found.seconds} s"
    )
    table = Table(box=None)
    table.add_column("area")
    table.add_column("spikes", justify="right")
    for area, count in found.spikes_by_area.items():
        table.add_row(area, f"{count:,}")
    console.print(table)
    if found.chain:
        console.print(f"chain of all digests: {found.chain}")
