"""March: U1 to U7 of SPEC.md 2 for populations whose every neuron is updated. For potentials of 32 bits.

Made by tools/widen.py of tools/kernel/march.py, which says what is what: edit that.
In, out, never: as there.
"""

import micropython


@micropython.viper
def march(
    y: int, x: int, potentials: int, fired: int, populations: int, countdowns: int,
) -> int:  # fmt: skip
    """Updates every neuron of the marching populations, whose queue lies at y; the second is the
    queue of those that fire. Returns how many neurons fired."""
    queue = ptr16(y)
    q = ptr32(x)  # x is used more than h in what leaks
    top = 1
    top <<= 31
    place = q[0] + int(q)
    room = q[1] + int(q)
    total = 0
    waiting = queue[0]
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32((queue[0] << 7) + populations)
        began = place
        place += 4
        leak = p[4]
        half = p[5]
        shift = p[6]
        fine = p[25] - 32768
        small = p[23]
        middle = uint(p[3] - small)
        low = p[11]
        e = (p[1] << 2) + potentials
        r = ptr8(countdowns - p[10])
        if p[8]:  # U1: at rest is zero, which neither fires nor leaks
            first = int(r) + p[0]
            last = int(r) + p[1]
            v_of = potentials - (int(r) << 2)
            y = first & -4
            while y < last:
                if ptr32(y)[0]:  # four countdowns at once: most are zero
                    n = y + 4
                    while y < n:
                        if y >= first:
                            if y < last:
                                if ptr8(y)[0]:
                                    ptr8(y)[0] = ptr8(y)[0] - 1
                                    h = ptr32((y << 2) + v_of)
                                    h[0] = 0
                        y += 1
                else:
                    y += 4
        h = ptr32(e)
        n1 = h[0]  # the loop goes by four: three of others are put aside
        n2 = h[1]
        n3 = h[2]
        h[0] = 0
        h[1] = 0
        h[2] = 0
        h = ptr32((p[0] << 2) + potentials)
        while int(h) < e:
            y = h[0]
            if uint(y - small) < middle:  # U6
                x = y >> 15
                h[0] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
            elif y:
                if uint(y) < uint(small):
                    h[0] = y - 1
                elif not uint(y) < uint(top):  # below zero
                    y = top + top - y
                    if y < p[27]:
                        y -= 1
                    else:
                        x = y >> 15
                        y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift
                    if y > low:  # U7
                        y = low
                    h[0] = 0 - y
                else:  # U4
                    h[0] = 0
                    y = (int(h) - potentials >> 2) + 0
                    if p[8]:
                        r[y] = p[9]
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
            y = h[1]
            if uint(y - small) < middle:  # U6
                x = y >> 15
                h[1] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
            elif y:
                if uint(y) < uint(small):
                    h[1] = y - 1
                elif not uint(y) < uint(top):  # below zero
                    y = top + top - y
                    if y < p[27]:
                        y -= 1
                    else:
                        x = y >> 15
                        y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift
                    if y > low:  # U7
                        y = low
                    h[1] = 0 - y
                else:  # U4
                    h[1] = 0
                    y = (int(h) - potentials >> 2) + 1
                    if p[8]:
                        r[y] = p[9]
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
            y = h[2]
            if uint(y - small) < middle:  # U6
                x = y >> 15
                h[2] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
            elif y:
                if uint(y) < uint(small):
                    h[2] = y - 1
                elif not uint(y) < uint(top):  # below zero
                    y = top + top - y
                    if y < p[27]:
                        y -= 1
                    else:
                        x = y >> 15
                        y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift
                    if y > low:  # U7
                        y = low
                    h[2] = 0 - y
                else:  # U4
                    h[2] = 0
                    y = (int(h) - potentials >> 2) + 2
                    if p[8]:
                        r[y] = p[9]
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
            y = h[3]
            if uint(y - small) < middle:  # U6
                x = y >> 15
                h[3] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
            elif y:
                if uint(y) < uint(small):
                    h[3] = y - 1
                elif not uint(y) < uint(top):  # below zero
                    y = top + top - y
                    if y < p[27]:
                        y -= 1
                    else:
                        x = y >> 15
                        y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift
                    if y > low:  # U7
                        y = low
                    h[3] = 0 - y
                else:  # U4
                    h[3] = 0
                    y = (int(h) - potentials >> 2) + 3
                    if p[8]:
                        r[y] = p[9]
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
            h = ptr32(int(h) + 16)
        h = ptr32(e)
        h[0] = n1
        h[1] = n2
        h[2] = n3
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
