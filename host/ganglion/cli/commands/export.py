"""export: a recorded run, or a brain, as a file that other programs read.

In:  a recording; or a brain (.gbn, or a genome), for a name that ends in .onnx or .nir.
Out: CSV, Parquet, HDF5 in NIR's data layout, NWB or NIX; of a brain ONNX or a NIR graph.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...api import exports
from ...api.exports import FORMATS, FORMS, NIR, ONNX, TABLES
from ..options.brain import open_brain
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.recording import chosen_run, run_option
from ..options.talk import remark


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=OutputFile((*FORMATS, ONNX, NIR)),
              metavar="OUT",
              help=f"The file; its suffix names the format: {', '.join(FORMATS)}; "
                   f"of a brain {ONNX} or {NIR}.")  # fmt: skip
@click.option("--table", type=click.Choice(TABLES), default="spikes", show_default=True,
              help="What CSV and Parquet hold; the other formats hold everything.")  # fmt: skip
@click.option("--form", type=click.Choice(FORMS), default="event", show_default=True,
              help="How ONNX delivers synapses: event (dynamic shapes), sparse (static shapes), "
                   "dense (INT8 matrices), or gemm: nothing but the synapses.")  # fmt: skip
@click.option("--scan", is_flag=True, help="ONNX: any number of bursts in one run of the graph.")
@run_option
@nir_options
def command(
    file: Path, output: Path, table: str, form: str, scan: bool, number: int | None
) -> None:
    """Write a run of the recording FILE, or the brain FILE, for other programs."""
    exports.check_format(file, output)
    if output.suffix == ONNX:
        _brain(file, output, form, scan)
        return
    if output.suffix == NIR:
        _graph(file, output)
        return
    chosen = chosen_run(file, number)
    with progress(f"writing {output.name}", 0):
        exports.export_run(chosen, output, table)
    run = chosen.run
    remark(f"wrote {output}: {len(run.number):,} bursts, {len(run.spike_burst):,} spikes")


def _graph(file: Path, output: Path) -> None:
    for sentence in exports.export_graph(open_brain(file), output):
        click.echo(f"not in the file: {sentence}")
    remark(f"wrote {output}: {output.stat().st_size:,} bytes")


def _brain(file: Path, output: Path, form: str, scan: bool) -> None:
    done = exports.export_onnx(open_brain(file), output, form, scan=scan, name=str(file))
    for path, size in done.files:
        remark(f"wrote {path}: {size:,} bytes")
    for area in done.areas:
        verdict = "qualifies" if area.qualifies else "does not qualify"
        click.echo(
            f"{area.area} {verdict}: {area.reason} ({area.sources:,} sources, "
            f"{area.targets:,} targets)"
        )
    if done.areas:
        click.echo(f"this form was {exports.never_run()}", err=True)
