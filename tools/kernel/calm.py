"""Calm: U1 to U7 of SPEC.md 2 for populations that were woken and are calm, in plain form.

In:  the queue of calm populations; potentials.
Out: potentials, the fired set, the queue of populations that fired.
Never: what tools/kernel/README.md forbids.

Neurons that got nothing change nothing, so all are looked at: no tallies are needed.
"""

import micropython


@micropython.viper
def calm(
    h: ptr16, y: int, potentials: int, fired: int, populations: int, zones: int, queues: int,  # width
    stride: int, top: int, span: int,
) -> int:  # fmt: skip
    """Updates the calm populations that were woken; returns how many neurons fired."""
    total = 0
    queue = ptr16(queues + stride)
    q = ptr16(queues)
    waiting = queue[0]
    queue[0] = 0
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32(populations + (queue[0] << 7))
        ptr32(zones + p[26])[0] = 0
        began = total
        threshold = uint(p[3])
        keeps = p[2] & 1
        low = p[11]
        e = potentials + (p[1] << 1)  # width
        h = ptr16(e)  # width
        after = h[0]
        h[0] = top  # below zero: stops both searches
        h = ptr16(potentials + (p[0] << 1))  # width
        while int(h) < e:
            if keeps:
                while uint(h[0]) < threshold:
                    h = ptr16(int(h) + 2)  # width
            else:
                while not h[0]:
                    h = ptr16(int(h) + 2)  # width
            y = h[0]
            if int(h) < e:
                if uint(y) < threshold:
                    h[0] = 0
                elif y & top:
                    if span - y > low:
                        h[0] = 0 - low
                else:
                    h[0] = 0
                    total += 1
                    n = int(h) - potentials >> 1  # width
                    y = fired + (n >> 3)
                    ptr8(y)[0] = (1 << (n & 7)) | ptr8(y)[0]
                h = ptr16(int(h) + 2)  # width
        h = ptr16(e)  # width
        h[0] = after
        if total != began:
            y = q[0] + 1
            q[0] = y
            q[y] = queue[0]
    return total
