"""Deliver inputs: R2, R3 and R4 of SPEC.md 2, what reaches a brain from outside, in plain form.

In:  one input; or the ranges and the generator of the random stimulus.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what firmware/kernel/README.md forbids.
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
    if z[Z_TOUCH]:
        x = n - z[Z_TALLY] + tallies
        ptr8(x)[0] = ptr8(x)[0] | 1
    if not z[Z_AWAKE]:
        z[Z_AWAKE] = 1
        x = z[Z_POPULATIONS]
        while x < z[Z_POPULATIONS_STOP]:
            q = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
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

    They are generator, last draw that is a hit, where the member is in a draw, factor, step, bits
    of a viper int beyond 32, mask of a member. A range has 4 words: first, stop, amount, where the zone of the first lies. The
    generator is kept in the highest bits, so that a draw needs no mask.
    """
    params = ptr32(x)
    left = n
    factor = params[G_FACTOR]
    sx = params[G_SPARE]
    x = params[G_STATE] << sx
    last = params[G_LAST] << sx
    plus = params[G_STEP] << sx
    quarter = 196608 << sx  # two bits of a draw: one in four is halved
    by = params[G_SHIFT]
    members = params[G_MEMBERS]
    group = members + 1
    while left:
        first = ranges[I_FIRST]
        stop = ranges[I_STOP]
        amount = ranges[I_AMOUNT]
        half = amount >> 1
        z = ptr32(ranges[I_ZONE] + zones)
        while first < stop:
            while first >= z[Z_STOP]:
                z = ptr32(int(z) + 32)
            end = z[Z_STOP]
            if stop < end:
                end = stop
            end -= members  # groups from here on do not lie whole in the zone
            if first >= end:  # one that leaves it: where its draw leads
                n = x * factor + plus
                n = n * factor + plus
                end = first + 1
                m = (n >> by & members) + first
                if m >= stop:  # nowhere
                    x = n
                    end = first
                    first += group
                else:
                    while m >= z[Z_STOP]:
                        z = ptr32(int(z) + 32)
            touch = z[Z_TOUCH]
            t = tallies - z[Z_TALLY]
            v_of = potentials - (t << 1)  # width
            first += t  # from here on where tallies lie
            end += t
            hit = 0
            while first < end:
                n = x * factor + plus
                x = n * factor + plus
                if not uint(n) > uint(last):
                    hit = 1
                    n = (x >> by & members) + first
                    if touch:
                        ptr8(n)[0] = ptr8(n)[0] | 1
                    n = (n << 1) + v_of  # width
                    if x & quarter:
                        ptr16(n)[0] = ptr16(n)[0] + amount  # width
                    else:
                        ptr16(n)[0] = ptr16(n)[0] + half  # width
                first += group
            first -= t
            if hit and not z[Z_AWAKE]:  # wake it
                z[Z_AWAKE] = 1
                n = z[Z_POPULATIONS]
                while n < z[Z_POPULATIONS_STOP]:
                    q = ptr16(ptr32((n << 7) + populations)[P_QUEUE] + queues)
                    m = q[0] + 1
                    q[0] = m
                    q[m] = n
                    n += 1
        ranges = ptr32(int(ranges) + 16)
        left -= 1
    params[G_STATE] = x >> sx
