"""run: a brain on a device, and its spikes as they come.

In:  a brain, a device, a stimulus.
Out: one line per burst (or one JSON object), a last line with totals and losses.
Never: hides a loss; leaves the device running.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from ...device.device import Device, Event, open_device
from ...errors import DeviceError
from ...link.messages import Burst, Done, Fault, Stats
from ...network.model import QuantizedNetwork
from ...recording.file import Recorder
from ...reference.inputs import FedInputs
from ...reference.stimulus import parameters
from ...verification.verify import events_of
from ..options.brain import inputs_of, open_brain, tell_clamped
from ..options.device import deploy, device_option, period_option, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.talk import remark


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@device_option
@run_options(1000)
@period_option
@click.option("--record", type=OutputFile(new=True), help="Keep every frame in this file.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per burst.")
def command(
    brain: Path, device_spec: str, bursts: int, stimulus: str, injections: tuple[str, ...],
    period: float, record: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Put BRAIN (.gbn or genome) on a device, run it, and show its spikes."""
    opened = open_brain(brain)
    network, blob = opened.network, opened.blob
    chosen, injected = inputs_of(opened, stimulus, injections, bursts)
    fed = isinstance(injected, FedInputs)
    with open_device(device_spec) as device:
        deploy(device, blob)
        meta = {"device": device_spec, "stimulus": stimulus, "period_us": round(period * 1000)}
        with Recorder(record, blob, meta) if record else nullcontext() as recorder:
            if recorder:
                device.link.tap = recorder.tap
            device.configure(
                stimulus=parameters(chosen), lossless=fed or period == 0, stats_every=100,
                period_us=0 if fed else round(period * 1000), stepped=fed,
            )  # fmt: skip
            events = events_of(device, bursts, injected, round(period * 1000))
            _follow(device, events, network, as_json)
    tell_clamped(injected)


def _follow(
    device: Device, events: Iterator[Event], network: QuantizedNetwork, as_json: bool
) -> None:
    spikes = 0
    for event in events:
        if isinstance(event, Burst):
            spikes += event.fired
            click.echo(json.dumps(as_object(event)) if as_json else line(event, network))
        elif isinstance(event, Stats) and as_json:
            facts = asdict(event)
            click.echo(json.dumps({"stats": facts.pop("burst"), **facts}))
        elif isinstance(event, Fault):
            raise DeviceError(f"the device failed: {event}", "deploy the brain again")
        elif isinstance(event, Done) and not as_json:
            lost = "nothing was lost" if device.losses.none else f"lost: {device.losses}"
            remark(f"{event.burst:,} bursts, {spikes:,} spikes; {lost}")


def as_object(burst: Burst) -> dict[str, object]:
    """A burst, JSON-ready."""
    digest = None if burst.digest is None else f"{burst.digest:08x}"
    return {
        "burst": burst.number,
        "fired": burst.neurons.tolist(),
        "digest": digest,
        "micros": burst.micros,
        "complete": burst.complete,
    }


def line(burst: Burst, network: QuantizedNetwork) -> str:
    """A burst for people: how many fired, by area."""
    area_of = network.per_neuron("area")
    counts = Counter(area_of[burst.neurons.astype(int)].tolist())
    parts = [f"{network.areas[a].id} {n}" for a, n in sorted(counts.items())]
    return f"burst {burst.number:>6}  {burst.fired:>5} spikes  {burst.micros:>6} µs  " + "  ".join(
        parts
    )
