"""Inputs: R2, R3 and R4 of SPEC.md 2, what reaches a brain from outside, in plain form.

In:  one input; or the ranges and the generator of the random stimulus.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what tools/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def add(
    x: int, n: int, amount: int, potentials: int, tallies: int, populations: int, zones: int,
    zone: int, queues: int, stride: int,
):  # fmt: skip
    """R2 and R4: one input to one neuron of the zone at `zone`."""
    z = ptr32(zones + zone)
    x = (n << 1) + potentials  # width
    ptr16(x)[0] = ptr16(x)[0] + amount  # width
    if z[3]:
        t = ptr8(tallies - z[4])
        t[n] = t[n] | 1
    if not z[0]:
        z[0] = 1
        x = z[5]
        while x < z[6]:
            q = ptr16(queues + ptr32(populations + (x << 7))[7] * stride)
            n = q[0] + 1
            q[0] = n
            q[n] = x
            x += 1


@micropython.viper
def stimulate(
    x: int, n: int, potentials: int, tallies: int, ranges: ptr32, n_ranges: int, params: ptr32,
    populations: int, zones: int, queues: int, stride: int, mask: int,
):  # fmt: skip
    """R3: the random stimulus.

    params: generator, chance, group bits, factor, step. A range has 4 words: first, stop, amount,
    where the zone of the first lies.
    """
    x = params[0]
    chance = params[1]
    by = 16 - params[2]
    group = 1 << params[2]
    factor = params[3]
    plus = params[4]
    while n_ranges:
        n = ranges[0]
        stop = ranges[1]
        z = ptr32(zones + ranges[3])
        z_stop = 0  # of the zone that the last one reached lies in
        while n < stop:
            x = (x * factor + plus) & mask
            draw = int(uint(x) >> 16)
            x = (x * factor + plus) & mask
            if draw < chance:
                m = n + (int(uint(x) >> 16) >> by)
                if m < stop:
                    if m >= z_stop:
                        while m >= z[2]:
                            z = ptr32(int(z) + 32)
                        z_stop = z[2]
                        touch = z[3]
                        t = ptr8(tallies - z[4])
                        if not z[0]:  # wake it
                            z[0] = 1
                            i = z[5]
                            while i < z[6]:
                                q = ptr16(queues + ptr32(populations + (i << 7))[7] * stride)
                                k = q[0] + 1
                                q[0] = k
                                q[k] = i
                                i += 1
                    amount = ranges[2]
                    if not x & 196608:  # two bits of the draw: one in four is halved
                        amount >>= 1
                    if touch:
                        t[m] = t[m] | 1
                    h = ptr16((m << 1) + potentials)  # width
                    h[0] = h[0] + amount
            n += group
        ranges = ptr32(int(ranges) + 16)
        n_ranges -= 1
    params[0] = x
