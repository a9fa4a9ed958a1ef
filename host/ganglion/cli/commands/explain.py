"""explain: one neuron's story, from a brain and, if given, the genome it came from.

In:  a .gbn file, a neuron by number or by area and voxel.
Out: sentences, or the same facts as JSON.
Never: runs the brain.
"""

import json
from pathlib import Path

import rich_click as click

from ...analysis.explain import find, neuron_report
from ...brains import network_of
from ...frontends.feagi.policy import Policy
from ...frontends.read import connectome_of
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
    network, _ = network_of(brain)
    connectome = connectome_of(genome, policy)[0] if genome else None
    told = neuron_report(network, find(network, neuron), connectome)
    if as_json:
        click.echo(json.dumps(told.facts, indent=2))
    else:
        click.echo("\n".join(told.sentences))
