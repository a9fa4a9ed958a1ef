"""monitor: a brain at work, live.

In:  a brain (or whatever the device has), a device, a stimulus.
Out: a raster in the terminal, plain lines off it, JSON, or a page on 127.0.0.1.
Never: changes how the brain runs by being looked at.
"""

from functools import partial
from pathlib import Path

import rich_click as click

from ...blob.container import encode
from ...device.device import Device, open_device
from ...device.installation.deploy import send_drivers
from ...errors import UsageError
from ...monitor.live import Live, Settings
from ...monitor.show import ShowOptions, watch
from ...monitor.unknown_brain import network_on
from ...reference.stimulus import DEFAULT_STIMULUS, RandomStimulus
from ..options.brain import open_brain
from ..options.device import deploy, device_option
from ..options.drive import Driving, driving_of
from ..options.nir import nir_options
from ..options.output import OutputFile


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
@click.option("--world", "world_spec", metavar="FILE.toml", help="The room; a built-in one if not.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per burst.")
def command(
    brain: Path | None, device_spec: str, bursts: int, stimulus: str, period: float | None,
    no_compare: bool, record: Path | None, web: bool, bind: str, teleplot: str | None,
    plotjuggler: str | None, patience: float, robot_path: Path | None, world_spec: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Watch BRAIN (.gbn or genome) run on a device. Without BRAIN: the one that the device has."""
    opened = open_brain(brain) if brain else None
    network, blob = (opened.network, opened.blob) if opened else (network_on(device_spec), b"")
    driving = Driving(network)
    if robot_path is not None:
        if brain is None:
            raise UsageError("a robot is compiled with a brain", "name the brain too")
        driving = driving_of(robot_path, world_spec, network, device_spec)
        network, blob = driving.network, encode(driving.network)
        stimulus = "none"
    elif world_spec is not None:
        raise UsageError("a world without a robot is empty", "name the robot with --robot")
    period_us = network.timestep_us if period is None else round(period * 1000)
    settings = Settings(
        bursts, RandomStimulus.parse(stimulus), period_us, patience, stay=bursts == 0,
        drives=driving.mode, told=driving.told,
    )  # fmt: skip
    title = f"{brain.stem} on {device_spec}" if brain else device_spec

    def put(device: Device, brain: bytes) -> bool:
        if driving.drivers:
            send_drivers(device, driving.drivers)
        return deploy(device, brain)

    source = Live(
        device_spec, network, blob, settings, title=title, compare=not no_compare, deploy=put,
        opener=partial(open_device, machine=driving.machine),
    )  # fmt: skip
    options = ShowOptions(as_json, web, bind, record, teleplot, plotjuggler)
    watch(network, source, options, blob, driving.view)
