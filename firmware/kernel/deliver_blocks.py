"""Deliver blocks: R1 of SPEC.md 2 for the synapses that follow a rule, in plain form.

In:  the fired set and the queue of populations that fired; BLOCKS; tables of load/synapses.py.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what firmware/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def deliver_blocks(
    x: int, source: ptr16, potentials: int, fired: int, populations: int, zones: int, table: int,
    classes: int, tallies: int, psp: ptr8, lowest: ptr8,
):  # fmt: skip
    """R1 of BLOCKS, for the populations that fired. x is where the queues lie.

    The first queue says in words 0 and 2 up to where and from where, in bytes, its records reach:
    a population, the bytes of what follows, its neurons that fired, ascending, and 65535. If they are said to be
    none, there was no room: they are listed from `source` on, up to 256 at a time.
    lowest[b] is the lowest bit set in the byte b. A block's words are B_ in layout.py,
    its forms F_.
    """
    queues = x
    scratch = int(source)
    record = ptr32(x)[2] + x
    end = ptr32(x)[0] + x
    while record < end:
        source = ptr16(record)
        p = ptr32((source[0] << 7) + populations)
        listed = record + 4
        record += source[1] + 6
        begin = p[P_BLOCKS] + table
        b_end = p[P_BLOCKS_STOP] + table
        word = 0
        if not source[1]:
            listed = scratch
            word = (p[P_FIRST] >> 5 << 2) + fired
            stop = p[P_STOP]
            word_end = (stop + 31 >> 5 << 2) + fired
        if p[P_STOP] - p[P_FIRST] == 1:  # it fired: a target each needs no search
            b = ptr16(begin)
            while int(b) < b_end and b[B_FORM] == F_ONE:
                z = ptr32((b[B_ZONE] << 5) + zones)
                if not z[Z_AWAKE]:  # wake it
                    z[Z_AWAKE] = 1
                    x = z[Z_POPULATIONS]
                    while x < z[Z_POPULATIONS_STOP]:
                        q = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
                        n = q[0] + 1
                        q[0] = n
                        q[n] = x
                        x += 1
                if z[Z_TOUCH]:
                    x = b[B_START] - z[Z_TALLY] + tallies
                    ptr8(x)[0] = ptr8(x)[0] | 1
                x = (b[B_START] << 1) + potentials  # width
                c = ptr32(b)[B_FACTOR]
                ptr16(x)[0] = ptr16(x)[0] + c  # width
                b = ptr16(int(b) + 28)
            begin = int(b)
        more = begin ^ b_end
        while more:
            more = 0
            if word:
                source = ptr16(scratch)
                x = word
                while x < word_end:  # words of 32 neurons, until all are listed or 224 are
                    bits = ptr32(x)[0]
                    if bits:
                        n = (x - fired) << 3
                        if n < p[P_FIRST]:  # the first word may begin in another population
                            bits &= 0 - (1 << p[P_FIRST] - n)
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
                            if word < word_end:
                                more = 1
                            x = word_end
                    x += 4
                source[0] = 65535
            source = ptr16(listed)
            b = ptr16(begin)
            last = 0
            while int(b) < b_end:
                first = b[B_FIRST]
                if first < last:  # another bundle: its sources begin anew
                    source = ptr16(listed)
                last = b[B_COUNT] + first
                while source[0] < first:
                    source = ptr16(int(source) + 2)
                if source[0] < last:
                    z = ptr32((b[B_ZONE] << 5) + zones)
                    if not z[Z_AWAKE]:  # wake it
                        z[Z_AWAKE] = 1
                        x = z[Z_POPULATIONS]
                        while x < z[Z_POPULATIONS_STOP]:
                            q = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
                            n = q[0] + 1
                            q[0] = n
                            q[n] = x
                            x += 1
                    form = b[B_FORM]
                    if form == F_ONE:  # once, multiplied
                        x = int(source)
                        source = ptr16(x + 2)
                        while source[0] < last:
                            source = ptr16(int(source) + 2)
                        c = (int(source) - x >> 1) * ptr32(b)[B_FACTOR]
                        if z[Z_TOUCH]:
                            x = b[B_START] - z[Z_TALLY] + tallies
                            ptr8(x)[0] = ptr8(x)[0] | 1
                        x = (b[B_START] << 1) + potentials  # width
                        ptr16(x)[0] = ptr16(x)[0] + c  # width
                        b = ptr16(int(b) + 28)
                        continue
                    else:
                        touch = z[Z_TOUCH]
                        d = ptr32((b[B_CLASS] << 4) + classes)
                        c = d[C_AMOUNT]
                        m = tallies - z[Z_TALLY]
                        v_of = potentials - (m << 1)  # width
                        tables = (b[B_TABLES] << 2) + int(b) + 24
                        turn = 0  # from this source on, the outer index is another
                        if not form & 1:
                            step = b[B_STEP] - ((b[B_STEP] & 32768) << 1)
                            start = b[B_START] - first * step
                        if form == F_EACH:
                            if touch:
                                start += m
                                while source[0] < last:
                                    x = source[0] * step + start
                                    ptr8(x)[0] = ptr8(x)[0] | 1
                                    x = (x << 1) + v_of  # width
                                    ptr16(x)[0] = ptr16(x)[0] + c  # width
                                    source = ptr16(int(source) + 2)
                            else:
                                start = (start << 1) + potentials  # width
                                step <<= 1  # width
                                while source[0] < last:
                                    x = source[0] * step + start
                                    ptr16(x)[0] = ptr16(x)[0] + c  # width
                                    source = ptr16(int(source) + 2)
                        elif form == F_EACH_GRID:
                            while source[0] < last:
                                if source[0] >= turn:
                                    # divided by a product: viper's own division calls the runtime
                                    x = ptr32(b)[B_FACTOR]
                                    n = (source[0] - first) * (x & 131071) >> (x >> 24)
                                    outer = ptr16((n << 1) + tables)[0] + m
                                    n = n * b[B_DIVISOR] + first
                                    turn = n + b[B_DIVISOR]
                                    inner = (b[B_START] - n << 1) + tables
                                x = ptr16((source[0] << 1) + inner)[0] + outer
                                if touch:
                                    ptr8(x)[0] = ptr8(x)[0] | 1
                                x = (x << 1) + v_of  # width
                                ptr16(x)[0] = ptr16(x)[0] + c  # width
                                source = ptr16(int(source) + 2)
                        else:
                            if form == F_SAME:  # once, multiplied
                                x = int(source)
                                source = ptr16(x + 2)
                                while source[0] < last:
                                    source = ptr16(int(source) + 2)
                                c *= int(source) - x >> 1
                                source = ptr16(int(source) - 2)
                                start = b[B_START]
                                step = 0
                            kind = d[C_KIND]
                            divisor = b[B_DIVISOR]
                            while source[0] < last:
                                if kind:  # mp-driven
                                    c = d[C_AMOUNT] * psp[source[0]]
                                    if d[C_SHIFT]:
                                        c = (c + (1 << d[C_SHIFT] - 1)) >> d[C_SHIFT]
                                    if c > d[C_CAP]:
                                        c = d[C_CAP]
                                    if kind == S_DRIVEN_MINUS:
                                        c = 0 - c
                                if divisor:
                                    if source[0] >= turn:
                                        x = ptr32(b)[B_FACTOR]
                                        n = (source[0] - first) * (x & 131071) >> (x >> 24)
                                        outer = ptr16((n << 1) + tables)[0] + m
                                        n = n * divisor + first
                                        turn = n + divisor
                                        inner = (b[B_START] - n << 1) + tables
                                    at = ptr16((source[0] << 1) + inner)[0] + outer
                                else:
                                    at = source[0] * step + start + m
                                source = ptr16(int(source) + 2)
                                r = ptr16(int(b) + 24)
                                while int(r) < tables:
                                    x = r[0] + at
                                    n = r[1]
                                    r = ptr16(int(r) + 4)
                                    four = n & 65532
                                    if touch:
                                        e = x + four
                                        while x < e:
                                            k = 0
                                            while k < 4:  # unroll
                                                ptr8(x)[k] = ptr8(x)[k] | 1
                                                k += 1
                                            x += 4
                                        e = x + (n & 3)
                                        while x < e:
                                            ptr8(x)[0] = ptr8(x)[0] | 1
                                            x += 1
                                        x -= n
                                    x = (x << 1) + v_of  # width
                                    e = (four << 1) + x  # width
                                    while x < e:
                                        k = 0
                                        while k < 4:  # unroll
                                            ptr16(x)[k] = ptr16(x)[k] + c  # width
                                            k += 1
                                        x += 8  # width
                                    if n & 2:
                                        ptr16(x)[0] = ptr16(x)[0] + c  # width
                                        ptr16(x)[1] = ptr16(x)[1] + c  # width
                                        x += 4  # width
                                    if n & 1:
                                        ptr16(x)[0] = ptr16(x)[0] + c  # width
                b = ptr16((b[B_NEXT] << 2) + int(b))
