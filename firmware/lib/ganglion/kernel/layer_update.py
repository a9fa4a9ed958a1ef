"""Neurons: the update of a layer (SPEC 12.2), of 32 bits.

In:  what arrived at each neuron; potentials, currents; a table of the layer's rule.
Out: potentials, currents, how often each neuron fired, the fired set.
Never: what firmware/kernel/README.md forbids.

The table t of a layer: 0 neurons 1 bytes from one bias to the next 2 bytes from one row of
parameters to the next 3 how many there are of both 4 reset 5 when 6 emits 7 most spikes 8 gives
back 9 loses input 10 fires from the old potential 11 least 12 most potential 13 the first neuron's
number 14 current 15 limit 16 bits of a viper int beyond 32.
A row of parameters: 0 threshold 1 size 2 reset to 3 drift; then of the leak of the potential, and
of that of the current: L, half, s, f; half is what rounds where it is added (SPEC 2).
"""

import micropython


@micropython.viper
def start(x: ptr32, b: ptr32, t: ptr32, bias: int):
    """L2: what arrives begins with the bias."""
    n = t[0]
    step = t[1]
    b = ptr32(bias)
    if step:
        while n:
            round = t[3]
            b = ptr32(bias)
            n -= round
            while round:
                x[0] = b[0]
                x = ptr32(int(x) + 4)
                b = ptr32(int(b) + 4)
                round -= 1
    else:
        k = b[0]
        while n:
            x[0] = k
            x = ptr32(int(x) + 4)
            n -= 1


@micropython.viper
def foretell(v: ptr32, p: ptr32, z: ptr8, fired: ptr8, t: ptr32, rows: int) -> int:
    """L1: who fires by the potential that it has. Returns how many."""
    total = 0
    n = t[0]
    sx = t[16]
    p = ptr32(rows)
    step = t[2]
    round = t[3]
    i = t[13]
    while n:
        n -= 1
        y = v[0] << sx >> sx
        k = 0
        if y >= p[0] << sx >> sx:
            k = 1
            total += 1
            fired[i >> 3] = fired[i >> 3] | 1 << (i & 7)
        z[0] = k
        z = ptr8(int(z) + 1)
        v = ptr32(int(v) + 4)
        i += 1
        p = ptr32(int(p) + step)
        round -= 1
        if round == 0:
            round = t[3]
            p = ptr32(rows)
    return total


@micropython.viper
def currents(x: ptr32, c: ptr32, t: ptr32, rows: int):
    """L3: x becomes J, and the current what is left of it."""
    n = t[0]
    kind = t[14]
    limit = t[15]
    sx = t[16]
    p = ptr32(rows)
    step = t[2]
    round = t[3]
    while n:
        n -= 1
        j = x[0] << sx >> sx
        if j > limit:
            j = limit
        if j < 0 - limit:
            j = 0 - limit
        y = c[0] << sx >> sx
        if kind > 1:
            y += j
            if y > limit:
                y = limit
            if y < 0 - limit:
                y = 0 - limit
            x[0] = y
        leak = p[8]
        if leak:
            if y:
                h = y
                if y < 0:
                    h = 0 - y
                low = h & 32767
                h >>= 15
                low = low * leak + h * (p[11] << sx >> sx)
                shift = p[10]
                if shift > 15:
                    low = (h * leak) + (low >> 15) + p[9] >> shift - 15
                else:
                    low = (h * leak << 15 - shift) + (low + p[9] >> shift)
                if low == 0:
                    low = 1
                if y < 0:
                    y += low
                else:
                    y -= low
        if kind == 1:
            y += j
            if y > limit:
                y = limit
            if y < 0 - limit:
                y = 0 - limit
        if kind < 3:
            x[0] = y
        c[0] = y
        x = ptr32(int(x) + 4)
        c = ptr32(int(c) + 4)
        p = ptr32(int(p) + step)
        round -= 1
        if round == 0:
            round = t[3]
            p = ptr32(rows)


@micropython.viper
def update(v: ptr32, y: int, x: ptr32, z: ptr8, fired: ptr8, t: ptr32, rows: int) -> int:
    """L4 to L6. Returns how many neurons fired."""
    total = 0
    n = t[0]
    sx = t[16]
    limit = t[15]
    reset = t[4]
    when = t[5]
    emits = t[6]
    gives_back = t[8]
    loses = t[9]
    old = t[10]
    least = t[11] << sx >> sx
    most = t[12]
    i = t[13]
    p = ptr32(rows)
    step = t[2]
    round = t[3]
    while n:
        n -= 1
        y = v[0] << sx >> sx
        threshold = p[0] << sx >> sx
        fires = 0
        if emits:
            if y >= threshold:
                fires = 1
                if when == 1:
                    if reset == 1:
                        y = p[2] << sx >> sx
                    else:
                        y -= p[1]
        leak = p[4]
        if leak:
            if y:
                h = y
                if y < 0:
                    h = 0 - y
                low = h & 32767
                h >>= 15
                low = low * leak + h * (p[7] << sx >> sx)
                shift = p[6]
                if shift > 15:
                    low = (h * leak) + (low >> 15) + p[5] >> shift - 15
                else:
                    low = (h * leak << 15 - shift) + (low + p[5] >> shift)
                if low == 0:
                    low = 1
                if y < 0:
                    y += low
                else:
                    y -= low
        y += p[3] << sx >> sx
        if loses & fires == 0:
            low = x[0] << sx >> sx
            if low > limit:
                low = limit
            if low < 0 - limit:
                low = 0 - limit
            y += low
        if fires:
            if when == 2 or gives_back:
                y -= p[1]
        k = 0
        if old == 0:
            if emits:
                if y >= threshold:
                    k = 1
                    if emits == 2:
                        h = y - p[1]
                        while h >= threshold:
                            if k == t[7]:
                                break
                            h -= p[1]
                            k += 1
                    total += 1
                    fired[i >> 3] = fired[i >> 3] | 1 << (i & 7)
                    if when == 0:
                        if reset == 2:
                            y -= k * p[1]
                        elif reset == 1:
                            y = p[2] << sx >> sx
            z[0] = k
        if gives_back:
            if fires:
                y += p[1]
        if y < least:
            y = least
        if y > most:
            y = most
        v[0] = y
        i += 1
        v = ptr32(int(v) + 4)
        x = ptr32(int(x) + 4)
        z = ptr8(int(z) + 1)
        p = ptr32(int(p) + step)
        round -= 1
        if round == 0:
            round = t[3]
            p = ptr32(rows)
    return total
