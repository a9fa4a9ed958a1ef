"""compile: a genome, or a developed connectome, becomes a blob.

In:  a .json or .npz file and how to quantize it.
Out: a .gbn file; a summary, or everything as JSON; with --report a file that relates the two.
Never: leaves half a file: what was there stays until the new blob is complete.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...analysis.findings import findings
from ...analysis.nir_verdicts import verdicts
from ...analysis.report import decided, report
from ...blob.container import BLOB_SUFFIX, encode
from ...blob.learnt import load as load_learnt
from ...blob.signature import sign
from ...boards.board import load_board
from ...boards.memory import check_fits
from ...brains import NIR_SUFFIX, nir_brain, said_of_nir
from ...compiler import Brain, compile_connectome, compile_learnt
from ...connectome.model import Dynamics, canonical_precision
from ...errors import UsageError
from ...files import check_distinct, check_output, write_bytes
from ...frontends.feagi import Policy, Severity
from ...frontends.read import connectome_of
from ...reference.branches import ROBOT
from ...robot.compile import compile_robot
from ...robot.file import read_robot
from .. import nir
from ..options.brain import silence_of
from ..options.nir import nir_options
from ..options.notices import tell
from ..options.output import OutputFile
from ..options.policy import policy_option
from ..options.quantize import QuantizeChoice, quantize_options
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
    check_precision(precision)
    if genome.suffix == BLOB_SUFFIX:
        connectome_of(genome)  # says that it is a brain already
    output = output or check_output(genome.with_suffix(BLOB_SUFFIX), inputs=(genome,))
    for path in (output, report_path):
        if path is not None:
            check_output(path, inputs=[file for file in (genome, key, learned) if file])
    check_distinct(output, report_path)
    if output.suffix in (".json", ".npz"):
        raise UsageError(
            f"{output} would be read as a genome or a connectome, and a blob is to be written",
            f"end its name in {BLOB_SUFFIX}",
        )
    if only and not board_name:
        raise UsageError("--only says nothing without a board", "name one with --board")
    board = load_board(board_name) if board_name else None
    name = board.name if board is not None and only else ""
    if genome.suffix == NIR_SUFFIX:
        bits = choice.weight_bits
        made = nir_brain(genome, bits, board=name, counter=counter)
        if board is not None:
            check_fits(made.network, made.blob, board)
        said = verdicts(genome, said_of_nir().facts(), bits)
        settle()
        write_bytes(output, sign(made.blob, key) if key else made.blob)
        facts = nir.facts_of(made, said)
        if report_path is not None:
            write_bytes(report_path, json.dumps(facts, indent=2).encode() + b"\n")
        if as_json:
            click.echo(json.dumps(facts, indent=2))
        else:
            nir.print_compiled(facts, output, said)
        return
    connectome, notices = connectome_of(genome, policy, Dynamics(dynamics) if dynamics else None)
    brain = compile_connectome(connectome, choice.options(connectome), board=name, counter=counter)
    if learned is not None:
        brain = compile_learnt(brain, load_learnt(learned, brain.network))
    if robot_path is not None:
        network = replace(
            brain.network, robot=compile_robot(read_robot(robot_path)[0], brain.network)
        )
        undecided = (*brain.undecided, ROBOT)
        brain = replace(brain, network=network, blob=encode(network), undecided=undecided)
    if board is not None:
        check_fits(brain.network, brain.blob, board)
    if not as_json:
        tell(notices + findings(brain, connectome))
    else:
        warned(sum(n.severity is not Severity.INFO for n in notices + findings(brain, connectome)))
    for warning in silence_of(brain.network):
        warn(f"{genome}: {warning}")
    settle()
    write_bytes(output, sign(brain.blob, key) if key else brain.blob)
    facts = report(brain, connectome, notices)
    if report_path is not None:
        write_bytes(report_path, json.dumps(facts, indent=2).encode() + b"\n")
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts, brain, output)


def per_synapse(facts: dict[str, Any]) -> str:
    """Bytes of blob per synapse; nothing where there is none to share them."""
    found = facts["blob_bytes_per_synapse"]
    return "–" if found is None else str(found)


def check_precision(word: str) -> None:
    """Raises UsageError unless the word means int8, the one precision that a board runs."""
    precision = canonical_precision(word)
    if precision is None:
        raise UsageError(f"the precision {word!r} is unknown", "use int8, fp16 or fp32")
    if precision != "int8":
        raise UsageError(
            f"a blob is int8, and {precision} was asked for",
            f"boards run integers only; `ganglion simulate --precision {precision}` runs it here",
        )


def _print(facts: dict[str, Any], brain: Brain, output: Path) -> None:
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
        ("self-test", decided(facts["undecided"])),
    )
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)
