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
        flags = p[P_FLAGS]
        leak = p[P_LEAK]
        counts = p[P_COUNTS]
        limit = p[P_LIMIT]
        base = p[P_THRESHOLD] << sx >> sx
        varies = flags & FLAG_VARIES
        odd = flags & FLAG_ODD ^ FLAG_ALWAYS | limit  # more than a threshold decides
        r = ptr8(countdowns - p[P_COUNTDOWN])
        r_long = ptr16(long_countdowns - (p[P_COUNTDOWN] << 1))
        t = ptr8(tallies - p[P_TALLY])
        c_long = ptr16(long_counts - (p[P_LONG_COUNT] << 1))
        o = ptr8(offsets - p[P_OFFSET])
        n = p[P_FIRST]
        stop = p[P_STOP]
        listens = 0
        if not flags & FLAG_EVERY:
            held[0] = 0
            ptr32(p[P_ZONE] + zones)[Z_AWAKE] = 0
            listens = p[P_HAS_TALLY]
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
                        x += (i - ((i & 128) << 1)) * p[P_STEP]
                    fires = 0
                    if y >= x:
                        fires = 1
                        if odd:
                            if flags & FLAG_UPPER:
                                if y > p[P_UPPER] << sx >> sx:
                                    fires = 0
                            if fires and limit and c >= limit:
                                fires = 2
                            elif fires and not flags & FLAG_ALWAYS:
                                mask = consts[7]
                                x = ((n + p[P_ID]) * consts[0] + consts[8] * consts[1]) & mask
                                x = (x * consts[2] + consts[3]) & mask
                                i = int(uint(x) >> 28) + 4
                                x = ((int(uint(x) >> i) ^ x) * consts[4]) & mask
                                x = int(uint(x) >> 22) ^ x
                                if uint(x) >= uint(p[P_EXCITABILITY]):
                                    fires = 0
                    if fires & 1:  # U4
                        if flags & FLAG_MP_DRIVEN:
                            if p[P_PSP_SHIFT]:
                                y = (y + (1 << p[P_PSP_SHIFT] - 1)) >> p[P_PSP_SHIFT]
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
                        rest = p[P_REFRACTORY]
                        if limit:
                            if c < 65535:
                                c += 1
                            if c >= limit:
                                rest = p[P_SNOOZED]
                    elif fires:  # U3
                        c = 0
                        if y > p[P_HIGH]:
                            y = p[P_HIGH]
                        elif y < 0:
                            if 0 - y > p[P_DEPTH]:
                                y = 0 - p[P_DEPTH]
                    else:  # U5
                        c = 0
                        x = y
                        if y < 0:
                            y = 0 - y
                        if leak:  # U6
                            # narrow:
                            i = y * leak + p[P_HALF] >> p[P_SHIFT]
                            # wide:
                            # i = (y & 32767) * leak + (y >> 15) * (p[P_FINE] - 32768)
                            # if p[P_SHIFT] > 15:
                            #     i = (y >> 15) * leak + (i >> 15) + (p[P_HALF] >> 15) >> p[P_SHIFT] - 15
                            # else:
                            #     i = ((y >> 15) * leak << 15 - p[P_SHIFT]) + (i + p[P_HALF] >> p[P_SHIFT])
                            # end
                            if i:
                                y -= i
                            elif y:
                                y -= 1
                        if x < 0:  # U7
                            if y > p[P_DEPTH]:
                                y = p[P_DEPTH]
                            y = 0 - y
                        elif y > p[P_HIGH]:
                            y = p[P_HIGH]
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
