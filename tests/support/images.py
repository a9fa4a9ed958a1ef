"""Images: flash images made from the numbers that MicroPython publishes, without its code.

In:  a partition table of ports/esp32, a flash size for the header, a chip number.
Out: an image as `flash` takes it: boot-loader header, table, header of the application.
Never: holds a byte of MicroPython: nothing here would run.
"""

import functools
import hashlib
import operator
import struct

from ganglion.boards.partitions import APP, DATA, TABLE_OFFSET, Partition, table_bytes

KB, MB = 1 << 10, 1 << 20
_NVS, _PHY, _FAT, _ROMFS, _OTA = 0x02, 0x01, 0x81, 0x8F, 0x00


def plain(vfs: int | None = None, factory: int = 0x1F0000, romfs: int = 0) -> list[Partition]:
    """partitions-*MiB*.csv: one application; `vfs`: bytes of the entry for files, if there is."""
    table = [
        Partition("nvs", DATA, _NVS, 0x9000, 0x6000),
        Partition("phy_init", DATA, _PHY, 0xF000, 0x1000),
        Partition("factory", APP, 0, 0x10000, factory),
    ]
    if romfs:
        table.append(Partition("romfs", DATA, _ROMFS, 0x10000 + factory, romfs))
    if vfs:
        table.append(Partition("vfs", DATA, _FAT, 0x10000 + factory + romfs, vfs))
    return table


def ota(each: int, vfs: int | None = None) -> list[Partition]:
    """partitions-*-ota.csv: two applications of so many bytes."""
    table = [
        Partition("nvs", DATA, _NVS, 0x9000, 0x4000),
        Partition("otadata", DATA, _OTA, 0xD000, 0x2000),
        Partition("phy_init", DATA, _PHY, 0xF000, 0x1000),
        Partition("ota_0", APP, 0x10, 0x10000, each),
        Partition("ota_1", APP, 0x11, 0x10000 + each, each),
    ]
    if vfs:
        table.append(Partition("vfs", DATA, _FAT, 0x10000 + 2 * each, vfs))
    return table


def header(chip: int, flash: int, mode: int = 2, segments: int = 1) -> bytes:
    """The 24 bytes that begin a program; `flash` in bytes."""
    code = (flash >> 20).bit_length() - 1
    return struct.pack(
        "<BBBBI4xHBHH4xB", 0xE9, segments, mode, code << 4, 0x40080000, chip, 0, 0, 0, 1
    )


def program(chip: int, flash: int, *segments: bytes) -> bytes:
    """A program of these segments, with its checksum and its SHA-256."""
    parts = [header(chip, flash, segments=len(segments))]
    parts += [struct.pack("<II", 0x3F400000, len(segment)) + segment for segment in segments]
    body = b"".join(parts)
    checksum = functools.reduce(operator.xor, b"".join(segments), 0xEF)
    body += bytes(15 - len(body) % 16) + bytes([checksum])
    return body + hashlib.sha256(body).digest()


def image(
    table: list[Partition], chip: int = 0, flash: int = 4 * MB, *, at: int = 0x1000,
    banner: bytes = b"MicroPython", size: int = 20_000, raw: bytes | None = None,
    started: int = 0x10000, application: bytes | None = None,
) -> bytes:  # fmt: skip
    """What is written at `at`; `raw`: other bytes for the table; `size`: of the application, which
    is at `started`."""
    content = bytearray(b"\xff" * (started - at))
    loader = program(chip, flash, bytes(100))
    content[: len(loader)] = loader
    entries = table_bytes(table) if raw is None else raw
    content[TABLE_OFFSET - at : TABLE_OFFSET - at + len(entries)] = entries
    if application is None:
        application = program(chip, flash, b"\0" * 8 + banner, bytes(300))
    return bytes(content) + application.ljust(size, b"\xa5")
