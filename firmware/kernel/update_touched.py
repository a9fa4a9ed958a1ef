"""Update touched: U1 to U7 of SPEC.md 2 for the touched neurons of populations without limit, in plain form.

In:  the queue of touched populations; potentials, tallies (here: 1 if touched), countdowns.
Out: potentials, tallies, countdowns, the fired set, the queue of populations that fired.
Never: what firmware/kernel/README.md forbids.

A population here is always excitable, not MPD, without upper limit, with one threshold above 0 and
clamps that do not reach below it. The leak serves all that is kept: 0 where nothing leaks, the
whole where nothing is kept. `small` is the first potential of which it does not round to nothing,
but takes 1; `y - small < middle`, unsigned, says at once that small <= y < threshold.
"""

import micropython


@micropython.viper
def update_touched(
    y: int, h: ptr16, potentials: int, fired: int, populations: int, zones: int, tallies: int,  # width
    countdowns: int,
) -> int:  # fmt: skip
    """Updates the touched neurons of the touched populations, whose queue lies at y; h is the queue
    of those that fire. Returns how many fired."""
    queue = ptr16(y)
    q = ptr32(h)
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
        leak = p[P_LEAK]
        half = p[P_HALF]
        shift = p[P_SHIFT]
        # wide:
        # fine = p[P_FINE] - 32768
        # end
        small = p[P_SMALL]
        middle = uint(p[P_THRESHOLD] - small)
        r = ptr8(int(p) + 84)  # the countdowns where there are none: p[P_PSP_SHIFT] is 0
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
        while not ptr32(y)[0]:
            y += 4
        while y < int(last):
            m = ptr8(y)
            h = ptr16((y << 1) + v_of)  # width
            if p[P_COUNTS]:
                r = ptr8(y + r_of)
            k = 0
            while k < 4:  # unroll
                if m[k]:
                    if r[k]:  # U1
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
                            if y > p[P_DEPTH]:  # U7
                                y = p[P_DEPTH]
                            h[k] = 0 - y
                        else:  # U4
                            h[k] = 0
                            if p[P_COUNTS]:
                                r[k] = p[P_REFRACTORY]
                            y = (int(h) - potentials >> 1) + k  # width
                            if place < room:
                                ptr16(place)[0] = y
                            place += 2
                            n = 1 << (y & 7)
                            y = (y >> 3) + fired
                            ptr8(y)[0] = ptr8(y)[0] | n
                k += 1
            y = int(m)
            ptr32(y)[0] = 0
            y += 4
            while not ptr32(y)[0]:  # four neurons that nothing touched: 6 instructions
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
