"""Learn: L1 to L3 of SPEC.md 11, what a burst changes when it is known what fired.

In:  the fired set; the tables and the state that load/learning.py lays out.
Out: histories, weights and presence in that state.
Never: what firmware/kernel/README.md forbids.
"""

import micropython
from micropython import const

_K_BURST = const(8)
_J_FIRST = const(0)
_J_STOP = const(1)
_J_FORM = const(2)
_J_WEIGHTS = const(9)
_J_BEGINS = const(10)
_J_TARGETS = const(11)
_J_SIZE = const(12)
_J_PRESENT = const(13)
_J_WINDOW = const(14)
_J_UP = const(15)
_J_DOWN = const(16)
_J_SOURCE_SKIP = const(17)
_J_TARGET_SKIP = const(18)
_J_SOURCE_AREA = const(19)
_J_TARGET_AREA = const(20)
_J_CLOSED = const(22)
_H_FIRST = const(0)
_H_STOP = const(1)
_H_WINDOW = const(2)
_H_SKIP = const(3)
_H_SINCE = const(4)
_H_BEFORE = const(5)
_H_AFTER = const(6)


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
        x = p[_H_FIRST] >> 5
        last = p[_H_STOP] - 1 >> 5
        bits = ptr32((x << 2) + fired)[0] & p[_H_BEFORE]
        while x < last:
            x += 1
            n = ptr32((x << 2) + fired)[0]
            if x == last:
                n = n & p[_H_AFTER]
            bits = bits | n
        if p[_H_FIRST] >> 5 == last:
            bits = bits & p[_H_AFTER]
        since = p[_H_SINCE] + 1
        if bits:
            since = 0
        elif since > p[_H_WINDOW] + 1:
            since = p[_H_WINDOW] + 1
        p[_H_SINCE] = since
        if since <= p[_H_WINDOW]:
            low = 128 - p[_H_WINDOW]
            high = 128 + p[_H_WINDOW]
            g = ptr8(p[_H_FIRST] - p[_H_SKIP] + state)
            n = p[_H_FIRST]
            while n < p[_H_STOP]:
                bits = int(uint(ptr32((n >> 5 << 2) + fired)[0]) >> (n & 31))
                left = 32 - (n & 31)
                if n + left > p[_H_STOP]:
                    left = p[_H_STOP] - n
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
        window = p[_J_WINDOW]
        of_source = ptr32(p[_J_SOURCE_AREA] + areas)[_H_SINCE]
        of_target = ptr32(p[_J_TARGET_AREA] + areas)[_H_SINCE]
        if consts[_K_BURST] >= window and (of_source < window or of_target < window):
            every = 128 + window
            some = 128 - window
            up = p[_J_UP]
            down = p[_J_DOWN]
            h = p[_J_FIRST] - p[_J_SOURCE_SKIP] + state  # history of the first source
            h_end = p[_J_STOP] - p[_J_SOURCE_SKIP] + state
            w = ptr8(p[_J_WEIGHTS] + state)
            if p[_J_FORM]:  # a place for each neuron of the zone
                size = p[_J_SIZE]
                of = p[_J_TARGETS] - p[_J_TARGET_SKIP] + state  # history of the zone's first neuron
                place = 0
                while h < h_end:
                    x = ptr8(h)[0]
                    h += 1
                    end = int(w) + size
                    g = ptr8(of)
                    if p[_J_CLOSED]:  # a weight of 255 that is not present stays
                        if x > some or of_target < window:
                            hs = x
                            b = place
                            while int(w) < end:
                                there = (b >> 3) + p[_J_PRESENT] + state
                                bit = 1 << (b & 7)
                                x = g[0]
                                both = 0
                                if hs >= every:
                                    if x >= every:
                                        both = 1
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
                                g = ptr8(int(g) + 1)
                                b += 1
                        place += size
                    elif x >= every:
                        while int(w) < end:
                            x = w[0]
                            if g[0] >= every:
                                if not x:
                                    if up:
                                        if p[_J_FORM] == 2:  # from now on it is present
                                            x = int(w) - p[_J_WEIGHTS] - state
                                            there = (x >> 3) + p[_J_PRESENT] + state
                                            bit = 1 << (x & 7)
                                            ptr8(there)[0] = ptr8(there)[0] | bit
                                            x = 0
                                x += up
                                if x > 255:
                                    x = 255
                                w[0] = x
                            elif x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[0] = x
                            w = ptr8(int(w) + 1)
                            g = ptr8(int(g) + 1)
                    elif x > some:
                        four = end - 3
                        while int(w) < four:  # a weight of 0 stays: no synapse, or none to weaken
                            x = w[0]
                            if x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[0] = x
                            x = w[1]
                            if x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[1] = x
                            x = w[2]
                            if x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[2] = x
                            x = w[3]
                            if x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[3] = x
                            w = ptr8(int(w) + 4)
                        while int(w) < end:
                            x = w[0]
                            if x:
                                x -= down
                                if x < 0:
                                    x = 0
                                w[0] = x
                            w = ptr8(int(w) + 1)
                    elif of_target < window:
                        four = end - 3
                        while int(w) < four:  # a weight of 0 stays: no synapse, or none to weaken
                            x = w[0]
                            if x:
                                if g[0] > some:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                    w[0] = x
                            x = w[1]
                            if x:
                                if g[1] > some:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                    w[1] = x
                            x = w[2]
                            if x:
                                if g[2] > some:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                    w[2] = x
                            x = w[3]
                            if x:
                                if g[3] > some:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                    w[3] = x
                            w = ptr8(int(w) + 4)
                            g = ptr8(int(g) + 4)
                        while int(w) < end:
                            x = w[0]
                            if x:
                                if g[0] > some:
                                    x -= down
                                    if x < 0:
                                        x = 0
                                    w[0] = x
                            w = ptr8(int(w) + 1)
                            g = ptr8(int(g) + 1)
                    w = ptr8(end)
            else:
                t = ptr16(p[_J_TARGETS] + targets)
                begin = ptr16(p[_J_BEGINS] + targets)
                of = state - p[_J_TARGET_SKIP]
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
