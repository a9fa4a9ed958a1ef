"""Crc: CRC-32 of a frame, written where it belongs: as a number it would be an object.

In:  bytes in memory, and how many.
Out: their CRC-32 (IEEE 802.3, as zlib's), little-endian, in the four bytes that follow them.
Never: allocates: a board's small integers have 31 bits, a CRC has 32.
"""

from array import array

import micropython

# Four bits at a time; the last word is what a CRC starts and ends with.
TABLE = array(
    "I",
    (
        0, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278,
        0xBDBDF21C, 0xFFFFFFFF,
    ),
)  # fmt: skip


@micropython.viper
def append(p: ptr8, c: int, begin: int, end: int, table: ptr32):
    """The CRC of bytes begin..end-1, into bytes end..end+3."""
    c = table[16]
    p = ptr8(int(p) + begin)
    e = int(p) + end - begin
    while int(p) < e:
        c ^= p[0]
        c = int(uint(c) >> 4) ^ table[c & 15]
        c = int(uint(c) >> 4) ^ table[c & 15]
        p = ptr8(int(p) + 1)
    c ^= table[16]
    p[0] = c
    p[1] = c >> 8
    p[2] = c >> 16
    p[3] = c >> 24
