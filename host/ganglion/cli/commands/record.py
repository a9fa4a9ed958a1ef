"""record: a run on a device, kept as a file.

In:  a brain, a device, a stimulus.
Out: a recording: every byte that came and went, with its time, and the brain.
Never: overwrites a file; ends a recording because the device went away for a while.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.runs import record_run
from ..options.brain import open_brain, warn_first
from ..options.device import device_option, period_option, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.talk import remark, warn


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=OutputFile(new=True), metavar="OUT.gbr",
              help="The recording; it must not exist yet.")  # fmt: skip
@device_option
@run_options(1000)
@period_option
@click.option("--patience", type=click.FloatRange(0), default=60.0, show_default=True,
              metavar="SECONDS", help="How long to wait for a device that went away; when it is "
              "back, a new run begins in the same recording.")  # fmt: skip
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print what was recorded as JSON.")
def command(
    brain: Path, output: Path, device_spec: str, bursts: int, stimulus: str,
    injections: tuple[str, ...], period: float, patience: float, as_json: bool,
) -> None:  # fmt: skip
    """Run BRAIN (.gbn or genome) on a device and keep everything it says."""
    done = record_run(
        open_brain(brain), output, device_spec, bursts, stimulus, inject=injections,
        period_us=round(period * 1000), patience=patience, title=brain.name, progress=progress,
        tell=lambda text: remark(f"ganglion: {text}"), warn=warn_first,
    )  # fmt: skip
    if done.clamped:
        warn(done.clamped)
    if as_json:
        click.echo(json.dumps(done.as_dict()))
        return
    lost = "nothing was lost" if done.losses.none else f"lost: {done.losses}"
    remark(
        f"wrote {done.file}: {done.bursts:,} bursts, {done.spikes:,} spikes, "
        f"{done.bytes:,} bytes; {lost}"
    )
