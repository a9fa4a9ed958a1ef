"""Drive: what a device says of its robot, as typed records (SPEC.md 10.6).

In:  payloads of SENSED, DRIVEN and KEPT, in whatever order they came.
Out: what was sensed and told in one burst; `parse` raises ValueError or struct.error for another
     length.
Never: makes up what did not come.
"""

import struct
from dataclasses import dataclass
from typing import Self

_AGAIN = 128  # a flag: it was asked for


@dataclass(frozen=True, slots=True)
class Drive:
    """What a robot sensed and was told in one burst (SPEC 10.6)."""

    states: tuple[int, ...]  # of each slot: held, fresh or failed
    raw: tuple[int, ...]
    driven: tuple[int, ...]
    still: bool = False  # its motors were held


@dataclass(frozen=True, slots=True)
class Sensed:
    """Some slots of one burst."""

    burst: int
    first: int
    again: bool  # it was asked for
    raw: tuple[int, ...]
    states: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        burst, first, count, flags, _ = struct.unpack_from("<IBBBB", payload)
        raw = struct.unpack_from(f"<{count}i", payload, 8)
        states = payload[8 + 4 * count :]
        if len(states) != count:
            raise ValueError
        return cls(burst, first, bool(flags & _AGAIN), raw, tuple(states))


@dataclass(frozen=True, slots=True)
class Driven:
    """Some outputs of one burst."""

    burst: int
    first: int
    again: bool
    still: bool
    values: tuple[int, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        burst, first, count, flags, _ = struct.unpack_from("<IBBBB", payload)
        if len(payload) != 8 + 4 * count:
            raise ValueError
        values = struct.unpack_from(f"<{count}i", payload, 8)
        return cls(burst, first, bool(flags & _AGAIN), bool(flags & 1), values)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a device keeps of a burst, without its spikes."""

    burst: int
    digest: int | None
    fired: int

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        burst, digest, fired, flags, _ = struct.unpack("<IIHBB", payload)
        return cls(burst, digest if flags & 1 else None, fired)


class DriveParts:
    """Puts SENSED and DRIVEN frames of one burst together, in whatever order, some twice."""

    def __init__(self) -> None:
        self.burst = 0
        self._sensed: dict[int, Sensed] = {}
        self._driven: dict[int, Driven] = {}

    def add(self, record: Sensed | Driven) -> None:
        if record.burst != self.burst:
            self.burst = record.burst
            self._sensed, self._driven = {}, {}
        if isinstance(record, Sensed):
            self._sensed[record.first] = record
        else:
            self._driven[record.first] = record

    def of(self, burst: int) -> Drive | None:
        """What came of that burst, up to the first frame that is missing; none if nothing did."""
        if burst != self.burst or not (self._sensed or self._driven):
            return None
        states: list[int] = []
        raw: list[int] = []
        driven: list[int] = []
        while len(raw) in self._sensed and self._sensed[len(raw)].raw:
            part = self._sensed[len(raw)]
            states += part.states
            raw += part.raw
        while len(driven) in self._driven and self._driven[len(driven)].values:
            driven += self._driven[len(driven)].values
        still = any(part.still for part in self._driven.values())
        return Drive(tuple(states), tuple(raw), tuple(driven), still)
