"""Limited: U1 to U7 of SPEC.md 2 for touched neurons with a consecutive fire limit. For potentials of 32 bits.

Made by tools/widen.py of tools/kernel/limited.py, which says what is what: edit that.
In, out, never: as there.
"""

import micropython


@micropython.viper
def limited(
    y: int, m: ptr8, potentials: int, fired: int, populations: int, zones: int, tallies: int,
    countdowns: int,
) -> int:  # fmt: skip
    """Updates the touched neurons of the limited populations, whose queue lies at y; m is the queue
    of those that fire. Returns how many fired."""
    queue = ptr16(y)
    q = ptr32(m)
    top = 1
    top <<= 31
    v_at = potentials - (tallies << 2)
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
        fine = p[25] - 32768
        r = ptr8(int(p) + 84)  # the countdowns where there are none: p[21] is 0
        threshold = uint(p[3])
        twice = p[16] << 1  # the limit
        # where the potential and the countdown of a tally lie
        v_of = (p[24] << 2) + v_at
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
            h = ptr32((y << 2) + v_of)
            if p[8]:
                r = ptr8(y + r_of)
            if m[0] & 1:
                if r[0]:  # U1
                    y = r[0] - 1
                    r[0] = y
                    h[0] = 0
                    m[0] = m[0] - 1
                    if not y:
                        if m[0] >= twice:
                            m[0] = 0
                else:
                    y = h[0]
                    if uint(y) < threshold:  # U5
                        m[0] = 0
                        if p[4]:  # U6
                            leak = p[4]
                            if y >= p[23]:
                                x = y >> 15
                                h[0] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6])
                            elif y:
                                h[0] = y - 1
                    elif not uint(y) < uint(top):  # below zero
                        m[0] = 0
                        leak = p[4]
                        y = top + top - y
                        if y < p[27]:
                            y -= 1
                        else:
                            x = y >> 15
                            y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6]
                        if y > p[11]:  # U7
                            y = p[11]
                        h[0] = 0 - y
                    elif m[0] > twice:  # U3
                        m[0] = 0
                        if y > p[12]:
                            y = p[12]
                        h[0] = y
                    else:  # U4
                        h[0] = 0
                        y = m[0] + 1
                        m[0] = y
                        if p[8]:
                            r[0] = p[9]
                            if y >= twice:
                                r[0] = p[18]
                        y = (int(h) - potentials >> 2) + 0
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
            if m[1] & 1:
                if r[1]:  # U1
                    y = r[1] - 1
                    r[1] = y
                    h[1] = 0
                    m[1] = m[1] - 1
                    if not y:
                        if m[1] >= twice:
                            m[1] = 0
                else:
                    y = h[1]
                    if uint(y) < threshold:  # U5
                        m[1] = 0
                        if p[4]:  # U6
                            leak = p[4]
                            if y >= p[23]:
                                x = y >> 15
                                h[1] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6])
                            elif y:
                                h[1] = y - 1
                    elif not uint(y) < uint(top):  # below zero
                        m[1] = 0
                        leak = p[4]
                        y = top + top - y
                        if y < p[27]:
                            y -= 1
                        else:
                            x = y >> 15
                            y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6]
                        if y > p[11]:  # U7
                            y = p[11]
                        h[1] = 0 - y
                    elif m[1] > twice:  # U3
                        m[1] = 0
                        if y > p[12]:
                            y = p[12]
                        h[1] = y
                    else:  # U4
                        h[1] = 0
                        y = m[1] + 1
                        m[1] = y
                        if p[8]:
                            r[1] = p[9]
                            if y >= twice:
                                r[1] = p[18]
                        y = (int(h) - potentials >> 2) + 1
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
            if m[2] & 1:
                if r[2]:  # U1
                    y = r[2] - 1
                    r[2] = y
                    h[2] = 0
                    m[2] = m[2] - 1
                    if not y:
                        if m[2] >= twice:
                            m[2] = 0
                else:
                    y = h[2]
                    if uint(y) < threshold:  # U5
                        m[2] = 0
                        if p[4]:  # U6
                            leak = p[4]
                            if y >= p[23]:
                                x = y >> 15
                                h[2] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6])
                            elif y:
                                h[2] = y - 1
                    elif not uint(y) < uint(top):  # below zero
                        m[2] = 0
                        leak = p[4]
                        y = top + top - y
                        if y < p[27]:
                            y -= 1
                        else:
                            x = y >> 15
                            y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6]
                        if y > p[11]:  # U7
                            y = p[11]
                        h[2] = 0 - y
                    elif m[2] > twice:  # U3
                        m[2] = 0
                        if y > p[12]:
                            y = p[12]
                        h[2] = y
                    else:  # U4
                        h[2] = 0
                        y = m[2] + 1
                        m[2] = y
                        if p[8]:
                            r[2] = p[9]
                            if y >= twice:
                                r[2] = p[18]
                        y = (int(h) - potentials >> 2) + 2
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
            if m[3] & 1:
                if r[3]:  # U1
                    y = r[3] - 1
                    r[3] = y
                    h[3] = 0
                    m[3] = m[3] - 1
                    if not y:
                        if m[3] >= twice:
                            m[3] = 0
                else:
                    y = h[3]
                    if uint(y) < threshold:  # U5
                        m[3] = 0
                        if p[4]:  # U6
                            leak = p[4]
                            if y >= p[23]:
                                x = y >> 15
                                h[3] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6])
                            elif y:
                                h[3] = y - 1
                    elif not uint(y) < uint(top):  # below zero
                        m[3] = 0
                        leak = p[4]
                        y = top + top - y
                        if y < p[27]:
                            y -= 1
                        else:
                            x = y >> 15
                            y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + p[5] >> p[6]
                        if y > p[11]:  # U7
                            y = p[11]
                        h[3] = 0 - y
                    elif m[3] > twice:  # U3
                        m[3] = 0
                        if y > p[12]:
                            y = p[12]
                        h[3] = y
                    else:  # U4
                        h[3] = 0
                        y = m[3] + 1
                        m[3] = y
                        if p[8]:
                            r[3] = p[9]
                            if y >= twice:
                                r[3] = p[18]
                        y = (int(h) - potentials >> 2) + 3
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
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
