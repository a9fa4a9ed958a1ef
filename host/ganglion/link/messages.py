"""Telemetry: what a device says, as typed records (SPEC.md 7.2 and 7.3).

In:  frames that passed their CRC, in the order they came.
Out: Hello, Ack, Burst with its neurons, Stats, State, Done, Fault; and what was lost, per burst.
Never: sends anything, or makes up what did not come.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError
from .drive import Drive, Driven, DriveParts, Kept, Sensed
from .frame import Frame, Type

REMEDIES = {
    3: "give values that SPEC.md 7.2 allows",
    4: "stop the run, or put a brain first",
    5: "free some space on it, or format it with `ganglion flash`",
    6: "put it again; if that repeats itself, the flash is worn out",
    8: "choose a smaller brain, or a board with more memory",
    9: "send inputs earlier, or run slower",
    10: "send fewer inputs at a time",
    11: "choose a smaller brain, or a board with more flash",
    12: "flash it, or press Ctrl-C while it starts",
    17: "compile it with the ganglion that matches the firmware, or flash the firmware anew",
    23: "tell us: this board computes something else than SPEC.md says",
    24: "compile it for this board, or for any (without --only)",
    25: "compile it anew, or force it",
    26: "sign it with the key that the board knows",
    **dict.fromkeys((16, 18, 19, 20, 21, 22), "compile it again; the file was damaged or altered"),
}


SPEC_VERSION = 1


class Code(IntEnum):
    """Why a device refused. Each has a sentence in SENTENCES."""

    OK = 0
    UNKNOWN = 1
    LENGTH = 2
    VALUE = 3
    STATE = 4
    STORAGE = 5
    HASH = 6
    OFFSET = 7
    MEMORY = 8
    LATE = 9
    FULL = 10
    ROOM = 11
    PINNED = 12
    MAGIC = 16
    VERSION = 17
    SIZE = 18
    CRC = 19
    SHA = 20
    FIELD = 21
    INDEX = 22
    GOLDEN = 23
    BOARD = 24
    OLDER = 25
    SIGNATURE = 26
    CRASH = 32
    WATCHDOG = 33


SENTENCES = {
    Code.OK: "done",
    Code.UNKNOWN: "the device does not know this command",
    Code.LENGTH: "the payload has the wrong length",
    Code.VALUE: "a field is out of range",
    Code.STATE: "not now: running, or no brain",
    Code.STORAGE: "the file system refused",
    Code.HASH: "what was stored is not what was sent",
    Code.OFFSET: "a piece is missing",
    Code.MEMORY: "not enough heap",
    Code.LATE: "that burst has already run",
    Code.FULL: "too many inputs are waiting",
    Code.ROOM: "the file system has no room for it",
    Code.PINNED: "a board that has pinned a key takes no firmware over the link, and gives no REPL",
    Code.MAGIC: "not a blob",
    Code.VERSION: "a blob version that this firmware does not run",
    Code.SIZE: "the length field, a section's bounds or padding is wrong",
    Code.CRC: "a section's CRC-32 is wrong",
    Code.SHA: "the SHA-256 is wrong",
    Code.FIELD: "a header field or a record breaks a rule",
    Code.INDEX: "an index in a section is out of range",
    Code.GOLDEN: "the golden vector was not reproduced",
    Code.BOARD: "the blob is for another board",
    Code.OLDER: "the blob's counter is below that of the brain it would replace",
    Code.SIGNATURE: "the blob is not signed by the pinned key",
    Code.CRASH: "an exception in the burst loop",
    Code.WATCHDOG: "the last run ended by the watchdog",
}

# What the detail of a code is, where it says something.
_DETAILS = {
    Code.VALUE: "field {}",
    Code.STORAGE: "errno {}",
    Code.OFFSET: "offset {} expected",
    Code.ROOM: "{} bytes are free",
    Code.MEMORY: "{} bytes asked for",
    Code.VERSION: "version {}",
    Code.CRC: "section {}",
    Code.FIELD: "section {}",
    Code.INDEX: "section {}",
    Code.GOLDEN: "{:08x} came out",
}


def sentence(code: int, detail: int = 0) -> str:
    """A code and its detail in words."""
    if code not in SENTENCES:
        return f"code {code}, which this version does not know (detail {detail})"
    known = Code(code)
    if known not in _DETAILS or (known == Code.MEMORY and not detail):
        return SENTENCES[known]
    return f"{SENTENCES[known]} ({_DETAILS[known].format(detail)})"


class Doing(IntEnum):
    """What the device is doing, as its HELLO says."""

    NO_BRAIN = 0
    READY = 1
    RUNNING = 2
    SAFE_MODE = 3


@dataclass(frozen=True, slots=True)
class Hello:
    spec: int
    blob_version: int
    firmware: tuple[int, int, int]
    doing: Doing
    reset_cause: int
    fault: int  # a Code; OK = none
    boots: int  # starts in a row, before this one, that came to nothing
    heap_free: int  # bytes
    max_payload: int
    build: int  # of the firmware: image.firmware_build of its sources; 0 = unknown
    brain_id: bytes  # 8 bytes; empty without a brain
    board: str


@dataclass(frozen=True, slots=True)
class Ack:
    sequence: int
    code: int
    detail: int


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """One burst. `neurons` are those whose frames came; `complete` says whether that is all."""

    number: int
    digest: int | None
    fired: int
    neurons: NDArray[np.uint16]  # ascending
    micros: int
    drive: Drive | None = None  # in a run that drives a robot

    @property
    def complete(self) -> bool:
        return len(self.neurons) == self.fired


@dataclass(frozen=True, slots=True)
class Stats:
    burst: int
    mean_us: int
    max_us: int
    heap_free: int  # bytes
    dropped: int  # telemetry frames that the device did not send, since START
    damaged: int  # strings that reached the device broken
    late: int  # bursts that began after they were due


@dataclass(frozen=True, slots=True, eq=False)
class State:
    first: int
    potential: NDArray[np.int32]
    countdown: NDArray[np.uint16]
    consecutive: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class LearntPiece:
    """A piece of what a brain has learnt (SPEC.md 11.3), and how much there is."""

    offset: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Done:
    burst: int
    chain: int
    spikes: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Fault:
    code: int
    number: int  # the burst of a run; of a brain that was refused, the code's detail
    text: str

    def __str__(self) -> str:
        told = f": {self.text}" if self.text else ""
        if self.code < Code.CRASH:
            return sentence(self.code, self.number) + told
        return f"{sentence(self.code)} (burst {self.number}){told}"


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    number: int
    neurons: NDArray[np.uint16]


Record = Hello | Ack | Burst | Stats | State | LearntPiece | Done | Fault | Sensed | Driven | Kept

_HELLO = struct.Struct("<HHBBBBBBBBIHI8sB")
_BURST = struct.Struct("<IIHBBI")


def parse(frame: Frame) -> Record | Spikes:
    """The record in a frame from a device."""
    payload = frame.payload
    try:
        return _PARSERS[frame.type](payload)
    except (KeyError, struct.error, ValueError):
        raise DeviceError(
            f"the device sent a frame of type {frame.type:02x} with {len(payload)} bytes "
            f"that makes no sense",
            "install the firmware of this version with `ganglion flash`",
        ) from None


def _hello(payload: bytes) -> Hello:
    spec, blob, *rest = _HELLO.unpack_from(payload)
    a, b, c, doing, cause, fault, boots, _, heap, most, build, brain, length = rest
    name = payload[_HELLO.size :]
    if len(name) != length:
        raise ValueError
    brain = b"" if brain == bytes(8) else brain
    return Hello(
        spec, blob, (a, b, c), Doing(doing), cause, fault, boots, heap, most, build, brain,
        name.decode("utf-8", "replace"),
    )  # fmt: skip


def _ack(payload: bytes) -> Ack:
    sequence, code, _, detail = struct.unpack("<HBBI", payload)
    return Ack(sequence, code, detail)


def _spikes(payload: bytes) -> Spikes:
    return Spikes(int.from_bytes(payload[:4], "little"), np.frombuffer(payload, "<u2", offset=4))


def _burst(payload: bytes) -> Burst:
    number, digest, fired, flags, _, micros = _BURST.unpack_from(payload)
    neurons = np.frombuffer(payload, "<u2", offset=_BURST.size)
    return Burst(number, digest if flags & 1 else None, fired, neurons, micros)


def _state(payload: bytes) -> State:
    first, count = struct.unpack_from("<HH", payload)
    if len(payload) != 4 + 8 * count:
        raise ValueError
    return State(
        first,
        np.frombuffer(payload, "<i4", count, 4),
        np.frombuffer(payload, "<u2", count, 4 + 4 * count),
        np.frombuffer(payload, "<u2", count, 4 + 6 * count),
    )


def _learnt(payload: bytes) -> LearntPiece:
    offset, size = struct.unpack_from("<II", payload)
    return LearntPiece(offset, size, payload[8:])


def _fault(payload: bytes) -> Fault:
    code, _, _, burst = struct.unpack_from("<BBHI", payload)
    return Fault(code, burst, payload[8:].decode("utf-8", "replace"))


_PARSERS: dict[int, Callable[[bytes], Record | Spikes]] = {
    Type.HELLO: _hello,
    Type.ACK: _ack,
    Type.SPIKES: _spikes,
    Type.BURST: _burst,
    Type.STATS: lambda payload: Stats(*struct.unpack("<7I", payload)),
    Type.STATE: _state,
    Type.LEARNT: _learnt,
    Type.DONE: lambda payload: Done(*struct.unpack("<4I", payload)),
    Type.FAULT: _fault,
    Type.SENSED: Sensed.parse,
    Type.DRIVEN: Driven.parse,
    Type.KEPT: Kept.parse,
}


class Collector:
    """Puts the frames of each burst together again, and counts what did not come."""

    def __init__(self, every_burst: bool = True) -> None:
        """`every_burst`: the device sends each burst, so that a gap in the numbers is a loss."""
        self.missing = 0  # bursts that nothing came of
        self.incomplete = 0  # bursts of which some neurons did not come
        self._every_burst = every_burst
        self._last = 0
        self._parts: list[NDArray[np.uint16]] = []
        self._of = 0  # the burst of the parts
        self._drive = DriveParts()

    def add(self, frame: Frame) -> Record | None:
        """The record that `frame` completes, if it does."""
        record = parse(frame)
        if isinstance(record, Spikes):
            if record.number != self._of:
                self._abandon()
                self._of = record.number
            self._parts.append(record.neurons)
            return None
        if isinstance(record, Sensed | Driven) and not record.again:
            self._drive.add(record)
            return None
        if isinstance(record, Burst):
            return self._merge(record)
        if isinstance(record, Done):
            self._abandon()
            self._count(record.burst + 1)
        return record

    def _merge(self, burst: Burst) -> Burst:
        if self._parts and self._of != burst.number:
            self._abandon()
        self._count(burst.number)
        if self._parts:
            neurons = np.concatenate([*self._parts, burst.neurons])
            self._parts.clear()
            burst = replace(burst, neurons=neurons)
        drive = self._drive.of(burst.number)
        if drive is not None:
            burst = replace(burst, drive=drive)
        self.incomplete += not burst.complete
        return burst

    def _abandon(self) -> None:
        """SPIKES whose BURST never came: the burst is missing, and counted as such."""
        self._parts.clear()

    def _count(self, number: int) -> None:
        if self._every_burst:
            self.missing += max(0, number - self._last - 1)
        self._last = number


class Refused(DeviceError):
    """The device answered a command with a code other than OK."""

    def __init__(self, command: Type, code: int, detail: int) -> None:
        super().__init__(
            f"the device refused {command.name}: {sentence(code, detail)}",
            REMEDIES.get(code, "see SPEC.md 7.3 for what the code means"),
        )
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TelemetryLoss:
    """What of a run's telemetry did not arrive, and where it was lost."""

    missing: int  # bursts that nothing came of
    incomplete: int  # bursts of which some neurons did not come
    lost: int  # frames lost on the wire
    damaged: int  # strings that reached the host broken
    dropped: int  # frames that the device did not send, since this host was too slow

    @property
    def none(self) -> bool:
        return not (self.missing or self.incomplete or self.lost or self.damaged or self.dropped)


NO_LOSSES = TelemetryLoss(0, 0, 0, 0, 0)
