"""Image header: what the first 24 bytes of an ESP32's program say, and the marks of a locked one.

In:  the bytes of an image as a boot loader reads it.
Out: its flash mode and size, and the chip that it is for; whether it is signed for Secure Boot.
Never: takes an image without its magic number for one.

The formats are ESP-IDF's (esp_image_header_t; ets_secure_boot_sig_block_t of Secure Boot v2).
"""

import struct
import zlib
from dataclasses import dataclass

from ..errors import BoardError

MAGIC = 0xE9
HEADER = 24  # bytes
MODES = ("QIO", "QOUT", "DIO", "DOUT", "fast read", "slow read")
_SECTOR = 4096
_SIGNATURE = b"\xe7\x02\0\0"
_SIGNED = 1196  # bytes of a signature block that its CRC is of


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
        raise BoardError(
            f"{name} is no image for an ESP32 ({len(data):,} bytes)", f"take the .bin of {page}"
        )
    mode, size = data[2], data[3] >> 4
    if mode >= len(MODES) or size > 7:
        raise BoardError(
            f"the header of {name} is damaged (flash mode {mode}, flash size {size})",
            f"take the .bin of {page}",
        )
    return ImageHeader(MODES[mode], 1 << 20 + size, int.from_bytes(data[12:14], "little"))


def is_signed(data: bytes) -> bool:
    """Whether the image carries a signature for Secure Boot v2: a chip may lock itself with it."""
    for at in range(0, len(data) - _SIGNED, _SECTOR):
        if data[at : at + 4] == _SIGNATURE:
            (crc,) = struct.unpack_from("<I", data, at + _SIGNED)
            if crc == zlib.crc32(data[at : at + _SIGNED]):
                return True
    return False
