"""Burst: the integer loop, the only viper code of the firmware.

In:  arrays that netblob.py has proven: every index in range, every pointer aligned.
Out: potentials, countdowns and the fired set after one burst (SPEC.md, sections 2 to 4).
Never: a float, an allocation, a bounds check; a literal of more than 31 bits (a board's small
       integer), or a constant index above 255 (two miscompilations on Xtensa).

Potentials are 16 bits here; burst32.py is this file for 32 bits, made by tools/widen.py from the
lines marked `width` and the blocks marked `narrow` and `wide`. A viper int is the machine word,
32 bits on a board and 64 on the virtual device, and a load is never signed: `y & top` tells a
negative potential, `span - y` is then its size, `x << sx >> sx` reads a word as signed, and
`x & mask` keeps 32 bits. The first two parameters of a function are its hottest variables,
because only those live in registers; an index that is a constant costs one instruction, another
three, so the loops over synapses are unrolled by four.

A population's row of 24 words (netblob.py fills them):
 0 first     1 stop     2 flags    3 threshold  4 leak       5 half      6 shift   7 special
 8 counts    9 refract. 10 base    11 -low      12 high      13 step     14 upper  15 base
16 limit    17 base    18 snoozed 19 excit.     20 ID-first  21 psp bits 22 J      23 small
`base` is where the neurons of the population begin in countdown, offsets and consecutive.
Flags: 1 ACC, 2 EVERY, 4 U exists, 8 always, 16 MPD, 32 thresholds vary. A population is special
unless it is always excitable, with one threshold above 0, no upper and no consecutive limit, not
MPD. `shift` of 32-bit potentials holds 32768 plus the fine part of the leak too, above bit 8. A
class has 4 words: what a synapse adds, or the multiplier; kind (0 the same for all, 1 own weights,
2 mp-driven +, 3 mp-driven −, 4 own weights of few bits); cap, or those bits as a mask; shift, or
how many there are.
"""

import micropython


@micropython.viper
def deliver(
    x: int, t: ptr16, c: int, potentials: int, fired: ptr32, n_words: int, rows: ptr32,
    first: int, last: int, stream: int, classes: ptr32, marks: ptr8, psp: ptr8, lowest: ptr8,
):  # fmt: skip
    """R1: every synapse of every neuron in the fired set adds to its target and marks it.

    Rows belong to the neurons first..last-1. lowest[b] is the lowest bit set in the byte b. The
    first three parameters are working variables.
    """
    v = ptr16(potentials)  # width
    i = 0
    while i < n_words:
        if not fired[0]:  # 32 silent neurons cost a dozen instructions
            fired = ptr32(int(fired) + 4)
            i += 1
            continue
        b = ptr8(fired)
        base = i << 5
        stop = base + 32
        while base < stop:
            bits = b[0]
            while bits:
                n = base + lowest[bits]
                bits &= bits - 1
                if n < first:
                    continue
                if n >= last:
                    continue
                t = ptr16(stream + rows[n - first])
                row_end = stream + rows[n - first + 1]
                while int(t) < row_end:
                    d = ptr32(int(classes) + (t[0] << 4))
                    size = t[1]
                    t = ptr16(int(t) + 4)
                    stop_four = int(t) + ((size >> 2) << 3)
                    e = int(t) + size + size
                    c = d[0]
                    if d[1] == 1:
                        w = ptr8(e)
                        while int(t) < stop_four:
                            x = t[0]
                            v[x] = w[0] * c + v[x]
                            marks[x] = 1
                            x = t[1]
                            v[x] = w[1] * c + v[x]
                            marks[x] = 1
                            x = t[2]
                            v[x] = w[2] * c + v[x]
                            marks[x] = 1
                            x = t[3]
                            v[x] = w[3] * c + v[x]
                            marks[x] = 1
                            t = ptr16(int(t) + 8)
                            w = ptr8(int(w) + 4)
                        while int(t) < e:
                            x = t[0]
                            v[x] = w[0] * c + v[x]
                            marks[x] = 1
                            t = ptr16(int(t) + 2)
                            w = ptr8(int(w) + 1)
                        t = ptr16(int(w) + (size & 1))
                        continue
                    if d[1]:
                        if d[1] == 4:  # own weights of few bits, the lowest first
                            w = ptr8(e)
                            size = 0
                            while int(t) < e:
                                x = t[0]
                                v[x] = ((w[0] >> size) & d[2]) * c + v[x]
                                marks[x] = 1
                                t = ptr16(int(t) + 2)
                                size += d[3]
                                if size & 8:
                                    size = 0
                                    w = ptr8(int(w) + 1)
                            if size:
                                w = ptr8(int(w) + 1)
                            t = ptr16(int(w) + (int(w) & 1))
                            continue
                        c = psp[n] * c
                        if d[3]:
                            c = (c + (1 << d[3] - 1)) >> d[3]
                        if c > d[2]:
                            c = d[2]
                        if d[1] == 3:
                            c = 0 - c
                    while int(t) < stop_four:
                        x = t[0]
                        v[x] = v[x] + c
                        marks[x] = 1
                        x = t[1]
                        v[x] = v[x] + c
                        marks[x] = 1
                        x = t[2]
                        v[x] = v[x] + c
                        marks[x] = 1
                        x = t[3]
                        v[x] = v[x] + c
                        marks[x] = 1
                        t = ptr16(int(t) + 8)
                    while int(t) < e:
                        x = t[0]
                        v[x] = v[x] + c
                        marks[x] = 1
                        t = ptr16(int(t) + 2)
            b = ptr8(int(b) + 1)
            base += 8
        fired = ptr32(b)
        i += 1


@micropython.viper
def add(potentials: int, n: int, amount: int, marks: ptr8):
    """R2 and R4: one input to one neuron."""
    v = ptr16(potentials)  # width
    v[n] = v[n] + amount
    marks[n] = 1


@micropython.viper
def stimulate(
    m: int, x: int, potentials: int, marks: ptr8, ranges: ptr32, n_ranges: int, params: ptr32,
    consts: ptr32,
):  # fmt: skip
    """R3: the random stimulus. params: generator, chance, group bits; ranges: first, stop, amount."""
    v = ptr16(potentials)  # width
    x = params[0]
    chance = params[1]
    bits = params[2]
    factor = consts[6]
    plus = consts[7]
    while n_ranges:
        n = ranges[0]
        stop = ranges[1]
        while n < stop:
            x = x * factor + plus
            a = (x >> 16) & 0xFFFF
            x = x * factor + plus
            if a < chance:
                a = (x >> 16) & 0xFFFF
                m = n + (a >> (16 - bits))
                if m < stop:
                    amount = ranges[2]
                    if not a & 3:
                        amount >>= 1
                    v[m] = v[m] + amount
                    marks[m] = 1
            n += 1 << bits
        ranges = ptr32(int(ranges) + 12)
        n_ranges -= 1
    params[0] = x


@micropython.viper
def march(
    h: ptr16, y: int, potentials: int, fired: ptr8, p: ptr32, n_populations: int,  # width
    countdown: int, top: int, span: int,
) -> int:  # fmt: skip
    """U1 to U7 for the populations that are EVERY and not special, along their potentials.

    Returns how many fired. `small`: below it the leak rounds to nothing, and takes 1.
    """
    total = 0
    while n_populations:
        n = p[0]
        stop = p[1]
        if p[2] & 2:
            if p[7]:
                stop = n
            r = ptr16(countdown + ((p[10] - n) << 1))
            counts = p[8]
            if counts:  # U1: at rest is zero, and zero neither fires nor leaks
                v = ptr16(potentials)  # width
                while n < stop:
                    y = r[n]
                    if y:
                        r[n] = y - 1
                        v[n] = 0
                    n += 1
            h = ptr16(potentials + (p[0] << 1))  # width
            e = potentials + (stop << 1)  # width
            threshold = uint(p[3])
            keeps = p[2] & 1
            leak = p[4]
            half = p[5]
            shift = p[6]
            # wide:
            # fine = (shift >> 8) - 32768
            # shift &= 255
            # end
            small = p[23]
            low = p[11]
            while int(h) < e:
                y = h[0]
                if y:
                    if uint(y) < threshold:
                        if leak:  # U6
                            if y < small:
                                y -= 1
                            else:
                                # narrow:
                                y -= (y * leak + half) >> shift
                                # wide:
                                # x = (y & 32767) * leak + (y >> 15) * fine
                                # if shift > 15:
                                #     y -= ((y >> 15) * leak + (x >> 15) + (half >> 15)) >> (shift - 15)
                                # else:
                                #     y -= ((y >> 15) * leak << (15 - shift)) + ((x + half) >> shift)
                                # end
                            h[0] = y
                        elif not keeps:  # U5
                            h[0] = 0
                    elif y & top:  # below zero
                        y = span - y
                        if leak:
                            if y < small:
                                y -= 1
                            else:
                                # narrow:
                                y -= (y * leak + half) >> shift
                                # wide:
                                # x = (y & 32767) * leak + (y >> 15) * fine
                                # if shift > 15:
                                #     y -= ((y >> 15) * leak + (x >> 15) + (half >> 15)) >> (shift - 15)
                                # else:
                                #     y -= ((y >> 15) * leak << (15 - shift)) + ((x + half) >> shift)
                                # end
                        elif not keeps:
                            y = 0
                        if y > low:  # U7
                            y = low
                        h[0] = 0 - y
                    else:  # U4
                        h[0] = 0
                        n = (int(h) - potentials) >> 1  # width
                        fired[n >> 3] = fired[n >> 3] | (1 << (n & 7))
                        if counts:
                            r[n] = p[9]
                        total += 1
                h = ptr16(int(h) + 2)  # width
        p = ptr32(int(p) + 96)
        n_populations -= 1
    return total


@micropython.viper
def visit(
    n: int, y: int, potentials: int, marks: ptr8, fired: ptr8, p: ptr32, n_populations: int,
    countdown: int, top: int, span: int,
) -> int:  # fmt: skip
    """U1 to U7 for the marked neurons of the populations that are on_input and not special.

    Clears their marks and returns how many fired. Marks are looked at four in a word.
    """
    v = ptr16(potentials)  # width
    total = 0
    while n_populations:
        if not p[2] & 2 | p[7]:
            n = p[0]
            stop = p[1]
            threshold = uint(p[3])
            keeps = p[2] & 1
            leak = p[4]
            half = p[5]
            shift = p[6]
            # wide:
            # fine = (shift >> 8) - 32768
            # shift &= 255
            # end
            small = p[23]
            counts = p[8]
            low = p[11]
            r = ptr16(countdown + ((p[10] - n) << 1))
            m = ptr32(int(marks) + (n & ~3))
            e = int(marks) + stop
            w = m[0] >> ((n & 3) << 3)  # the first word may begin in another population
            while int(m) < e:
                while w:
                    if w & 1:
                        if n >= stop:  # and the last may end in another
                            break
                        marks[n] = 0
                        y = counts
                        if y:  # U1
                            y = r[n]
                            if y:
                                r[n] = y - 1
                                v[n] = 0
                        if not y:
                            y = v[n]
                            if uint(y) < threshold:
                                if leak:  # U6
                                    if y < small:
                                        if y:
                                            v[n] = y - 1
                                    else:
                                        # narrow:
                                        y -= (y * leak + half) >> shift
                                        # wide:
                                        # x = (y & 32767) * leak + (y >> 15) * fine
                                        # if shift > 15:
                                        #     y -= ((y >> 15) * leak + (x >> 15) + (half >> 15)) >> (shift - 15)
                                        # else:
                                        #     y -= ((y >> 15) * leak << (15 - shift)) + ((x + half) >> shift)
                                        # end
                                        v[n] = y
                                elif not keeps:  # U5
                                    v[n] = 0
                            elif y & top:  # below zero
                                y = span - y
                                if leak:
                                    if y < small:
                                        y -= 1
                                    else:
                                        # narrow:
                                        y -= (y * leak + half) >> shift
                                        # wide:
                                        # x = (y & 32767) * leak + (y >> 15) * fine
                                        # if shift > 15:
                                        #     y -= ((y >> 15) * leak + (x >> 15) + (half >> 15)) >> (shift - 15)
                                        # else:
                                        #     y -= ((y >> 15) * leak << (15 - shift)) + ((x + half) >> shift)
                                        # end
                                elif not keeps:
                                    y = 0
                                if y > low:  # U7
                                    y = low
                                v[n] = 0 - y
                            else:  # U4
                                v[n] = 0
                                fired[n >> 3] = fired[n >> 3] | (1 << (n & 7))
                                if counts:
                                    r[n] = p[9]
                                total += 1
                    w >>= 8
                    n += 1
                m = ptr32(int(m) + 4)
                n = int(m) - int(marks)
                w = m[0]
        p = ptr32(int(p) + 96)
        n_populations -= 1
    return total


@micropython.viper
def update(
    n: int, y: int, potentials: int, marks: ptr8, fired: ptr8, p: ptr32, n_populations: int,
    consecutive: ptr16, countdown: int, psp: ptr8, offsets: ptr8, consts: ptr32,
    burst: int, top: int, span: int, sx: int, mask: int,
) -> int:  # fmt: skip
    """U1 to U7 for the special populations: every test of SPEC.md 2.

    Clears their marks and returns how many fired.
    """
    v = ptr16(potentials)  # width
    total = 0
    while n_populations:
        flags = p[2]
        keeps = flags & 1
        every = flags & 2
        threshold = p[3]
        leak = p[4]
        half = p[5]
        shift = p[6]
        # wide:
        # fine = (shift >> 8) - 32768
        # shift &= 255
        # end
        counts = p[8]
        low = p[11]
        n = p[0]
        stop = p[1]
        r = ptr16(countdown + ((p[10] - n) << 1))
        if not p[7]:
            n = stop
        limit = p[16]
        high = p[12]
        while n < stop:
            if not every:
                if not marks[n]:
                    n += 1
                    continue
                marks[n] = 0
            y = v[n]
            n += 1
            # U1
            if counts:
                d = r[n - 1]
                if d:
                    r[n - 1] = d - 1
                    if limit:
                        if d == 1:
                            i = n - 1 - p[0] + p[17]
                            if consecutive[i] >= limit:
                                consecutive[i] = 0
                    v[n - 1] = 0
                    continue
            if y & top:
                y -= span
            # U2
            d = threshold << sx >> sx
            if flags & 32:
                i = offsets[n - 1 - p[0] + p[15]]
                if i & 128:
                    i -= 256
                d += i * p[13]
            fires = 0
            if y >= d:
                fires = 1
                if flags & 4:
                    if y > p[14] << sx >> sx:
                        fires = 0
            i = n - 1 - p[0] + p[17]
            if fires:
                if limit:
                    if consecutive[i] >= limit:
                        # U3
                        consecutive[i] = 0
                        if not keeps:
                            y = 0
                        elif y > high:
                            y = high
                        elif y < 0:
                            if 0 - y > low:
                                y = 0 - low
                        v[n - 1] = y
                        continue
                if not flags & 8:
                    d = ((n - 1 + p[20]) * consts[0] + burst * consts[1]) & mask
                    d = (d * consts[2] + consts[3]) & mask
                    by = int(uint(d) >> 28) + 4
                    d = ((int(uint(d) >> by) ^ d) * consts[4]) & mask
                    d = int(uint(d) >> 22) ^ d
                    if not uint(d) < uint(p[19]):
                        fires = 0
            if fires:
                # U4
                if flags & 16:
                    if p[21]:
                        y = (y + (1 << p[21] - 1)) >> p[21]
                    if y < 0:
                        y = 0
                    if y > 255:
                        y = 255
                    psp[n - 1] = y
                v[n - 1] = 0
                fired[n - 1 >> 3] = fired[n - 1 >> 3] | (1 << (n - 1 & 7))
                total += 1
                d = p[9]
                if limit:
                    y = consecutive[i]
                    if y < 65535:
                        y += 1
                        consecutive[i] = y
                    if y >= limit:
                        d = p[18]
                if counts:
                    r[n - 1] = d
                continue
            # U5
            if limit:
                consecutive[i] = 0
            if not keeps:
                v[n - 1] = 0
                continue
            below = 0
            if y < 0:
                below = 1
                y = 0 - y
            if leak:
                # U6
                # narrow:
                d = (y * leak + half) >> shift
                # wide:
                # d = (y & 32767) * leak + (y >> 15) * fine
                # if shift > 15:
                #     d = ((y >> 15) * leak + (d >> 15) + (half >> 15)) >> (shift - 15)
                # else:
                #     d = ((y >> 15) * leak << (15 - shift)) + ((d + half) >> shift)
                # end
                if d:
                    y -= d
                elif y:
                    y -= 1
            # U7
            if below:
                if y > low:
                    y = low
                y = 0 - y
            elif y > high:
                y = high
            v[n - 1] = y
        p = ptr32(int(p) + 96)
        n_populations -= 1
    return total


@micropython.viper
def clear(p: ptr32, n_words: int):
    """Set words to zero."""
    e = int(p) + (n_words << 2)
    while int(p) < e:
        p[0] = 0
        p = ptr32(int(p) + 4)


@micropython.viper
def digest(p: ptr32, d: int, n_words: int, out: ptr32, consts: ptr32):
    """SPEC 3: out[0] takes up n_words more words."""
    d = out[0]
    k = consts[5]
    e = int(p) + ((n_words >> 2) << 4)
    while int(p) < e:
        d = (((d * k + p[0]) * k + p[1]) * k + p[2]) * k + p[3]
        p = ptr32(int(p) + 16)
    e = int(p) + ((n_words & 3) << 2)
    while int(p) < e:
        d = d * k + p[0]
        p = ptr32(int(p) + 4)
    out[0] = d


@micropython.viper
def chain(out: ptr32, consts: ptr32):
    """SPEC 3: out[1] = out[1] · K + out[0]."""
    out[1] = out[1] * consts[5] + out[0]


@micropython.viper
def collect(fired: ptr8, n_bytes: int, out: ptr16, skip: int, room: int) -> int:
    """Write the fired neurons after the first `skip`, at most `room`, ascending; returns how many."""
    i = 0
    found = 0
    while i < n_bytes:
        bits = fired[i]
        n = i << 3
        while bits:
            if bits & 1:
                if skip:
                    skip -= 1
                else:
                    if found >= room:
                        return found
                    out[found] = n
                    found += 1
            bits >>= 1
            n += 1
        i += 1
    return found


@micropython.viper
def check_rows(
    s: ptr8, length: int, offsets: ptr32, n_rows: int, classes: ptr32, n_classes: int, neurons: int
) -> int:
    """The number of synapses of a stream in which every row, class and target is in its place,
    or -1. Reads nothing outside s[0:length]; offsets were checked to ascend to length."""
    total = 0
    r = 0
    while r < n_rows:
        at = offsets[r]
        end = offsets[r + 1]
        before = -1
        while at < end:
            if at + 4 > end:
                return -1
            k = s[at] | (s[at + 1] << 8)
            n = s[at + 2] | (s[at + 3] << 8)
            at += 4
            if not n:
                return -1
            if k <= before:
                return -1
            if k >= n_classes:
                return -1
            before = k
            width = 0
            if classes[(k << 2) + 1] == 1:
                width = 8
            if classes[(k << 2) + 1] == 4:
                width = classes[(k << 2) + 3]
            w = at + n + n
            stop = w + ((n * width + 15) >> 4 << 1)
            if stop > end:
                return -1
            last = 0
            weight = 0
            bit = 0
            j = 0
            while j < n:
                target = s[at] | (s[at + 1] << 8)
                if target < last:
                    return -1
                if target >= neurons:
                    return -1
                if width:
                    own = (s[w + (bit >> 3)] >> (bit & 7)) & ((1 << width) - 1)
                    if own > 127:
                        return -1
                    if target == last:
                        if j:
                            if own < weight:
                                return -1
                    weight = own
                    bit += width
                last = target
                at += 2
                j += 1
            # what is left of the last byte, and the byte after it if they are odd, is zero
            while w + (bit >> 3) < stop:
                if s[w + (bit >> 3)] >> (bit & 7):
                    return -1
                bit = ((bit >> 3) + 1) << 3
            at = stop
            total += n
        r += 1
    return total


@micropython.viper
def address(p: ptr8) -> int:
    """Where an array lies. Valid for as long as the array is referred to (memory does not move)."""
    return int(p)


@micropython.viper
def word_bits() -> int:
    """The width of a viper int on this machine."""
    x = 1
    n = 0
    while x:
        x = x + x
        n += 1
    return n
