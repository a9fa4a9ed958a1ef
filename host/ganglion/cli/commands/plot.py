"""plot: pictures of a recorded run.

In:  a recording.
Out: a PNG or an SVG, by the suffix.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...analysis.explain import find
from ...errors import UsageError
from ...export.plots.kinds import KINDS
from ...export.plots.rasters import FORMATS, raster
from ...export.plots.traces import MOST, trace
from ...recording.material import RecordedRun
from ..options.output import OutputFile
from ..options.recording import chosen_run, run_option, span_option
from ..options.talk import remark

_KINDS = ("raster", *KINDS, "trace")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=OutputFile(FORMATS), metavar="OUT",
              help="The picture: OUT.png or OUT.svg.")  # fmt: skip
@click.option("--kind", type=click.Choice(_KINDS), default="raster", show_default=True,
              help="Raster, firing rates, inter-spike intervals, burst times, learnt weights, or "
                   "membrane potentials (trace).")  # fmt: skip
@click.option("--neuron", "neurons", multiple=True, metavar="NEURON",
              help="A neuron of a trace: its number, or AREA:X,Y,Z. Repeatable, up to "
                   f"{MOST}.")  # fmt: skip
@click.option("--title", default="", help="Printed above the picture; default: the file's name, "
              "brain and stimulus.")  # fmt: skip
@span_option
@run_option
def command(
    file: Path, output: Path, kind: str, neurons: tuple[str, ...], title: str,
    span: tuple[int | None, int | None], number: int | None,
) -> None:  # fmt: skip
    """Draw a run of the recording FILE."""
    if neurons and kind != "trace":
        raise UsageError(
            f"--neuron chooses the neurons of a trace, and the picture is of kind {kind}",
            "add --kind trace, or leave out --neuron",
        )
    recording, network, run = chosen_run(file, number)
    material = RecordedRun(recording, network, run)
    first = span[0] or 1
    last = min(span[1] or max(run.last, 1), max(run.last, 1))
    if first > last:
        raise UsageError(
            f"bursts {first} to {last} are none", f"the run has bursts 1 to {run.last}"
        )
    title = title or f"{file.name}: {material.cited}"
    if kind == "raster":
        raster(
            output, run.spike_burst, run.spike_neuron, network, first=first, last=last,
            period_us=round(material.seconds * 1e6), title=title, clock=material.clock,
        )  # fmt: skip
    elif kind == "trace":
        if not neurons:
            raise UsageError(
                "a trace is of one neuron or of some", "name them with --neuron AREA:X,Y,Z"
            )
        found = [find(network, word) for word in neurons]
        trace(output, material, (first, last), title, found)
    else:
        KINDS[kind](output, material, (first, last), title)
    remark(f"wrote {output}")
