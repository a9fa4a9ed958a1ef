"""Runs: a brain on a device: followed, verified, recorded.

In:  a brain or what it is compiled from, a device by name or open, a stimulus.
Out: a Verdict, a recording, the events of a run.
Never: a verdict over telemetry that was lost; a device left running.
"""

import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..device.device import Device
from ..device.open import open_device
from ..errors import DeviceError, UsageError
from ..link.messages import Burst, Done, Fault, Stats
from ..link.telemetry import TelemetryLoss
from ..recording.file import Recorder
from ..reference.inputs import FedInputs
from ..reference.stimulus import parameters
from ..simulation.accelerators.runtime_device import RuntimeDevice, is_runtime, open_runtime
from ..verification.verdict import Verdict
from ..verification.verify import events_of
from ..verification.verify import verify as _verify
from ._inputs import RunInputs, inputs_of
from .brains import OpenedBrain, Place, Source, open_brain
from .devices import ephemeral, put
from .progress import Progress, Tell, silent, unheard

if TYPE_CHECKING:
    from ..recording.run import Run

__all__ = [
    "Burst", "Finished", "OpenedBrain", "Recorded", "Stats", "Verified", "follow", "record",
    "record_run", "verified", "verify",
]  # fmt: skip

OnEvent = Callable[[Burst | Stats], None]
"""Takes what a device said."""
_FAILED = "the device failed: {}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a verification."""

    verdict: Verdict
    brain_id: str
    seconds: float
    """that the run took, without what came before it"""
    clamped: str
    """the inputs that were cut short, in a sentence; empty if none was"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is in a new recording."""

    file: Path
    bursts: int
    spikes: int
    runs: int
    bytes: int
    losses: TelemetryLoss
    clamped: str
    """the inputs that were cut short, in a sentence; empty if none was"""

    def as_dict(self) -> dict[str, object]:
        """The same, JSON-ready."""
        return {
            "bursts": self.bursts, "spikes": self.spikes, "runs": self.runs, "bytes": self.bytes,
            "file": str(self.file), "lost_nothing": self.losses.none,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a run that was followed."""

    bursts: int
    spikes: int
    losses: TelemetryLoss
    clamped: str


def verify(
    source: Source,
    device: str | Device = "virtual",
    bursts: int = 1000,
    stimulus: str = "random:1",
    *,
    inject: tuple[str, ...] = (),
    period_us: int = 0,
    deploy: bool = True,
) -> Verdict:
    """Runs a brain on a device and on the reference, and compares every bit of every burst.

    `device` is a name (virtual, auto, a port, onnx, torch ...) or an open Device. `inject`:
    potentials by AREA:X,Y,Z=POTENTIAL@BURST. `period_us`: microseconds from burst to burst, 0 = as
    fast as possible. `deploy`: put the brain there first, if it has another. Raises UsageError or
    StimulusError for what makes no sense, DeviceError if telemetry is lost: then there is no
    verdict.
    """
    return verified(
        source, device, bursts, stimulus, inject=inject, period_us=period_us, deploy=deploy
    ).verdict


def verified(
    source: Source, device: str | Device = "virtual", bursts: int = 1000,
    stimulus: str = "random:1", *, inject: tuple[str, ...] = (), period_us: int = 0,
    deploy: bool = True, progress: Progress = silent, warn: Tell = unheard,
) -> Verified:  # fmt: skip
    """As `verify`, with how long it took, and what of its inputs was cut short.

    `warn` is told, before the run, of inputs that never arrive; it may raise.
    """
    if not deploy and isinstance(device, str) and ephemeral(device):
        raise UsageError(
            f"{device} begins without a brain, so that there is none to compare with",
            "leave out --no-deploy, or name the device virtual:DIR that has one",
        )
    brain = open_brain(source)
    inputs = _inputs(brain, stimulus, inject, bursts, warn)
    with nullcontext(device) if isinstance(device, Device) else _opened(device) as there:
        if isinstance(there, RuntimeDevice):
            there.put(brain.blob)
        elif deploy:
            put(there, brain.blob, progress)
        begun = time.monotonic()
        with progress("verifying", bursts) as advance:
            verdict = _verify(
                brain.network, there, bursts, inputs.stimulus, lambda b: advance(b.number),
                inputs.injected, period_us,
            )  # fmt: skip
        seconds = time.monotonic() - begun
    return Verified(verdict, brain.id, seconds, inputs.clamped)


def record(
    source: Source,
    path: Place,
    device: str = "virtual",
    bursts: int = 1000,
    stimulus: str = "random:1",
    *,
    inject: tuple[str, ...] = (),
    period_us: int = 0,
) -> "Run":
    """Runs a brain on a device and keeps every byte of it in a recording (.gbr), a new file.

    Raises DeviceError if the device fails; what came until then is in the file.
    """
    from .recordings import read_run

    record_run(
        source, path, device, bursts, stimulus, inject=inject, period_us=period_us, title=""
    )  # fmt: skip
    return read_run(path)


def record_run(
    source: Source, path: Place, device: str = "virtual", bursts: int = 1000,
    stimulus: str = "random:1", *, inject: tuple[str, ...] = (), period_us: int = 0,
    patience: float = 60.0, title: str = "", progress: Progress = silent, tell: Tell = unheard,
    warn: Tell = unheard,
) -> Recorded:  # fmt: skip
    """As `record`, with what came of it.

    `patience`: seconds to wait for a device that went away; when it is back, a new run begins in
    the same recording, and `tell` is told. A run that this host feeds ends with the device.
    """
    brain = open_brain(source)
    inputs = _inputs(brain, stimulus, inject, bursts, warn)
    if isinstance(inputs.injected, FedInputs):
        return _record_fed(brain, Path(path), device, bursts, inputs, period_us, progress)
    from ..monitor.live import Live, Settings
    from ..monitor.source import NoticeKind, RunNotice

    settings = Settings(
        bursts, inputs.stimulus, period_us, patience=patience, injected=inputs.injected
    )
    live = Live(
        device, brain.network, brain.blob, settings, compare=False,
        deploy=lambda there, blob: put(there, blob, progress),
    )  # fmt: skip
    meta = live.meta() | ({"title": title} if title else {})
    seen = spikes = runs = 0
    with (
        Recorder(Path(path), brain.blob, meta) as recorder,
        progress("recording", bursts) as advance,
        closing(live.events()) as events,
    ):
        live.recorder = recorder
        for event in events:
            recorder.check()  # a full disk ends it, with all before kept
            if isinstance(event, Burst):
                seen += 1
                spikes += event.fired
                advance(event.number)
            elif isinstance(event, RunNotice):
                runs += event.kind is NoticeKind.BEGAN
                if event.kind is NoticeKind.NOTICE:
                    tell(event.text)
            elif isinstance(event, Fault):
                raise DeviceError(_FAILED.format(event), f"what came is in {path}")
            elif isinstance(event, Done):
                advance(bursts)
    return Recorded(Path(path), seen, spikes, runs, recorder.bytes_written, live.losses, "")


def _record_fed(
    brain: OpenedBrain, path: Path, spec: str, bursts: int, inputs: RunInputs, period_us: int,
    progress: Progress,
) -> Recorded:  # fmt: skip
    """A run that this host feeds burst by burst. A device that goes away ends it."""
    assert inputs.fed is not None
    meta = {"device": spec, "fed_by_host": inputs.fed.name, "period_us": period_us}
    seen = spikes = 0
    with open_device(spec) as device:
        put(device, brain.blob, progress)
        with (
            Recorder(path, brain.blob, meta) as recorder,
            progress("recording", bursts) as advance,
        ):
            device.link.tap = recorder.tap
            device.configure(lossless=True, stats_every=100, stepped=True)
            for event in events_of(device, bursts, inputs.fed, period_us):
                recorder.check()
                if isinstance(event, Burst):
                    seen += 1
                    spikes += event.fired
                    advance(event.number)
                elif isinstance(event, Fault):
                    raise DeviceError(_FAILED.format(event), f"what came is in {path}")
            device.link.tap = None
        losses = device.losses
    return Recorded(path, seen, spikes, 1, recorder.bytes_written, losses, inputs.clamped)


def follow(
    source: Source, device: str = "virtual", bursts: int = 1000, stimulus: str = "random:1", *,
    on_event: OnEvent, inject: tuple[str, ...] = (), period_us: int = 0, keep: Path | None = None,
    progress: Progress = silent, warn: Tell = unheard,
) -> Finished:  # fmt: skip
    """Puts a brain on a device and runs it; `on_event` takes its bursts and figures as they come.

    What `on_event` raises ends the run. `keep`: a new recording of every frame. Raises DeviceError
    if the device fails.
    """
    brain = open_brain(source)
    inputs = _inputs(brain, stimulus, inject, bursts, warn)
    fed = inputs.fed is not None
    meta = {"device": device, "stimulus": stimulus, "period_us": period_us}
    seen = spikes = 0
    with open_device(device) as there:
        put(there, brain.blob, progress)
        with Recorder(keep, brain.blob, meta) if keep else nullcontext() as recorder:
            if recorder:
                there.link.tap = recorder.tap
            there.configure(
                stimulus=parameters(inputs.stimulus), lossless=fed or period_us == 0,
                stats_every=100, period_us=0 if fed else period_us, stepped=fed,
            )  # fmt: skip
            for event in events_of(there, bursts, inputs.injected, period_us):
                if isinstance(event, Fault):
                    raise DeviceError(_FAILED.format(event), "deploy the brain again")
                if isinstance(event, Burst):
                    spikes += event.fired
                if isinstance(event, Burst | Stats):
                    on_event(event)
                elif isinstance(event, Done):
                    seen = event.burst
        losses = there.losses
    return Finished(seen, spikes, losses, inputs.clamped)


def _inputs(
    brain: OpenedBrain, stimulus: str, inject: tuple[str, ...], bursts: int, warn: Tell
) -> RunInputs:
    inputs = inputs_of(brain, stimulus, inject, bursts)
    for sentence in inputs.warnings:
        warn(sentence)
    return inputs


def _opened(spec: str) -> Device | RuntimeDevice:
    return open_runtime(spec) if is_runtime(spec) else open_device(spec)
