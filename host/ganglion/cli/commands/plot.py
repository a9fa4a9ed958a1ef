"""plot: pictures of a recorded run.

In:  a recording.
Out: a PNG or an SVG, by the suffix.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...errors import UsageError
from ...plots.kinds import KINDS, trace
from ...plots.rasters import FORMATS, raster
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
              help="Raster, firing rates, inter-spike intervals, burst times, or one neuron's "
                   "membrane potential.")  # fmt: skip
@click.option("--neuron", type=int, help="The neuron of a trace, by its number in the brain.")
@click.option("--title", default="", help="Printed above the picture; default: the file's name.")
@span_option
@run_option
def command(
    file: Path, output: Path, kind: str, neuron: int | None, title: str,
    span: tuple[int | None, int | None], number: int | None,
) -> None:  # fmt: skip
    """Draw a run of the recording FILE."""
    recording, network, run = chosen_run(file, number)
    material = RecordedRun(recording, network, run)
    first = span[0] or 1
    last = min(span[1] or max(run.last, 1), max(run.last, 1))
    if first > last:
        raise UsageError(
            f"bursts {first} to {last} are none", f"the run has bursts 1 to {run.last}"
        )
    title = title or file.name
    if kind == "raster":
        raster(
            output, run.spike_burst, run.spike_neuron, network, first=first, last=last,
            period_us=round(material.seconds * 1e6), title=title,
        )  # fmt: skip
    elif kind == "trace":
        if neuron is None:
            raise UsageError("a trace is of one neuron", "name it with --neuron N")
        trace(output, material, (first, last), title, neuron)
    else:
        KINDS[kind](output, material, (first, last), title)
    remark(f"wrote {output}")
