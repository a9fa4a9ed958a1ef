"""Remember: L4 of SPEC.md 11, what a memory area makes of what fired.

In:  the fired set; the tables and the state that load/memories.py lays out.
Out: frames, flags and slots in that state; the slot that is to fire.
Never: what firmware/kernel/README.md forbids.
"""

import micropython
from micropython import const

_K_BURST = const(8)
_M_DEPTH = const(0)
_M_FRAME = const(1)
_M_SLOTS = const(2)
_M_INIT = const(3)
_M_GROWTH = const(4)
_M_LONGTERM = const(5)
_M_FRAMES = const(6)
_M_FLAGS = const(7)
_M_ALIVE = const(8)
_M_LIFE = const(9)
_M_PATTERNS = const(10)
_M_SPANS = const(11)
_M_COUNT = const(12)
_M_LONGEST = const(13)
_M_USED = const(14)
_M_SILENT = const(15)


@micropython.viper
def remember(
    x: int, q: ptr32, table: ptr32, state: int, spans: int, fired: int, consts: ptr32
) -> int:
    """L4 of one memory area, whose table has 16 words (learning.py). Returns the slot that is to
    fire, or -1."""
    depth = table[_M_DEPTH]
    words = table[_M_FRAME]
    slots = table[_M_SLOTS]
    alive = state + table[_M_ALIVE]
    life = state + table[_M_LIFE]
    patterns = state + table[_M_PATTERNS]
    size = depth * words << 2  # of a pattern
    if table[_M_USED]:  # slots in use
        x = 0
        while x < slots:  # conversion and aging
            n = ptr8(alive + x)[0]
            if n == 1:
                q = ptr32((x << 2) + life)
                n = q[0]
                if n >= table[_M_LONGTERM]:
                    ptr8(alive + x)[0] = 3
                elif n:
                    n -= 1
                    q[0] = n
                    if not n:
                        ptr8(alive + x)[0] = 0
                        table[_M_USED] = table[_M_USED] - 1
                        q = ptr32(x * size + patterns)
                        end = int(q) + size
                        while int(q) < end:
                            q[0] = 0
                            q = ptr32(int(q) + 4)
            x += 1
    # whether anything fired upstream
    now = 0
    # of each area: first and last word, and what in them is of it
    s = ptr32(spans + table[_M_SPANS])
    k = table[_M_COUNT]
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
    table[_M_SILENT] = table[_M_SILENT] + 1  # bursts in which nothing did
    if now:
        table[_M_SILENT] = 0
    elif table[_M_SILENT] > depth + depth:
        table[_M_SILENT] = depth + depth  # all frames and flags are 0, and stay so
        return -1
    # the frames and the flags move
    q = ptr32(state + table[_M_FRAMES])
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
    x = state + table[_M_FLAGS]
    end = x + depth
    while x < end:
        ptr8(x)[0] = ptr8(x)[1]
        x += 1
    ptr8(x)[0] = 0
    flag = x
    s = ptr32(spans + table[_M_SPANS])
    k = table[_M_COUNT]
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
    if consts[_K_BURST] < depth or not seen:
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
                    n = table[_M_LONGEST] - q[0]  # what is left to the longest life
                    if n > table[_M_GROWTH]:
                        n = table[_M_GROWTH]
                    q[0] = q[0] + n
                return x
        elif free < 0:
            free = x
        x += 1
    if free < 0:
        return -1
    ptr8(flag)[0] = 1
    ptr8(alive + free)[0] = 1
    table[_M_USED] = table[_M_USED] + 1
    q = ptr32((free << 2) + life)
    q[0] = table[_M_INIT]
    q = ptr32(free * size + patterns)
    end = int(q) + size
    s = ptr32(first)
    while int(q) < end:
        q[0] = s[0]
        q = ptr32(int(q) + 4)
        s = ptr32(int(s) + 4)
    return free
