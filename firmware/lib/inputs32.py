"""Inputs: R2, R3 and R4 of SPEC.md 2, what reaches a brain from outside. For potentials of 32 bits.

Made by tools/widen.py of tools/kernel/inputs.py, which says what is what: edit that.
In, out, never: as there.
"""

import micropython


@micropython.viper
def add(
    x: int, n: int, potentials: int, tallies: int, populations: int, zones: int, queues: int,
    zone: int,
):  # fmt: skip
    """R2 and R4: the amount x to neuron n of the zone at `zone`."""
    z = ptr32(zones + zone)
    h = ptr32((n << 2) + potentials)
    h[0] = h[0] + x
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
        n = ranges[0]
        stop = ranges[1]
        amount = ranges[2]
        z = ptr32(ranges[3] + zones)
        z_stop = 0  # of the zone that the last one reached lies in
        while n < stop:
            x = x * factor + plus
            draw = x >> 16 & 65535
            x = x * factor + plus
            if draw < chance:
                m = (x >> by & members) + n
                if m < stop:
                    if m >= z_stop:
                        while m >= z[2]:
                            z = ptr32(int(z) + 32)
                        z_stop = z[2]
                        touch = z[3]
                        t = tallies - z[4]
                        if not z[0]:  # wake it
                            z[0] = 1
                            i = z[5]
                            while i < z[6]:
                                q = ptr16(ptr32((i << 7) + populations)[7] + queues)
                                k = q[0] + 1
                                q[0] = k
                                q[k] = i
                                i += 1
                    if touch:
                        b = ptr8(m + t)
                        b[0] = b[0] | 1
                    h = ptr32((m << 2) + potentials)
                    if x & 196608:  # two bits of the draw: one in four is halved
                        h[0] = h[0] + amount
                    else:
                        h[0] = (amount >> 1) + h[0]
            n += group
        ranges = ptr32(int(ranges) + 16)
        left -= 1
    params[0] = x
