"""Deliver plastic: R5 and R6 of SPEC.md 11, synapses that learn and replays, in plain form.

In:  what fired; the tables of projections and twins that load/learning.py lays out.
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
        z = ptr32(p[8] + zones)
        touch = z[3]
        m = tallies - z[4]
        hit = 0
        word = p[0] >> 5
        last = p[1] - 1 >> 5
        while word <= last:
            bits = ptr32((word << 2) + fired)[0]
            near = (word << 5) - p[0]  # of the word's first neuron, from the first source
            word += 1
            while bits:
                x = bits & 255
                if not x:
                    bits = int(uint(bits) >> 8)
                    near += 8
                else:
                    bits = bits & bits - 1
                    i = lowest[x] + near
                    if i >= 0 and i < p[1] - p[0]:
                        hit = 1
                        c = p[3]
                        if p[7] & 2:  # mp-driven
                            c *= psp[p[0] + i]
                        if p[2]:  # a place for each neuron of the zone
                            w = ptr8(i * p[12] + p[9] + state)
                            x = (p[11] << 1) + potentials  # width
                            e = (p[12] << 1) + x  # width
                            k = p[11] + m
                            if p[2] == 1 and p[7] & 4:
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
                                b = i * p[12]
                                while x < e:
                                    there = 1
                                    if p[2] == 2:
                                        there = ptr8((b >> 3) + p[13] + state)[0] >> (b & 7) & 1
                                    if there:
                                        if touch:
                                            ptr8(k)[0] = ptr8(k)[0] | 1
                                        a = w[0] * c
                                        if not p[7] & 4:
                                            a = a + p[5] >> p[6]
                                            if a > p[4]:
                                                a = p[4]
                                            if p[7] & 1:
                                                a = 0 - a
                                        ptr16(x)[0] = ptr16(x)[0] + a  # width
                                    w = ptr8(int(w) + 1)
                                    x += 2  # width
                                    k += 1
                                    b += 1
                        else:
                            t = ptr16((i << 1) + p[10] + targets)
                            x = t[0]
                            w = ptr8(x + p[9] + state)
                            e = (t[1] << 1) + p[11] + targets
                            t = ptr16((x << 1) + p[11] + targets)
                            if not p[7] & 4:
                                while int(t) < e:
                                    x = t[0]
                                    if touch:
                                        ptr8(m + x)[0] = ptr8(m + x)[0] | 1
                                    a = w[0] * c + p[5] >> p[6]
                                    if a > p[4]:
                                        a = p[4]
                                    if p[7] & 1:
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
        if hit and not z[0]:  # wake it
            z[0] = 1
            x = z[5]
            while x < z[6]:
                t = ptr16(ptr32((x << 7) + populations)[7] + queues)
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
        x = p[4] + state  # flags of the last bursts but this one
        e = x + p[5]
        c = 0
        while x < e:
            c += ptr8(x)[0]
            x += 1
        if c:
            c *= p[0]
            if c > p[1]:
                c = p[1]
            word = 0
            while word < p[3]:
                bits = ptr32((word << 2) + p[2] + state)[0]
                near = (word << 5) - p[6]  # of the word's first neuron, from the area's first
                word += 1
                while bits:
                    x = bits & 255
                    if not x:
                        bits = int(uint(bits) >> 8)
                        near += 8
                    else:
                        bits = bits & bits - 1
                        x = lowest[x] + near
                        x = ptr16((x << 1) + p[7] + plays)[0]
                        if x != 65535:
                            z = ptr32(zones)
                            while x >= z[2]:
                                z = ptr32(int(z) + 32)
                            if z[3]:
                                e = x - z[4] + tallies
                                ptr8(e)[0] = ptr8(e)[0] | 1
                            x = (x << 1) + potentials  # width
                            ptr16(x)[0] = ptr16(x)[0] + c  # width
                            if not z[0]:  # wake it
                                z[0] = 1
                                x = z[5]
                                while x < z[6]:
                                    t = ptr16(ptr32((x << 7) + populations)[7] + queues)
                                    n = t[0] + 1
                                    t[0] = n
                                    t[n] = x
                                    x += 1
