"""Commands: what a host tells a device, as typed records (SPEC.md 7.2).

In:  values of a command's fields; or the payload of a command that was recorded.
Out: a payload; or the record that it was packed from.
Never: sends anything; takes a payload of another length for a command.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from .frame import Type

MOST_INPUTS = 20
"""Of one INJECT."""
MOST_NEURONS = 15
"""Of one READ."""


class Command(Protocol):
    """What every record below is."""

    type: ClassVar[Type]

    def pack(self) -> bytes:
        """The payload."""


@dataclass(frozen=True, slots=True)
class Configure:
    """CONFIGURE: how the runs to come are fed and reported."""

    type: ClassVar[Type] = Type.CONFIGURE
    _FORMAT: ClassVar[struct.Struct] = struct.Struct("<BBBBIIIII")

    stimulus: tuple[int, int, int] | None = None  # seed, group bits, chance (SPEC.md 4)
    bursts: bool = True  # send BURST and SPIKES
    lossless: bool = False  # wait for a slow host rather than drop telemetry
    fired_only: bool = False  # only bursts in which something fired
    stepped: bool = False  # START prepares, each STEP runs one burst
    digest_every: int = 1
    stats_every: int = 0
    period_us: int = 0

    def pack(self) -> bytes:
        seed, group_bits, chance = self.stimulus or (0, 0, 0)
        telemetry = self.bursts | self.lossless << 1 | self.fired_only << 2 | self.stepped << 3
        return self._FORMAT.pack(
            self.stimulus is not None, group_bits, telemetry, 0, seed, chance,
            self.digest_every, self.stats_every, self.period_us,
        )  # fmt: skip

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """None if the payload has another length."""
        if len(payload) != cls._FORMAT.size:
            return None
        kind, group_bits, telemetry, _, seed, chance, digest, stats, period = cls._FORMAT.unpack(
            payload
        )
        bursts, lossless, fired_only, stepped = (bool(telemetry >> bit & 1) for bit in range(4))
        return cls(
            (seed, group_bits, chance) if kind else None,
            bursts, lossless, fired_only, stepped, digest, stats, period,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Start:
    """START: a run from a state of all zeros; 0 bursts = until STOP."""

    type: ClassVar[Type] = Type.START

    bursts: int = 0

    def pack(self) -> bytes:
        return struct.pack("<I", self.bursts)


@dataclass(frozen=True, slots=True)
class Inject:
    """INJECT: amounts into neurons in one burst; burst 0 = the next one."""

    type: ClassVar[Type] = Type.INJECT

    burst: int
    inputs: tuple[tuple[int, int], ...]  # neuron, amount; at most MOST_INPUTS

    def pack(self) -> bytes:
        words = (word for pair in self.inputs for word in pair)
        return struct.pack("<I" + "Hi" * len(self.inputs), self.burst, *words)

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """None if the payload has a length that no INJECT has."""
        if len(payload) < 10 or len(payload) % 6 != 4:
            return None
        (burst,) = struct.unpack_from("<I", payload)
        return cls(burst, tuple(struct.iter_unpack("<Hi", payload[4:])))


@dataclass(frozen=True, slots=True)
class Read:
    """READ: the state of at most MOST_NEURONS consecutive neurons."""

    type: ClassVar[Type] = Type.READ

    first: int
    count: int

    def pack(self) -> bytes:
        return struct.pack("<HH", self.first, self.count)


@dataclass(frozen=True, slots=True)
class PutBegin:
    """PUT_BEGIN: a brain is coming, or the file of the firmware that `name` says."""

    type: ClassVar[Type] = Type.PUT_BEGIN

    size: int
    sha256: bytes
    force: bool = False  # a lower counter is accepted
    name: str = ""

    def pack(self) -> bytes:
        return struct.pack("<I32sI", self.size, self.sha256, self.force) + self.name.encode()


@dataclass(frozen=True, slots=True)
class PutData:
    """PUT_DATA: a piece of what was begun."""

    type: ClassVar[Type] = Type.PUT_DATA

    offset: int
    data: bytes

    def pack(self) -> bytes:
        return struct.pack("<I", self.offset) + self.data


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE: False forgets the files that were put, True makes them the next firmware."""

    type: ClassVar[Type] = Type.UPDATE

    install: bool

    def pack(self) -> bytes:
        return bytes([self.install])


@dataclass(frozen=True, slots=True)
class Baud:
    """BAUD: another rate of the UART."""

    type: ClassVar[Type] = Type.BAUD

    rate: int

    def pack(self) -> bytes:
        return struct.pack("<I", self.rate)


MOST_SLOTS = 24
"""Of one SENSE."""


@dataclass(frozen=True, slots=True)
class Robot:
    """ROBOT: whether the robot takes part in the runs to come (SPEC.md 10.6)."""

    type: ClassVar[Type] = Type.ROBOT

    mode: int  # 0 no, 1 by its drivers, 2 by its host

    def pack(self) -> bytes:
        return bytes((self.mode, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Sense:
    """SENSE: what some slots of the next burst read; `run` it then."""

    type: ClassVar[Type] = Type.SENSE

    burst: int
    first: int
    raw: tuple[int, ...]
    states: tuple[int, ...]
    run: bool

    @classmethod
    def several(cls, burst: int, states: Sequence[int], raw: Sequence[int]) -> Iterator[Self]:
        """As many as all the slots take; the last one runs the burst."""
        for at in range(0, max(len(raw), 1), MOST_SLOTS):
            end = at + MOST_SLOTS
            yield cls(burst, at, tuple(raw[at:end]), tuple(states[at:end]), end >= len(raw))

    def pack(self) -> bytes:
        n = len(self.raw)
        head = struct.pack("<IBBBB", self.burst, self.first, n, self.run, 0)
        return head + struct.pack(f"<{n}i", *self.raw) + bytes(self.states)


@dataclass(frozen=True, slots=True)
class Report:
    """REPORT: asks again for what a burst said."""

    type: ClassVar[Type] = Type.REPORT

    burst: int

    def pack(self) -> bytes:
        return struct.pack("<I", self.burst)
