"""Runs: a recording as typed moments, and each run in it as arrays.

In:  a Recording.
Out: telemetry records, accepted commands, marks and notices with their times; Run after Run.
Never: makes up what did not come, or takes a refused command for one that took effect.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError, RecordingError, StimulusError
from ..link.codes import Code
from ..link.commands import Configure, Inject
from ..link.drive import Drive, Driven, DriveParts, Kept, Sensed
from ..link.frame import Frame, Receiver, Type
from ..link.messages import Ack, Burst, Done, Fault, Hello, Record, Stats
from ..link.telemetry import Collector
from ..reference.stimulus import RandomStimulus
from .entry import Damage
from .file import Kind, Recording

CUT_OFF = "the recording was cut off"


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the device accepted."""

    type: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Remark:
    """A mark, a notice, or text of the device's."""

    kind: str  # mark, notice or text
    text: str


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """Something that happened, and when: nanoseconds since the recording began."""

    time: int
    what: Record | Command | Remark | Damage


@dataclass(frozen=True, slots=True)
class Configuration:
    """What CONFIGURE said before a run, or what a device does without it."""

    stimulus: RandomStimulus | None = None
    known: bool = False  # a CONFIGURE was recorded, or the header says it
    every_burst: bool = True
    digest_every: int = 1
    period_us: int = 0
    drives: int = 0  # the mode of ROBOT (SPEC 10.6)


@dataclass(frozen=True, eq=False)
class Run:
    """One run. B bursts came, S spikes in them; times are nanoseconds since the recording began."""

    configuration: Configuration
    began: int
    number: NDArray[np.int64]  # (B,) ascending
    time: NDArray[np.int64]  # (B,) of arrival
    digest: NDArray[np.int64]  # (B,) u32, or -1 where none was computed
    fired: NDArray[np.int64]  # (B,)
    micros: NDArray[np.int64]  # (B,)
    complete: NDArray[np.bool_]  # (B,) whether all its neurons came
    spike_burst: NDArray[np.int64]  # (S,) ascending
    spike_neuron: NDArray[np.int64]  # (S,) ascending within a burst
    injected: tuple[tuple[int, int, int], ...]  # burst (0 = "the next one"), neuron, amount
    stats: tuple[tuple[int, Stats], ...]  # time, Stats
    said: tuple[tuple[int, Remark], ...]  # time, mark or notice
    end: Done | Fault | str  # or why there is neither
    lost: int  # frames lost on the wire
    damaged: int  # strings that came broken
    asked: int = 0  # bursts that START asked for; 0: until told to stop, or not known
    damage: tuple[Damage, ...] = ()  # of the recording, within this run or before its commands
    inputs_lost: bool = False  # commands are missing there: what the run was fed is not known
    drives: dict[int, Drive] = field(default_factory=dict)  # by burst, what came with it
    again: dict[int, DriveParts] = field(default_factory=dict)  # ... and what was asked for again
    kept: dict[int, Kept] = field(default_factory=dict)

    def drive(self, burst: int) -> Drive | None:
        """What a robot sensed and was told in a burst, if it came."""
        found = self.drives.get(burst)
        again = self.again[burst].of(burst) if burst in self.again else None
        if found is None or (again is not None and len(again.raw) > len(found.raw)):
            return again
        return found

    @property
    def last(self) -> int:
        """The number of the last burst that came, or that the device says it ran."""
        came = int(self.number[-1]) if len(self.number) else 0
        return max(came, self.end.burst) if isinstance(self.end, Done) else came

    @property
    def missing(self) -> int:
        """Bursts between the first that came and the end that nothing came of."""
        if not self.configuration.every_burst or not len(self.number):
            return 0
        return self.last - int(self.number[0]) + 1 - len(self.number)

    @property
    def whole(self) -> bool:
        """Whether everything that this run did from burst 1 is here."""
        first = not len(self.number) or not self.configuration.every_burst or self.number[0] == 1
        return bool(first and not self.missing and not self.damage and self.complete.all())

    @property
    def partial(self) -> bool:
        """Whether less is here than was meant to be: not whole, ended before the last burst that
        was asked for, or in a file that ends too early."""
        return not self.whole or self.end == CUT_OFF or self.last < self.asked

    def spikes_of(self, neuron: int) -> NDArray[np.int64]:
        """(k,) the bursts in which a neuron fired."""
        found: NDArray[np.int64] = self.spike_burst[self.spike_neuron == neuron]
        return found


@dataclass
class _Growing:
    """A Run while it is being read."""

    configuration: Configuration
    began: int
    before: tuple[int, int]
    asked: int = 0
    damage: list[Damage] = field(default_factory=list)
    inputs_lost: bool = False
    bursts: list[tuple[int, Burst]] = field(default_factory=list)
    injected: list[tuple[int, int, int]] = field(default_factory=list)
    stats: list[tuple[int, Stats]] = field(default_factory=list)
    said: list[tuple[int, Remark]] = field(default_factory=list)
    again: dict[int, DriveParts] = field(default_factory=dict)
    kept: dict[int, Kept] = field(default_factory=dict)

    def done(self, end: Done | Fault | str, now: tuple[int, int]) -> Run:
        bursts = [burst for _, burst in self.bursts]
        counts = np.array([len(b.neurons) for b in bursts], dtype=np.int64)
        number = np.array([b.number for b in bursts], dtype=np.int64)
        none = [np.zeros(0, dtype=np.uint16)]
        return Run(
            configuration=self.configuration,
            began=self.began,
            number=number,
            time=np.array([time for time, _ in self.bursts], dtype=np.int64),
            digest=np.array([-1 if b.digest is None else b.digest for b in bursts], dtype=np.int64),
            fired=np.array([b.fired for b in bursts], dtype=np.int64),
            micros=np.array([b.micros for b in bursts], dtype=np.int64),
            complete=np.array([b.complete for b in bursts], dtype=np.bool_),
            spike_burst=np.repeat(number, counts),
            spike_neuron=np.concatenate(none + [b.neurons for b in bursts]).astype(np.int64),
            injected=tuple(self.injected),
            stats=tuple(self.stats),
            said=tuple(self.said),
            end=end,
            lost=now[0] - self.before[0],
            damaged=now[1] - self.before[1],
            asked=self.asked,
            damage=tuple(self.damage),
            inputs_lost=self.inputs_lost,
            drives={b.number: b.drive for b in bursts if b.drive is not None},
            again=self.again,
            kept=self.kept,
        )


class TimedEvents:
    """Iterates over a recording; `lost` and `damaged` are what its bytes say so far."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._from_device = Receiver()
        self._to_device = Receiver()
        self._waiting: Frame | None = None  # the command whose ACK has not come
        self._begun = False
        self._collector = Collector(every_burst=False)
        self._damage = 0  # places met so far
        self._unseen = 0  # commands that were accepted, or sent, and are not in the recording

    @property
    def lost(self) -> int:
        return self._from_device.lost

    @property
    def damaged(self) -> int:
        return self._from_device.damaged

    @property
    def unseen(self) -> int:
        """Commands that are not in the recording because it is damaged."""
        return self._unseen + (self._to_device.lost if self._damage else 0)

    def __iter__(self) -> Iterator[TimedEvent]:
        for entry in self._recording.entries():
            for damage in self._recording.damage[self._damage :]:
                self._damage += 1
                yield TimedEvent(entry.time, damage)
            match entry.kind:
                case Kind.SENT:
                    for frame in self._to_device.feed(entry.data):
                        before = self._waiting
                        if self._damage and before and before.sequence != frame.sequence:
                            self._unseen += 1  # its ACK
                        self._waiting = frame
                case Kind.RECEIVED:
                    yield from self._received(entry.time, entry.data)
                case Kind.MARK | Kind.NOTICE:
                    yield TimedEvent(entry.time, Remark(entry.kind.name.lower(), entry.text))

    def _received(self, time: int, data: bytes) -> Iterator[TimedEvent]:
        if not self._begun:
            # It may have begun within a frame; whole ones begin with 00.
            _, zero, data = data.partition(b"\0")
            self._begun = bool(zero)
        # String by string, so that what is lost is counted where it is missing.
        *strings, rest = data.split(b"\0")
        for string in strings:
            for frame in self._from_device.feed(string + b"\0"):
                yield from self._framed(time, frame)
        self._from_device.feed(rest)
        text = self._from_device.take_text()
        if text:
            yield TimedEvent(time, Remark("text", text))

    def _framed(self, time: int, frame: Frame) -> Iterator[TimedEvent]:
        try:
            record = self._collector.add(frame)
        except DeviceError as error:
            yield TimedEvent(time, Remark("notice", error.fact))
            return
        if isinstance(record, Ack):
            waiting = self._waiting
            if waiting and waiting.sequence == record.sequence:
                self._waiting = None
                if record.code == Code.OK:
                    if waiting.type == Type.START:
                        self._collector = Collector(every_burst=False)
                    yield TimedEvent(time, Command(waiting.type, waiting.payload))
            elif record.code == Code.OK and self._damage:
                self._unseen += 1
        if record is not None:
            yield TimedEvent(time, record)


def runs(recording: Recording) -> list[Run]:
    """Every run of a recording, in order. A run that has no burst counts too."""
    moments = TimedEvents(recording)
    found: list[Run] = []
    growing: _Growing | None = None
    asked: _Growing | None = None  # what is asked for again is of this one, ended or not
    configuration = _of_meta(recording.meta)
    early: list[tuple[int, int, int]] = []  # injected for the run to come

    def counts() -> tuple[int, int]:
        return moments.lost, moments.damaged

    unseen, damage = 0, list[Damage]()

    def finish(end: Done | Fault | str) -> None:
        nonlocal growing
        if growing:
            found.append(growing.done(end, counts()))
        growing = None

    for moment in moments:
        what = moment.what
        if moments.unseen > unseen:  # commands to this run, or to the next
            unseen = moments.unseen
            configuration = replace(configuration, known=False)
            if growing:
                growing.inputs_lost = True
        if isinstance(what, Damage):
            (growing.damage if growing else damage).append(what)
        elif isinstance(what, Command):
            if what.type == Type.CONFIGURE and (told := Configure.parse(what.payload)):
                configuration = replace(_configured(told), drives=configuration.drives)
            elif what.type == Type.ROBOT and what.payload:
                configuration = replace(configuration, drives=what.payload[0])
            elif what.type == Type.START:
                finish("another run began")
                growing = _Growing(
                    configuration, moment.time, counts(), injected=early, damage=damage,
                    asked=int.from_bytes(what.payload[:4], "little"),
                    inputs_lost=bool(damage) and not configuration.known,
                )  # fmt: skip
                asked = growing
                early, damage = [], []
            elif what.type == Type.INJECT and (extra := Inject.parse(what.payload)):
                inputs = [(extra.burst, neuron, amount) for neuron, amount in extra.inputs]
                (growing.injected if growing else early).extend(inputs)
        elif isinstance(what, Hello):
            if growing and growing.bursts:
                finish(f"the device began anew (reset cause {what.reset_cause})")
        elif isinstance(what, Burst):
            if growing and growing.bursts and what.number <= growing.bursts[-1][1].number:
                finish("its burst numbers began anew")
            if growing is None:
                # Its START is not here: damaged, or from before the recording.
                growing = _Growing(
                    configuration, moment.time, counts(), damage=damage, inputs_lost=bool(damage)
                )
                damage = []
            asked = growing
            growing.bursts.append((moment.time, what))
        elif asked and isinstance(what, Kept):
            asked.kept[what.burst] = what
        elif asked and isinstance(what, Sensed | Driven):
            asked.again.setdefault(what.burst, DriveParts()).add(what)
        elif growing and isinstance(what, Stats):
            growing.stats.append((moment.time, what))
        elif growing and isinstance(what, Remark):
            growing.said.append((moment.time, what))
        elif isinstance(what, Done | Fault):
            finish(what)
    finish("the recording ends" if recording.end and not recording.torn else CUT_OFF)
    return found


def longest(recording: Recording, found: list[Run]) -> Run:
    """The run with most bursts. Raises RecordingError if none has any."""
    some = [run for run in found if len(run.number)]
    if not some:
        raise RecordingError(f"{recording.path} holds no burst", "record a run")
    return max(some, key=lambda run: len(run.number))


def _of_meta(meta: dict[str, object]) -> Configuration:
    """What the recorder was told of a run whose CONFIGURE came before the recording."""
    if "stimulus" not in meta:
        return Configuration()
    period = meta.get("period_us", 0)
    try:
        stimulus = stimulus_of(meta["stimulus"])
    except StimulusError:
        return Configuration()
    return Configuration(stimulus, True, period_us=period if isinstance(period, int) else 0)


def stimulus_of(told: object) -> RandomStimulus | None:
    """The stimulus that a recording's header tells. Raises StimulusError if it is none."""
    if isinstance(told, str):
        return RandomStimulus.parse(told)
    try:
        return RandomStimulus(**told) if isinstance(told, dict) else None
    except TypeError:
        raise StimulusError("the header tells no stimulus", "record again") from None


def _configured(told: Configure) -> Configuration:
    stimulus = RandomStimulus(*told.stimulus) if told.stimulus else None
    return Configuration(stimulus, True, not told.fired_only, told.digest_every, told.period_us)
