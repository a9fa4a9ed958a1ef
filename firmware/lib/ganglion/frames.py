"""Frames: a BURST frame in one call (SPEC.md 7.1 and 7.2), as the general way in wire.py makes it.

In:  the frame's buffer; what there is to tell, as words; the fired set; the table of the CRC.
Out: the frame, coded, in that buffer, and its length.
Never: a call, an allocation, a number that is an object: a CRC and a digest have 32 bits.

A burst of a small brain costs less than its telemetry would, put together in Python. The words are:
0 the digest, 1 the chain, 2 the burst's number, 3 how many fired, 4 microseconds, 5 the frame's
sequence, 6 of the fired neurons how many earlier frames listed, 7 words of the fired set, 8 whether
the digest is told. (They have no names: a board keeps each name for good.)
"""

import micropython
from micropython import const

_TYPE_BURST = const(131)


@micropython.viper
def burst(w: ptr8, told: ptr32, fired: ptr32, table: ptr32) -> int:
    """The frame of a burst, at w. Returns its length."""
    h = ptr16(w)
    n = told[2]
    h[3] = n
    h[4] = n >> 16
    n = 0
    if told[8]:
        n = told[0]
    h[5] = n
    h[6] = n >> 16
    h[7] = told[3]
    h[8] = told[8]
    n = told[4]
    h[9] = n
    h[10] = n >> 16
    h = ptr16(int(w) + 22)
    skip = told[6]
    left = told[3] - skip
    words = told[7]
    i = 0
    while left and i < words:
        bits = fired[i]
        n = i << 5
        i += 1
        while bits:
            if bits & 1:
                if skip:
                    skip -= 1
                elif left:
                    h[0] = n
                    h = ptr16(int(h) + 2)
                    left -= 1
            bits = int(uint(bits) >> 1)
            n += 1
    n = int(h)  # the end of the payload
    w[2] = n - int(w) - 6
    w[3] = _TYPE_BURST
    w[4] = told[5]
    w[5] = told[5] >> 8
    c = table[16]
    p = ptr8(int(w) + 2)
    while int(p) < n:
        c ^= p[0]
        c = int(uint(c) >> 4) ^ table[c & 15]
        c = int(uint(c) >> 4) ^ table[c & 15]
        p = ptr8(int(p) + 1)
    c ^= table[16]
    h[0] = c
    h[1] = c >> 16
    n += 4
    # COBS in place: the byte before the body, and each 00 in it, becomes the way to the next
    at = ptr8(int(w) + 1)
    p = ptr8(int(w) + 2)
    while int(p) < n:
        if not p[0]:
            at[0] = int(p) - int(at)
            at = p
        p = ptr8(int(p) + 1)
    at[0] = n - int(at)
    w[0] = 0
    p[0] = 0
    return n - int(w) + 1
