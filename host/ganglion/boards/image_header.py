"""Image header: what the first 24 bytes of an ESP32's program say, and the marks of a locked one.

In:  the bytes of an image as a boot loader reads it.
Out: its flash mode and size, and the chip that it is for; where a program in it ends, if it is
     whole; whether it is signed for Secure Boot.
Never: takes an image without its magic number for one.

The formats are ESP-IDF's (esp_image_header_t, esp_image_segment_header_t; the signatures of Secure
Boot v1, behind the partition table, and of v2, ets_secure_boot_sig_block_t).
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass

from ..errors import BoardError

MAGIC = 0xE9
HEADER = 24  # bytes
MODES = ("QIO", "QOUT", "DIO", "DOUT", "fast read", "slow read")
SECTOR = 4096
_SIGNATURE = 0xE7  # then the kind of key: 2 RSA, 3 ECDSA
_SIGNED = 1196  # bytes of a signature block that its CRC is of
_SEGMENTS = 16  # of a program, at most
_SEED = 0xEF  # of the checksum of a program's segments
AGAIN = "get the image again; it was damaged or altered"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What of the header matters to who writes it."""

    mode: str  # how the flash chip is read
    flash_size: int  # bytes: the least that the chip must have, or it does not boot
    chip_number: int


def read_header(data: bytes, name: str, page: str) -> ImageHeader:
    """The header with which `data` begins; `page` is where one gets a right one.

    Raises BoardError.
    """
    if len(data) < HEADER or data[0] != MAGIC:
        what = "no image for an ESP32"
        if data[SECTOR : SECTOR + 1] == bytes([MAGIC]) and not data[:SECTOR].strip(b"\xff"):
            what = f"an image of a flash from its first byte on, and not from {SECTOR:#x} on"
        raise BoardError(f"{name} is {what} ({len(data):,} bytes)", f"take the .bin of {page}")
    mode, size = data[2], data[3] >> 4
    if mode >= len(MODES) or size > 7:
        raise BoardError(
            f"the header of {name} is damaged (flash mode {mode}, flash size {size})",
            f"take the .bin of {page}",
        )
    return ImageHeader(MODES[mode], 1 << 20 + size, int.from_bytes(data[12:14], "little"))


def end_of_program(data: bytes, at: int, name: str, what: str, hashed: bool = True) -> int:
    """Where the program that begins at `at` ends, with its checksum and perhaps its SHA-256.

    `hashed`: that hash is looked at. Raises BoardError unless the program is whole.
    """
    end = at + HEADER
    checksum = _SEED
    segments = data[at + 1] if len(data) >= end else 1
    for _ in range(segments):
        size = int.from_bytes(data[end + 4 : end + 8], "little")
        end += 8 + size
        if end > len(data):
            break
        checksum ^= _xor(data[end - size : end])
    end += 16 - (end - at) % 16  # the checksum is the last byte of 16
    body = end
    end += 32 if any(data[at + HEADER - 1 : at + HEADER]) else 0
    if end > len(data):
        raise BoardError(
            f"{what} in {name} is cut short: the image ends after {len(data):,} bytes", AGAIN
        )
    why = ""
    if not 0 < segments <= _SEGMENTS:
        why = f"it has {segments} segments"
    elif data[body - 1] != checksum:
        why = "its checksum is not that of its segments"
    elif hashed and end > body and hashlib.sha256(data[at:body]).digest() != data[body:end]:
        why = "its SHA-256 is not that of its bytes"
    if why:
        raise BoardError(f"{what} in {name} is damaged ({why})", AGAIN)
    return end


def _xor(data: bytes) -> int:
    """The exclusive or of all bytes."""
    size, word = len(data), int.from_bytes(data, "little")
    while size > 1:
        size = (size + 1) // 2
        word = word >> 8 * size ^ word & (1 << 8 * size) - 1
    return word


def is_signed(data: bytes, behind_table: bytes) -> bool:
    """Whether the image carries a signature for Secure Boot: a chip may lock itself with it.

    `behind_table`: what lies behind the partition table in its sector, where v1 has one.
    """
    if behind_table.strip(b"\xff"):
        return True
    for at in range(0, len(data) - _SIGNED, SECTOR):
        if data[at] == _SIGNATURE:
            (crc,) = struct.unpack_from("<I", data, at + _SIGNED)
            if crc == zlib.crc32(data[at : at + _SIGNED]):
                return True
    return False
