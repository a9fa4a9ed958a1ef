"""export: a recorded run, or a brain, as a file that other programs read.

In:  a recording; or a brain (.gbn, or a genome), for a name that ends in .onnx or .nir.
Out: CSV, Parquet, HDF5 in NIR's data layout, NWB or NIX; of a brain ONNX or a NIR graph.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...blob.container import brain_id
from ...brains import CONNECTOMES, NIR_SUFFIX
from ...errors import ToolError, UsageError
from ...export.material import FORMATS, TABLES, export
from ...export.onnx import FORMS, export_brain
from ...files import check_output
from ...recording.material import RecordedRun
from ..options.brain import open_brain
from ..options.device import waiting
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.recording import chosen_run, run_option
from ..options.talk import remark

BRAINS = (".gbn", NIR_SUFFIX, *CONNECTOMES)
ONNX = ".onnx"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=OutputFile((*FORMATS, ONNX, NIR_SUFFIX)),
              metavar="OUT",
              help=f"The file; its suffix names the format: {', '.join(FORMATS)}; "
                   f"of a brain {ONNX} or {NIR_SUFFIX}.")  # fmt: skip
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
    if (file.suffix in BRAINS) != (output.suffix in (ONNX, NIR_SUFFIX)):
        what = "a brain" if file.suffix in BRAINS else "a recording"
        formats = f"{ONNX} or {NIR_SUFFIX}" if file.suffix in BRAINS else ", ".join(FORMATS)
        raise UsageError(f"{file} is {what}, and {output} no format for one", f"use {formats}")
    if output.suffix == ONNX:
        _brain(file, output, form, scan)
        return
    if output.suffix == NIR_SUFFIX:
        _graph(file, output)
        return
    material = RecordedRun(*chosen_run(file, number))
    with waiting(f"writing {output.name}"):
        export(material, output, table)
    run = material.run
    remark(f"wrote {output}: {len(run.number):,} bursts, {len(run.spike_burst):,} spikes")


def _graph(file: Path, output: Path) -> None:
    try:
        from ...export.nir_graph import write_graph
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{NIR_SUFFIX} files need {error.name}, which is not installed",
            "`pip install 'ganglion[nir]'`",
        ) from None
    check_output(output, inputs=(file,))
    opened = open_brain(file)
    for sentence in write_graph(opened.network, brain_id(opened.blob).hex(), output):
        click.echo(f"not in the file: {sentence}")
    remark(f"wrote {output}: {output.stat().st_size:,} bytes")


def _brain(file: Path, output: Path, form: str, scan: bool) -> None:
    opened = open_brain(file)
    network, blob = opened.network, opened.blob
    if network.layers:
        raise UsageError(
            f"{file} is a network of layers, and ONNX graphs are made of neurons and synapses",
            f"export it as {NIR_SUFFIX}, or from the tool that trained it",
        )
    done = export_brain(network, brain_id(blob).hex(), output, form, scan=scan)
    for path, size in done.files:
        remark(f"wrote {path}: {size:,} bytes")
    for area in done.areas:
        verdict = "qualifies" if area.qualifies else "does not qualify"
        click.echo(
            f"{area.area} {verdict}: {area.reason} ({area.sources:,} sources, "
            f"{area.targets:,} targets)"
        )
    if done.areas:
        from ...simulation.accelerators.gemm import NEVER

        click.echo(f"this form was {NEVER}", err=True)
