"""Burst: the integer loop, the only viper code of the firmware.

In:  arrays that netblob.py has proven: every index in range, every pointer aligned.
Out: potentials, countdowns and the fired set after one burst (SPEC.md, sections 2 to 4).
Never: a float, an allocation, a bounds check; a constant of more than 31 bits (the board's small
       integer), or a constant index above 255 (two miscompilations on Xtensa).

A viper int is the machine word: 32 bits on a board, 64 on the virtual device. `sx` and `mask`
make the two equal: `x << sx >> sx` reads a 32-bit word as signed, `x & mask` keeps 32 bits; on a
board sx is 0 and mask is -1. The hottest variables of a function are its first parameters,
because only those live in registers.
"""

import micropython

# Population words, as brain.py lays them out (one row of 20 words each).
#  0 first      1 stop       2 flags      3 threshold  4 step     5 upper     6 leak
#  7 shift      8 refractory 9 snoozed   10 limit     11 excit.  12 low      13 high
# 14 id - first 15 psp_bits 16 offsets' base          17 consecutive's base 18 countdown's base
# 19 input_max
# Flags: 1 ACC, 2 EVERY, 4 upper limit, 8 always, 16 MPD, 32 thresholds vary.
# Class words (4 each): 0 what a synapse adds, or the multiplier of its own weight; 1 kind: 0 the
# same for all, 1 own weights, 2 mp-driven +, 3 mp-driven −; 2 cap; 3 shift.


@micropython.viper
def deliver(
    t: ptr16, x: int, c: int, e: int, fired: ptr8, n_bytes: int, rows: ptr32, first: int, last: int,
    stream: int, classes: ptr32, v: int, touched: ptr8, psp: ptr8, wide: int,
):  # fmt: skip
    """R1: every synapse of every neuron in the fired set adds to its target and marks it.

    Rows belong to the neurons first..last-1; the others have no synapse. The first four
    parameters are working variables.
    """
    v32 = ptr32(v)
    v16 = ptr16(v)
    i = 0
    while i < n_bytes:
        bits = fired[i]
        n = i << 3
        while bits:
            x = 0
            if bits & 1:
                if n >= first:
                    if n < last:
                        x = 1
            if x:
                t = ptr16(stream + rows[n - first])
                row_end = stream + rows[n - first + 1]
                while int(t) < row_end:
                    k = ptr32(int(classes) + (t[0] << 4))
                    count = t[1]
                    t = ptr16(int(t) + 4)
                    start = int(t)
                    e = start + count + count
                    kind = k[1]
                    c = k[0]
                    if kind == 1:
                        w = ptr8(e)
                        j = 0
                        while j < count:
                            x = w[j]
                            if x > 127:
                                x -= 256
                            x *= c
                            if wide:
                                v32[t[j]] = v32[t[j]] + x
                            else:
                                v16[t[j]] = v16[t[j]] + x
                            touched[t[j]] = 1
                            j += 1
                        t = ptr16(e + count + (count & 1))
                        continue
                    if kind > 1:
                        c = psp[n] * c
                        if k[3]:
                            c = (c + (1 << (k[3] - 1))) >> k[3]
                        if c > k[2]:
                            c = k[2]
                        if kind == 3:
                            c = 0 - c
                    if wide:
                        while int(t) < e:
                            x = t[0]
                            v32[x] = v32[x] + c
                            touched[x] = 1
                            t = ptr16(int(t) + 2)
                    else:
                        while int(t) < e:
                            x = t[0]
                            v16[x] = v16[x] + c
                            touched[x] = 1
                            t = ptr16(int(t) + 2)
            bits >>= 1
            n += 1
        i += 1


@micropython.viper
def add(v: int, n: int, amount: int, touched: ptr8, wide: int):
    """R2 and R4: one input to one neuron."""
    if wide:
        p = ptr32(v)
        p[n] = p[n] + amount
    else:
        h = ptr16(v)
        h[n] = h[n] + amount
    touched[n] = 1


@micropython.viper
def stimulate(
    v: int, touched: ptr8, ranges: ptr32, count: int, params: ptr32, consts: ptr32, wide: int
):
    """R3: the random stimulus. params: generator, chance, group bits; ranges: first, stop, amount."""
    x = params[0]
    chance = params[1]
    bits = params[2]
    factor = consts[6]
    plus = consts[7]
    v32 = ptr32(v)
    v16 = ptr16(v)
    r = 0
    while r < count:
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
                    if wide:
                        v32[m] = v32[m] + amount
                    else:
                        v16[m] = v16[m] + amount
                    touched[m] = 1
            n += 1 << bits
        ranges = ptr32(int(ranges) + 12)
        r += 1
    params[0] = x


@micropython.viper
def update(
    n: int, y: int, p: ptr32, v: int, touched: ptr8, fired: ptr8, n_populations: int,
    consecutive: ptr16, countdown: ptr16, psp: ptr8, offsets: ptr8, consts: ptr32,
    burst: int, wide: int, sx: int, mask: int,
) -> int:  # fmt: skip
    """U1 to U7 for every neuron that was touched or is of an EVERY population.

    p: population rows. Clears the marks, writes the fired set (which must be zero) and returns
    how many fired.
    """
    v32 = ptr32(v)
    v16 = ptr16(v)
    marks = ptr32(touched)
    total = 0
    while n_populations:
        n = p[0]
        stop = p[1]
        flags = p[2]
        threshold = p[3] << sx >> sx
        upper = p[5] << sx >> sx
        leak = p[6]
        limit = p[10]
        low = p[12] << sx >> sx
        high = p[13]
        counts = p[8] | p[9]
        while n < stop:
            if not flags & 2:
                if not marks[n >> 2]:
                    n = (n | 3) + 1
                    continue
                if not touched[n]:
                    n += 1
                    continue
            touched[n] = 0
            if wide:
                y = v32[n] << sx >> sx
            else:
                y = v16[n]
                if y & 0x8000:
                    y -= 0x10000
            # U1
            if counts:
                i = n + (p[18] << sx >> sx)
                left = countdown[i]
                if left:
                    countdown[i] = left - 1
                    if limit:
                        if left == 1:
                            i = n + (p[17] << sx >> sx)
                            if consecutive[i] >= limit:
                                consecutive[i] = 0
                    if wide:
                        v32[n] = 0
                    else:
                        v16[n] = 0
                    n += 1
                    continue
            # U2
            if flags & 32:
                i = offsets[n + (p[16] << sx >> sx)]
                if i > 127:
                    i -= 256
                threshold = (p[3] << sx >> sx) + i * p[4]
            fires = 0
            if y >= threshold:
                fires = 1
                if flags & 4:
                    if y > upper:
                        fires = 0
            done = 0
            if fires:
                done = 1
                if limit:
                    i = n + (p[17] << sx >> sx)
                    if consecutive[i] >= limit:
                        # U3
                        consecutive[i] = 0
                        fires = 0
                        if not flags & 1:
                            y = 0
                        elif y > high:
                            y = high
                if fires:
                    if not flags & 8:
                        a = ((n + p[14]) * consts[0] + burst * consts[1]) & mask
                        a = (a * consts[2] + consts[3]) & mask
                        i = int(uint(a) >> 28) + 4
                        a = ((int(uint(a) >> i) ^ a) * consts[4]) & mask
                        a = int(uint(a) >> 22) ^ a
                        if not uint(a) < uint(p[11]):
                            fires = 0
                            done = 0
            if fires:
                # U4
                if flags & 16:
                    i = p[15]
                    if i:
                        y = (y + (1 << (i - 1))) >> i
                    if y < 0:
                        y = 0
                    if y > 255:
                        y = 255
                    psp[n] = y
                y = 0
                i = p[8]
                if limit:
                    a = n + (p[17] << sx >> sx)
                    j = consecutive[a]
                    if j < 65535:
                        j += 1
                        consecutive[a] = j
                    if j >= limit:
                        i = p[9]
                if counts:
                    countdown[n + (p[18] << sx >> sx)] = i
                fired[n >> 3] = fired[n >> 3] | (1 << (n & 7))
                total += 1
            elif not done:
                # U5
                if limit:
                    consecutive[n + (p[17] << sx >> sx)] = 0
                if not flags & 1:
                    y = 0
                else:
                    if leak:
                        # U6, in two halves so that no product passes 31 bits
                        m = y
                        if y < 0:
                            m = 0 - y
                        if m:
                            s = p[7]
                            h = (m >> 15) * leak
                            d = (m & 32767) * leak
                            if s > 15:
                                d = (h + (d >> 15) + (1 << s - 16)) >> (s - 15)
                            else:
                                d = (h << (15 - s)) + ((d + (1 << s - 1)) >> s)
                            if not d:
                                d = 1
                            if y < 0:
                                y += d
                            else:
                                y -= d
                    # U7
                    if y < low:
                        y = low
                    elif y > high:
                        y = high
            if wide:
                v32[n] = y
            else:
                v16[n] = y
            n += 1
        p = ptr32(int(p) + 80)
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
    e = int(p) + (n_words << 2)
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
            own = 0
            if classes[(k << 2) + 1] == 1:
                own = 1
            w = at + n + n
            stop = w
            if own:
                stop = w + n + (n & 1)
            if stop > end:
                return -1
            last = 0
            j = 0
            while j < n:
                target = s[at] | (s[at + 1] << 8)
                if target < last:
                    return -1
                if target >= neurons:
                    return -1
                if own:
                    if j:
                        if target == last:
                            # weights of one target ascend, as signed numbers
                            if (s[w + j] ^ 128) < (s[w + j - 1] ^ 128):
                                return -1
                last = target
                at += 2
                j += 1
            if own:
                if n & 1:
                    if s[stop - 1]:
                        return -1
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
