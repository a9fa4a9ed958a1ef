"""Update limited: U1 to U7 of SPEC.md 2 for touched neurons with a consecutive fire limit, in plain form.

In:  the queue of limited populations; potentials, tallies (2·C, 1 more if touched), countdowns.
Out: potentials, tallies, countdowns, the fired set, the queue of populations that fired.
Never: what firmware/kernel/README.md forbids.

The population is as in update_touched.py, but for the limit.
"""

import micropython


@micropython.viper
def update_limited(
    y: int, m: ptr8, potentials: int, fired: int, populations: int, zones: int, tallies: int,
    countdowns: int,
) -> int:  # fmt: skip
    """Updates the touched neurons of the limited populations, whose queue lies at y; m is the queue
    of those that fire. Returns how many fired."""
    queue = ptr16(y)
    q = ptr32(m)
    # narrow:
    top = 32768
    # wide:
    # top = 1
    # top <<= 31
    # end
    v_at = potentials - (tallies << 1)  # width
    r_at = countdowns - tallies
    place = q[0] + int(q)
    room = q[1] + int(q)
    touched = 16843009
    total = 0
    waiting = queue[0]
    queue[0] = 0
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32((queue[0] << 7) + populations)
        ptr32(p[P_ZONE] + zones)[Z_AWAKE] = 0
        began = place
        place += 4
        # wide:
        # fine = p[P_FINE] - 32768
        # end
        r = ptr8(int(p) + 84)  # the countdowns where there are none: p[P_PSP_SHIFT] is 0
        threshold = uint(p[P_THRESHOLD])
        twice = p[P_LIMIT] << 1  # the limit
        # where the potential and the countdown of a tally lie
        v_of = (p[P_TALLY] << 1) + v_at  # width
        if p[P_COUNTS]:
            r_of = p[P_TALLY] - p[P_COUNTDOWN] + r_at
        # tallies of others in the first and the last word are put aside, the next word ends it
        begin = ptr32(p[P_TALLIES] + tallies)
        last = ptr32(p[P_TALLIES_LAST] + tallies)
        before = 0
        if p[P_BEFORE]:
            before = begin[0] & p[P_BEFORE]
            begin[0] = begin[0] - before
        after = 0
        if p[P_AFTER]:
            after = last[0] & p[P_AFTER]
            last[0] = last[0] - after
        sentinel = last[1]
        last[1] = 1
        last = ptr32(int(last) + 4)
        y = int(begin)
        while not ptr32(y)[0] & touched:
            y += 4
        while y < int(last):
            m = ptr8(y)
            h = ptr16((y << 1) + v_of)  # width
            if p[P_COUNTS]:
                r = ptr8(y + r_of)
            k = 0
            while k < 4:  # unroll
                if m[k] & 1:
                    if r[k]:  # U1
                        y = r[k] - 1
                        r[k] = y
                        h[k] = 0
                        m[k] = m[k] - 1
                        if not y:
                            if m[k] >= twice:
                                m[k] = 0
                    else:
                        y = h[k]
                        if uint(y) < threshold:  # U5
                            m[k] = 0
                            if p[P_LEAK]:  # U6
                                leak = p[P_LEAK]
                                if y >= p[P_SMALL]:
                                    # narrow:
                                    h[k] = y - (y * leak + p[P_HALF] >> p[P_SHIFT])
                                    # wide:
                                    # x = y >> 15
                                    # h[k] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[P_HALF] >> p[P_SHIFT])
                                    # end
                                elif y:
                                    h[k] = y - 1
                        elif not uint(y) < uint(top):  # below zero
                            m[k] = 0
                            leak = p[P_LEAK]
                            # narrow:
                            y = 65536 - y
                            # wide:
                            # y = top + top - y
                            # end
                            if y < p[P_SMALL_BELOW]:
                                y -= 1
                            else:
                                # narrow:
                                y -= y * leak + p[P_HALF] >> p[P_SHIFT]
                                # wide:
                                # x = y >> 15
                                # y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[P_HALF] >> p[P_SHIFT]
                                # end
                            if y > p[P_DEPTH]:  # U7
                                y = p[P_DEPTH]
                            h[k] = 0 - y
                        elif m[k] > twice:  # U3
                            m[k] = 0
                            if y > p[P_HIGH]:
                                y = p[P_HIGH]
                            h[k] = y
                        else:  # U4
                            h[k] = 0
                            y = m[k] + 1
                            m[k] = y
                            if p[P_COUNTS]:
                                r[k] = p[P_REFRACTORY]
                                if y >= twice:
                                    r[k] = p[P_SNOOZED]
                            y = (int(h) - potentials >> 1) + k  # width
                            if place < room:
                                ptr16(place)[0] = y
                            place += 2
                            n = 1 << (y & 7)
                            y = (y >> 3) + fired
                            ptr8(y)[0] = ptr8(y)[0] | n
                k += 1
            y = int(m) + 4
            while not ptr32(y)[0] & touched:
                y += 4
        last[0] = sentinel
        last = ptr32(int(last) - 4)
        last[0] = last[0] | after
        begin[0] = begin[0] | before
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
