"""xxh64: the 64-bit xxHash with seed 0, by which FEAGI names a pattern.

In:  bytes.
Out: the hash, as in the xxHash specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).
Never: used by the product, whose patterns are their own keys; fast.
"""

MASK = (1 << 64) - 1
P1 = 0x9E3779B185EBCA87
P2 = 0xC2B2AE3D27D4EB4F
P3 = 0x165667B19E3779F9
P4 = 0x85EBCA77C2B2AE63
P5 = 0x27D4EB2F165667C5


def xxh64(data: bytes) -> int:
    """The hash of some bytes."""
    at = 0
    if len(data) >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while at + 32 <= len(data):
            for i in range(4):
                word = int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little")
                lanes[i] = _round(lanes[i], word)
            at += 32
        turns = zip(lanes, (1, 7, 12, 18), strict=True)
        hashed = sum(_rotated(lane, bits) for lane, bits in turns) & MASK
        for lane in lanes:
            hashed = ((hashed ^ _round(0, lane)) * P1 + P4) & MASK
    else:
        hashed = P5
    hashed = (hashed + len(data)) & MASK
    while at + 8 <= len(data):
        word = int.from_bytes(data[at : at + 8], "little")
        hashed = (_rotated(hashed ^ _round(0, word), 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= len(data):
        word = int.from_bytes(data[at : at + 4], "little")
        hashed = (_rotated(hashed ^ (word * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        hashed = _rotated(hashed ^ (byte * P5 & MASK), 11) * P1 & MASK
    for shift, prime in ((33, P2), (29, P3)):
        hashed = (hashed ^ hashed >> shift) * prime & MASK
    return hashed ^ hashed >> 32


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * P2) & MASK, 31) * P1 & MASK


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & MASK
