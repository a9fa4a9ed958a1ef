"""Update general: U1 to U7 of SPEC.md 2 for every other population, each test in its turn, in plain form.

In:  the queue of general populations, on_input or EVERY; all arrays of the state.
Out: the same, the fired set, the queue of populations that fired.
Never: what firmware/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def update_general(
    n: int, y: int, potentials: int, fired: int, populations: int, zones: int, tallies: int,
    countdowns: int, long_countdowns: int, long_counts: int, psp: ptr8, offsets: int, consts: ptr32,
) -> int:  # fmt: skip
    """Updates the populations in the queue that lies at n, all on_input or all EVERY; y is the
    queue of those that fire. consts are five of the hash (SPEC 2), that of the digest, bits of a
    viper int beyond 32, a mask of 32 bits, the number of the burst. Returns how many neurons fired.
    """
    sx = consts[6]
    held = ptr16(n)
    queue = ptr16(n)
    q = ptr32(y)
    v = ptr16(potentials)  # width
    f = ptr8(fired)
    # narrow:
    top = 32768
    # wide:
    # top = 1
    # top <<= 31
    # end
    span = top + top
    place = q[0] + int(q)
    room = q[1] + int(q)
    touched = 16843009
    total = 0
    waiting = queue[0]
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32((queue[0] << 7) + populations)
        began = place
        place += 4
        flags = p[2]
        leak = p[4]
        counts = p[8]
        limit = p[16]
        base = p[3] << sx >> sx
        varies = flags & 32
        odd = flags & 28 ^ 8 | limit  # more than a threshold decides
        r = ptr8(countdowns - p[10])
        r_long = ptr16(long_countdowns - (p[10] << 1))
        t = ptr8(tallies - p[24])
        c_long = ptr16(long_counts - (p[17] << 1))
        o = ptr8(offsets - p[15])
        n = p[0]
        stop = p[1]
        listens = 0
        if not flags & 2:
            held[0] = 0
            ptr32(p[26] + zones)[0] = 0
            listens = p[30]
        after = 0
        if listens:
            after = t[stop]
            t[stop] = 1  # ends each search
        while n < stop:
            if listens:
                y = int(t) + n
                while not ptr8(y)[0] & 1:
                    y += 1
                    if not y & 3:  # four at once
                        while not ptr32(y)[0] & touched:
                            y += 4
                n = y - int(t)
            if n < stop:
                y = v[n]
                if y & top:
                    y -= span
                c = 0
                if limit:
                    c = t[n] >> 1 if limit < 128 else c_long[n]
                rest = 0
                if counts:
                    rest = r[n] if counts == 1 else r_long[n]
                if rest:  # U1
                    rest -= 1
                    y = 0
                    if not rest:
                        if c >= limit:
                            c = 0
                else:
                    x = base  # U2
                    if varies:
                        i = o[n]
                        x += (i - ((i & 128) << 1)) * p[13]
                    fires = 0
                    if y >= x:
                        fires = 1
                        if odd:
                            if flags & 4:
                                if y > p[14] << sx >> sx:
                                    fires = 0
                            if fires and limit and c >= limit:
                                fires = 2
                            elif fires and not flags & 8:
                                mask = consts[7]
                                x = ((n + p[20]) * consts[0] + consts[8] * consts[1]) & mask
                                x = (x * consts[2] + consts[3]) & mask
                                i = int(uint(x) >> 28) + 4
                                x = ((int(uint(x) >> i) ^ x) * consts[4]) & mask
                                x = int(uint(x) >> 22) ^ x
                                if uint(x) >= uint(p[19]):
                                    fires = 0
                    if fires & 1:  # U4
                        if flags & 16:
                            if p[21]:
                                y = (y + (1 << p[21] - 1)) >> p[21]
                            if y < 0:
                                y = 0
                            if y > 255:
                                y = 255
                            psp[n] = y
                        y = n >> 3
                        f[y] = (1 << (n & 7)) | f[y]
                        if place < room:
                            ptr16(place)[0] = n
                        place += 2
                        y = 0
                        rest = p[9]
                        if limit:
                            if c < 65535:
                                c += 1
                            if c >= limit:
                                rest = p[18]
                    elif fires:  # U3
                        c = 0
                        if y > p[12]:
                            y = p[12]
                        elif y < 0:
                            if 0 - y > p[11]:
                                y = 0 - p[11]
                    else:  # U5
                        c = 0
                        x = y
                        if y < 0:
                            y = 0 - y
                        if leak:  # U6
                            # narrow:
                            i = y * leak + p[5] >> p[6]
                            # wide:
                            # i = (y & 32767) * leak + (y >> 15) * (p[25] - 32768)
                            # if p[6] > 15:
                            #     i = (y >> 15) * leak + (i >> 15) + (p[5] >> 15) >> p[6] - 15
                            # else:
                            #     i = ((y >> 15) * leak << 15 - p[6]) + (i + p[5] >> p[6])
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
                v[n] = y
                if listens:
                    t[n] = 0
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
        if listens:
            t[stop] = after
        y = place - began - 4
        if y:
            total += y
            if place > room:  # not all are listed
                y = 0
                place = began + 4
            ptr16(began)[0] = queue[0]
            ptr16(began)[1] = y
            ptr16(place)[0] = 65535
            place += 2
        else:
            place = began
    q[0] = place - int(q)
    return total >> 1
