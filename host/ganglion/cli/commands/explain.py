"""explain: one neuron's story, from a brain and, if given, the genome it came from.

In:  a .gbn file, a neuron by number or by area and voxel.
Out: sentences, or the same facts as JSON.
Never: runs the brain.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.genomes import Policy
from ...api.neurons import explain
from ..options.nir import nir_options
from ..options.policy import policy_option


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.argument("neuron")
@click.option(
    "--genome", type=click.Path(path_type=Path), help="What BRAIN was compiled from: says how far "
    "quantization moved the neuron.",
)  # fmt: skip
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def command(brain: Path, neuron: str, genome: Path | None, policy: Policy, as_json: bool) -> None:
    """Tell the story of one NEURON of BRAIN (.gbn): a number, or AREA:X,Y,Z."""
    told = explain(brain, neuron, genome, policy)
    if as_json:
        click.echo(json.dumps(told.facts, indent=2))
    else:
        click.echo("\n".join(told.sentences))
