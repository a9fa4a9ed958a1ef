"""export: a recorded run as a file that other programs read.

In:  a recording.
Out: CSV, Parquet, HDF5 in NIR's data layout, NWB or NIX, by the suffix.
Never: needs the device.
"""

from pathlib import Path

import rich_click as click

from ...export.material import FORMATS, TABLES, export
from ...recording.material import RecordedRun
from ..options.recording import chosen_run, run_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT",
              help=f"The file; its suffix names the format: {', '.join(FORMATS)}.")  # fmt: skip
@click.option("--table", type=click.Choice(TABLES), default="spikes", show_default=True,
              help="What CSV and Parquet hold; the other formats hold everything.")  # fmt: skip
@run_option
def command(file: Path, output: Path, table: str, number: int | None) -> None:
    """Write a run of the recording FILE for other programs."""
    material = RecordedRun(*chosen_run(file, number))
    export(material, output, table)
    run = material.run
    click.echo(
        f"wrote {output}: {len(run.number):,} bursts, {len(run.spike_burst):,} spikes", err=True
    )
