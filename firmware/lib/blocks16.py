"""Blocks: R1 of SPEC.md 2 for the synapses that follow a rule. For potentials of 16 bits.

Made by tools/widen.py of tools/kernel/blocks.py, which says what is what: edit that.
In, out, never: as there.
"""

import micropython


@micropython.viper
def blocks(
    x: int, source: ptr16, potentials: int, fired: int, populations: int, zones: int, queues: int,
    stride: int, table: int, classes: int, tallies: int, psp: ptr8, lowest: ptr8, scratch: int,
):  # fmt: skip
    """R1 of BLOCKS, for the populations that fired.

    lowest[b] is the lowest bit set in the byte b. The fired neurons of a population are listed in
    scratch, up to 256 at a time, ascending, with 65535 at their end.
    """
    queue = ptr16(queues)
    waiting = queue[0]
    while waiting:
        waiting -= 1
        queue = ptr16(int(queue) + 2)
        p = ptr32(populations + (queue[0] << 7))
        b_end = table + p[29]
        stop = p[1]
        word = fired + (p[0] >> 5 << 2)
        word_end = fired + ((stop + 31) >> 5 << 2)
        if p[28] == p[29]:
            word_end = word  # no blocks
        while word < word_end:
            source = ptr16(scratch)
            x = word
            word = word_end
            while x < word_end:  # words of 32 neurons, until all are listed or 224 are
                bits = ptr32(x)[0]
                if bits:
                    n = (x - fired) << 3
                    if n < p[0]:  # the first word may begin in another population
                        bits &= 0 - (1 << p[0] - n)
                    if n + 32 > stop:  # and the last end in another
                        bits &= (1 << stop - n) - 1
                    at = x
                    while bits:
                        x = bits & 255
                        while x:
                            source[0] = lowest[x] + n
                            source = ptr16(int(source) + 2)
                            x &= x - 1
                        bits = int(uint(bits) >> 8)
                        n += 8
                    x = at
                    if int(source) - scratch > 448:
                        word = x + 4
                        x = word_end
                x += 4
            source[0] = 65535
            b = ptr16(table + p[28])
            low = scratch
            reach = 0
            while int(b) < b_end:
                first = b[0]
                last = first + b[1]
                if first < reach:  # another bundle: its sources begin anew
                    low = scratch
                reach = last
                source = ptr16(low)
                while source[0] < first:
                    source = ptr16(int(source) + 2)
                low = int(source)
                if source[0] < last:
                    z = ptr32(zones + (b[3] << 5))
                    if not z[0]:  # wake it
                        z[0] = 1
                        x = z[5]
                        while x < z[6]:
                            q = ptr16(queues + ptr32(populations + (x << 7))[7] * stride)
                            n = q[0] + 1
                            q[0] = n
                            q[n] = x
                            x += 1
                    d = ptr32(classes + (b[2] << 4))
                    c = d[0]
                    kind = d[1]
                    touch = z[3]
                    divisor = b[6]
                    step = b[5] - ((b[5] & 32768) << 1)
                    start = b[4] - first * step
                    if not kind | divisor | step:  # all add to the same: once, multiplied
                        x = int(source)
                        while source[0] < last:
                            source = ptr16(int(source) + 2)
                        c *= int(source) - x >> 1
                        source = ptr16(int(source) - 2)
                    if b[8] == 1 and b[13] == 1 and not kind | divisor | touch:
                        # a target each, and nothing to touch: the commonest, without tests
                        start = (start << 1) + potentials
                        step <<= 1
                        while source[0] < last:
                            x = source[0] * step + start
                            ptr16(x)[0] = ptr16(x)[0] + c
                            source = ptr16(int(source) + 2)
                    tables = int(b) + 24 + (b[8] << 2)
                    turn = 0  # from this source on, the outer index of a grid is another
                    while source[0] < last:
                        x = source[0]
                        if kind:  # mp-driven
                            c = d[0] * psp[x]
                            if d[3]:
                                c = (c + (1 << d[3] - 1)) >> d[3]
                            if c > d[2]:
                                c = d[2]
                            if kind == 3:
                                c = 0 - c
                        if divisor:
                            if x >= turn:
                                # divided by a product: viper's own division calls the runtime
                                n = ptr32(b)[5]
                                n = (x - first) * (n & 131071) >> (n >> 24)
                                turn = n * divisor + first
                                inner = tables + ((b[9] - turn) << 1)
                                turn += divisor
                                outer = ptr16(tables + (n << 1))[0]
                            at = outer + ptr16(inner + (x << 1))[0]
                        else:
                            at = x * step + start
                        source = ptr16(int(source) + 2)
                        r = ptr16(int(b) + 24)
                        while int(r) < tables:
                            x = at + r[0]
                            n = r[1]
                            r = ptr16(int(r) + 4)
                            if touch:
                                t = ptr8(tallies - z[4] + x)
                                e = int(t) + n
                                while int(t) < e:
                                    t[0] = t[0] | 1
                                    t = ptr8(int(t) + 1)
                            x = (x << 1) + potentials
                            e = x + (n << 1)
                            four = e - 7
                            while x < four:
                                ptr16(x)[0] = ptr16(x)[0] + c
                                ptr16(x)[1] = ptr16(x)[1] + c
                                ptr16(x)[2] = ptr16(x)[2] + c
                                ptr16(x)[3] = ptr16(x)[3] + c
                                x += 8
                            while x < e:
                                ptr16(x)[0] = ptr16(x)[0] + c
                                x += 2
                    low = int(source)
                b = ptr16(int(b) + (b[7] << 2))
