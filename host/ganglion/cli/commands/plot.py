"""plot: pictures of a recorded run.

In:  a recording.
Out: a PNG or an SVG, by the suffix.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...api.pictures import FORMATS, KINDS, MOST_NEURONS
from ...api.recordings import plot_recording
from ...errors import UsageError
from ..options.output import OutputFile
from ..options.recording import chosen_run, run_option, span_option
from ..options.talk import remark


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=OutputFile(FORMATS), metavar="OUT",
              help="The picture: OUT.png or OUT.svg.")  # fmt: skip
@click.option("--kind", type=click.Choice(KINDS), default="raster", show_default=True,
              help="Raster, firing rates, inter-spike intervals, burst times, learnt weights, or "
                   "membrane potentials (trace).")  # fmt: skip
@click.option("--neuron", "neurons", multiple=True, metavar="NEURON",
              help="A neuron of a trace: its number, or AREA:X,Y,Z. Repeatable, up to "
                   f"{MOST_NEURONS}.")  # fmt: skip
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
    plot_recording(chosen_run(file, number), output, kind, span=span, title=title, neurons=neurons)
    remark(f"wrote {output}")
