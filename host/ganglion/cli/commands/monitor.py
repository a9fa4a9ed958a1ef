"""monitor: a brain at work, live.

In:  a brain (or whatever the device has), a device, a stimulus.
Out: a raster in the terminal, plain lines off it, JSON, or a page on 127.0.0.1.
Never: changes how the brain runs by being looked at.
"""

from pathlib import Path

import rich_click as click

from ...api.monitors import ShowOptions, watch
from ...api.stimuli import DEFAULT_STIMULUS
from ..options.brain import open_brain
from ..options.device import device_option
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.talk import remark


@click.command()
@click.argument("brain", required=False, type=click.Path(path_type=Path))
@device_option
@click.option("--bursts", type=click.IntRange(0, 2**31), default=0, metavar="N",
              help="Stop after so many bursts; 0 = when told to.")  # fmt: skip
@click.option("--stimulus", default=DEFAULT_STIMULUS, show_default=True,
              help="random:SEED, random:SEED:RATE or none.")  # fmt: skip
@click.option("--period", type=click.FloatRange(0, 268_000), metavar="MS",
              help="Milliseconds from burst to burst; 0 = as fast as possible. "
                   "Default: what the genome asks.")  # fmt: skip
@click.option("--no-compare", is_flag=True, help="No reference beside the device.")
@click.option("--record", type=OutputFile(new=True), metavar="FILE.gbr",
              help="Record from the beginning.")  # fmt: skip
@click.option("--web", is_flag=True, help="Serve a page instead.")
@click.option("--bind", default="127.0.0.1:8765", show_default=True, metavar="HOST:PORT",
              help="Where the page is served; beyond this machine it needs a token.")  # fmt: skip
@click.option("--teleplot", metavar="HOST[:PORT]", help="Send figures to Teleplot by UDP (47269).")
@click.option("--plotjuggler", metavar="HOST[:PORT]",
              help="Send JSON to PlotJuggler's UDP server (9870).")  # fmt: skip
@click.option("--patience", type=click.FloatRange(0), default=60.0, show_default=True,
              metavar="SECONDS", help="How long to wait for a device that went away.")  # fmt: skip
@click.option("--robot", "robot_path", type=click.Path(path_type=Path), metavar="FILE.toml",
              help="Drive this robot meanwhile, on `virtual` in a room.")  # fmt: skip
@click.option("--world", "world_path", type=click.Path(path_type=Path), metavar="FILE.toml",
              help="The room; a built-in one if not.")  # fmt: skip
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per burst.")
def command(
    brain: Path | None, device_spec: str, bursts: int, stimulus: str, period: float | None,
    no_compare: bool, record: Path | None, web: bool, bind: str, teleplot: str | None,
    plotjuggler: str | None, patience: float, robot_path: Path | None, world_path: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Watch BRAIN (.gbn or genome) run on a device. Without BRAIN: the one that the device has."""
    options = ShowOptions(as_json, web, bind, record, teleplot, plotjuggler)
    watch(
        open_brain(brain) if brain else None, device_spec, options, bursts=bursts,
        stimulus=stimulus, period_us=None if period is None else round(period * 1000),
        compare=not no_compare, patience=patience, name=brain.stem if brain else "",
        robot=robot_path, world=world_path, progress=progress, tell=remark,
    )  # fmt: skip
