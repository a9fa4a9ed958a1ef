"""Device: a board, real or virtual, that a brain is put on and run on.

In:  a link and the HELLO that came over it (open.py); blobs; inputs.
Out: HELLO, and the telemetry of a run as typed records, with what was lost on the way.
Never: talks to firmware of another specification; leaves a run going, or the board unreachable,
       when it is interrupted.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..blob.container import brain_id
from ..boards.memory import refuse_host_only
from ..closing import Closing
from ..errors import DeviceError
from ..link.baud import slow_down, speed_up
from ..link.codes import Code, Refused
from ..link.commands import (
    MOST_INPUTS,
    MOST_NEURONS,
    Configure,
    Inject,
    Read,
    Report,
    Robot,
    Sense,
    Start,
    Update,
)
from ..link.drive import Drive, Driven, DriveParts, Kept, Sensed
from ..link.frame import Frame, Type
from ..link.handshake import began_anew, greet_again
from ..link.link import Link
from ..link.messages import (
    Burst,
    Doing,
    Done,
    Fault,
    Hello,
    LearntPiece,
    Record,
    State,
    Stats,
    parse,
)
from ..link.telemetry import Collector, TelemetryLoss
from ..link.transfer import Progress, stage, stage_firmware, start_anew

if TYPE_CHECKING:
    from ..boards.board import Line as BoardLink
    from .qemu import QemuDevice
    from .virtual import VirtualDevice

Event = Burst | Stats | Done | Fault  # of a run
Answer = TypeVar("Answer", Hello, State, LearntPiece)

_QUIET = 2.0  # seconds without telemetry before the device is asked whether it lives
_TRIES = 4


class Device(Closing):
    """A device that answers. `greeting` is its last HELLO."""

    def __init__(
        self, link: Link, greeting: Hello, virtual: "VirtualDevice | QemuDevice | None" = None
    ) -> None:
        self.link = link
        self.greeting = greeting
        self.virtual = virtual
        self._collector = Collector()
        self._every_burst = True
        self._running = False
        self._at_repl = False
        self._dropped = 0
        self.baud = 0  # that was agreed on; 0: that of the REPL
        self._line: BoardLink | None = None
        self._early: list[Frame] = []  # came while something else was waited for
        self._before = (0, 0)  # the link's lost and damaged when the run began

    # ---- a session

    def hello(self) -> Hello:
        """Asks the device to describe itself."""
        self.greeting = self._ask(Type.QUERY, b"", Hello)
        return self.greeting

    def speed_up(self, line: "BoardLink") -> None:
        """Agrees on the fastest rate of a board's line that works."""
        self._line = line
        if line.bauds:
            self.baud = speed_up(self.link, line.baud, line.bauds)

    def repl(self) -> None:
        """Ends the application: the port is a MicroPython REPL from now on."""
        if self._running:
            self.stop()
        self.link.command(Type.REPL)
        self._slow()
        self._at_repl = True
        if not self.link.expect(b"\r", b">>> ", 5.0):
            raise DeviceError(f"{self.link.name} did not go back to its REPL", "reset it")

    def close(self) -> None:
        """Lets go of the port. The board keeps its brain, and the application serving."""
        if self.baud and self._line and self.baud != self._line.baud:
            slow_down(self.link, self._line.baud)
        self.link.close()
        if self.virtual:
            self.virtual.close()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            with suppress(DeviceError):
                if isinstance(error, KeyboardInterrupt) and not self._at_repl:
                    self.repl()
                elif self._running:
                    self.stop()
        finally:
            self.close()

    # ---- brains

    def put(self, blob: bytes, progress: Progress | None = None, *, force: bool = False) -> Hello:
        """Replaces the brain, all or nothing. Raises why the device runs the old one instead."""
        refuse_host_only(blob)
        stage(self.link, blob, progress, force=force)
        fault = self._start_anew(Type.PUT_END)
        hello = self.greeting
        if fault:
            raise Refused(Type.PUT_END, fault.code, fault.number)
        if hello.fault:
            raise Refused(Type.PUT_END, hello.fault, 0)
        if hello.brain_id != brain_id(blob):
            raise DeviceError(
                f"{self.link.name} was reset while it tried the new brain",
                "look at its power supply, then put it again",
            )
        return hello

    def ensure(self, blob: bytes, progress: Progress | None = None) -> bool:
        """Puts the brain unless it is there already. Says whether it was sent."""
        if self.greeting.brain_id == brain_id(blob):
            return False
        self.put(blob, progress)
        return True

    def put_firmware(self, files: Mapping[str, bytes], progress: Progress | None = None) -> Hello:
        """Replaces the firmware, all or nothing, by files as image.firmware_files() gives them."""
        stage_firmware(self.link, files, progress)
        self._start_anew(Type.UPDATE, Update(install=True).pack())
        return self.greeting

    # ---- a run

    def configure(
        self,
        *,
        stimulus: tuple[int, int, int] | None = None,
        bursts: bool = True,
        lossless: bool = False,
        fired_only: bool = False,
        stepped: bool = False,
        digest_every: int = 1,
        stats_every: int = 0,
        period_us: int = 0,
    ) -> None:
        """For the runs to come. `stimulus`: seed, group bits and chance of SPEC.md 4, or none."""
        told = Configure(
            stimulus, bursts, lossless, fired_only, stepped, digest_every, stats_every, period_us
        )
        self.link.send(told)
        self._every_burst = bursts and not fired_only

    def start(self, bursts: int = 0) -> None:
        """Runs from a state of all zeros; 0 = until stop()."""
        self.link.command(Type.PING)  # what has come once this is answered is of the past
        self.link.take(0)
        self._early = []
        self._collector = Collector(self._every_burst)
        self._dropped = 0
        self._before = self.link.receiver.lost, self.link.receiver.damaged
        self._running = True
        try:
            self.link.send(Start(bursts))
        except Refused:
            self._running = False
            raise

    def stop(self) -> None:
        """Ends the run after the current burst. events() still gives what was on its way."""
        self.link.command(Type.STOP)
        self._running = False

    def drives(self, mode: int) -> None:
        """Whether the robot takes part in the runs to come: ROBOT's mode (SPEC 10.6)."""
        self.link.send(Robot(mode))

    def sense(self, burst: int, states: Sequence[int], raw: Sequence[int]) -> None:
        """Says what the sensors read in the next burst of a stepped run, and runs it."""
        for some in Sense.several(burst, states, raw):
            self.link.send(some)

    def report(self, burst: int) -> tuple[Kept, Drive] | None:
        """What the device keeps of a burst; none if it does not."""
        for _ in range(_TRIES):
            try:
                self.link.send(Report(burst))
            except Refused:
                return None
            parts, kept = DriveParts(), None
            for frame in self.link.take(0):
                record = parse(frame)
                if isinstance(record, Kept) and record.burst == burst:
                    kept = record
                elif isinstance(record, Sensed | Driven) and record.again:
                    parts.add(record)
                else:
                    self._early.append(frame)
            drive = parts.of(burst)
            if kept and drive:
                return kept, drive
        return None

    def step(self) -> list[Record]:
        """One burst of a stepped run: what it said."""
        self.link.command(Type.STEP)
        return [record for frame in self._take(0) if (record := self._record(frame))]

    def inject(self, inputs: Iterable[tuple[int, int]], burst: int = 0) -> None:
        """Adds (neuron, amount) to a burst that has not run yet; 0 = the next one."""
        pairs = tuple(inputs)
        for at in range(0, len(pairs), MOST_INPUTS):
            self.link.send(Inject(burst, pairs[at : at + MOST_INPUTS]))

    def read_state(self, first: int, count: int) -> State:
        """Potentials, countdowns and consecutive fires of neurons, while nothing runs."""
        parts = []
        for at in range(first, first + count, MOST_NEURONS):
            several = min(MOST_NEURONS, first + count - at)
            parts.append(self._ask(Type.READ, Read(at, several).pack(), State))
        return State(
            first,
            np.concatenate([part.potential for part in parts]),
            np.concatenate([part.countdown for part in parts]),
            np.concatenate([part.consecutive for part in parts]),
        )

    def learnt(self) -> bytes:
        """What the brain has learnt since START, while nothing runs: the bytes of SPEC 11.3.

        Raises DeviceError if the brain on the device does not learn.
        """
        found = b""
        while True:
            try:
                piece = self._ask(Type.READ_LEARNT, struct.pack("<I", len(found)), LearntPiece)
            except Refused as refused:
                if refused.code not in (Code.STATE, Code.UNKNOWN):
                    raise
                raise DeviceError(
                    f"the brain on {self.link.name} learns nothing that could be read",
                    "put a brain that learns there, with `ganglion deploy`, and let its run end",
                ) from None
            if piece.offset != len(found) or not piece.data:
                raise DeviceError(
                    f"{self.link.name} tells another piece of what was learnt than was asked for",
                    "run again",
                )
            found += piece.data
            if len(found) >= piece.size:
                return found

    def poll(self, wait: float) -> Iterator[Event]:
        """What came of the run within `wait` seconds, for who has other things to do meanwhile."""
        for frame in self._take(wait):
            record = self._record(frame)
            if isinstance(record, Event):
                yield record

    def events(self) -> Iterator[Burst | Stats | Done | Fault]:
        """The telemetry of a run, up to and with its Done or its Fault.

        Another call gives what is left. Ends without either if they were lost on their way.
        """
        over = False
        while True:
            self._early = self._take(0 if over else _QUIET)
            if not self._early and over:
                return
            if not self._early:
                before, hello = self.greeting.fault, self.hello()  # raises if nobody is there
                over = hello.doing != Doing.RUNNING
                if over and hello.fault == Code.WATCHDOG != before:
                    self._running = False
                    raise began_anew(self.link, hello)
            while self._early:
                if isinstance(record := self._record(self._early.pop(0)), Event):
                    yield record
                if isinstance(record, Done | Fault):
                    self._early = []
                    return

    @property
    def losses(self) -> TelemetryLoss:
        """Of the last run, so far."""
        receiver = self.link.receiver
        lost, damaged = self._before
        return TelemetryLoss(
            self._collector.missing,
            self._collector.incomplete,
            receiver.lost - lost,
            receiver.damaged - damaged,
            self._dropped,
        )

    # ---- how

    def _start_anew(self, command: Type, payload: bytes = b"") -> Fault | None:
        """A command that ends in a new start: its greeting, and the FAULT that came before it."""
        fast = self._line is not None and self.baud not in (0, self._line.baud)
        start_anew(self.link, command, payload, deaf=fast)
        self._slow()
        self.greeting, fault = greet_again(self.link)
        if self._line:
            self.speed_up(self._line)
        return fault

    def _slow(self) -> None:
        """The device has gone back to the rate of its REPL; so does this end."""
        if self.baud and self._line:
            self.link.set_baud(self._line.baud)
            self.baud = 0

    def _take(self, wait: float) -> list[Frame]:
        frames = self._early + self.link.take(0 if self._early else wait)
        self._early = []
        return frames

    def _record(self, frame: Frame) -> Record | None:
        record = self._collector.add(frame)
        if isinstance(record, Done | Stats):
            self._dropped = record.dropped
        if isinstance(record, Done | Fault):
            self._running = False
        if isinstance(record, Hello) and self._running and record.doing != Doing.RUNNING:
            self._running = False
            raise began_anew(self.link, record)
        return record

    def _ask(self, command: Type, payload: bytes, kind: type[Answer]) -> Answer:
        """The record that a command is answered with, besides its ACK."""
        for _ in range(_TRIES):
            self.link.command(command, payload)
            found = None
            for frame in self.link.take(0):
                record = parse(frame)
                if isinstance(record, kind):
                    found = record
                else:
                    self._early.append(frame)
            if found:
                return found
        raise DeviceError(
            f"{self.link.name} acknowledges {command.name}, but its answer does not arrive",
            "look at the cable",
        )
