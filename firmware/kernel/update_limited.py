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
        ptr32(p[26] + zones)[0] = 0
        began = place
        place += 4
        # wide:
        # fine = p[25] - 32768
        # end
        r = ptr8(int(p) + 84)  # the countdowns where there are none: p[21] is 0
        threshold = uint(p[3])
        twice = p[16] << 1  # the limit
        # where the potential and the countdown of a tally lie
        v_of = (p[24] << 1) + v_at  # width
        if p[8]:
            r_of = p[24] - p[10] + r_at
        # tallies of others in the first and the last word are put aside, the next word ends it
        begin = ptr32(p[13] + tallies)
        last = ptr32(p[15] + tallies)
        before = 0
        if p[14]:
            before = begin[0] & p[14]
            begin[0] = begin[0] - before
        after = 0
        if p[17]:
            after = last[0] & p[17]
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
            if p[8]:
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
                            if p[4]:  # U6
                                leak = p[4]
                                if y >= p[23]:
                                    # narrow:
                                    h[k] = y - (y * leak + p[5] >> p[6])
                                    # wide:
                                    # x = y >> 15
                                    # h[k] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6])
                                    # end
                                elif y:
                                    h[k] = y - 1
                        elif not uint(y) < uint(top):  # below zero
                            m[k] = 0
                            leak = p[4]
                            # narrow:
                            y = 65536 - y
                            # wide:
                            # y = top + top - y
                            # end
                            if y < p[27]:
                                y -= 1
                            else:
                                # narrow:
                                y -= y * leak + p[5] >> p[6]
                                # wide:
                                # x = y >> 15
                                # y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6]
                                # end
                            if y > p[11]:  # U7
                                y = p[11]
                            h[k] = 0 - y
                        elif m[k] > twice:  # U3
                            m[k] = 0
                            if y > p[12]:
                                y = p[12]
                            h[k] = y
                        else:  # U4
                            h[k] = 0
                            y = m[k] + 1
                            m[k] = y
                            if p[8]:
                                r[k] = p[9]
                                if y >= twice:
                                    r[k] = p[18]
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
