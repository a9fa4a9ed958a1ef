"""compile: a genome, or a developed connectome, becomes a blob.

In:  a .json or .npz file and how to quantize it.
Out: a .gbn file; a summary, or everything as JSON; with --report a file that relates the two.
Never: leaves half a file: what was there stays until the new blob is complete.
"""

import json
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api import blobs
from ...api.connectomes import Dynamics
from ...api.files import write_bytes
from ...api.genomes import Policy, Severity
from ...api.quantization import QuantizeChoice
from ..options.nir import nir_options
from ..options.notices import tell
from ..options.output import OutputFile
from ..options.policy import policy_option
from ..options.quantize import quantize_options
from ..options.talk import settle, warn, warned


@click.command()
@click.argument("genome", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=OutputFile(), help="The blob. [GENOME.gbn]")
@click.option("--precision", default="int8", show_default=True, help="Of the blob: int8.")
@quantize_options
@click.option("--board", "board_name", help="Refuse a brain that this board has no room for.")
@click.option("--only", is_flag=True, help="Let no other board than --board run it.")
@click.option(
    "--counter",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    help="A device refuses to go back to a lower one.",
)
@click.option(
    "--sign", "key", type=click.Path(path_type=Path), help="Sign the blob with this private key."
)
@click.option(
    "--learned", type=click.Path(path_type=Path),
    help="Begin with what `ganglion learned` read from a device.",
)  # fmt: skip
@click.option("--dynamics", type=click.Choice([d.value for d in Dynamics]), help="In all areas.")
@click.option("--robot", "robot_path", type=click.Path(path_type=Path),
              help="A robot file: its tables go into the blob.")  # fmt: skip
@click.option("--report", "report_path", type=OutputFile(), help="Write the report here (JSON).")
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    genome: Path, output: Path | None, precision: str, choice: QuantizeChoice,
    board_name: str | None, only: bool, counter: int, key: Path | None,
    learned: Path | None, dynamics: str | None, robot_path: Path | None, report_path: Path | None,
    policy: Policy, as_json: bool,
) -> None:  # fmt: skip
    """Compile a GENOME (.json) or a developed connectome (.npz) into a blob. A trained network
    (.nir) becomes one too, as the tool means it that --source names."""
    blobs.check_precision(precision)
    output = blobs.output_of(genome, output, report_path, [file for file in (key, learned) if file])
    made = blobs.compile_file(
        genome, choice, board=board_name or "", only=only, counter=counter, key=key,
        learned=learned, dynamics=Dynamics(dynamics) if dynamics else None, robot=robot_path,
        policy=policy,
    )  # fmt: skip
    if not as_json:
        tell(made.notices)
    else:
        warned(sum(notice.severity is not Severity.INFO for notice in made.notices))
    for warning in made.warnings:
        warn(f"{genome}: {warning}")
    settle()
    write_bytes(output, made.blob)
    if report_path is not None:
        write_bytes(report_path, json.dumps(made.facts, indent=2).encode() + b"\n")
    if as_json:
        click.echo(json.dumps(made.facts, indent=2))
    elif made.verdicts is not None:
        from .. import nir

        nir.print_compiled(made.facts, output, made.verdicts)
    else:
        _print(made.facts, output)


def per_synapse(facts: dict[str, Any]) -> str:
    """Bytes of blob per synapse; nothing where there is none to share them."""
    found = facts["blob_bytes_per_synapse"]
    return "–" if found is None else str(found)


def _print(facts: dict[str, Any], output: Path) -> None:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    ram = facts["ram_total"]
    largest_first = sorted(facts["ram"].items(), key=lambda part: -part[1])
    rows = (
        ("brain", f"{output} ({facts['brain_id']})"),
        ("neurons", f"{facts['live_neurons']:,} of {facts['neurons']:,} (the rest cannot matter)"),
        ("synapses", f"{facts['synapses']:,} in {facts['classes']} classes"),
        ("state", f"{facts['state']}, {'lossless' if facts['lossless'] else 'exact where it can'}"),
        ("blob", f"{facts['blob_bytes']:,} bytes, {per_synapse(facts)} per synapse"),
        ("RAM", f"{ram:,} bytes, {facts['state_bytes_per_neuron']} of state per neuron"),
        ("", ", ".join(f"{name} {n:,}" for name, n in largest_first if n > 4)),
        ("overflow", f"impossible: proved, {facts['slack']:,} to spare"),
        ("self-test", blobs.decided(facts["undecided"])),
    )
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
