"""Special: U1 to U7 of SPEC.md 2 for every other population, each test in its turn, in plain form.

In:  the queue of special populations, on_input or EVERY; all arrays of the state.
Out: the same, the fired set, the queue of populations that fired.
Never: what tools/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def special(
    n: int, y: int, kind: int, potentials: int, fired: int, populations: int, zones: int,
    queues: int, stride: int, tallies: int, countdowns: int, long_countdowns: int, long_counts: int,
    psp: ptr8, offsets: int, consts: ptr32, burst: int, top: int, span: int, sx: int, mask: int,
) -> int:  # fmt: skip
    """Updates the populations in the queue of `kind`: 4 on_input, 6 EVERY. Returns how many fired."""
    v = ptr16(potentials)  # width
    f = ptr8(fired)
    total = 0
    queue = ptr16(queues + stride * kind)
    q = ptr16(queues)
    waiting = queue[0]
    if kind == 4:
        queue[0] = 0
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32(populations + (queue[0] << 7))
        if kind == 4:
            ptr32(zones + p[26])[0] = 0
        began = total
        flags = p[2]
        leak = p[4]
        half = p[5]
        shift = p[6]
        # wide:
        # fine = p[25] - 32768
        # end
        counts = p[8]
        r = ptr8(countdowns - p[10])
        r_long = ptr16(long_countdowns - (p[10] << 1))
        limit = p[16]
        t = ptr8(tallies - p[24])
        c_long = ptr16(long_counts - (p[17] << 1))
        o = ptr8(offsets - p[15])
        n = p[0]
        stop = p[1]
        while n < stop:
            touched = flags & 2
            if kind == 4:
                touched = 1
                if p[30]:
                    touched = t[n] & 1
                    t[n] = t[n] - touched
            if touched:
                y = v[n]
                if y & top:
                    y -= span
                c = 0
                if limit:
                    c = t[n] >> 1 if limit < 128 else c_long[n]
                rest = 0
                if counts:
                    rest = r[n] if counts == 1 else r_long[n]
                fires = 0
                if rest:  # U1
                    rest -= 1
                    y = 0
                    if not rest:
                        if c >= limit:
                            c = 0
                else:
                    x = p[3] << sx >> sx  # U2
                    if flags & 32:
                        i = o[n]
                        x += (i - ((i & 128) << 1)) * p[13]
                    if y >= x:
                        fires = 1
                        if flags & 4:
                            if y > p[14] << sx >> sx:
                                fires = 0
                    if fires and limit and c >= limit:  # U3
                        fires = 0
                        c = 0
                        if y > p[12]:
                            y = p[12]
                        elif y < 0:
                            if 0 - y > p[11]:
                                y = 0 - p[11]
                    else:
                        if fires and not flags & 8:
                            x = ((n + p[20]) * consts[0] + burst * consts[1]) & mask
                            x = (x * consts[2] + consts[3]) & mask
                            i = int(uint(x) >> 28) + 4
                            x = ((int(uint(x) >> i) ^ x) * consts[4]) & mask
                            x = int(uint(x) >> 22) ^ x
                            if uint(x) >= uint(p[19]):
                                fires = 0
                        if fires:  # U4
                            if flags & 16:
                                if p[21]:
                                    y = (y + (1 << p[21] - 1)) >> p[21]
                                if y < 0:
                                    y = 0
                                if y > 255:
                                    y = 255
                                psp[n] = y
                            y = 0
                            f[n >> 3] = f[n >> 3] | (1 << (n & 7))
                            total += 1
                            rest = p[9]
                            if limit:
                                if c < 65535:
                                    c += 1
                                if c >= limit:
                                    rest = p[18]
                        else:  # U5
                            c = 0
                            x = y
                            if y < 0:
                                y = 0 - y
                            if leak:  # U6
                                # narrow:
                                i = y * leak + half >> shift
                                # wide:
                                # i = (y & 32767) * leak + (y >> 15) * fine
                                # if shift > 15:
                                #     i = (y >> 15) * leak + (i >> 15) + (half >> 15) >> shift - 15
                                # else:
                                #     i = ((y >> 15) * leak << 15 - shift) + (i + half >> shift)
                                # end
                                if i:
                                    y -= i
                                elif y:
                                    y -= 1
                            if x < 0:  # U7
                                if y > p[11]:
                                    y = p[11]
                                y = 0 - y
                            elif y > p[12]:
                                y = p[12]
                            if not flags & 1:
                                y = 0
                v[n] = y
                if limit:
                    if limit < 128:
                        t[n] = c << 1
                    else:
                        c_long[n] = c
                if counts:
                    if counts == 1:
                        r[n] = rest
                    else:
                        r_long[n] = rest
            n += 1
        if total != began:
            y = q[0] + 1
            q[0] = y
            q[y] = queue[0]
    return total
