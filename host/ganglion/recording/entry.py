"""Entry: one piece of a recording, as bytes and back, and the next whole one after damage.

In:  bytes of a file, of any origin.
Out: entries that are whole.
Never: an entry whose CRC is wrong; a search without an end.

An entry is: length u32, kind u8, three zero bytes, time i64 (nanoseconds since the recording
began), `length` bytes, CRC-32 of all of these. Little-endian.
"""

import mmap
import re
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

HEAD = struct.Struct("<IB3xq")
CRC = struct.Struct("<I")
MOST = 1 << 28  # bytes of one entry; a longer length is damage
_SEARCHED = 1 << 31  # bytes that one search may hash; only a file made for it has so many


class Kind(IntEnum):
    """What an entry holds."""

    META = 1
    """JSON: version, started (UTC), and what the recorder was told."""
    BLOB = 2
    """The brain; empty if it is not known."""
    RECEIVED = 3
    """Raw bytes from the device, in the pieces in which they came."""
    SENT = 4
    """Raw bytes to the device."""
    MARK = 5
    """UTF-8: a moment that a person marked."""
    NOTICE = 6
    """UTF-8: something that happened to the link, the clock or the recording."""
    END = 7
    """UTF-8: why the recording was closed. Absent if it was not closed but cut off."""


_KINDS = frozenset(Kind)
_KIND_AND_ZEROS = re.compile(rb"[\x01-\x07]\0\0\0")


@dataclass(frozen=True, slots=True)
class Entry:
    kind: Kind
    time: int  # nanoseconds since the recording began
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a recording that are no whole entry."""

    at: int  # the first of them
    bytes: int

    def __str__(self) -> str:
        return f"damaged at byte {self.at:,} ({self.bytes:,} bytes are no whole entry)"


def pack(kind: Kind, time_ns: int, data: bytes) -> bytes:
    """An entry as bytes."""
    record = HEAD.pack(len(data), kind, time_ns) + data
    return record + CRC.pack(zlib.crc32(record))


def whole(head: bytes, rest: bytes) -> Entry | None:
    """The entry in these bytes, or None where they break off or are damaged."""
    if len(head) < HEAD.size or len(rest) < CRC.size:
        return None
    length, kind, time_ns = HEAD.unpack(head)
    data, crc = rest[: -CRC.size], rest[-CRC.size :]
    if len(data) != length or kind not in _KINDS:
        return None
    if zlib.crc32(data, zlib.crc32(head)) != int.from_bytes(crc, "little"):
        return None
    return Entry(Kind(kind), time_ns, data)


def breaks_off(head: bytes, left: int) -> bool:
    """Whether an entry that begins so, `left` bytes before the end, only lacks its rest."""
    if len(head) < HEAD.size:
        return True
    length, kind, _ = HEAD.unpack(head)
    return kind in _KINDS and head[5:8] == b"\0\0\0" and left < HEAD.size + length + CRC.size


def next_whole(data: "mmap.mmap | bytes", after: int) -> int | None:
    """Where the first whole entry begins behind byte `after`, if there is one."""
    size, hashed = len(data), 0
    for found in _KIND_AND_ZEROS.finditer(data, after + 5):  # type: ignore[arg-type,unused-ignore]
        at = found.start() - 4
        end = at + HEAD.size + int.from_bytes(data[at : at + 4], "little") + CRC.size
        if end > size or end - at > MOST:
            continue
        hashed += end - at
        if hashed > _SEARCHED:
            return None
        if whole(data[at : at + HEAD.size], data[at + HEAD.size : end]):
            return at
    return None
