"""Dense: what the spikes of one layer bring to another over a matrix (SPEC 12.2), of 32 bits.

In:  how often each source fired; rows of weights, one for each source; sums in pairs of 16 bits.
Out: the offsets of the rows to add, once for each spike; the sums.
Never: what firmware/kernel/README.md forbids.

A weight of b bits is stored as w + 2^(b-1). So a row is added two weights at a time, as two halves
of a word; who empties the sums takes 2^(b-1) off for each row that was added.
"""

import micropython


@micropython.viper
def events(z: ptr32, out: ptr32, t: ptr32, state: ptr32, room: int) -> int:
    """Lists rows of sources that fired, from where `state` says, at most about `room`. Returns how
    many. The table t: 0 sources 1 columns 2 channels 3 bytes of a row 4, 5 pool 6 channels of all
    pooled columns, in bytes 7 rows to use 8 columns to use. state: 0 word 1 y 2 x 3 channel 4 row
    of the pool, 5 column of the pool 6 offset of the pooled row 7 of the pooled place."""
    n = t[0]
    columns = t[1]
    channels = t[2]
    size = t[3]
    at = state[0]
    y = state[1]
    x = state[2]
    c = state[3]
    found = 0
    if channels == n:  # one place, from which no pool leaves out anything: no end of a row to meet
        if t[7]:
            if t[8]:
                next = at * size
                while at < n:
                    if found >= room:
                        state[0] = at
                        return found
                    w = z[at >> 2]
                    place = next
                    next += size << 2
                    at += 4
                    while w:
                        b = w & 255
                        while b:
                            b -= 1
                            out[found] = place
                            found += 1
                        w = w >> 8 & 16777215
                        place += size
                state[0] = at
                return found
    while at < n:
        if found >= room:
            state[0] = at
            state[1] = y
            state[2] = x
            state[3] = c
            return found
        w = z[at >> 2]
        if w == 0:
            at += 4
            c += 4
        else:
            k = 4
            while k:
                k -= 1
                b = w & 255
                w >>= 8
                if b:
                    if y < t[7]:
                        if x < t[8]:
                            place = state[6] + state[7] + c * size
                            while b:
                                b -= 1
                                out[found] = place
                                found += 1
                c += 1
                at += 1
                if c == channels:
                    c = 0
                    x += 1
                    state[5] = state[5] + 1
                    if state[5] == t[5]:
                        state[5] = 0
                        state[7] = state[7] + channels * size
                    if x == columns:
                        x = 0
                        y += 1
                        state[5] = 0
                        state[7] = 0
                        state[4] = state[4] + 1
                        if state[4] == t[4]:
                            state[4] = 0
                            state[6] = state[6] + t[6]
        while c >= channels:
            c -= channels
            x += 1
            state[5] = state[5] + 1
            if state[5] == t[5]:
                state[5] = 0
                state[7] = state[7] + channels * size
            if x == columns:
                x = 0
                y += 1
                state[5] = 0
                state[7] = 0
                state[4] = state[4] + 1
                if state[4] == t[4]:
                    state[4] = 0
                    state[6] = state[6] + t[6]
    state[0] = at
    return found


@micropython.viper
def add(d: ptr32, a: ptr32, lanes: int, base: int, rows: ptr32, n: int, words: int):
    """Adds n rows of weights of 8 bits, `words` words each, at `base` + rows[…], to the lanes."""
    m = 16711935
    while n > 3:
        d = ptr32(lanes)
        a = ptr32(rows[0] + base)
        b = ptr32(rows[1] + base)
        c = ptr32(rows[2] + base)
        e = ptr32(rows[3] + base)
        left = words
        while left > 3:
            u = a[0]
            v = b[0]
            w = c[0]
            y = e[0]
            d[0] = d[0] + (u & m) + (v & m) + (w & m) + (y & m)
            d[1] = d[1] + (u >> 8 & m) + (v >> 8 & m) + (w >> 8 & m) + (y >> 8 & m)
            u = a[1]
            v = b[1]
            w = c[1]
            y = e[1]
            d[2] = d[2] + (u & m) + (v & m) + (w & m) + (y & m)
            d[3] = d[3] + (u >> 8 & m) + (v >> 8 & m) + (w >> 8 & m) + (y >> 8 & m)
            u = a[2]
            v = b[2]
            w = c[2]
            y = e[2]
            d[4] = d[4] + (u & m) + (v & m) + (w & m) + (y & m)
            d[5] = d[5] + (u >> 8 & m) + (v >> 8 & m) + (w >> 8 & m) + (y >> 8 & m)
            u = a[3]
            v = b[3]
            w = c[3]
            y = e[3]
            d[6] = d[6] + (u & m) + (v & m) + (w & m) + (y & m)
            d[7] = d[7] + (u >> 8 & m) + (v >> 8 & m) + (w >> 8 & m) + (y >> 8 & m)
            d = ptr32(int(d) + 32)
            a = ptr32(int(a) + 16)
            b = ptr32(int(b) + 16)
            c = ptr32(int(c) + 16)
            e = ptr32(int(e) + 16)
            left -= 4
        while left:
            u = a[0]
            v = b[0]
            w = c[0]
            y = e[0]
            d[0] = d[0] + (u & m) + (v & m) + (w & m) + (y & m)
            d[1] = d[1] + (u >> 8 & m) + (v >> 8 & m) + (w >> 8 & m) + (y >> 8 & m)
            d = ptr32(int(d) + 8)
            a = ptr32(int(a) + 4)
            b = ptr32(int(b) + 4)
            c = ptr32(int(c) + 4)
            e = ptr32(int(e) + 4)
            left -= 1
        rows = ptr32(int(rows) + 16)
        n -= 4
    while n:
        d = ptr32(lanes)
        a = ptr32(rows[0] + base)
        left = words
        while left:
            u = a[0]
            d[0] = d[0] + (u & m)
            d[1] = d[1] + (u >> 8 & m)
            d = ptr32(int(d) + 8)
            a = ptr32(int(a) + 4)
            left -= 1
        rows = ptr32(int(rows) + 4)
        n -= 1


@micropython.viper
def add_few(d: ptr32, a: ptr32, lanes: int, base: int, rows: ptr32, n: int, words: int, bits: int):
    """The same, of weights of 4 or 2 bits."""
    m = 983055
    groups = 4
    if bits == 2:
        m = 196611
        groups = 8
    while n:
        d = ptr32(lanes)
        a = ptr32(rows[0] + base)
        left = words
        while left:
            u = a[0]
            k = groups
            while k:
                d[0] = d[0] + (u & m)
                d = ptr32(int(d) + 4)
                u >>= bits
                k -= 1
            a = ptr32(int(a) + 4)
            left -= 1
        rows = ptr32(int(rows) + 4)
        n -= 1


@micropython.viper
def fill(p: ptr32, n_words: int, value: int):
    """Sets words to a value."""
    e = (n_words << 2) + int(p)
    last = e - 28
    while int(p) < last:
        p[0] = value
        p[1] = value
        p[2] = value
        p[3] = value
        p[4] = value
        p[5] = value
        p[6] = value
        p[7] = value
        p = ptr32(int(p) + 32)
    while int(p) < e:
        p[0] = value
        p = ptr32(int(p) + 4)


@micropython.viper
def empty(x: ptr32, d: ptr32, t: ptr32, multipliers: int, off: int, again: int):
    """Adds the lanes, less `off` and times their multiplier, to x, and sets them to `again`. The
    table t: 0 places 1 targets of a place 2 words of weights of a place 3 halves of a word of
    weights 4 bytes from one multiplier to the next 5 how many they are."""
    places = t[0]
    halves = t[3]
    m = ptr32(multipliers)
    step = t[4]
    round = t[5]
    while places:
        places -= 1
        left = t[1]
        words = t[2]
        while words:
            words -= 1
            h = 0
            while h < 32:
                k = 0
                while k < halves:
                    if left:
                        left -= 1
                        x[0] = x[0] + ((d[k] >> h & 65535) - off) * m[0]
                        x = ptr32(int(x) + 4)
                        m = ptr32(int(m) + step)
                        round -= 1
                        if round == 0:
                            round = t[5]
                            m = ptr32(multipliers)
                    k += 1
                h += 16
            k = 0
            while k < halves:
                d[k] = again
                k += 1
            d = ptr32((halves << 2) + int(d))


@micropython.viper
def empty_words(x: ptr32, d: ptr32, t: ptr32, multipliers: int, off: int, again: int):
    """The same of whole words of weights of 8 bits, four targets at a time. t[6]: lanes that bring
    nothing. Multipliers are one, or a multiple of four."""
    n = t[0] * t[2]
    none = t[6]
    m = ptr32(multipliers)
    if t[4]:
        round = t[5]
        while n:
            n -= 1
            k = d[0]
            h = d[1]
            if k ^ none | h ^ none:
                d[0] = again
                d[1] = again
                x[0] = x[0] + ((k & 65535) - off) * m[0]
                x[1] = x[1] + ((h & 65535) - off) * m[1]
                x[2] = x[2] + ((k >> 16 & 65535) - off) * m[2]
                x[3] = x[3] + ((h >> 16 & 65535) - off) * m[3]
            d = ptr32(int(d) + 8)
            x = ptr32(int(x) + 16)
            m = ptr32(int(m) + 16)
            round -= 4
            if round == 0:
                round = t[5]
                m = ptr32(multipliers)
    else:
        f = m[0]
        while n:
            n -= 1
            k = d[0]
            h = d[1]
            if k ^ none | h ^ none:
                d[0] = again
                d[1] = again
                x[0] = x[0] + ((k & 65535) - off) * f
                x[1] = x[1] + ((h & 65535) - off) * f
                x[2] = x[2] + ((k >> 16 & 65535) - off) * f
                x[3] = x[3] + ((h >> 16 & 65535) - off) * f
            d = ptr32(int(d) + 8)
            x = ptr32(int(x) + 16)
