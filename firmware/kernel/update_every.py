"""Update every: U1 to U7 of SPEC.md 2 for populations whose every neuron is updated, in plain form.

In:  the queue of these populations, which never changes; potentials, countdowns.
Out: potentials, countdowns, the fired set, the queue of populations that fired.
Never: what firmware/kernel/README.md forbids.

The population is as in update_touched.py, and EVERY. Where the loader had room for a table of what the
leak leaves (load/leaks.py), a loop of its own reads it in place of the formula; the other is then at its end.
"""

import micropython


@micropython.viper
def update_every(
    # narrow:
    y: int, h: ptr16, potentials: int, fired: int, populations: int, countdowns: int,
    # wide:
    # y: int, x: int, potentials: int, fired: int, populations: int, countdowns: int,
    # end
) -> int:  # fmt: skip
    """Updates every neuron of its populations, whose queue lies at y; the second is the
    queue of those that fire. Returns how many neurons fired."""
    queue = ptr16(y)
    # narrow:
    q = ptr32(h)
    top = 32768
    # wide:
    # q = ptr32(x)  # x is used more than h in what leaks
    # top = 1
    # top <<= 31
    # end
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
        leak = p[P_LEAK]
        half = p[P_HALF]
        shift = p[P_SHIFT]
        # wide:
        # fine = p[P_FINE] - 32768
        # end
        small = p[P_SMALL]
        middle = uint(p[P_THRESHOLD] - small)
        low = p[P_DEPTH]
        e = (p[P_STOP] << 1) + potentials  # width
        r = ptr8(countdowns - p[P_COUNTDOWN])
        if p[P_COUNTS]:  # U1: at rest is zero, which neither fires nor leaks
            first = int(r) + p[P_FIRST]
            last = int(r) + p[P_STOP]
            v_of = potentials - (int(r) << 1)  # width
            y = first & -4
            while y < last:
                if ptr32(y)[0]:  # four countdowns at once: most are zero
                    n = y + 4
                    while y < n:
                        if y >= first:
                            if y < last:
                                if ptr8(y)[0]:
                                    ptr8(y)[0] = ptr8(y)[0] - 1
                                    h = ptr16((y << 1) + v_of)  # width
                                    h[0] = 0
                        y += 1
                else:
                    y += 4
        h = ptr16(e)  # width
        n1 = h[0]  # the loop goes by four: three of others are put aside
        n2 = h[1]
        n3 = h[2]
        h[0] = 0
        h[1] = 0
        h[2] = 0
        h = ptr16((p[P_FIRST] << 1) + potentials)  # width
        # narrow:
        if p[P_TABLE]:
            x = populations + p[P_TABLE]
            middle = uint(p[P_THRESHOLD])
            while int(h) < e:
                k = 0
                while k < 4:  # unroll
                    y = h[k]
                    if uint(y) < middle:  # U6
                        h[k] = ptr16((y << 1) + x)[0]
                    elif not uint(y) < uint(top):  # below zero
                        y = 65536 - y
                        if y < p[P_SMALL_BELOW]:
                            y -= 1
                        else:
                            y -= y * leak + half >> shift
                        if y > low:  # U7
                            y = low
                        h[k] = 0 - y
                    else:  # U4
                        h[k] = 0
                        y = (int(h) - potentials >> 1) + k
                        if p[P_COUNTS]:
                            r[y] = p[P_REFRACTORY]
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
                    k += 1
                h = ptr16(int(h) + 8)
        # end
        while int(h) < e:
            k = 0
            while k < 4:  # unroll
                y = h[k]
                if uint(y - small) < middle:  # U6
                    # narrow:
                    h[k] = y - (y * leak + half >> shift)
                    # wide:
                    # x = y >> 15
                    # h[k] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
                    # end
                elif y:
                    if uint(y) < uint(small):
                        h[k] = y - 1
                    elif not uint(y) < uint(top):  # below zero
                        # narrow:
                        y = 65536 - y
                        # wide:
                        # y = top + top - y
                        # end
                        if y < p[P_SMALL_BELOW]:
                            y -= 1
                        else:
                            # narrow:
                            y -= y * leak + half >> shift
                            # wide:
                            # x = y >> 15
                            # y -= ((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift
                            # end
                        if y > low:  # U7
                            y = low
                        h[k] = 0 - y
                    else:  # U4
                        h[k] = 0
                        y = (int(h) - potentials >> 1) + k  # width
                        if p[P_COUNTS]:
                            r[y] = p[P_REFRACTORY]
                        if place < room:
                            ptr16(place)[0] = y
                        place += 2
                        n = 1 << (y & 7)
                        y = (y >> 3) + fired
                        ptr8(y)[0] = ptr8(y)[0] | n
                k += 1
            h = ptr16(int(h) + 8)  # width
        h = ptr16(e)  # width
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
