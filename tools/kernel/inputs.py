"""Inputs: R2, R3 and R4 of SPEC.md 2, what reaches a brain from outside, in plain form.

In:  one input; or the ranges and the generator of the random stimulus.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what tools/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def add(
    x: int, n: int, potentials: int, tallies: int, populations: int, zones: int, queues: int,
    zone: int,
):  # fmt: skip
    """R2 and R4: the amount x to neuron n of the zone at `zone`."""
    z = ptr32(zones + zone)
    h = ptr16((n << 1) + potentials)  # width
    h[0] = h[0] + x  # width
    if z[3]:
        x = n - z[4] + tallies
        ptr8(x)[0] = ptr8(x)[0] | 1
    if not z[0]:
        z[0] = 1
        x = z[5]
        while x < z[6]:
            q = ptr16(ptr32((x << 7) + populations)[7] + queues)
            n = q[0] + 1
            q[0] = n
            q[n] = x
            x += 1


@micropython.viper
def stimulate(
    x: int, n: int, potentials: int, tallies: int, ranges: ptr32, populations: int, zones: int,
    queues: int,
):  # fmt: skip
    """R3: the random stimulus, of n ranges; x is where its parameters lie.

    They are generator, chance, group bits, factor, step. A range has 4 words: first, stop, amount,
    where the zone of the first lies. Of the generator, bits beyond 32 may be anything: no draw
    looks at them.
    """
    params = ptr32(x)
    left = n
    x = params[0]
    chance = params[1]
    factor = params[3]
    plus = params[4]
    by = 32 - params[2]
    group = 1 << params[2]
    members = group - 1
    while left:
        first = ranges[0]
        stop = ranges[1]
        amount = ranges[2]
        half = amount >> 1
        z = ptr32(ranges[3] + zones)
        z_stop = 0  # of the zone that the last one reached lies in
        while first < stop:
            x = x * factor + plus
            n = x >> 16 & 65535
            x = x * factor + plus
            if n < chance:
                n = (x >> by & members) + first
                if n < stop:
                    if n >= z_stop:
                        m = n
                        while n >= z[2]:
                            z = ptr32(int(z) + 32)
                        z_stop = z[2]
                        touch = z[3]
                        t = tallies - z[4]
                        if not z[0]:  # wake it
                            z[0] = 1
                            n = z[5]
                            while n < z[6]:
                                q = ptr16(ptr32((n << 7) + populations)[7] + queues)
                                i = q[0] + 1
                                q[0] = i
                                q[i] = n
                                n += 1
                        n = m
                    if touch:
                        m = n
                        n += t
                        ptr8(n)[0] = ptr8(n)[0] | 1
                        n = m
                    n = (n << 1) + potentials  # width
                    if x & 196608:  # two bits of the draw: one in four is halved
                        ptr16(n)[0] = ptr16(n)[0] + amount  # width
                    else:
                        ptr16(n)[0] = ptr16(n)[0] + half  # width
            first += group
        ranges = ptr32(int(ranges) + 16)
        left -= 1
    params[0] = x
