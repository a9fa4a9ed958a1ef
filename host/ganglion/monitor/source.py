"""Source: what every monitor watches, whether live or replayed.

In:  nothing.
Out: the protocol of a source, and the events that it yields.
Never: a device or a file: those are in live.py and replayed.py.
"""

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..link.messages import Burst, Done, Fault, Stats
from ..link.telemetry import TelemetryLoss
from ..recording.file import Recorder
from ..verification.live_reference import LiveReference


class NoticeKind(StrEnum):
    """What a notice is of."""

    NOTICE = "notice"  # something to show, no more
    BEGAN = "began"  # a run
    ENDED = "ended"  # a run
    QUIT = "quit"  # no run comes any more


class Request(StrEnum):
    """What a person may ask of a source."""

    STOP = "stop"
    START = "start"
    QUIT = "quit"
    INJECT = "inject"  # details: neuron, amount, neuron, amount ...


@dataclass(frozen=True, slots=True)
class RunNotice:
    """Something that a person should see."""

    text: str
    kind: NoticeKind = NoticeKind.NOTICE


MonitorEvent = Burst | Stats | Done | Fault | RunNotice | None


class Source(Protocol):
    """Where a monitor's events come from: a device, or a recording of one."""

    title: str
    period_us: int
    reference: LiveReference | None
    bytes_received: int
    losses: TelemetryLoss
    recorder: Recorder | None

    def events(self) -> Generator[MonitorEvent, None, None]: ...
    def request(self, kind: Request, *details: int) -> None: ...
    def meta(self) -> dict[str, object]: ...
