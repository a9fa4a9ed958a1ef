"""Visit: U1 to U7 of SPEC.md 2 for the touched neurons of populations without limit, in plain form.

In:  the queue of visited populations; potentials, tallies (here: 1 if touched), countdowns.
Out: potentials, tallies, countdowns, the fired set, the queue of populations that fired.
Never: what tools/kernel/README.md forbids.

A population here is always excitable, not MPD, without upper limit, with one threshold above 0 and
clamps that do not reach below it. The leak serves all that is kept: 0 where nothing leaks, the
whole where nothing is kept. `small` is the first potential of which it does not round to nothing,
but takes 1; `y - small < middle`, unsigned, says at once that small <= y < threshold.
"""

import micropython


@micropython.viper
def visit(
    y: int, h: ptr16, potentials: int, fired: int, populations: int, zones: int, queues: int,  # width
    stride: int, tallies: int, countdowns: int, top: int, span: int,
) -> int:  # fmt: skip
    """Updates the touched neurons of the visited populations; returns how many fired."""
    total = 0
    queue = ptr16(queues + stride + stride)
    q = ptr16(queues)
    waiting = queue[0]
    queue[0] = 0
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32(populations + (queue[0] << 7))
        ptr32(zones + p[26])[0] = 0
        began = total
        leak = p[4]
        half = p[5]
        shift = p[6]
        # wide:
        # fine = p[25] - 32768
        # end
        small = p[23]
        middle = uint(p[3] - small)
        low = p[11]
        counts = 0 - p[8]  # as a mask
        # where the potential and the countdown of a tally lie
        v_of = potentials - (tallies - p[24] << 1)  # width
        r_of = countdowns - p[10] - tallies + p[24]
        # tallies of others in the first and the last word are put aside, the next word ends it
        first = tallies - p[24] + p[0]
        e = first + p[1] - p[0]
        m = ptr8(first & -4)
        last = ptr32(e - 1 & -4)
        y = ptr32(m)[0] & (1 << ((first & 3) << 3)) - 1
        before = y
        ptr32(m)[0] = ptr32(m)[0] - y
        after = 0
        if e & 3:
            after = last[0] & 0 - (1 << ((e & 3) << 3))
            last[0] = last[0] - after
        sentinel = last[1]
        last[1] = 1
        y = int(m)
        while not ptr32(y)[0]:
            y += 4
        while y <= int(last):
            m = ptr8(y)
            h = ptr16(v_of + (y << 1))  # width
            r = m
            if counts:
                r = ptr8(r_of + y)
            k = 0
            while k < 4:  # unroll
                if m[k]:
                    if r[k] & counts:  # U1
                        r[k] = r[k] - 1
                        h[k] = 0
                    else:
                        y = h[k]
                        if uint(y - small) < middle:  # U6
                            # narrow:
                            h[k] = y - (y * leak + half >> shift)
                            # wide:
                            # x = y >> 15
                            # h[k] = y - (((y & 32767) * leak + x * fine >> 15) + x * leak + half >> shift)
                            # end
                        elif uint(y) < uint(small):
                            if y:
                                h[k] = y - 1
                        elif y & top:  # below zero
                            y = span - y
                            if y < p[27]:
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
                            if counts:
                                r[k] = p[9]
                            total += 1
                            n = (int(h) - potentials >> 1) + k  # width
                            y = fired + (n >> 3)
                            ptr8(y)[0] = (1 << (n & 7)) | ptr8(y)[0]
                k += 1
            y = int(m)
            ptr32(y)[0] = 0
            y += 4
            while not ptr32(y)[0]:  # four neurons that nothing touched: 6 instructions
                y += 4
        last[1] = sentinel
        last[0] = last[0] | after
        m = ptr8(first & -4)
        ptr32(m)[0] = ptr32(m)[0] | before
        if total != began:
            y = q[0] + 1
            q[0] = y
            q[y] = queue[0]
    return total
