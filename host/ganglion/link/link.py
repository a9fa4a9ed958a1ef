"""Link: commands to a device over a serial port, and the frames that come back.

In:  an open port, as pyserial makes it; commands of SPEC.md 7.2.
Out: each command executed exactly once or an error within a few seconds; frames in order; text.
Never: looks inside telemetry; hides a loss; reads ahead without end when nobody takes the frames.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from ..errors import DeviceError
from .codes import Refused
from .commands import Command
from .frame import SEQUENCES, Frame, Receiver, Type, encode
from .messages import Ack, parse
from .ports import Port, _reason

PATIENCE = (0.5, 0.5, 1.0, 1.0)  # seconds before each repeat, and before giving up
_HEARD = 8192  # bytes that are kept of what a device says
_AHEAD = 20_000  # frames that may wait to be taken before reading stops


class Link:
    """A thread reads the port from now on. Commands and frames may be used from another."""

    def __init__(
        self,
        port: Port,
        name: str,
        on_text: Callable[[str], None] | None = None,
        slowness: float = 1.0,
    ) -> None:
        """`slowness`: how much longer than a board's the answers may take."""
        self.name = name
        self.slowness = slowness
        self.receiver = Receiver()
        self._port = port
        self._on_text = on_text or (lambda text: None)
        self._one = threading.Lock()  # one command in flight
        self._changed = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._sequence = 0
        self._awaited: int | None = None
        self._ack: Ack | None = None
        self._may_greet = True  # a HELLO can be the answer to an earlier QUERY
        self._restarted = False  # a HELLO came that cannot
        self._seen: bytearray | None = None  # raw bytes, while a REPL is expected
        self.tail = b""  # the last few raw bytes
        self.heard = b""  # many of the last raw bytes
        self.spoken = 0  # bytes that came in all
        self._broken = ""
        self._closing = False
        # Told every raw piece and whether the host sent it; the reader's thread calls it too.
        self.tap: Callable[[bytes, bool], None] | None = None
        self._reader = threading.Thread(target=self._read, name=f"link {name}", daemon=True)
        self._reader.start()

    def command(
        self, command: Type, payload: bytes = b"", patience: Sequence[float] = PATIENCE
    ) -> int:
        """Has the device execute one command, once: the detail of its ACK. Raises Refused, or
        DeviceError on silence."""
        with self._one:
            ack = self._exchange(command, payload, patience)
        if ack is None and self._restarted:
            raise DeviceError(
                f"{self.name} began anew instead of answering {command.name}",
                "look at its power supply and at its last words (`ganglion monitor`)",
            )
        if ack is None:
            raise DeviceError(
                f"{self.name} does not answer {command.name} "
                f"({len(patience)} tries in {sum(patience) * self.slowness:g} s)",
                "reset it or unplug it, then try again",
            )
        if ack.code:
            raise Refused(command, ack.code, ack.detail)
        return ack.detail

    def send(self, command: Command, patience: Sequence[float] = PATIENCE) -> int:
        """The same for a command of commands.py."""
        return self.command(command.type, command.pack(), patience)

    def _exchange(self, command: Type, payload: bytes, patience: Sequence[float]) -> Ack | None:
        """Sends a command, again after each wait, until its ACK comes; none if it does not."""
        sequence = 0 if command == Type.QUERY else self._sequence
        self._sequence = (sequence + 1) % SEQUENCES
        wire = encode(command, sequence, payload)
        with self._changed:
            self._ack = None
            self._restarted = False
            self._may_greet = command in (Type.QUERY, Type.PING, Type.STOP)
            self._awaited = sequence
            self._changed.notify_all()  # the reader may be waiting for room
        try:
            for wait in patience:
                self.write(wire)
                wait *= self.slowness
                if self._await(lambda: self._ack is not None or self._restarted, wait):
                    break
            return self._ack
        finally:
            with self._changed:
                self._awaited = None

    @property
    def restarted(self) -> bool:
        """Whether the device began anew since the last command was first sent."""
        return self._restarted

    def take(self, wait: float) -> list[Frame]:
        """The frames that have come and are no ACKs; waits for the first one at most `wait` s."""
        self._await(lambda: bool(self._frames), wait)
        with self._changed:
            frames = list(self._frames)
            self._frames.clear()
            self._changed.notify_all()
        return frames

    def write(self, data: bytes) -> None:
        """Raw bytes, for a REPL."""
        if tap := self.tap:
            tap(data, True)
        try:
            self._port.write(data)
        except OSError as error:
            raise self._gone(_reason(error)) from None

    def set_baud(self, rate: int) -> None:
        """The rate of this end, from now on."""
        try:
            self._port.baudrate = rate
        except (OSError, ValueError) as error:
            raise self._gone(_reason(error)) from None

    def expect(self, data: bytes, marker: bytes, wait: float) -> bool:
        """Writes raw bytes; whether `marker` comes back within `wait` seconds."""
        return marker in self.converse(data, marker, wait)

    def converse(self, data: bytes, marker: bytes, wait: float) -> bytes:
        """Writes raw bytes; what comes back until `marker` does, or `wait` seconds are over."""
        with self._changed:
            seen = self._seen = bytearray()
        self.write(data)
        try:
            self._await(lambda: marker in seen, wait)
            return bytes(seen)
        finally:
            with self._changed:
                self._seen = None

    def close(self) -> None:
        self._closing = True
        with self._changed:
            self._changed.notify_all()
        cancel = getattr(self._port, "cancel_read", None)
        if cancel:
            cancel()
        self._reader.join()
        held = getattr(self._port, "_socket", None)
        self._port.close()
        if held is not None:  # pyserial drops it unclosed if the other end is gone
            held.close()

    def _await(self, happened: Callable[[], bool], wait: float) -> bool:
        until = time.monotonic() + wait
        with self._changed:
            while not happened():
                left = until - time.monotonic()
                if self._broken:
                    raise self._gone(self._broken)
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def _gone(self, reason: str) -> DeviceError:
        return DeviceError(f"{self.name} is gone ({reason})", "plug it in again, then try again")

    def _read(self) -> None:
        try:
            while not self._closing:
                data = self._port.read(self._port.in_waiting or 1)
                if data:
                    if tap := self.tap:
                        tap(data, False)
                    self._sort(data)
        except (OSError, DeviceError) as error:
            with self._changed:
                self._broken = _reason(error)
                self._changed.notify_all()

    def _sort(self, data: bytes) -> None:
        with self._changed:
            self.tail = (self.tail + data[-16:])[-16:]
            self.heard = (self.heard + data)[-_HEARD:]
            self.spoken += len(data)
            if self._seen is not None:
                self._seen += data
            for frame in self.receiver.feed(data):
                if frame.type < Type.HELLO:
                    continue  # a command of our own, echoed by a REPL
                if frame.type == Type.ACK:
                    ack = parse(frame)
                    if isinstance(ack, Ack) and ack.sequence == self._awaited:
                        self._ack = ack
                    continue
                self._frames.append(frame)
                if frame.type == Type.HELLO and not self._may_greet:
                    self._restarted = True
            self._changed.notify_all()
            # Full: stop reading, so that a lossless device waits. Never while an ACK is awaited.
            while len(self._frames) > _AHEAD and self._awaited is None and not self._closing:
                self._changed.wait()
        text = self.receiver.take_text()
        if text:
            self._on_text(text)
