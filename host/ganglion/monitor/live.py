"""Session of a monitor: a run on a device, kept going through sudden ends.

In:  how to reach the device, the brain, how to run it; requests of whoever watches.
Out: a stream of what happens: Burst, Stats, Done, Fault, Notice, or None while nothing does.
Never: hides that the device was gone; talks to the device from two threads.
"""

import math
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from ..device.device import Device
from ..device.open import open_device
from ..errors import DeviceError, GanglionError
from ..link.codes import Code, Refused
from ..link.commands import MOST_INPUTS
from ..link.frame import Type
from ..link.messages import Burst, Done, Fault
from ..link.telemetry import NO_LOSSES
from ..network.model import QuantizedNetwork
from ..recording.file import Recorder
from ..reference.inputs import Injection
from ..reference.stimulus import RandomStimulus, parameters
from ..verification.live_reference import LiveReference
from ..verification.verify import inject
from .source import MonitorEvent, NoticeKind, Request, RunNotice

_TICK = 0.05  # seconds
_SWITCH = 0.0005  # seconds until Python gives another thread its turn
_SILENCE = 2.0  # seconds beyond the period after which the device is asked whether it lives
_AHEAD = 0.15  # seconds between an injection and the burst it is for
_LAST_WORD = 10.0  # seconds that a reference has to finish when all is done
_CONTACT = 0.1  # seconds between two words to a robot
_VAIN = 5  # runs in a row that brought no burst: then it is not begun again


@dataclass(frozen=True, slots=True)
class Settings:
    """How a brain is run."""

    bursts: int = 0  # 0 = until stopped
    stimulus: RandomStimulus | None = None
    period_us: int = 0  # 0 = as fast as possible, and lossless
    patience: float = 60.0  # seconds to wait for a device that went away; 0 = do not
    stay: bool = False  # after a run, wait for the request to start another
    injected: Mapping[int, Injection] = field(default_factory=dict)  # by burst, in each run
    drives: int = 0  # the mode of ROBOT (SPEC 10.6): the brain's robot takes part
    told: Mapping[str, object] = field(default_factory=dict)  # more for a recording

    @property
    def stats_every(self) -> int:
        """About twice a second."""
        return max(1, round(5e5 / max(self.period_us, 5_000)))

    def as_meta(self) -> dict[str, object]:
        """What a recording must know to be compared with the reference."""
        return {
            "stimulus": asdict(self.stimulus) if self.stimulus else None,
            "period_us": self.period_us,
            **self.told,
        }


def many(neurons: int) -> str:
    """So many neurons, in words."""
    return "1 neuron" if neurons == 1 else f"{neurons:,} neurons"


class Live:
    """A device. `events()` runs it; requests may come from any thread."""

    def __init__(
        self,
        spec: str,
        network: QuantizedNetwork,
        blob: bytes,
        settings: Settings,
        *,
        title: str = "",
        compare: bool = True,
        opener: Callable[[str], Device] = open_device,
        deploy: Callable[[Device, bytes], object] = Device.ensure,
    ) -> None:
        """`blob` is put on the device if it has another; empty: whatever it has is run.

        `compare`: with the reference, burst by burst. `deploy` puts the brain on the device, with
        whatever it shows of it.
        """
        self.title = title or spec
        self.period_us = settings.period_us
        self.network = network
        self.recorder: Recorder | None = None
        self.reference: LiveReference | None = None
        self.bytes_received = 0
        self.losses = NO_LOSSES
        self._spec, self._blob, self._settings, self._open = spec, blob, settings, opener
        self._deploy = deploy
        self._compare = compare and bool(blob)
        self._requests: deque[tuple[Request, tuple[int, ...]]] = deque()
        self._last = 0  # the last burst that came
        self._pace = (0.0, 0, 0.0)  # time and number of a burst a while ago; bursts per second
        self._injected = False  # in this run
        self._leaving = False

    def request(self, kind: Request, *details: int) -> None:
        """`stop`, `start`, `quit`, or `inject` with neuron, amount, neuron, amount ..."""
        self._requests.append((kind, details))

    def meta(self) -> dict[str, object]:
        """For a recording that begins now."""
        known: dict[str, object] = {"device": self._spec}
        return known if self._injected else known | self._settings.as_meta()

    def events(self) -> Generator[MonitorEvent, None, None]:
        """Until the run is done, or it was wished to quit. Raises what ended it for good."""
        vain = 0
        interval = sys.getswitchinterval()
        # Whoever reads the port must not wait behind a busy reference: a device's buffer is small.
        sys.setswitchinterval(_SWITCH)
        device: Device | None = self._open(self._spec)  # the first time, whoever asked is told
        try:
            while True:
                before = self._last
                try:
                    if device is None:
                        device = yield from self._wait_for_device()
                    yield from self._serve(device)
                    return
                except DeviceError as error:
                    vain = 0 if self._last != before else vain + 1
                    if not self._settings.patience or vain >= _VAIN or self._leaving:
                        raise
                    yield self._noted(error.fact)
                if device is not None:
                    with suppress(GanglionError):
                        device.close()
                    device = None
        finally:
            sys.setswitchinterval(interval)
            if device is not None:
                device.__exit__(None, None, None)
            if self.reference:
                self.reference.close()

    # ---- how

    def _noted(self, text: str) -> RunNotice:
        if self.recorder:
            self.recorder.notice(text)
        return RunNotice(text)

    def _tap(self, data: bytes, sent: bool) -> None:
        if not sent:
            self.bytes_received += len(data)
        if recorder := self.recorder:
            recorder.tap(data, sent)

    def _wait_for_device(self) -> Generator[MonitorEvent, None, Device]:
        until = time.monotonic() + self._settings.patience
        while True:
            self._leaving |= any(kind is Request.QUIT for kind, _ in self._requests)
            try:
                device = self._open(self._spec)
            except DeviceError:
                if self._leaving or time.monotonic() > until:
                    raise
                for _ in range(10):
                    yield None
                    time.sleep(_TICK)
            else:
                yield self._noted("the device is back; a new run begins")
                return device

    def _serve(self, device: Device) -> Iterator[MonitorEvent]:
        """Runs, one after the other if asked to stay."""
        device.link.tap = self._tap
        if self._blob:
            self._deploy(device, self._blob)
        while not self._leaving:
            yield from self._run(device)
            yield RunNotice("the run has ended", NoticeKind.ENDED)
            if not self._settings.stay:
                if self.reference:
                    self.reference.wait(_LAST_WORD)
                return
            started = False
            while not started and not self._leaving:
                for _ in device.poll(_TICK):
                    pass  # raises if the device is gone
                for kind, _ in self._taken():
                    started |= kind is Request.START
                yield None
        yield RunNotice("quit", NoticeKind.QUIT)

    def _run(self, device: Device) -> Iterator[MonitorEvent]:
        settings = self._settings
        device.configure(
            stimulus=parameters(settings.stimulus), lossless=settings.period_us == 0,
            stats_every=settings.stats_every, period_us=settings.period_us,
        )  # fmt: skip
        if self.network.robot is not None:
            device.drives(settings.drives)
        if self.reference:
            self.reference.close()
        drives = bool(settings.drives)
        self.reference = (
            LiveReference(self.network, settings.stimulus, drives=drives) if self._compare else None
        )
        self._last, self._pace = 0, (time.monotonic(), 0, 0.0)
        self._injected = bool(settings.injected)
        self.losses = NO_LOSSES
        inject(device, settings.injected)
        if self.reference:
            for burst, extra in settings.injected.items():
                for neuron, amount in zip(extra.neurons, extra.amounts, strict=True):
                    self.reference.inject(burst, int(neuron), int(amount))
        device.start(settings.bursts)
        yield RunNotice("the run began", NoticeKind.BEGAN)
        heard = spoken = time.monotonic()
        while True:
            yield from self._grant(device)
            came = False
            for event in device.poll(_TICK):
                came = True
                if isinstance(event, Burst):
                    self._last = event.number
                    if self.reference:
                        self.reference.feed(event)
                self.losses = device.losses
                yield event
                if isinstance(event, Done | Fault):
                    return
            now = time.monotonic()
            self._keep_pace(now)
            if settings.drives and now - spoken > _CONTACT:
                device.link.command(Type.PING)  # or its motors stop
                spoken = now
            if came:
                heard = now
            elif now - heard > _SILENCE + settings.period_us / 1e6:
                device.link.command(Type.PING)  # raises if nobody is there
                heard = now
            yield None

    def _keep_pace(self, now: float) -> None:
        since, number, _ = self._pace
        if now - since > 0.5:
            self._pace = now, self._last, (self._last - number) / (now - since)

    def _taken(self) -> list[tuple[Request, tuple[int, ...]]]:
        """The requests made since last time."""
        taken = [self._requests.popleft() for _ in range(len(self._requests))]
        self._leaving |= any(kind is Request.QUIT for kind, _ in taken)
        return taken

    def _grant(self, device: Device) -> Iterator[MonitorEvent]:
        for kind, details in self._taken():
            if kind in (Request.STOP, Request.QUIT):
                device.stop()
            elif kind is Request.INJECT:
                pairs = list(zip(details[::2], details[1::2], strict=True))
                for at in range(0, len(pairs), MOST_INPUTS):
                    yield self._inject(device, pairs[at : at + MOST_INPUTS])

    def _inject(self, device: Device, pairs: list[tuple[int, int]]) -> RunNotice:
        """Into one burst that is near and has not run, by number, so that the reference knows."""
        ahead = max(3, math.ceil(_AHEAD * self._pace[2]))
        for _ in range(3):
            burst = self._last + ahead
            try:
                device.inject(pairs, burst)
            except Refused as refused:
                if refused.code == Code.LATE:
                    ahead *= 4
                    continue
                return RunNotice(refused.fact)
            self._injected = True
            if self.reference:
                for neuron, amount in pairs:
                    self.reference.inject(burst, neuron, amount)
            return RunNotice(f"burst {burst:,}: input into {many(len(pairs))}")
        return RunNotice(f"no burst was far enough ahead for the input (burst {self._last:,} ran)")
