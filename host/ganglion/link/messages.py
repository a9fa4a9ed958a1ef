"""Messages: what a device says, as typed records (SPEC.md 7.2).

In:  a frame that passed its CRC.
Out: Hello, Ack, Burst, Spikes, Stats, State, LearntPiece, Done, Fault; or a DeviceError.
Never: sends anything, or knows of the frame before.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..errors import DeviceError
from .codes import Code, sentence
from .drive import Drive, Driven, Kept, Sensed
from .frame import Frame, Type

SPEC_VERSION = 1


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
