"""Partitions: the table that tells an ESP32's boot loader what lies where in its flash.

In:  the bytes of a flash image from the table's place on.
Out: its entries, in their order; a table as bytes, for a test that makes an image.
Never: guesses: a table that is damaged, overlaps, or does not end is refused.

The format is ESP-IDF's (esp_partition_info_t): entries of 32 bytes, then one with their MD5.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import BoardError
from .image_header import AGAIN

TABLE_OFFSET = 0x8000  # in the flash, of every image of MicroPython
TABLE_SIZE = 0xC00  # bytes at most; the sector's rest is for a signature
APP, DATA = 0, 1  # kinds
OTA_DATA, NVS_KEYS = 0x00, 0x04  # subtypes of DATA
FACTORY = 0x00  # subtype of APP: it is started unless OTA_DATA says another
OTA_0, OTA_15 = 0x10, 0x1F  # subtypes of APP: the first and the last of them
_ENTRY = struct.Struct("<2sBBII16sI")
_MAGIC, _DIGEST, _END = b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14, b"\xff" * 32
_ENCRYPTED, _READ_ONLY = 1, 2  # flags


@dataclass(frozen=True, slots=True)
class Partition:
    """One entry. Offset and size are in bytes, from the beginning of the flash."""

    label: str
    kind: int
    subtype: int
    offset: int
    size: int
    encrypted: bool = False
    read_only: bool = False

    @property
    def end(self) -> int:
        """The first byte that is no longer its own."""
        return self.offset + self.size

    @property
    def is_ota(self) -> bool:
        """Whether it is one of several places for an application."""
        return self.kind == APP and OTA_0 <= self.subtype <= OTA_15


def is_table(data: bytes) -> bool:
    """Whether a partition table begins there."""
    return data[:2] == _MAGIC


def read_table(data: bytes, name: str) -> tuple[Partition, ...]:
    """The entries of the table with which `data` begins. Raises BoardError."""
    found: list[Partition] = []
    for at in range(0, TABLE_SIZE, _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if len(entry) < _ENTRY.size:
            break
        if entry == _END:
            return _checked(found, name)
        if entry[:16] == _DIGEST:
            if hashlib.md5(data[:at], usedforsecurity=False).digest() != entry[16:]:
                raise _damaged(name, "its MD5 is not that of its entries")
            continue
        magic, kind, subtype, offset, size, label, flags = _ENTRY.unpack(entry)
        if magic != _MAGIC:
            raise _damaged(name, f"entry {at // _ENTRY.size} begins with {magic.hex()}")
        text = label.split(b"\0")[0].decode("ascii", "replace")
        marks = bool(flags & _ENCRYPTED), bool(flags & _READ_ONLY)
        found.append(Partition(text, kind, subtype, offset, size, *marks))
    raise _damaged(name, "it does not end")


def table_bytes(partitions: Sequence[Partition]) -> bytes:
    """The table that read_table() reads as these entries."""
    body = b"".join(
        _ENTRY.pack(
            _MAGIC, p.kind, p.subtype, p.offset, p.size, p.label.encode(),
            p.encrypted * _ENCRYPTED + p.read_only * _READ_ONLY,
        )
        for p in partitions
    )  # fmt: skip
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return (body + _DIGEST + digest).ljust(TABLE_SIZE, b"\xff")


def _checked(found: list[Partition], name: str) -> tuple[Partition, ...]:
    last: Partition | None = None
    for partition in sorted(found, key=lambda partition: partition.offset):
        if not partition.size:
            raise _damaged(name, f"{partition.label} has no bytes")
        if partition.offset < (last.end if last else TABLE_OFFSET + 0x1000):
            over = last.label if last else "the table"
            raise _damaged(name, f"{partition.label} lies over {over}")
        last = partition
    if not any(partition.kind == APP for partition in found):
        raise _damaged(name, "it has no place for an application")
    return tuple(found)


def _damaged(name: str, why: str) -> BoardError:
    return BoardError(f"the partition table of {name} is damaged ({why})", AGAIN)
