"""Rows: R1 of SPEC.md 2 for the synapses that are listed one by one. For potentials of 32 bits.

Made by tools/widen.py of tools/kernel/rows.py, which says what is what: edit that.
In, out, never: as there.
"""

import micropython


@micropython.viper
def rows(
    x: int, t: ptr16, potentials: int, fired: ptr32, n_words: int, pages: ptr32, stream: int,
    links: int, n_links: int, tallies: int, psp: ptr8, lowest: ptr8, base: int, populations: int,
    zones: int, queues: int, stride: int,
):  # fmt: skip
    """R1 of ROWS: the rows of the neurons that fired in n_words words of the fired set.

    pages[i] is where the page of word i begins in stream; `base` is the first neuron of all. A
    link has 8 words: what a synapse adds, or the multiplier; kind; cap, or mask of few bits; shift,
    or how many bits; which loop; its zone; neurons less their tallies; 1 once it is used. The
    loops: 0 all synapses add the same, 2 own weights of 8 bits, +1 if touching is storing a 1;
    4 everything else, +8 if it touches.
    """
    while n_words:
        if fired[0]:
            page = stream + pages[0]
            o_end = page + 64
            if pages[0] == pages[1]:
                o_end = page  # no rows
            o = page
            b = ptr8(fired)
            while o < o_end:
                bits = b[0]
                while bits:
                    x = lowest[bits]
                    bits &= bits - 1
                    n = base + x
                    x = ptr16(o + x + x)[0]
                    t = ptr16(page + x + x)
                    more = x
                    while more:  # segments of the row
                        d = ptr32(links + ((t[0] & 32767) << 5))
                        d[7] = 1
                        more = t[0] & 32768 ^ 32768
                        size = t[1]
                        t = ptr16(int(t) + 4)
                        c = d[0]
                        loop = d[4]
                        m = ptr8(tallies - d[6])
                        if loop & 4:
                            touch = loop & 8
                            kind = d[1]
                            if kind & 2:  # mp-driven
                                c *= psp[n]
                                if d[3]:
                                    c = (c + (1 << d[3] - 1)) >> d[3]
                                if c > d[2]:
                                    c = d[2]
                                if kind == 3:
                                    c = 0 - c
                            group = size  # of synapses whose weights follow their targets
                            while size:
                                if kind == 1:
                                    group = 4
                                    if size < 4:
                                        group = size & 2 | (size & 2 ^ 2) >> 1
                                size -= group
                                e = int(t) + group + group
                                w = ptr8(e)
                                by = 0
                                while int(t) < e:
                                    x = t[0]
                                    t = ptr16(int(t) + 2)
                                    if touch:
                                        m[x] = m[x] | 1
                                    x = (x << 2) + potentials
                                    if kind == 1:
                                        ptr32(x)[0] = w[0] * c + ptr32(x)[0]
                                        w = ptr8(int(w) + 1)
                                    elif kind == 4:  # few bits, the lowest first
                                        ptr32(x)[0] = (w[0] >> by & d[2]) * c + ptr32(x)[0]
                                        by += d[3]
                                        if by == 8:
                                            by = 0
                                            w = ptr8(int(w) + 1)
                                    else:
                                        ptr32(x)[0] = ptr32(x)[0] + c
                                if by:
                                    w = ptr8(int(w) + 1)
                                t = ptr16(int(w) + (int(w) & 1))
                        elif loop & 2:
                            four = int(t) + (size >> 2) * 12
                            if loop & 1:
                                while int(t) < four:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[8] * c + ptr32(x)[0]
                                    x = t[1]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[9] * c + ptr32(x)[0]
                                    x = t[2]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[10] * c + ptr32(x)[0]
                                    x = t[3]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[11] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 12)
                                if size & 2:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[4] * c + ptr32(x)[0]
                                    x = t[1]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[5] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 6)
                                if size & 1:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[2] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 4)
                            else:
                                while int(t) < four:
                                    x = (t[0] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[8] * c + ptr32(x)[0]
                                    x = (t[1] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[9] * c + ptr32(x)[0]
                                    x = (t[2] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[10] * c + ptr32(x)[0]
                                    x = (t[3] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[11] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 12)
                                if size & 2:
                                    x = (t[0] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[4] * c + ptr32(x)[0]
                                    x = (t[1] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[5] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 6)
                                if size & 1:
                                    x = (t[0] << 2) + potentials
                                    ptr32(x)[0] = ptr8(t)[2] * c + ptr32(x)[0]
                                    t = ptr16(int(t) + 4)
                        else:
                            e = int(t) + size + size
                            four = e - 7
                            if loop & 1:
                                while int(t) < four:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = t[1]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = t[2]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = t[3]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    t = ptr16(int(t) + 8)
                                while int(t) < e:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    t = ptr16(int(t) + 2)
                            else:
                                while int(t) < four:
                                    x = (t[0] << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = (t[1] << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = (t[2] << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    x = (t[3] << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    t = ptr16(int(t) + 8)
                                while int(t) < e:
                                    x = (t[0] << 2) + potentials
                                    ptr32(x)[0] = ptr32(x)[0] + c
                                    t = ptr16(int(t) + 2)
                b = ptr8(int(b) + 1)
                o += 16
                base += 8
            base -= o - page >> 1
        fired = ptr32(int(fired) + 4)
        pages = ptr32(int(pages) + 4)
        base += 32
        n_words -= 1
    while n_links:  # wake the zones that were reached
        d = ptr32(links)
        if d[7]:
            d[7] = 0
            z = ptr32(zones + d[5])
            if not z[0]:
                z[0] = 1
                x = z[5]
                while x < z[6]:
                    t = ptr16(ptr32((x << 7) + populations)[7] + queues)
                    n = t[0] + 1
                    t[0] = n
                    t[n] = x
                    x += 1
        links += 32
        n_links -= 1
