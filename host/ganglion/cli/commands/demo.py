"""demo: the closed loop in one command, with no board: genome, robot, device, room, proof, picture.

In:  nothing.
Out: a table, a picture of the track and the spikes, and exit code 0 if device and reference were
     identical.
Never: takes a minute, or needs anything that pip has not installed.
"""

import json
from dataclasses import replace
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ...blob.container import brain_id, encode
from ...boards.memory import summary
from ...compiler import compile_connectome
from ...device.device import open_device
from ...errors import MismatchError
from ...examples import path as example
from ...examples import robot as example_robot
from ...frontends.read import connectome_of
from ...link.messages import Burst
from ...network.model import QuantizedNetwork
from ...robot.compile import compile_robot
from ...robot.file import read_robot
from ...robot.loop import Pose, RoomWorld
from ...robot.world import BUILT_IN, for_machine
from ...verification.drive import DRIVERS, HOST, Driver, DriveResult, Settings
from ..options.device import deploy, device_option, progress
from ..options.drive import draw, without
from ..options.output import OutputFile

NAME = "wall_avoider"


@click.command()
@device_option
@click.option("--bursts", type=click.IntRange(1, 10**6), default=3000, show_default=True)
@click.option(
    "-o", "--output", type=OutputFile((".png", ".svg")), default="ganglion-demo.png",
    show_default=True, help="The picture.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def command(device_spec: str, bursts: int, output: Path, as_json: bool) -> None:
    """Drive a small robot through a room on a virtual device, and prove each burst equal."""
    console = Console(highlight=False, markup=False, soft_wrap=True, quiet=as_json)
    connectome, _ = connectome_of(example(NAME))
    robot, _ = read_robot(example_robot(NAME))
    network = compile_connectome(connectome).network
    program = compile_robot(robot, network)
    network = replace(network, robot=program)
    blob = encode(network)
    console.print(f"{connectome.title}: brain and robot compiled to {len(blob):,} bytes")
    world = RoomWorld(BUILT_IN, robot, program, program.period_us)
    blank = RoomWorld(BUILT_IN, robot, program, program.period_us)
    virtual = device_spec.partition(":")[0] == "virtual"
    machine = for_machine(BUILT_IN, robot, program, program.period_us) if virtual else None
    with open_device(device_spec, machine=machine) as device:
        deploy(device, blob)
        console.print(f"deployed to {device.greeting.board}; its self-test reproduced the brain")
        with progress("driving and comparing", bursts) as advance:

            def on_burst(burst: Burst, pose: Pose | None) -> None:
                advance(burst.number)

            settings = Settings(bursts, DRIVERS if virtual else HOST)
            result = Driver(network, device, world, settings, on_burst).run()
    draw(output, result, network, world, f"{connectome.title}: {result.bursts:,} bursts")
    console.print(_table(network, blob, result, without(blank, bursts, network)))
    console.print(f"picture: {output}")
    if as_json:
        told = {**result.as_dict(), "brain_id": brain_id(blob).hex(), "device": device_spec}
        click.echo(json.dumps({**told, "picture": str(output)}))
    if result.divergence is not None:
        raise MismatchError(
            f"the device and the reference part: {result.divergence}", "tell its makers"
        )


def _table(
    network: QuantizedNetwork, blob: bytes, result: DriveResult, blind: tuple[int, int] | None
) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    facts = summary(network, blob)
    for name, value in (
        ("neurons", f"{network.n_neurons:,}"),
        ("synapses", f"{network.n_synapses:,}"),
        ("RAM per neuron", f"{facts['state_bytes_per_neuron']} bytes of state"),
        ("bursts", f"{result.bursts:,}"),
        ("spikes", f"{result.spikes:,}"),
        ("sensor readings", f"{result.sensed:,}"),
        ("driven", f"{result.distance_mm / 1000:.2f} m"),
        ("collisions", f"{result.collisions}"),
        ("bursts at a wall", f"{result.contact_bursts:,}"),
        ("... without a brain", f"{blind[1]:,}" if blind else ""),
        ("bursts per second", f"{result.bursts / max(result.seconds, 1e-9):,.0f}"),
        ("verdict", "identical" if result.identical else "DIFFERENT"),
    ):
        table.add_row(name, value)
    return table
