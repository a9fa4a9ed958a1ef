"""demo: the whole path in one command, with no board: genome, blob, device, proof, picture.

In:  nothing (or another genome).
Out: a table, a raster picture, and exit code 0 if device and reference were identical.
Never: takes a minute, or needs anything that pip has not installed.
"""

import time
from importlib import resources
from pathlib import Path

import numpy as np
import rich_click as click
from rich.console import Console
from rich.table import Table

from ...boards.memory import summary
from ...compiler import Brain, compile_connectome
from ...device.device import open_device
from ...errors import MismatchError
from ...frontends.read import connectome_of
from ...link.messages import Burst
from ...plots.rasters import FORMATS, raster
from ...reference.stimulus import DEFAULT_STIMULUS, RandomStimulus
from ...verification.verdict import Verdict
from ...verification.verify import verify
from ..options.device import deploy, device_option, progress
from ..options.output import OutputFile

GENOME = "wall_avoider.json"


@click.command()
@device_option
@click.option("--bursts", type=click.IntRange(1, 10**6), default=1000, show_default=True)
@click.option(
    "-o", "--output", type=OutputFile(FORMATS), default="ganglion-demo.png",
    show_default=True, help="The raster picture.",
)  # fmt: skip
def command(device_spec: str, bursts: int, output: Path) -> None:
    """Compile a small robot's brain, run it on a virtual device, and prove it equal."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    with resources.as_file(resources.files("ganglion.examples") / GENOME) as path:
        connectome, _ = connectome_of(path)
    brain = compile_connectome(connectome)
    console.print(f"{connectome.title}: compiled to {len(brain.blob):,} bytes")
    seen: list[Burst] = []
    with open_device(device_spec) as device:
        deploy(device, brain.blob)
        console.print(f"deployed to {device.greeting.board}; its self-test reproduced the brain")
        begun = time.monotonic()
        with progress("running and comparing", bursts) as advance:

            def on_burst(burst: Burst) -> None:
                seen.append(burst)
                advance(burst.number)

            verdict = verify(
                brain.network, device, bursts, RandomStimulus.parse(DEFAULT_STIMULUS), on_burst
            )
        seconds = time.monotonic() - begun
    _picture(brain, connectome.title, seen, output)
    console.print(_table(brain, verdict, seconds))
    console.print(f"raster: {output}")
    if verdict.divergence is not None:
        raise MismatchError(
            f"the device and the reference part: {verdict.divergence}", "tell its makers"
        )


def _picture(brain: Brain, title: str, seen: list[Burst], output: Path) -> None:
    number = np.repeat([b.number for b in seen], [len(b.neurons) for b in seen]).astype(np.int64)
    neuron = np.concatenate([b.neurons for b in seen] or [np.zeros(0, dtype=np.uint16)]).astype(
        np.int64
    )
    raster(
        output,
        number,
        neuron,
        brain.network,
        last=max(len(seen), 1),
        period_us=brain.network.timestep_us,
        title=f"{title}: {len(seen):,} bursts, {len(neuron):,} spikes",
    )


def _table(brain: Brain, verdict: Verdict, seconds: float) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    facts = summary(brain.network, brain.blob)
    losses = verdict.losses
    lost = losses.missing + losses.incomplete + losses.lost + losses.damaged + losses.dropped
    for name, value in (
        ("neurons", f"{brain.network.n_neurons:,}"),
        ("synapses", f"{brain.network.n_synapses:,}"),
        ("blob bytes", f"{len(brain.blob):,}"),
        ("RAM per neuron", f"{facts['state_bytes_per_neuron']} bytes of state"),
        ("bursts", f"{verdict.bursts:,}"),
        ("spikes", f"{verdict.spikes:,}"),
        ("bursts per second", f"{verdict.bursts / max(seconds, 1e-9):,.0f}"),
        ("lost frames", f"{lost}"),
        ("verdict", "identical" if verdict.identical else "DIFFERENT"),
    ):
        table.add_row(name, value)
    return table
