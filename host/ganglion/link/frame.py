"""Frame: one message as bytes on the wire, and back (SPEC.md 7.1).

In:  a type, a sequence number and a payload; or any bytes that came from a port, in any pieces.
Out: the bytes of one frame; or the frames and the text that the bytes hold, and what was damaged.
Never: opens a port, looks inside a payload, or raises for what a stranger sent.
"""

import binascii
from dataclasses import dataclass
from enum import IntEnum

from ..errors import FrameError

MAX_PAYLOAD = 128
MIN_CODED = 9  # COBS of a body without payload
MAX_CODED = 137  # COBS of a body of 136 bytes
SEQUENCES = 65536

_TEXT = bytes((*range(0x08, 0x0E), 0x1B, *range(0x20, 0x7F)))


class Type(IntEnum):
    """What a frame says. Below 80 from host to device, above from device to host."""

    QUERY = 0x01
    PING = 0x02
    PUT_BEGIN = 0x03
    PUT_DATA = 0x04
    PUT_END = 0x05
    CONFIGURE = 0x06
    START = 0x07
    STOP = 0x08
    INJECT = 0x09
    READ = 0x0A
    STEP = 0x0B
    UPDATE = 0x0C
    BAUD = 0x0D
    REPL = 0x0F
    ROBOT = 0x10
    SENSE = 0x11
    REPORT = 0x12
    READ_LEARNT = 0x13
    HELLO = 0x80
    ACK = 0x81
    SPIKES = 0x82
    BURST = 0x83
    STATS = 0x84
    STATE = 0x85
    DONE = 0x86
    FAULT = 0x87
    SENSED = 0x88
    DRIVEN = 0x89
    KEPT = 0x8A
    LEARNT = 0x8B


@dataclass(frozen=True, slots=True)
class Frame:
    """A message that passed its CRC. `type` may be one that this version does not know."""

    type: int
    sequence: int
    payload: bytes


def encode(type: int, sequence: int, payload: bytes = b"") -> bytes:
    """The bytes on the wire, both delimiters included."""
    if len(payload) > MAX_PAYLOAD:
        raise FrameError(
            f"a payload of {len(payload)} bytes does not fit a frame of {MAX_PAYLOAD}",
            "split it",
        )
    head = bytes((len(payload), type)) + sequence.to_bytes(2, "little") + payload
    body = head + binascii.crc32(head).to_bytes(4, "little")
    # A body has at most 136 bytes: no piece reaches the 254 where COBS has a special case.
    pieces = body.split(b"\0")
    return b"\0" + b"".join(bytes((len(piece) + 1,)) + piece for piece in pieces) + b"\0"


def decode(coded: bytes) -> Frame | None:
    """The frame in one string between two delimiters, or None when it is not one."""
    size = len(coded)
    if not MIN_CODED <= size <= MAX_CODED:
        return None
    pieces = []
    at = 0
    while at < size:
        end = at + coded[at]
        if end > size:
            return None
        pieces.append(coded[at + 1 : end])
        at = end
    body = b"\0".join(pieces)
    if body[0] != size - MIN_CODED:
        return None
    if binascii.crc32(body[:-4]) != int.from_bytes(body[-4:], "little"):
        return None
    return Frame(body[1], body[2] | body[3] << 8, body[4:-4])


def is_text(string: bytes | bytearray) -> bool:
    """Whether a string that is no frame is text rather than a damaged frame."""
    return not string[: MAX_CODED + 1].translate(None, _TEXT)


class Receiver:
    """Cuts a stream into frames and text, however it is fed, and counts what was not whole."""

    def __init__(self) -> None:
        self.damaged = 0  # strings that are neither frame nor text
        self.lost = 0  # frames that the sequence numbers say were sent and did not come
        self._expected: int | None = None
        self._rest = bytearray()  # of the string that is not finished
        self._overlong = False  # the string is already longer than a frame
        self._readable = True  # ... and its beginning is text
        self._text = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order."""
        *whole, rest = data.split(b"\0")
        frames = []
        for string in whole:
            frame = self._end(string)
            if frame is not None:
                frames.append(frame)
        self._grow(rest)
        return frames

    def take_text(self) -> str:
        """The text met since the last call: what a person would have seen on a terminal."""
        text = self._text.decode("utf-8", "replace")
        self._text.clear()
        return text

    @property
    def pending(self) -> bytes:
        """What has come of a string that is not finished: text, if a REPL is at the other end."""
        return bytes(self._rest)

    def _grow(self, piece: bytes) -> None:
        """Adds to the unfinished string; what is too long for a frame goes on to the text."""
        if not piece:
            return
        self._rest += piece
        if len(self._rest) > MAX_CODED and not self._overlong:
            self._overlong = True
            self._readable = is_text(self._rest)
            self.damaged += not self._readable
        if self._overlong:
            if self._readable:
                self._text += self._rest
            self._rest.clear()

    def _end(self, piece: bytes) -> Frame | None:
        self._grow(piece)
        if self._overlong:
            self._overlong = False
            return None
        string = bytes(self._rest)
        self._rest.clear()
        if not string:
            return None
        frame = decode(string)
        if frame is None:
            if is_text(string):
                self._text += string
            else:
                self.damaged += 1
            return None
        self._count(frame)
        return frame

    def _count(self, frame: Frame) -> None:
        if self._expected is not None and frame.type != Type.HELLO:
            gap = (frame.sequence - self._expected) % SEQUENCES
            self.lost += gap if gap < SEQUENCES // 2 else 1
        self._expected = (frame.sequence + 1) % SEQUENCES
