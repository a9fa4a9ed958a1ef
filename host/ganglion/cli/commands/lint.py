"""lint: everything odd in a genome file.

In:  a genome file.
Out: one line per notice, or JSON; exit code 1 only if there is an error.
Never: changes the file.
"""

import json
from collections import Counter
from pathlib import Path

import rich_click as click

from ...api import genomes
from ...api.genomes import Policy, Severity
from ...api.networks import is_network
from ..options.nir import nir_options
from ..options.policy import policy_option
from ..options.talk import settle, warned


@click.command()
@click.argument("genome", type=click.Path(path_type=Path))
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the notices as JSON.")
@click.pass_context
def command(ctx: click.Context, genome: Path, policy: Policy, as_json: bool) -> None:
    """List everything odd in a GENOME: ignored keys, repaired values, unreachable thresholds,
    dead areas. Of a trained network (.nir) a verdict on each node: exact, quantized, assumed or
    refused. Exit code 1 only for errors, and with --strict for warnings."""
    if is_network(genome):
        from ...api.layers import node_verdicts
        from .. import nir

        ctx.exit(nir.print_verdicts(genome, node_verdicts(genome), as_json))
    notices = genomes.lint(genome, policy)
    counts = Counter(notice.severity for notice in notices)
    if as_json:
        report = {
            "genome": str(genome),
            "counts": {severity.value: counts[severity] for severity in Severity},
            "notices": [notice.as_dict() for notice in notices],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        for notice in notices:
            click.echo(str(notice))
        click.echo(genomes.tally(notices))
    warned(counts[Severity.WARNING])
    if not counts[Severity.ERROR]:
        settle()
    ctx.exit(1 if counts[Severity.ERROR] else 0)
