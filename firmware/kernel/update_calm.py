"""Update calm: U1 to U7 of SPEC.md 2 for populations that were woken and are calm, in plain form.

In:  the queue of calm populations; potentials.
Out: potentials, the fired set, the queue of populations that fired.
Never: what firmware/kernel/README.md forbids.

Neurons that got nothing change nothing, so all are looked at: no tallies are needed.
"""

import micropython


@micropython.viper
def update_calm(
    y: int, h: ptr16, potentials: int, fired: int, populations: int, zones: int,  # width
) -> int:  # fmt: skip
    """Updates the calm populations that were woken, whose queue lies at y; h is the queue of those
    that fire. Returns how many neurons fired."""
    queue = ptr16(y)
    q = ptr32(h)
    # narrow:
    top = 32768
    # wide:
    # top = 1
    # top <<= 31
    # end
    place = q[0] + int(q)
    room = q[1] + int(q)
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
        threshold = p[P_THRESHOLD]
        reach = uint(top - threshold)  # y - threshold is less if it fires, and not below zero
        e = (p[P_STOP] << 1) + potentials  # width
        h = ptr16(e)  # width
        after = h[0]
        h[0] = top  # below zero: stops both searches, and is put back
        h = ptr16((p[P_FIRST] << 1) + potentials)  # width
        if p[P_FLAGS] & FLAG_ACCUMULATES:  # what it got is kept
            deepest = top + top - 1 - p[P_DEPTH]  # all below zero, to here, are clamped
            while int(h) < e:
                while uint(h[0]) < uint(threshold):
                    if uint(h[1]) >= uint(threshold):
                        h = ptr16(int(h) + 2)  # width
                        break
                    h = ptr16(int(h) + 4)  # width
                y = h[0]
                if uint(y - threshold) < reach:
                    h[0] = 0
                    y = int(h) - potentials >> 1  # width
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
                elif not uint(y) > uint(deepest):
                    h[0] = deepest + 1
                h = ptr16(int(h) + 2)  # width
        else:
            while int(h) < e:
                # narrow:
                if not h[0]:
                    if int(h) & 2:
                        h = ptr16(int(h) + 2)
                    while not ptr32(h)[0]:  # two at once, and four times
                        if ptr32(h)[1]:
                            h = ptr16(int(h) + 4)
                            break
                        if ptr32(h)[2]:
                            h = ptr16(int(h) + 8)
                            break
                        if ptr32(h)[3]:
                            h = ptr16(int(h) + 12)
                            break
                        h = ptr16(int(h) + 16)
                    if not h[0]:
                        h = ptr16(int(h) + 2)
                # wide:
                # while not h[0]:
                #     if h[1]:
                #         h = ptr32(int(h) + 4)
                #         break
                #     if h[2]:
                #         h = ptr32(int(h) + 8)
                #         break
                #     if h[3]:
                #         h = ptr32(int(h) + 12)
                #         break
                #     h = ptr32(int(h) + 16)
                # end
                y = h[0]
                h[0] = 0
                if uint(y - threshold) < reach:
                    y = int(h) - potentials >> 1  # width
                    if place < room:
                        ptr16(place)[0] = y
                    place += 2
                    n = 1 << (y & 7)
                    y = (y >> 3) + fired
                    ptr8(y)[0] = ptr8(y)[0] | n
                h = ptr16(int(h) + 2)  # width
        h = ptr16(e)  # width
        h[0] = after
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
