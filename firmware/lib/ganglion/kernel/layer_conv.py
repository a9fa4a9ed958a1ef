"""Conv: what the spikes of one layer bring to another over a shared kernel (SPEC 12.2), of 32 bits.

In:  how often each source fired; the rows of a kernel; sums in pairs of 16 bits.
Out: the sums; the spikes of some channels alone, for a kernel of which only a part is in memory.
Never: what firmware/kernel/README.md forbids.

A spike adds one row of the kernel, from its last column to its first, to as many places that lie
side by side: two weights at a time, as in layer_dense.py. Here 128 is taken off each at once,
because places get different numbers of them; the sums begin at 32768.
"""

import micropython


@micropython.viper
def spread(
    wp: ptr32, d: ptr32, z: ptr32, t: ptr32, state: ptr32, lanes: int, weights: int, room: int
) -> int:
    """Adds the kernels of sources that fired, from where `state` says, until `room` spikes are
    done. Returns how many were. The table t:
    0 where to stop 1 columns 2 channels 3 rows to use 4 columns to use 5, 6 pool 7, 8 strides
    9 kernel rows 10 kernel columns 11 words of a place 12 target rows 13 target columns
    14, 15 quotient and rest of the columns' padding over their stride
    16… of each phase of a row: offset in words, columns
    state: 0 source 1 y 2 x 3 channel 4, 5 row and column of the pool 6, 7 quotient and rest of
    the row 8, 9 of the column."""
    m = 16711935
    both = 8388736
    n = t[0]
    channels = t[2]
    place_words = t[11]
    columns = t[13]
    at = state[0]
    y = state[1]
    x = state[2]
    c = state[3]
    done = 0
    while at < n:
        if done >= room:
            break
        b = ptr8(int(z) + at)[0]
        if c == 0 and b == 0:
            # words without a spike, if the place begins one
            if at & 3 == 0 and channels & 3 == 0:
                while c < channels and z[(at + c) >> 2] == 0:
                    c += 4
                at += c
                if c < channels:
                    b = ptr8(int(z) + at)[0]
        if c < channels:
            if b and y < t[3] and x < t[4]:
                done += b
                ky = state[7]
                ty = state[6]
                phase = state[9]
                a = 16 + phase + phase
                columns_here = t[a + 1]
                left = state[8] - columns_here + 1  # the first target column
                skip = 0
                if left < 0:
                    skip = 0 - left
                right = columns_here - skip
                if state[8] >= columns:
                    right -= state[8] - columns + 1
                words = right * place_words
                row = (c * t[9] + ky) * (t[10] * place_words) + t[a] + skip * place_words
                row = (row << 2) + weights
                left = (left + skip) * place_words
                while ky < t[9]:
                    if words > 0 and ty >= 0 and ty < t[12]:
                        k = b
                        while k:
                            k -= 1
                            wp = ptr32(row)
                            d = ptr32(((ty * columns * place_words + left) << 3) + lanes)
                            i = words
                            while i > 3:
                                u = wp[0]
                                d[0] = d[0] + (u & m) - both
                                d[1] = d[1] + (u >> 8 & m) - both
                                u = wp[1]
                                d[2] = d[2] + (u & m) - both
                                d[3] = d[3] + (u >> 8 & m) - both
                                u = wp[2]
                                d[4] = d[4] + (u & m) - both
                                d[5] = d[5] + (u >> 8 & m) - both
                                u = wp[3]
                                d[6] = d[6] + (u & m) - both
                                d[7] = d[7] + (u >> 8 & m) - both
                                wp = ptr32(int(wp) + 16)
                                d = ptr32(int(d) + 32)
                                i -= 4
                            while i:
                                u = wp[0]
                                d[0] = d[0] + (u & m) - both
                                d[1] = d[1] + (u >> 8 & m) - both
                                wp = ptr32(int(wp) + 4)
                                d = ptr32(int(d) + 8)
                                i -= 1
                    ky += t[7]
                    ty -= 1
                    row = (t[7] * t[10] * place_words << 2) + row
            c += 1
            at += 1
        if c >= channels:
            c = 0
            x += 1
            k = state[5] + 1
            if k == t[6]:
                k = 0
                i = state[9] + 1
                if i == t[8]:
                    i = 0
                    state[8] = state[8] + 1
                state[9] = i
            state[5] = k
            if x == t[1]:
                x = 0
                y += 1
                state[5] = 0
                state[8] = t[14]
                state[9] = t[15]
                k = state[4] + 1
                if k == t[5]:
                    k = 0
                    i = state[7] + 1
                    if i == t[7]:
                        i = 0
                        state[6] = state[6] + 1
                    state[7] = i
                state[4] = k
    state[0] = at
    state[1] = y
    state[2] = x
    state[3] = c
    return done


@micropython.viper
def pick(out: ptr8, z: ptr8, places: int, channels: int, some: int) -> int:
    """Copies of each place, which has `channels` spikes, the first `some`, from where z points on.
    Returns whether any of them fired."""
    fired = 0
    over = channels - some
    while places:
        places -= 1
        k = some
        while k:
            k -= 1
            b = z[0]
            out[0] = b
            fired |= b
            z = ptr8(int(z) + 1)
            out = ptr8(int(out) + 1)
        z = ptr8(int(z) + over)
    return fired
