"""State of a monitor: what has been seen lately, and what a person did about it.

In:  events, as a Source gives them; requests, as a person makes them.
Out: what views show: recent bursts, rates by area, counters, notices. Any thread may look.
Never: grows without bound; forgets a notice before it could be read.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from ..link.messages import Burst, Done, Fault, Stats
from ..link.telemetry import NO_LOSSES
from ..network.model import QuantizedNetwork
from ..recording.file import SUFFIX, Recorder
from ..verification.live_reference import LiveState, LiveVerdict
from .robot import RobotView
from .source import MonitorEvent, NoticeKind, Request, RunNotice, Source
from .weights import WeightsView

_KEPT = 4_096  # bursts
_KEPT_SPIKES = 2_000_000
_AT_ONCE = 20  # neurons that one request to inject reaches: one INJECT


@dataclass(frozen=True, slots=True, eq=False)
class BurstView:
    """One burst, as views need it."""

    number: int
    neurons: NDArray[np.uint16]
    by_area: NDArray[np.int64]  # spikes
    micros: int


@dataclass(frozen=True, slots=True)
class LogLine:
    serial: int  # from 1
    at: str  # time of day
    text: str


class MonitorState:
    """Everything that a monitor shows. Hold `lock` to read several things that belong together."""

    def __init__(
        self, network: QuantizedNetwork, source: Source, blob: bytes = b"",
        recording: Path | None = None, clock: Callable[[], float] = time.monotonic,
        robot: RobotView | None = None,
    ) -> None:  # fmt: skip
        self.network = network
        self.source = source
        self.robot = robot  # of a brain that drives one
        self.weights = WeightsView(network) if network.learning.projections else None
        self.lock = threading.RLock()
        self.area_of = network.per_neuron("area")
        self.sizes = np.bincount(self.area_of, minlength=len(network.areas))
        self.recent: deque[BurstView] = deque(maxlen=_KEPT)
        self.frozen: list[BurstView] | None = None  # while paused
        self.said: deque[LogLine] = deque(maxlen=200)
        self.bursts = self.spikes = self.last = 0
        self.runs = 0
        self.running = False
        self.stats: Stats | None = None
        self.selected = self._first("IPU", "CUSTOM", "OPU")
        self.neuron = self._first_neuron()  # whose potential is followed
        self.recorder: Recorder | None = None
        self.recorded: Path | None = None  # the last recording, complete or not
        self.unrecorded: RecordingError | None = None  # why a recording ended too early
        self._blob, self._recording = blob, recording
        self._kept_spikes = 0
        self._aim = 0
        self._clock = clock
        self._pace: deque[tuple[float, int, int]] = deque(maxlen=64)  # time, bursts, bytes

    def _first(self, *groups: str) -> int:
        """The first area of these kinds that has neurons; if there is none, of any."""
        some = np.flatnonzero(self.sizes).tolist()
        kinds = [self.network.areas[a].group for a in some]
        return next((a for g in groups for a, kind in zip(some, kinds, strict=True) if kind == g),
                    some[0] if some else 0)  # fmt: skip

    def _first_neuron(self) -> int | None:
        """A neuron worth a look from the start: one that others make fire, if there is one."""
        mine = np.flatnonzero(self.area_of == self._first("CUSTOM", "OPU", "IPU"))
        return int(mine[0]) if len(mine) else None

    # ---- what happens

    def see(self, event: MonitorEvent) -> None:
        """Takes up one happening."""
        with self.lock:
            if isinstance(event, Burst):
                self._burst(event)
            elif isinstance(event, Stats):
                self.stats = event
            elif isinstance(event, Done):
                self.say(f"burst {event.burst:,}: done, {event.spikes:,} spikes")
            elif isinstance(event, Fault):
                self.say(f"the device failed: {event}")
            elif isinstance(event, RunNotice):
                if event.kind is NoticeKind.BEGAN:
                    self._begin()
                elif event.kind in (NoticeKind.ENDED, NoticeKind.QUIT):
                    self.running = False
                self.say(event.text)
            self._keep_pace()

    def _begin(self) -> None:
        self.runs += 1
        self.running = True
        self.recent.clear()
        self._kept_spikes = self.bursts = self.spikes = self.last = 0
        self.stats = None
        if self.robot:
            self.robot.begin()
        if self.source.reference:
            self.source.reference.look_at(self.neuron)

    def _burst(self, burst: Burst) -> None:
        neurons = burst.neurons[burst.neurons < len(self.area_of)]
        counts = np.bincount(self.area_of[neurons], minlength=len(self.sizes))
        if len(self.recent) == _KEPT:
            self._kept_spikes -= len(self.recent[0].neurons)
        self.recent.append(BurstView(burst.number, neurons, counts, burst.micros))
        self._kept_spikes += len(neurons)
        while self._kept_spikes > _KEPT_SPIKES and len(self.recent) > 1:
            self._kept_spikes -= len(self.recent.popleft().neurons)
        if self.robot:
            self.robot.feed(burst)
        self.bursts += 1
        self.spikes += burst.fired
        self.last = burst.number

    def _keep_pace(self) -> None:
        now = self._clock()
        if not self._pace or now - self._pace[-1][0] > 0.1:
            self._pace.append((now, self.bursts, self.source.bytes_received))

    def say(self, text: str) -> None:
        """A notice, with the time of day. What it quotes may hold anything."""
        text = "".join(c if c.isprintable() else "?" for c in text)
        with self.lock:
            serial = self.said[-1].serial + 1 if self.said else 1
            self.said.append(LogLine(serial, datetime.now().strftime("%H:%M:%S"), text))

    # ---- what is shown

    def pace(self) -> tuple[float, float]:
        """Bursts and bytes per second, over the last two seconds or so."""
        with self.lock:
            if len(self._pace) < 2:
                return 0.0, 0.0
            now, bursts, received = self._pace[-1]
            since = next(p for p in self._pace if now - p[0] <= 2.0 or p is self._pace[-2])
            span = max(now - since[0], 1e-3)
            return max(0, bursts - since[1]) / span, max(0, received - since[2]) / span

    def visible(self) -> list[BurstView]:
        """The bursts on display: the latest, or those when it was paused."""
        with self.lock:
            return self.frozen if self.frozen is not None else list(self.recent)

    def rates(self) -> NDArray[np.float64]:
        """(areas,) % of each area's neurons firing per burst, over about the last second."""
        seen = self.visible()
        window = max(10, min(len(seen), round(self.pace()[0])))
        counts = np.zeros(len(self.sizes))
        for burst in seen[-window:]:
            counts += burst.by_area
        return 100.0 * counts / np.maximum(1, self.sizes * max(1, len(seen[-window:])))

    @property
    def verdict(self) -> LiveVerdict:
        """What the reference says, if there is one."""
        reference = self.source.reference
        return (
            reference.verdict
            if reference
            else LiveVerdict(LiveState.OFF, 0, None, "no reference beside it")
        )

    @property
    def lost_anything(self) -> bool:
        return self.source.losses != NO_LOSSES

    @property
    def paused(self) -> bool:
        return self.frozen is not None

    # ---- what a person does

    def pause(self) -> None:
        """Holds the picture still, or lets it go on. The device is not concerned."""
        with self.lock:
            self.frozen = None if self.paused else list(self.recent)

    def select(self, area: int) -> None:
        """Chooses an area by index."""
        if 0 <= area < len(self.sizes) and self.sizes[area]:
            self.selected = area

    def move(self, by: int) -> None:
        """Chooses the next area up or down that has neurons."""
        some = np.flatnonzero(self.sizes).tolist()
        if some:
            at = some.index(self.selected) if self.selected in some else 0
            self.selected = some[(at + by) % len(some)]

    def follow(self, neuron: int | None) -> None:
        """Chooses whose potential the reference keeps."""
        if neuron is None or 0 <= neuron < self.network.n_neurons:
            self.neuron = neuron
            if self.source.reference:
                self.source.reference.look_at(neuron)

    def takes_input(self, area: int) -> bool:
        """Whether inputs may be injected into an area, as `run --inject` takes them."""
        return bool((self.network.per_neuron("input_max")[self.area_of == area] > 0).any())

    def inject(self, neurons: Iterable[int] | None = None) -> None:
        """Enough input to fire, into some neurons: of the selected area unless they are named."""
        area = self.selected
        if neurons is None:
            members = np.flatnonzero(self.area_of == area)
            step = max(1, len(members) // _AT_ONCE)
            self._aim += 1
            neurons = members[self._aim % step :: step][:_AT_ONCE].tolist()
        chosen = [n for n in neurons if 0 <= n < len(self.area_of)][:_AT_ONCE]
        if chosen:
            area = int(self.area_of[chosen[0]])
        name = self.network.areas[area].name
        if not chosen or not all(self.takes_input(int(self.area_of[n])) for n in chosen):
            self.say(f"{name} takes no input; select another area")
            return
        if not self.running:
            self.say("nothing runs: input needs a run")
            return
        most = self.network.per_neuron("input_max")
        words = []
        for n in chosen:
            words += [n, int(min(max(self.network.threshold[n], 1), max(most[n], 1)))]
        self.source.request(Request.INJECT, *words)

    def mark(self, text: str = "") -> None:
        """A moment to find again; in the recording if there is one."""
        text = text.strip() or f"mark at burst {self.last:,}"
        if self.recorder:
            self.recorder.mark(text)
        self.say(text)

    def record(self) -> None:
        """Begins a recording, or ends it."""
        with self.lock:
            if self.recorder:
                self._end_recording("stopped by hand")
                return
            name = datetime.now().strftime(f"ganglion-%Y%m%d-%H%M%S{SUFFIX}")
            path, self._recording = self._recording or Path(name), None
            try:
                self.recorder = Recorder(path, self._blob, self.source.meta())
            except RecordingError as error:
                self.say(str(error))
                return
            self.source.recorder = self.recorder
            self.recorded = path
            self.say(f"recording to {path}")

    def watch_recording(self) -> None:
        """A recording that could not go on is shown as what it is, and the run continues."""
        with self.lock:
            if self.recorder and self.recorder.failure:
                self.unrecorded = self.recorder.failure
                self.say(str(self.unrecorded))
                self._end_recording("it could not be written")

    def _end_recording(self, why: str) -> None:
        recorder = self.recorder
        self.recorder = self.source.recorder = None
        if recorder:
            recorder.close(why)
            self.say(f"the recording {recorder.path} has {recorder.bytes_written:,} bytes: {why}")

    def run_or_stop(self) -> None:
        """Stops the run; or starts another."""
        self.source.request(Request.STOP if self.running else Request.START)

    def close(self, why: str = "closed") -> None:
        """Ends the recording."""
        with self.lock:
            self._end_recording(why)
