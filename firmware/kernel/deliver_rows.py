"""Deliver rows: R1 of SPEC.md 2 for the synapses that are listed one by one, in plain form.

In:  words of the fired set, and the pages of ROWS that belong to them; links.
Out: potentials, tallies that are touched, zones that are woken: their populations are queued.
Never: what firmware/kernel/README.md forbids.
"""

import micropython


@micropython.viper
def deliver_rows(
    x: int, t: ptr16, potentials: int, n_words: int, pages: int, links: int, n_links: int,
    tallies: int, psp: ptr8, lowest: ptr8, base: int, populations: int, zones: int, queues: int,
):  # fmt: skip
    """R1 of ROWS: the rows of the neurons that fired in n_words words of the fired set, from x on.

    pages[i] is where the page of word i begins in the stream t; `base` is the first neuron of all.
    A link has 8 words: what a synapse adds, or the multiplier; kind; cap, or mask of few bits;
    shift, or how many bits; which loop; its zone; neurons less their tallies; 1 once it is used.
    The loops: 0 all synapses add the same, 2 own weights of 8 bits, +1 if touching is storing a 1;
    4 everything else, +8 if it touches.
    """
    stream = int(t)
    first = x
    page_of = pages - x
    end = ptr32((n_words << 2) + x)
    after = end[0]
    end[0] = 1  # ends each search: a word in which nothing fired costs 6
    while not ptr32(x)[0]:
        x += 4
    while x < int(end):
        word = x
        d = ptr32(x + page_of)
        page = d[0] + stream
        rest = ptr32(x)[0]
        if d[1] == d[0]:
            rest = 0  # no rows
        o = page
        while rest:
            bits = rest & 255
            while bits:
                x = bits
                bits = x & x - 1
                n = lowest[x]
                x = ptr16(n + n + o)[0]
                if x:
                    t = ptr16(x + x + page)
                    head = 0
                    while not head & 32768:  # segments of the row
                        head = t[0]
                        d = ptr32(((head & 32767) << 5) + links)
                        d[L_USED] = 1
                        size = t[1]
                        t = ptr16(int(t) + 4)
                        c = d[L_AMOUNT]
                        loop = d[L_LOOP]
                        if loop & D_STORES:  # touches by storing a 1
                            m = ptr8(tallies - d[L_TALLY])
                            if loop & D_OWN:  # own weights
                                four = (size >> 2) * 12 + int(t)
                                while int(t) < four:
                                    k = 0
                                    while k < 4:  # unroll
                                        x = t[k]
                                        m[x] = 1
                                        x = (x << 1) + potentials  # width
                                        ptr16(x)[0] = ptr8(t)[8 + k] * c + ptr16(x)[0]  # width
                                        k += 1
                                    t = ptr16(int(t) + 12)
                                if size & 2:
                                    k = 0
                                    while k < 2:  # unroll
                                        x = t[k]
                                        m[x] = 1
                                        x = (x << 1) + potentials  # width
                                        ptr16(x)[0] = ptr8(t)[4 + k] * c + ptr16(x)[0]  # width
                                        k += 1
                                    t = ptr16(int(t) + 6)
                                if size & 1:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 1) + potentials  # width
                                    ptr16(x)[0] = ptr8(t)[2] * c + ptr16(x)[0]  # width
                                    t = ptr16(int(t) + 4)
                            else:
                                e = size + size + int(t)
                                four = e - 7
                                while int(t) < four:
                                    k = 0
                                    while k < 4:  # unroll
                                        x = t[k]
                                        m[x] = 1
                                        x = (x << 1) + potentials  # width
                                        ptr16(x)[0] = ptr16(x)[0] + c  # width
                                        k += 1
                                    t = ptr16(int(t) + 8)
                                while int(t) < e:
                                    x = t[0]
                                    m[x] = 1
                                    x = (x << 1) + potentials  # width
                                    ptr16(x)[0] = ptr16(x)[0] + c  # width
                                    t = ptr16(int(t) + 2)
                        elif loop & D_OWN:
                            four = (size >> 2) * 12 + int(t)
                            while int(t) < four:
                                k = 0
                                while k < 4:  # unroll
                                    x = (t[k] << 1) + potentials  # width
                                    ptr16(x)[0] = ptr8(t)[8 + k] * c + ptr16(x)[0]  # width
                                    k += 1
                                t = ptr16(int(t) + 12)
                            if size & 2:
                                k = 0
                                while k < 2:  # unroll
                                    x = (t[k] << 1) + potentials  # width
                                    ptr16(x)[0] = ptr8(t)[4 + k] * c + ptr16(x)[0]  # width
                                    k += 1
                                t = ptr16(int(t) + 6)
                            if size & 1:
                                x = (t[0] << 1) + potentials  # width
                                ptr16(x)[0] = ptr8(t)[2] * c + ptr16(x)[0]  # width
                                t = ptr16(int(t) + 4)
                        elif loop:
                            m = ptr8(tallies - d[L_TALLY])
                            touch = loop & D_TOUCHES
                            kind = d[L_KIND]
                            if kind & S_DRIVEN:  # mp-driven
                                c *= psp[(word - first << 3) + (o - page >> 1) + n + base]
                                if d[L_SHIFT]:
                                    c = (c + (1 << d[L_SHIFT] - 1)) >> d[L_SHIFT]
                                if c > d[L_CAP]:
                                    c = d[L_CAP]
                                if kind == S_DRIVEN_MINUS:
                                    c = 0 - c
                            group = size  # of synapses whose weights follow their targets
                            while size:
                                if kind == S_OWN:
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
                                    x = (x << 1) + potentials  # width
                                    if kind == S_OWN:
                                        ptr16(x)[0] = w[0] * c + ptr16(x)[0]  # width
                                        w = ptr8(int(w) + 1)
                                    elif kind == S_FEW:  # few bits, the lowest first
                                        ptr16(x)[0] = (w[0] >> by & d[L_CAP]) * c + ptr16(x)[0]  # width
                                        by += d[L_SHIFT]
                                        if by == 8:
                                            by = 0
                                            w = ptr8(int(w) + 1)
                                    else:
                                        ptr16(x)[0] = ptr16(x)[0] + c  # width
                                if by:
                                    w = ptr8(int(w) + 1)
                                t = ptr16(int(w) + (int(w) & 1))
                        else:
                            e = size + size + int(t)
                            four = e - 7
                            while int(t) < four:
                                k = 0
                                while k < 4:  # unroll
                                    x = (t[k] << 1) + potentials  # width
                                    ptr16(x)[0] = ptr16(x)[0] + c  # width
                                    k += 1
                                t = ptr16(int(t) + 8)
                            while int(t) < e:
                                x = (t[0] << 1) + potentials  # width
                                ptr16(x)[0] = ptr16(x)[0] + c  # width
                                t = ptr16(int(t) + 2)
            rest = int(uint(rest) >> 8)
            o += 16
        x = word + 4
        while not ptr32(x)[0]:
            x += 4
    end[0] = after
    while n_links:  # wake the zones that were reached
        d = ptr32(links)
        if d[L_USED]:
            d[L_USED] = 0
            z = ptr32(zones + d[L_ZONE])
            if not z[Z_AWAKE]:
                z[Z_AWAKE] = 1
                x = z[Z_POPULATIONS]
                while x < z[Z_POPULATIONS_STOP]:
                    t = ptr16(ptr32((x << 7) + populations)[P_QUEUE] + queues)
                    n = t[0] + 1
                    t[0] = n
                    t[n] = x
                    x += 1
        links += 32
        n_links -= 1
