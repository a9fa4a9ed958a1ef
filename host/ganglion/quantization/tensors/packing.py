"""Packing: integers of 8, 4 or 2 bits as bytes, the lowest bits first.

In:  integers that fit their bits.
Out: bytes: one, two or four integers in each; unused bits of the last byte are zero.
Never: drops a bit of a number that does not fit: that is refused.
"""

import numpy as np
from numpy.typing import NDArray

from ...errors import QuantizeError

BITS = (8, 4, 2)


def packed_size(count: int, bits: int) -> int:
    """The bytes that `count` integers take."""
    return -(-count * bits // 8)


def pack(values: NDArray[np.integer], bits: int) -> bytes:
    """Signed integers as two's complement. Raises QuantizeError if one does not fit."""
    if bits not in BITS:
        raise QuantizeError(f"{bits} bits were asked for", "use 8, 4 or 2")
    flat = np.asarray(values, dtype=np.int64).ravel()
    limit = 2 ** (bits - 1)
    if len(flat) and not -limit <= flat.min() <= flat.max() < limit:
        raise QuantizeError(
            f"the integers {flat.min()} to {flat.max()} do not fit {bits} bits",
            f"keep them from {-limit} to {limit - 1}",
        )
    per_byte = 8 // bits
    codes = np.zeros(packed_size(len(flat), bits) * per_byte, dtype=np.uint8)
    codes[: len(flat)] = (flat & ((1 << bits) - 1)).astype(np.uint8)
    shifts = np.arange(per_byte, dtype=np.uint8) * np.uint8(bits)
    joined = np.bitwise_or.reduce(codes.reshape(-1, per_byte) << shifts, axis=1)
    return bytes(joined.astype(np.uint8))


def unpack(data: bytes, bits: int, count: int) -> NDArray[np.int8]:
    """`count` signed integers. Raises QuantizeError if the bytes are not exactly theirs."""
    if bits not in BITS:
        raise QuantizeError(f"{bits} bits were asked for", "use 8, 4 or 2")
    if len(data) != packed_size(count, bits):
        raise QuantizeError(
            f"{count:,} integers of {bits} bits are {packed_size(count, bits):,} bytes, "
            f"and {len(data):,} were given",
            "give all of them, and nothing else",
        )
    per_byte = 8 // bits
    shifts = np.arange(per_byte, dtype=np.uint8) * np.uint8(bits)
    codes = (np.frombuffer(data, dtype=np.uint8)[:, None] >> shifts) & np.uint8((1 << bits) - 1)
    flat = codes.ravel()
    if flat[count:].any():
        raise QuantizeError("the unused bits of the last byte are not zero", "pack the array again")
    signed = flat[:count].astype(np.int16)
    return np.where(signed >= 2 ** (bits - 1), signed - 2**bits, signed).astype(np.int8)
