"""Common: viper that every brain needs: clearing, digests, the fired set as a list, proofs.

In:  arrays, or the bytes of a page of ROWS.
Out: a digest, a list, the number of synapses of a page in which all is in its place.
Never: a float, an allocation, a literal of more than 31 bits, a constant index above 255.

The burst itself is in deliver_* and update_*, each for 16 and for 32 bits: brain.py loads what its
brain needs. firmware/kernel has their plain form.
"""

import micropython
from micropython import const

_Z_FIRST = const(1)
_Z_STOP = const(2)
_L_KIND = const(1)
_L_SHIFT = const(3)
_L_ZONE = const(5)
_L_USED = const(7)


@micropython.viper
def clear(p: ptr32, n_words: int):
    """Set words to zero."""
    e = (n_words << 2) + int(p)
    n_words = e - 12
    while int(p) < n_words:
        p[0] = 0
        p[1] = 0
        p[2] = 0
        p[3] = 0
        p = ptr32(int(p) + 16)
    while int(p) < e:
        p[0] = 0
        p = ptr32(int(p) + 4)


@micropython.viper
def delivered(p: ptr32):
    """What fired is delivered: p[0] the fired set, p[2] its words; p[4] the queue of what fired,
    p[6] where its records begin."""
    x = (p[1] << 16 << 16) + p[0]
    e = (p[2] << 2) + x
    while x < e:
        ptr32(x)[0] = 0
        x += 4
    x = (p[5] << 16 << 16) + p[4]
    ptr32(x)[0] = p[6]


@micropython.viper
def digest(d: int):
    """SPEC 3: out[0] is the digest of all arrays, out[1] takes it up. At d lie the address of out,
    that of the constants, how many arrays; of each its address and its words. All have two words.
    """
    p = ptr32(d)
    t = ptr32(d)
    out = ptr32((t[1] << 16 << 16) + t[0])
    k = ptr32((t[3] << 16 << 16) + t[2])[5]
    left = t[4]
    d = 0
    while left:
        left -= 1
        p = ptr32((t[7] << 16 << 16) + t[6])
        e = int(p) + ((t[8] >> 2) << 4)
        while int(p) < e:
            d = (((d * k + p[0]) * k + p[1]) * k + p[2]) * k + p[3]
            p = ptr32(int(p) + 16)
        e = int(p) + ((t[8] & 3) << 2)
        while int(p) < e:
            d = d * k + p[0]
            p = ptr32(int(p) + 4)
        t = ptr32(int(t) + 16)
    out[0] = d
    out[1] = out[1] * k + d


@micropython.viper
def collect(fired: ptr8, n_bytes: int, out: ptr16, skip: int, room: int) -> int:
    """Lists fired neurons after the first `skip`, at most `room`, ascending. Returns how many."""
    i = 0
    found = 0
    while i < n_bytes:
        bits = fired[i]
        n = i << 3
        while bits:
            if bits & 1:
                if skip:
                    skip -= 1
                else:
                    if found >= room:
                        return found
                    out[found] = n
                    found += 1
            bits >>= 1
            n += 1
        i += 1
    return found


@micropython.viper
def next_word(p: ptr32, i: int, n: int) -> int:
    """The first of the words i..n-1 that is not 0, or n."""
    while i < n:
        if p[i]:
            return i
        i += 1
    return n


@micropython.viper
def check_page(
    s: ptr8, page: int, length: int, n_rows: int, links: ptr32, n_links: int, zones: ptr32
) -> int:
    """The number of synapses of a page of ROWS in which every row, link, target and weight is in
    its place, or -1. Marks the links that are used. Reads nothing outside its `length` bytes."""
    s = ptr8(int(s) + page)
    total = 0
    r = 0
    at = 64
    if length < 66:
        return -1
    while r < 32:
        begin = s[r + r] | s[r + r + 1] << 8
        r += 1
        more = 0
        if begin:
            if r > n_rows:
                return -1
            if begin + begin != at:
                return -1
            more = 1
        before = -1
        while more:
            if at + 4 > length:
                return -1
            k = s[at] | s[at + 1] << 8
            n = s[at + 2] | s[at + 3] << 8
            at += 4
            more = k & 32768 ^ 32768
            k &= 32767
            if k <= before or k >= n_links or not n:
                return -1
            before = k
            d = ptr32(int(links) + (k << 5))
            d[_L_USED] = 1
            z = ptr32(int(zones) + d[_L_ZONE])
            low = z[_Z_FIRST]
            high = z[_Z_STOP]
            bits = 0  # of an own weight
            if d[_L_KIND] == 1:
                bits = 8
            if d[_L_KIND] == 4:
                bits = d[_L_SHIFT]
            stop = at + n + n + ((n * bits + 15) >> 4 << 1)
            if stop > length:
                return -1
            last = 0
            weight = 0
            j = 0
            while j < n:
                t = at + j + j
                w = at + n + n + (j * bits >> 3)
                if bits == 8:  # groups of four, two, one
                    t = at + (j >> 2) * 12
                    i = j & 3
                    w = t + 8 + i
                    if j >= n & -4:
                        w = t + 4 + i
                        if n & 2:
                            if i == 2:
                                t += 6
                                i = 0
                        if n & 3 == 1 or i != j & 3:
                            w = t + 2
                    t += i + i
                target = s[t] | s[t + 1] << 8
                if target < low or target >= high or target < last:
                    return -1
                if bits:
                    own = s[w] >> (j * bits & 7) & (1 << bits) - 1
                    if own > 127:
                        return -1
                    if j:
                        if target == last:
                            if own < weight:
                                return -1
                    weight = own
                last = target
                j += 1
            # what is left of the last bytes is zero
            if bits == 8:
                if n & 1:
                    if s[stop - 1]:
                        return -1
            elif bits:
                w = at + n + n + (n * bits >> 3)
                if n * bits & 7:
                    if s[w] >> (n * bits & 7):
                        return -1
                    w += 1
                while w < stop:
                    if s[w]:
                        return -1
                    w += 1
            at = stop
            total += n
    if at != length:
        return -1
    return total


@micropython.viper
def address(p: ptr8) -> int:
    """Where an array lies. Valid for as long as the array is referred to (memory does not move)."""
    return int(p)


@micropython.viper
def word_bits() -> int:
    """The width of a viper int on this machine."""
    x = 1
    n = 0
    while x:
        x = x + x
        n += 1
    return n
