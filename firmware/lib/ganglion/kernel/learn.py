"""Learn: L1 to L4 of SPEC.md 11, what a burst changes when it is known what fired.

In:  the fired set; the tables and the state that load/learning.py lays out.
Out: histories, weights, presence, frames and slots in that state; the slot that is to fire.
Never: what firmware/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def history(x: int, g: ptr8, table: int, count: int, state: int, fired: int):
    """L1 of `count` areas, whose table has 8 words each: 0 first and 1 stop of its neurons,
    2 the longest window, 3 what to subtract from a neuron to find its history, 4 bursts since
    one fired, at most the window and one, 5 and 6 what of the first and the last word of the fired
    set is of it."""
    while count:
        count -= 1
        p = ptr32(table)
        table += 32
        x = p[0] >> 5
        last = p[1] - 1 >> 5
        bits = ptr32((x << 2) + fired)[0] & p[5]
        while x < last:
            x += 1
            n = ptr32((x << 2) + fired)[0]
            if x == last:
                n = n & p[6]
            bits = bits | n
        if p[0] >> 5 == last:
            bits = bits & p[6]
        since = p[4] + 1
        if bits:
            since = 0
        elif since > p[2] + 1:
            since = p[2] + 1
        p[4] = since
        if since <= p[2]:
            low = 128 - p[2]
            high = 128 + p[2]
            g = ptr8(p[0] - p[3] + state)
            n = p[0]
            while n < p[1]:
                bits = int(uint(ptr32((n >> 5 << 2) + fired)[0]) >> (n & 31))
                left = 32 - (n & 31)
                if n + left > p[1]:
                    left = p[1] - n
                n += left
                end = int(g) + left
                while int(g) < end:
                    x = g[0]
                    if bits & 1:
                        if x < 128:
                            x = 128
                        if x < high:
                            x += 1
                    else:
                        if x > 128:
                            x = 128
                        if x > low:
                            x -= 1
                    g[0] = x
                    g = ptr8(int(g) + 1)
                    bits >>= 1


@micropython.viper
def change(
    x: int, w: ptr8, table: int, count: int, state: int, targets: int, areas: int, consts: ptr32
):
    """L2 and L3 of `count` projections, whose table has 24 words each (learning.py)."""
    while count:
        count -= 1
        p = ptr32(table)
        table += 96
        window = p[14]
        of_source = ptr32(p[19] + areas)[4]
        of_target = ptr32(p[20] + areas)[4]
        if consts[8] >= window and (of_source < window or of_target < window):
            every = 128 + window
            some = 128 - window
            up = p[15]
            down = p[16]
            h = p[0] - p[17] + state  # history of the first source
            h_end = p[1] - p[17] + state
            w = ptr8(p[9] + state)
            if p[2]:  # a place for each neuron of the zone
                size = p[12]
                of = p[11] - p[18] + state  # history of the zone's first neuron
                of_end = of + size
                place = 0
                while h < h_end:
                    x = ptr8(h)[0]
                    h += 1
                    end = int(w) + size
                    if p[2] == 1:
                        if x >= every:
                            of = of_end - size
                            while int(w) < end:
                                x = w[0]
                                if ptr8(of)[0] >= every:
                                    x += up
                                    if x > 255:
                                        x = 255
                                else:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                w[0] = x
                                w = ptr8(int(w) + 1)
                                of += 1
                        elif x > some:
                            while int(w) < end:
                                x = w[0] - down
                                if x < 0:
                                    x = 0
                                w[0] = x
                                w = ptr8(int(w) + 1)
                        elif of_target < window:
                            of = of_end - size
                            while int(w) < end:
                                if ptr8(of)[0] > some:
                                    x = w[0] - down
                                    if x < 0:
                                        x = 0
                                    w[0] = x
                                w = ptr8(int(w) + 1)
                                of += 1
                    elif x > some or of_target < window:
                        hs = x
                        of = of_end - size
                        b = place
                        while int(w) < end:
                            x = ptr8(of)[0]
                            both = 0
                            if hs >= every:
                                if x >= every:
                                    both = 1
                            there = (b >> 3) + p[13] + state
                            bit = 1 << (b & 7)
                            if ptr8(there)[0] & bit:
                                if both:
                                    x = w[0] + up
                                    if x > 255:
                                        x = 255
                                    w[0] = x
                                elif hs > some or x > some:
                                    x = w[0] - down
                                    if x < 0:
                                        x = 0
                                    w[0] = x
                            elif both:
                                if up:
                                    if not w[0]:  # else it is closed
                                        ptr8(there)[0] = ptr8(there)[0] | bit
                                        w[0] = up
                            w = ptr8(int(w) + 1)
                            of += 1
                            b += 1
                    w = ptr8(end)
                    place += size
            else:
                t = ptr16(p[11] + targets)
                begin = ptr16(p[10] + targets)
                of = state - p[18]
                while h < h_end:
                    x = ptr8(h)[0]
                    h += 1
                    size = begin[1] - begin[0]
                    begin = ptr16(int(begin) + 2)
                    end = int(w) + size
                    after = size + size + int(t)
                    if x >= every:
                        while int(w) < end:
                            x = t[0]
                            if ptr8(of + x)[0] >= every:
                                x = w[0] + up
                                if x > 255:
                                    x = 255
                            else:
                                x = w[0] - down
                                if x < 0:
                                    x = 0
                            w[0] = x
                            w = ptr8(int(w) + 1)
                            t = ptr16(int(t) + 2)
                    elif x > some:
                        while int(w) < end:
                            x = w[0] - down
                            if x < 0:
                                x = 0
                            w[0] = x
                            w = ptr8(int(w) + 1)
                    elif of_target < window:
                        size = end - 3
                        while int(w) < size:  # four at a time: constant indices cost less
                            x = t[0]
                            if ptr8(of + x)[0] > some:
                                x = w[0] - down
                                if x < 0:
                                    x = 0
                                w[0] = x
                            x = t[1]
                            if ptr8(of + x)[0] > some:
                                x = w[1] - down
                                if x < 0:
                                    x = 0
                                w[1] = x
                            x = t[2]
                            if ptr8(of + x)[0] > some:
                                x = w[2] - down
                                if x < 0:
                                    x = 0
                                w[2] = x
                            x = t[3]
                            if ptr8(of + x)[0] > some:
                                x = w[3] - down
                                if x < 0:
                                    x = 0
                                w[3] = x
                            w = ptr8(int(w) + 4)
                            t = ptr16(int(t) + 8)
                        while int(w) < end:
                            x = t[0]
                            if ptr8(of + x)[0] > some:
                                x = w[0] - down
                                if x < 0:
                                    x = 0
                                w[0] = x
                            w = ptr8(int(w) + 1)
                            t = ptr16(int(t) + 2)
                    w = ptr8(end)
                    t = ptr16(after)


@micropython.viper
def remember(
    x: int, q: ptr32, table: ptr32, state: int, spans: int, fired: int, consts: ptr32
) -> int:
    """L4 of one memory area, whose table has 16 words (learning.py). Returns the slot that is to
    fire, or -1."""
    depth = table[0]
    words = table[1]
    slots = table[2]
    alive = state + table[8]
    life = state + table[9]
    patterns = state + table[10]
    size = depth * words << 2  # of a pattern
    if table[14]:  # slots in use
        x = 0
        while x < slots:  # conversion and aging
            n = ptr8(alive + x)[0]
            if n == 1:
                q = ptr32((x << 2) + life)
                n = q[0]
                if n >= table[5]:
                    ptr8(alive + x)[0] = 3
                elif n:
                    n -= 1
                    q[0] = n
                    if not n:
                        ptr8(alive + x)[0] = 0
                        table[14] = table[14] - 1
                        q = ptr32(x * size + patterns)
                        end = int(q) + size
                        while int(q) < end:
                            q[0] = 0
                            q = ptr32(int(q) + 4)
            x += 1
    # whether anything fired upstream
    now = 0
    s = ptr32(spans + table[11])  # of each area: first and last word, and what in them is of it
    k = table[12]
    while k:
        k -= 1
        x = s[0]
        while x <= s[1]:
            n = ptr32((x << 2) + fired)[0]
            if x == s[0]:
                n = n & s[2]
            if x == s[1]:
                n = n & s[3]
            now = now | n
            x += 1
        s = ptr32(int(s) + 16)
    table[15] = table[15] + 1  # bursts in which nothing did
    if now:
        table[15] = 0
    elif table[15] > depth + depth:
        table[15] = depth + depth  # all frames and flags are 0, and stay so
        return -1
    # the frames and the flags move
    q = ptr32(state + table[6])
    n = words << 2
    end = int(q) + size
    first = int(q) + n  # what is in the pattern, when all have moved
    seen = now
    while int(q) < end:
        x = ptr32(int(q) + n)[0]
        q[0] = x
        if int(q) >= first:
            seen = seen | x
        q = ptr32(int(q) + 4)
    x = state + table[7]
    end = x + depth
    while x < end:
        ptr8(x)[0] = ptr8(x)[1]
        x += 1
    ptr8(x)[0] = 0
    flag = x
    s = ptr32(spans + table[11])
    k = table[12]
    while k:
        k -= 1
        x = s[0]
        while x <= s[1]:
            n = ptr32((x << 2) + fired)[0]
            if x == s[0]:
                n = n & s[2]
            if x == s[1]:
                n = n & s[3]
            q[0] = n
            q = ptr32(int(q) + 4)
            x += 1
        s = ptr32(int(s) + 16)
    if consts[8] < depth or not seen:
        return -1
    free = -1
    x = 0
    while x < slots:
        if ptr8(alive + x)[0]:
            q = ptr32(x * size + patterns)
            end = int(q) + size
            s = ptr32(first)
            while int(q) < end:
                if q[0] == s[0]:
                    q = ptr32(int(q) + 4)
                    s = ptr32(int(s) + 4)
                else:
                    end = 0
            if end:  # it is known
                ptr8(flag)[0] = 1
                if ptr8(alive + x)[0] == 1:
                    q = ptr32((x << 2) + life)
                    n = table[13] - q[0]  # what is left to the longest life
                    if n > table[4]:
                        n = table[4]
                    q[0] = q[0] + n
                return x
        elif free < 0:
            free = x
        x += 1
    if free < 0:
        return -1
    ptr8(flag)[0] = 1
    ptr8(alive + free)[0] = 1
    table[14] = table[14] + 1
    q = ptr32((free << 2) + life)
    q[0] = table[3]
    q = ptr32(free * size + patterns)
    end = int(q) + size
    s = ptr32(first)
    while int(q) < end:
        q[0] = s[0]
        q = ptr32(int(q) + 4)
        s = ptr32(int(s) + 4)
    return free
