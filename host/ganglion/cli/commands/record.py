"""record: a run on a device, kept as a file.

In:  a brain, a device, a stimulus.
Out: a recording: every byte that came and went, with its time, and the brain.
Never: overwrites a file; ends a recording because the device went away for a while.
"""

import json
from contextlib import closing
from pathlib import Path

import rich_click as click

from ...device.device import open_device
from ...errors import DeviceError
from ...link.messages import Burst, Done, Fault, TelemetryLoss
from ...monitor.live import Live, Settings
from ...monitor.source import NoticeKind, RunNotice
from ...recording.file import Recorder
from ...reference.inputs import FedInputs
from ...verification.verify import events_of
from ..options.brain import Opened, inputs_of, open_brain, tell_clamped
from ..options.device import deploy, device_option, period_option, progress, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.talk import remark


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
    opened = open_brain(brain)
    network, blob = opened.network, opened.blob
    chosen, injected = inputs_of(opened, stimulus, injections, bursts)
    if isinstance(injected, FedInputs):
        _fed(opened, output, device_spec, bursts, injected, round(period * 1000), as_json)
        return
    settings = Settings(bursts, chosen, round(period * 1000), patience=patience, injected=injected)
    live = Live(device_spec, network, blob, settings, compare=False, deploy=deploy)
    facts = {"bursts": 0, "spikes": 0, "runs": 0}
    with (
        Recorder(output, blob, live.meta() | {"title": brain.name}) as recorder,
        progress("recording", bursts) as advance,
        closing(live.events()) as events,
    ):
        live.recorder = recorder
        for event in events:
            recorder.check()  # a full disk ends it, with all before kept
            if isinstance(event, Burst):
                facts["bursts"] += 1
                facts["spikes"] += event.fired
                advance(event.number)
            elif isinstance(event, RunNotice):
                facts["runs"] += event.kind is NoticeKind.BEGAN
                if event.kind is NoticeKind.NOTICE:
                    remark(f"ganglion: {event.text}")
            elif isinstance(event, Fault):
                raise DeviceError(f"the device failed: {event}", f"what came is in {output}")
            elif isinstance(event, Done):
                advance(bursts)
    _tell(facts, recorder, live.losses, as_json)


def _fed(
    opened: Opened, output: Path, device_spec: str, bursts: int, inputs: FedInputs, period_us: int,
    as_json: bool,
) -> None:  # fmt: skip
    """A run that this host feeds burst by burst. A device that goes away ends it."""
    meta = {"device": device_spec, "fed_by_host": inputs.name, "period_us": period_us}
    facts = {"bursts": 0, "spikes": 0, "runs": 1}
    with open_device(device_spec) as device:
        deploy(device, opened.blob)
        with (
            Recorder(output, opened.blob, meta) as recorder,
            progress("recording", bursts) as advance,
        ):
            device.link.tap = recorder.tap
            device.configure(lossless=True, stats_every=100, stepped=True)
            for event in events_of(device, bursts, inputs, period_us):
                recorder.check()
                if isinstance(event, Burst):
                    facts["bursts"] += 1
                    facts["spikes"] += event.fired
                    advance(event.number)
                elif isinstance(event, Fault):
                    raise DeviceError(f"the device failed: {event}", f"what came is in {output}")
            device.link.tap = None
        losses = device.losses
    tell_clamped(inputs)
    _tell(facts, recorder, losses, as_json)


def _tell(facts: dict[str, int], recorder: Recorder, losses: TelemetryLoss, as_json: bool) -> None:
    if as_json:
        told = {**facts, "bytes": recorder.bytes_written, "file": str(recorder.path)}
        click.echo(json.dumps({**told, "lost_nothing": losses.none}))
        return
    lost = "nothing was lost" if losses.none else f"lost: {losses}"
    remark(
        f"wrote {recorder.path}: {facts['bursts']:,} bursts, {facts['spikes']:,} spikes, "
        f"{recorder.bytes_written:,} bytes; {lost}"
    )
