"""develop: a genome as neurons and synapses.

In:  a genome file.
Out: a table of areas, the notices, and with -o the connectome as a file.
Never: quantizes.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import rich_click as click
from rich.console import Console
from rich.table import Table

from ...brains import NIR_SUFFIX, nir_model
from ...connectome import npz
from ...connectome.model import Connectome, Dynamics
from ...errors import UsageError
from ...frontends import feagi as genomes
from ...frontends.feagi.develop import Development, develop_with_notices
from ...frontends.feagi.policy import Policy
from ...notices import Severity
from .. import nir
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
    if genome.suffix == NIR_SUFFIX:
        if output is not None or dynamics is not None:
            raise UsageError(
                f"{genome} becomes layers, and neither an .npz nor --dynamics has a meaning there",
                "leave them out; `ganglion compile` writes its brain",
            )
        nir.print_layers(nir_model(genome), as_json)
        return
    read = genomes.read(genome, policy)
    developed = develop_with_notices(read, policy, Dynamics(dynamics) if dynamics else None)
    if output is not None:
        npz.save(developed.connectome, output)
    if as_json:
        click.echo(json.dumps(report(developed), indent=2))
    else:
        _print(developed, output)


def report(developed: Development) -> dict[str, object]:
    """What development gave, JSON-ready."""
    c = developed.connectome
    return {
        "genome_id": c.genome_id,
        "title": c.title,
        "precision": c.precision,
        "timestep": c.timestep,
        "neurons": c.n_neurons,
        "live_neurons": int(c.live().sum()),
        "synapses": c.n_synapses,
        "areas": _areas(c),
        "notices": [notice.as_dict() for notice in developed.notices],
    }


def _areas(c: Connectome) -> list[dict[str, object]]:
    live = np.bincount(c.area[c.live()], minlength=len(c.areas))
    outgoing = np.bincount(c.area[c.source], minlength=len(c.areas))
    incoming = np.bincount(c.area[c.target], minlength=len(c.areas))
    return [
        {
            "id": area.id,
            "name": area.name,
            "group": area.group,
            "dimensions": list(area.dimensions),
            "neurons": area.count,
            "live_neurons": int(live[i]),
            "synapses_out": int(outgoing[i]),
            "synapses_in": int(incoming[i]),
            "dynamics": area.dynamics.value,
        }
        for i, area in enumerate(c.areas)
    ]


def _print(developed: Development, output: Path | None) -> None:
    c = developed.connectome
    table = Table(box=None)
    for heading in ("area", "name", "group"):
        table.add_column(heading, overflow="fold")
    for heading in ("dimensions", "neurons", "live", "out", "in"):
        table.add_column(heading, justify="right")
    for row in _areas(c):
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
