"""Layout: where in a flash chip an image of MicroPython will look for its files.

In:  the image, and where it is written; later the size of the chip that is really there.
Out: the offset and the size of the file system that this image will mount on this chip.
Never: assumes a place that the image does not name, or that the chip does not have.

Up to version 1.25 the partition table has an entry `vfs`. Since 1.26 it has none, and MicroPython
takes what lies between the end of the last partition and the end of the chip.
"""

import re
from dataclasses import dataclass

from ..errors import BoardError
from .image_header import MAGIC, SECTOR, ImageHeader, end_of_program, is_signed, read_header
from .partitions import (
    APP,
    DATA,
    FACTORY,
    NVS_KEYS,
    OTA_DATA,
    TABLE_OFFSET,
    TABLE_SIZE,
    Partition,
    is_table,
    read_table,
)

BLOCK = 4096  # bytes that are erased at once
LEAST = 0x10000  # bytes of a file system that can hold the firmware at all
_BANNER = re.compile(rb"MicroPython v(\d+)\.(\d+)(?:\.(\d+))?")
_WITHOUT_ENTRY = (1, 26)  # the version from which on no entry is needed
OFFICIAL = "take MicroPython's official image"


@dataclass(frozen=True, slots=True)
class Layout:
    """What an image says of the flash. Offsets are from the beginning of the flash."""

    name: str
    header: ImageHeader
    partitions: tuple[Partition, ...]
    version: tuple[int, int, int] | None  # of MicroPython, if the image says it
    files_offset: int
    files_size: int | None  # bytes; None: to the end of the chip
    erased: tuple[Partition, ...]  # to be written as 0xFF besides the image

    @property
    def end(self) -> int:
        """The first byte behind the last partition."""
        return max(partition.end for partition in self.partitions)

    def on_chip(self, flash_size: int) -> int:
        """The size of the file system on a chip of so many bytes. Raises BoardError."""
        needed = max(self.header.flash_size, self.end)
        if flash_size < needed:
            raise BoardError(
                f"{self.name} is for a flash of {_megabytes(needed)}, and the chip has "
                f"{_megabytes(flash_size)}: it would not start",
                "take an image for this size of flash; nothing was written",
            )
        size = self.files_size or (flash_size - self.files_offset) // BLOCK * BLOCK
        if size < LEAST:
            raise BoardError(
                f"{self.name} leaves {size:,} bytes for files on a flash of "
                f"{_megabytes(flash_size)}, and the firmware needs {LEAST:,}",
                "take an image with a smaller application, or a larger flash; nothing was written",
            )
        return size


def read_layout(data: bytes, image_offset: int, name: str, page: str) -> Layout:
    """What an image that is written at `image_offset` says of the flash. Raises BoardError."""
    header = read_header(data, name, page)
    at = TABLE_OFFSET - image_offset
    if not is_table(data[at : at + TABLE_SIZE]):
        raise BoardError(
            f"{name} has no partition table at {TABLE_OFFSET:#x}, so nothing says where its files "
            "go",
            f"take the whole image of {page}, whose name ends in .bin: not the application alone "
            "(.app-bin), nor an update (.ota)",
        )
    table = read_table(data[at : at + TABLE_SIZE], name)
    _refuse_locked(data, table, data[at + TABLE_SIZE : at + SECTOR], name)
    end_of_program(data, 0, name, "the boot loader", hashed=False)  # esptool may alter its header
    first = _started(table, name)
    _check_application(data, first, image_offset, header, name, page)
    version = _version(data)
    offset, size = _files(table, name, version)
    layout = Layout(name, header, table, version, offset, size, _stale(table, image_offset, data))
    if layout.end > header.flash_size:
        raise BoardError(
            f"the partition table of {name} ends at {layout.end:#x}, beyond the "
            f"{_megabytes(header.flash_size)} that its header says: no chip would start it",
            OFFICIAL,
        )
    if image_offset + len(data) > offset:
        raise BoardError(
            f"{name} has {len(data):,} bytes and its own table has room for "
            f"{offset - image_offset:,} before its files",
            OFFICIAL,
        )
    _refuse_chosen(table, image_offset, data, name)
    return layout


def _started(table: tuple[Partition, ...], name: str) -> Partition:
    """The application that a boot loader starts when nothing says another (ESP-IDF, OTA)."""
    usual = [p for p in table if (p.kind == APP and p.subtype == FACTORY) or p.is_ota]
    if not usual:
        raise BoardError(
            f"the table of {name} has no application that is started by itself", OFFICIAL
        )
    return min(usual, key=lambda partition: partition.subtype)


def _check_application(
    data: bytes, place: Partition, image_offset: int, header: ImageHeader, name: str, page: str
) -> None:
    """Raises BoardError unless a whole MicroPython for that chip lies in its place."""
    begins = place.offset - image_offset
    if data[begins : begins + 1] != bytes([MAGIC]):
        raise BoardError(
            f"{name} has no application at {place.offset:#x}, where its table says one is",
            f"take the whole image of {page}",
        )
    end = end_of_program(data, begins, name, "the application")
    chip = read_header(data[begins:], f"the application in {name}", page).chip_number
    if chip != header.chip_number:
        raise BoardError(
            f"the boot loader in {name} is for chip number {header.chip_number}, and its "
            f"application for {chip}",
            OFFICIAL,
        )
    if end - begins > place.size:
        raise BoardError(
            f"the application in {name} has {end - begins:,} bytes, and its own table has room for "
            f"{place.size:,}",
            OFFICIAL,
        )
    if b"MicroPython" not in data[begins:end]:
        raise BoardError(f"{name} holds another program than MicroPython", OFFICIAL)


def _refuse_chosen(table: tuple[Partition, ...], image_offset: int, data: bytes, name: str) -> None:
    """An image that says by itself which of its applications starts: perhaps none that was read."""
    for p in table:
        if p.kind == DATA and p.subtype == OTA_DATA:
            begin = max(p.offset - image_offset, 0)
            if data[begin : max(p.end - image_offset, 0)].strip(b"\xff"):
                raise BoardError(
                    f"{name} says by its partition {p.label} which application is started", OFFICIAL
                )


def _refuse_locked(
    data: bytes, table: tuple[Partition, ...], behind_table: bytes, name: str
) -> None:
    marked = next((p for p in table if p.encrypted), None)
    keys = next((p for p in table if p.kind == DATA and p.subtype == NVS_KEYS), None)
    if marked or keys:
        why = f"marks {marked.label} as encrypted" if marked else "has a place for keys"
        raise BoardError(
            f"{name} is made for flash encryption (its table {why}): a chip that starts it may "
            "encrypt itself for ever",
            OFFICIAL,
        )
    if is_signed(data, behind_table):
        raise BoardError(
            f"{name} is signed for Secure Boot: a chip that starts it may lock itself for ever",
            OFFICIAL,
        )


def _version(data: bytes) -> tuple[int, int, int] | None:
    found = _BANNER.search(data)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def _files(
    table: tuple[Partition, ...], name: str, version: tuple[int, int, int] | None
) -> tuple[int, int | None]:
    """As MicroPython finds them (ports/esp32/modules/flashbdev.py and main.c)."""
    for partition in table:
        if partition.kind == DATA and partition.label == "vfs":
            if partition.offset % BLOCK or partition.size % BLOCK:
                raise BoardError(
                    f"the partition vfs of {name} is not made of whole blocks of {BLOCK:,} bytes",
                    OFFICIAL,
                )
            if partition.read_only:
                raise BoardError(f"the partition vfs of {name} can only be read", OFFICIAL)
            return partition.offset, partition.size
    if any(partition.kind == DATA and partition.label == "ffat" for partition in table):
        raise BoardError(
            f"{name} keeps its files in FAT (its table has ffat and no vfs), which a power cut "
            "damages",
            OFFICIAL,
        )
    if version and version[:2] < _WITHOUT_ENTRY:
        raise BoardError(
            f"{name} has no partition for files, and MicroPython {version[0]}.{version[1]} finds "
            "none without it",
            OFFICIAL,
        )
    end = max(partition.end for partition in table)
    if end % BLOCK:
        raise BoardError(
            f"the last partition of {name} ends at {end:#x}, and files would begin there, in the "
            f"midst of a block of {BLOCK:,} bytes",
            OFFICIAL,
        )
    return end, None


def _stale(table: tuple[Partition, ...], image_offset: int, data: bytes) -> tuple[Partition, ...]:
    """What could still name an older application, and is not overwritten by the image itself."""
    return tuple(
        partition
        for partition in table
        if partition.kind == DATA
        and partition.subtype == OTA_DATA
        and not image_offset <= partition.offset < partition.end <= image_offset + len(data)
    )


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):g} MB"
