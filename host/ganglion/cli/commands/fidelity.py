"""fidelity: how far a genome in integers fires as it does in float32.

In:  a genome, how to quantize it, a stimulus.
Out: F1, identical bursts, open loop, chaos floor, the first divergence and its cause; a sweep.
Never: an exit code other than 0 for a low figure: it is a measurement, not a test.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...api import fidelities
from ...api.fidelities import FORMATS, Cell, Fidelity
from ...api.genomes import Policy
from ...api.networks import is_network
from ...api.quantization import QuantizeChoice
from ...api.stimuli import DEFAULT_STIMULUS, HELP
from ...errors import UsageError
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.policy import policy_option
from ..options.progress import progress
from ..options.quantize import quantize_options
from ..options.tables import show
from ..options.talk import remark


@click.command()
@click.argument("genome", type=click.Path(path_type=Path))
@click.option("--bursts", type=click.IntRange(1, 10_000_000),
              help="[1000, of a .nir file 200, or a trace's own]")  # fmt: skip
@click.option("--stimulus", "stimulus_text", help=f"{HELP} [{DEFAULT_STIMULUS}, or a trace's own]")
@click.option("--sweep", "sweeping", is_flag=True, help="All widths of state and weights, ranges.")
@click.option("--engine", metavar="torch[:DEVICE]", default="",
              help="Run the sweep's integers as batches there.")  # fmt: skip
@click.option("--picture", type=OutputFile(FORMATS), help="Draw the sweep here.")
@quantize_options
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(
    genome: Path, bursts: int | None, stimulus_text: str | None, sweeping: bool,
    engine: str, picture: Path | None, choice: QuantizeChoice, policy: Policy, as_json: bool,
) -> None:  # fmt: skip
    """Compare GENOME (.json, .npz or a golden trace) in integers with itself in float32.

    Of a trained network (.nir) every value of every layer is compared with the tool's arithmetic;
    --stimulus file:CASE.npz feeds its array `input`, a row for each burst.
    """
    if picture and not sweeping:
        raise UsageError("--picture draws the sweep, and there is none", "add --sweep")
    if engine and not sweeping:
        raise UsageError("--engine runs the sweep, and there is none", "add --sweep")
    if is_network(genome):
        if sweeping:
            raise UsageError("a .nir file has one width of state, 32 bits", "leave --sweep out")
        layers, brain_id = fidelities.measure_layers(
            genome, choice.weight_bits, bursts, stimulus_text, progress
        )
        if as_json:
            facts = {"file": genome.name, "brain_id": brain_id, **layers.as_dict()}
            click.echo(json.dumps(facts, indent=2))
        else:
            from .. import nir

            nir.print_fidelity(layers)
        return
    subject = fidelities.subject_of(genome, choice, bursts, stimulus_text, policy)
    if sweeping:
        swept = fidelities.sweep_widths(
            subject, choice, genome.stem, picture, engine=engine, progress=progress
        )
        if picture is not None:
            remark(f"wrote {picture}")
        if as_json:
            facts = {
                "genome": genome.stem, "stimulus": swept.stimulus, "bursts": swept.bursts,
                "calibrated_by": swept.calibrated_by, "rows": [c.as_dict() for c in swept.cells],
            }  # fmt: skip
            click.echo(json.dumps(facts, indent=2))
        else:
            show(_table(swept.cells))
        return
    found = fidelities.measure(subject, progress)
    if as_json:
        facts = {"genome": genome.name, "brain_id": subject.brain.id, **found.as_dict()}
        click.echo(json.dumps(facts, indent=2))
    else:
        _print(found)


def _table(cells: list[Cell]) -> Table:
    table = Table(box=None)
    for heading in ("range", "weights", "state"):
        table.add_column(heading)
    for heading in ("F1", "same", "open loop", "exact", "RAM", "blob"):
        table.add_column(heading, justify="right")
    for cell in cells:
        f = cell.fidelity
        figures = (
            (f"{f.f1:.4f}", f"{f.identical_bursts:.4f}", f"{f.open_loop:.4f}",
             f"{f.exact_areas}/{len(f.areas)}", f"{cell.ram:,}", f"{cell.blob:,}")
            if f else ("does not fit", "", "", "", "", "")
        )  # fmt: skip
        table.add_row(cell.range, cell.weights, cell.state, *figures)
    return table


def _print(found: Fidelity) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    verdict = "lossless by proof" if found.lossless else "not lossless for every input"
    rows = (
        ("state", f"{found.state}, {verdict}"),
        ("areas on their lattice", f"{found.exact_areas} of {len(found.areas)}"),
        ("F1", f"{found.f1:.6f}  (first {fidelities.EARLY} bursts: {found.f1_early:.6f})"),
        ("identical bursts", f"{found.identical_bursts:.4%} of {found.bursts:,}"),
        ("open loop", f"{found.open_loop:.6f}"),
        ("chaos floor", f"{found.chaos_floor:.6f}"),
        ("spikes", f"{found.spikes_f32:,} in float32, {found.spikes_int:,} in integers"),
        ("inputs cut short", f"{found.clamped_inputs:,}"),
    )
    for row in rows:
        table.add_row(*row)
    console.print(table)
    d = found.first_divergence
    if d is None:
        console.print("no divergence: every burst fires the same neurons")
        return
    x, y, z = d.voxel
    other = "integers" if d.fired_in == "f32" else "float32"
    console.print(
        f"first divergence: burst {d.burst}, neuron {d.neuron} ({d.area} at {x},{y},{z}) fires in "
        f"{'float32' if d.fired_in == 'f32' else 'integers'} and not in {other}\n"
        f"  cause: {d.explanation} ({d.detail})\n"
        f"  potential {d.potential:.7g} against a threshold of {d.threshold:.7g}; in integers "
        f"{d.potential_int:.7g} against {d.threshold_int:.7g}"
    )
    off = [a for a in found.areas if a.rate_error]
    for a in sorted(off, key=lambda a: -abs(a.rate_error))[:5]:
        console.print(
            f"  {a.area}: {a.spikes_f32:,} spikes became {a.spikes_int:,} ({a.rate_error:+.2%})"
        )
