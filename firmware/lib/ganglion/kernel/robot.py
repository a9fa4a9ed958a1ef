"""Robot: viper for the outputs of a robot: the columns of a burst, and its copies.

In:  a robot's words, the fired set.
Out: sums; copies.
Never: a float, an allocation. What it is given was checked by load/robot.py.
"""

import micropython


@micropython.viper
def column(words: ptr32, at: int, n: int, fired: ptr8, out: ptr32):
    """SPEC 10.5: of n taps at words[at]: out = sum of the weights that fired, voxels, spikes."""
    total = 0
    voxels = 0
    spikes = 0
    counted = 0
    p = ptr32(int(words) + (at << 2))
    while n:
        tap = p[0]
        if tap >> 16:
            counted = 0
        tap &= 65535
        if fired[tap >> 3] >> (tap & 7) & 1:
            total += p[1]
            spikes += 1
            if not counted:
                voxels += 1
                counted = 1
        p = ptr32(int(p) + 8)
        n -= 1
    out[0] = total
    out[1] = voxels
    out[2] = spikes


@micropython.viper
def level(words: ptr32, at: int, n: int, raw: int) -> int:
    """SPEC 10.4: how many of n thresholds at words[at] are at most raw."""
    low = 0
    while low < n:
        middle = (low + n) >> 1
        if words[at + middle] <= raw:
            low = middle + 1
        else:
            n = middle
    return low


@micropython.viper
def copy(to: ptr8, at: int, source: ptr8, n: int):
    """n bytes of source to to[at]."""
    i = 0
    while i < n:
        to[at + i] = source[i]
        i += 1
