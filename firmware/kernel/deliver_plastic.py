"""Deliver plastic: R5 and R6 of SPEC.md 11, synapses that learn and replays, in plain form.

In:  what fired; the tables of projections and twins that load/learning.py and memories.py lay out.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what firmware/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def deliver_plastic(
    x: int, t: ptr16, potentials: int, table: int, count: int, state: int, targets: int,
    fired: int, tallies: int, psp: ptr8, lowest: ptr8, populations: int, zones: int, queues: int,
):  # fmt: skip
    """R5 of `count` projections, whose table has 24 words each (learning.py)."""
    while count:
        count -= 1
        p = ptr32(table)
        table += 96
        z = ptr32(p[J_ZONE] + zones)
        touch = z[Z_TOUCH]
        m = tallies - z[Z_TALLY]
        hit = 0
        word = p[J_FIRST] >> 5
        last = p[J_STOP] - 1 >> 5
        while word <= last:
            bits = ptr32((word << 2) + fired)[0]
            near = (word << 5) - p[J_FIRST]  # of the word's first neuron, from the first source
            word += 1
            while bits:
                x = bits & 255
                if not x:
                    bits = int(uint(bits) >> 8)
                    near += 8
                else:
                    bits = bits & bits - 1
                    i = lowest[x] + near
                    if i >= 0 and i < p[J_STOP] - p[J_FIRST]:
                        hit = 1
                        c = p[J_MULTIPLIER]
                        if p[J_FLAGS] & W_MP_DRIVEN:
                            c *= psp[p[J_FIRST] + i]
                        if p[J_FORM]:  # a place for each neuron of the zone
                            w = ptr8(i * p[J_SIZE] + p[J_WEIGHTS] + state)
                            x = (p[J_TARGETS] << 1) + potentials  # width
                            e = (p[J_SIZE] << 1) + x  # width
                            k = p[J_TARGETS] + m
                            if p[J_FORM] == W_PAIRS and p[J_FLAGS] & W_DIRECT:
                                if touch:
                                    while x < e:
                                        ptr8(k)[0] = ptr8(k)[0] | 1
                                        k += 1
                                        ptr16(x)[0] = w[0] * c + ptr16(x)[0]  # width
                                        w = ptr8(int(w) + 1)
                                        x += 2  # width
                                else:
                                    while x < e:
                                        ptr16(x)[0] = w[0] * c + ptr16(x)[0]  # width
                                        w = ptr8(int(w) + 1)
                                        x += 2  # width
                            else:
                                b = i * p[J_SIZE]
                                while x < e:
                                    there = 1
                                    if p[J_FORM] == 2:
                                        there = ptr8((b >> 3) + p[J_PRESENT] + state)[0] >> (b & 7) & 1
                                    if there:
                                        if touch:
                                            ptr8(k)[0] = ptr8(k)[0] | 1
                                        a = w[0] * c
                                        if not p[J_FLAGS] & W_DIRECT:
                                            a = a + p[J_HALF] >> p[J_SHIFT]
                                            if a > p[J_CAP]:
                                                a = p[J_CAP]
                                            if p[J_FLAGS] & W_NEGATIVE:
                                                a = 0 - a
                                        ptr16(x)[0] = ptr16(x)[0] + a  # width
                                    w = ptr8(int(w) + 1)
                                    x += 2  # width
                                    k += 1
                                    b += 1
                        else:
                            t = ptr16((i << 1) + p[J_BEGINS] + targets)
                            x = t[0]
                            w = ptr8(x + p[J_WEIGHTS] + state)
                            e = (t[1] << 1) + p[J_TARGETS] + targets
                            t = ptr16((x << 1) + p[J_TARGETS] + targets)
                            if not p[J_FLAGS] & W_DIRECT:
                                while int(t) < e:
                                    x = t[0]
                                    if touch:
                                        ptr8(m + x)[0] = ptr8(m + x)[0] | 1
                                    a = w[0] * c + p[J_HALF] >> p[J_SHIFT]
                                    if a > p[J_CAP]:
                                        a = p[J_CAP]
                                    if p[J_FLAGS] & W_NEGATIVE:
                                        a = 0 - a
                                    x = (x << 1) + potentials  # width
                                    ptr16(x)[0] = ptr16(x)[0] + a  # width
                                    w = ptr8(int(w) + 1)
                                    t = ptr16(int(t) + 2)
                            elif touch:
                                while int(t) < e:
                                    x = t[0]
                                    ptr8(m + x)[0] = ptr8(m + x)[0] | 1
                                    x = (x << 1) + potentials  # width
                                    ptr16(x)[0] = w[0] * c + ptr16(x)[0]  # width
                                    w = ptr8(int(w) + 1)
                                    t = ptr16(int(t) + 2)
                            else:
                                four = e - 7
                                while int(t) < four:
                                    k = 0
                                    while k < 4:  # unroll
                                        x = (t[k] << 1) + potentials  # width
                                        ptr16(x)[0] = w[k] * c + ptr16(x)[0]  # width
                                        k += 1
                                    w = ptr8(int(w) + 4)
                                    t = ptr16(int(t) + 8)
                                while int(t) < e:
                                    x = (t[0] << 1) + potentials  # width
                                    ptr16(x)[0] = w[0] * c + ptr16(x)[0]  # width
                                    w = ptr8(int(w) + 1)
                                    t = ptr16(int(t) + 2)
        if hit and not z[Z_AWAKE]:  # wake it
            z[Z_AWAKE] = 1
            x = z[Z_POPULATIONS]
            while x < z[Z_POPULATIONS_STOP]:
                t = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
                n = t[0] + 1
                t[0] = n
                t[n] = x
                x += 1


@micropython.viper
def replay(
    x: int, t: ptr16, potentials: int, table: int, count: int, state: int, plays: int,
    tallies: int, lowest: ptr8, populations: int, zones: int, queues: int,
):  # fmt: skip
    """R6 of `count` twins, whose table has 12 words each (learning.py)."""
    while count:
        count -= 1
        p = ptr32(table)
        table += 48
        x = p[T_FLAGS] + state  # flags of the last bursts but this one
        e = x + p[T_DEPTH]
        c = 0
        while x < e:
            c += ptr8(x)[0]
            x += 1
        if c:
            c *= p[T_AMOUNT]
            if c > p[T_CAP]:
                c = p[T_CAP]
            word = 0
            while word < p[T_COUNT]:
                bits = ptr32((word << 2) + p[T_FRAME] + state)[0]
                near = (word << 5) - p[T_FIRST]  # of the word's first neuron, from the area's first
                word += 1
                while bits:
                    x = bits & 255
                    if not x:
                        bits = int(uint(bits) >> 8)
                        near += 8
                    else:
                        bits = bits & bits - 1
                        x = lowest[x] + near
                        x = ptr16((x << 1) + p[T_PLAYS] + plays)[0]
                        if x != 65535:
                            z = ptr32(zones)
                            while x >= z[Z_STOP]:
                                z = ptr32(int(z) + 32)
                            if z[Z_TOUCH]:
                                e = x - z[Z_TALLY] + tallies
                                ptr8(e)[0] = ptr8(e)[0] | 1
                            x = (x << 1) + potentials  # width
                            ptr16(x)[0] = ptr16(x)[0] + c  # width
                            if not z[Z_AWAKE]:  # wake it
                                z[Z_AWAKE] = 1
                                x = z[Z_POPULATIONS]
                                while x < z[Z_POPULATIONS_STOP]:
                                    t = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
                                    n = t[0] + 1
                                    t[0] = n
                                    t[n] = x
                                    x += 1
