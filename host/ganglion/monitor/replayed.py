"""Replay to a monitor: a recorded run as a Source, at its own pace or faster.

In:  a Run and the network it is of.
Out: the events that a monitor would have seen of the device.
Never: takes a request that a recording cannot grant without saying so.
"""

import time
from collections import deque
from collections.abc import Generator
from contextlib import suppress

from ..errors import RecordingError
from ..link.messages import Burst
from ..link.telemetry import NO_LOSSES, TelemetryLoss
from ..network.model import QuantizedNetwork
from ..recording.file import Recorder
from ..recording.replay import RecordedInputs, events, losses_of
from ..recording.runs import Run
from ..verification.live_reference import LiveReference
from .source import MonitorEvent, NoticeKind, Request, RunNotice

_TICK = 0.02  # seconds
_PER_BURST = 24  # bytes on the wire, about; for the figure "link"


class Replayed:
    """A recording in the place of a device."""

    def __init__(
        self, title: str, network: QuantizedNetwork, run: Run, speed: float = 1.0,
        stay: bool = False,
    ) -> None:  # fmt: skip
        self.title = f"{title} (replay)"
        self.period_us = run.configuration.period_us
        self.reference: LiveReference | None = None
        self.bytes_received = 0
        self.losses: TelemetryLoss = NO_LOSSES
        self.recorder: Recorder | None = None
        self._network, self._run, self._speed, self._stay = network, run, speed, stay
        self._requests: deque[str] = deque()

    def meta(self) -> dict[str, object]:
        return {"device": self.title}

    def request(self, kind: Request, *details: int) -> None:
        """`stop`, `start` or `quit`; inputs cannot be injected into the past."""
        self._requests.append(kind)

    def events(self) -> Generator[MonitorEvent, None, None]:
        """The run; again for as long as it is wished for."""
        while True:
            stopped = yield from self._play()
            yield RunNotice("the run has ended", NoticeKind.ENDED)
            if stopped is Request.QUIT or not self._stay:
                return
            while True:
                request = self._requests.popleft() if self._requests else ""
                if request is Request.QUIT:
                    return
                if request is Request.START:
                    break
                yield None
                time.sleep(_TICK)

    def _play(self) -> Generator[MonitorEvent, None, str]:
        run = self._run
        self._compare()
        yield RunNotice("the run began", NoticeKind.BEGAN)
        begun = time.monotonic()
        times = iter((run.time - run.began) / 1e9 / self._speed)
        try:
            for event in events(run):
                if isinstance(event, Burst):
                    due = begun + float(next(times))
                    while (left := due - time.monotonic()) > 0:
                        time.sleep(min(left, _TICK))
                        yield None
                    self.bytes_received += _PER_BURST + 2 * event.fired
                    if self.reference:
                        self.reference.feed(event)
                while self._requests:
                    request = self._requests.popleft()
                    if request in (Request.STOP, Request.QUIT):
                        return request
                    yield RunNotice("this is a recording: nothing can be put into it")
                yield event
            self.losses = losses_of(run)
            return ""
        finally:
            if self.reference:
                self.reference.wait(1.0)
                self.reference.close()

    def _compare(self) -> None:
        """A live reference, if the recording knows what the run was fed with."""
        self.reference = None
        with suppress(RecordingError):
            inputs = RecordedInputs(self._network, self._run)
            stimulus = self._run.configuration.stimulus
            self.reference = LiveReference(self._network, stimulus, drives=inputs.drives)
            for burst, neuron, amount in self._run.injected:
                self.reference.inject(burst, neuron, amount)
