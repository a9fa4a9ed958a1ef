"""develop: a genome as neurons and synapses.

In:  a genome file.
Out: a table of areas, the notices, and with -o the connectome as a file.
Never: quantizes.
"""

import json
from collections import Counter
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api.connectomes import (
    Development,
    Dynamics,
    areas_of,
    develop_file,
    facts_of,
    save_connectome,
)
from ...api.genomes import Policy, Severity
from ...api.networks import is_network
from ...errors import UsageError
from ..options.nir import nir_options
from ..options.notices import tell
from ..options.output import OutputFile
from ..options.policy import policy_option
from ..options.talk import remark


@click.command()
@click.argument("genome", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=OutputFile((".npz",)), help="Write the connectome (.npz) here."
)
@click.option(
    "--dynamics",
    type=click.Choice([dynamics.value for dynamics in Dynamics]),
    help="When leak and refractory countdown advance, in all areas.",
)
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    genome: Path, output: Path | None, dynamics: str | None, policy: Policy, as_json: bool
) -> None:
    """Develop a GENOME into neurons and synapses, by FEAGI's rules. Of a trained network (.nir)
    it lists the layers that it becomes."""
    if is_network(genome):
        if output is not None or dynamics is not None:
            raise UsageError(
                f"{genome} becomes layers, and neither an .npz nor --dynamics has a meaning there",
                "leave them out; `ganglion compile` writes its brain",
            )
        from ...api.layers import layers_of
        from .. import nir

        nir.print_layers(layers_of(genome), as_json)
        return
    developed = develop_file(genome, policy, Dynamics(dynamics) if dynamics else None)
    if output is not None:
        save_connectome(developed.connectome, output)
    if as_json:
        click.echo(json.dumps(facts_of(developed), indent=2))
    else:
        _print(developed, output)


def _print(developed: Development, output: Path | None) -> None:
    c = developed.connectome
    table = Table(box=None)
    for heading in ("area", "name", "group"):
        table.add_column(heading, overflow="fold")
    for heading in ("dimensions", "neurons", "live", "out", "in"):
        table.add_column(heading, justify="right")
    for row in areas_of(c):
        x, y, z = row["dimensions"] if isinstance(row["dimensions"], list) else (0, 0, 0)
        table.add_row(
            str(row["id"]), str(row["name"]), str(row["group"]), f"{x}x{y}x{z}",
            *(str(row[key]) for key in ("neurons", "live_neurons", "synapses_out", "synapses_in")),
        )  # fmt: skip
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(
        f"{len(c.areas)} areas, {c.n_neurons} neurons ({int(c.live().sum())} live), "
        f"{c.n_synapses} synapses"
    )
    if output is not None:
        console.print(f"wrote {output}", soft_wrap=True)
    tell(developed.notices)
    counts = Counter(notice.severity for notice in developed.notices)
    if counts[Severity.INFO]:
        remark(f"{counts[Severity.INFO]} notes; `ganglion lint` lists them")
