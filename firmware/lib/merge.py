"""Merge: small neighbours that are alike become one, so that a burst goes round them once.

In:  a Net that is proven, its tables as the blob has them.
Out: the same Net with fewer zones and populations; what refers to a zone refers to the new one.
Never: changes what fires: a zone that wakes more neurons than were touched changes nothing in them.

A population costs a burst some two hundred instructions when it got something, a neuron of it that
got nothing three: up to MOST neurons it is cheaper to wake them together. Merged are populations
that are a zone each.
"""

from array import array

ROW = 32  # words of a population
VISIT, LIMITED, SPECIAL, MARCH = range(2, 6)  # kinds of population, as in netblob.py
MOST = 64  # neurons of a population made of several
# what they have in common: threshold, leak, half, shift, kind, counts, refractory period, clamps,
# limit, snooze, input_max, small, fine, small; and flags, all but that of PLACES
ALIKE = (3, 4, 5, 6, 7, 8, 9, 11, 12, 16, 18, 22, 23, 25, 27)
FLAGS = 63


def merge(net, span):
    """`span` finds the words of the tallies of a population anew."""
    new = _populations(net, span)
    for i in range(net.n_links):
        net.links[8 * i + 5] = 32 * new[net.links[8 * i + 5] >> 5]
    for i in range(net.n_inputs):
        net.inputs[4 * i + 3] = 32 * new[net.inputs[4 * i + 3] >> 5]
    if net.learn:
        for i in range(8, 24 * net.learn.n_projections, 24):
            net.learn.projections[i] = 32 * new[net.learn.projections[i] >> 5]
    b = net.blocks
    at = 0
    while at < net.blocks_length:
        zone = new[b[at + 6] | b[at + 7] << 8]
        b[at + 6] = zone & 255
        b[at + 7] = zone >> 8
        at += 4 * (b[at + 14] | b[at + 15] << 8)


def _populations(net, span):
    """Merges populations and zones in their tables. Returns the new number of each zone."""
    p, z = net.populations, net.zones
    new = array("H", bytes(2 * net.n_zones))
    last, zone, before = -ROW, -8, -1
    alone = False  # the last one is all of its zone
    for row in range(0, ROW * net.n_populations, ROW):
        at = p[row + 26] >> 2
        was_alone = alone
        if at != before:
            alone = z[at + 6] - z[at + 5] == 1
        if was_alone and alone and p[row + 1] - p[last] <= MOST and _alike(p, last, row):
            p[last + 1] = z[zone + 2] = p[row + 1]
            if not p[last + 29]:  # it has no blocks
                p[last + 28] = p[row + 28]
            p[last + 29] = max(p[last + 29], p[row + 29])
            if p[last + 7] in (VISIT, LIMITED):
                span(p, last, p[last] - p[last + 24], p[last + 1] - p[last])
        else:
            last += ROW
            for j in range(ROW):
                p[last + j] = p[row + j]
            if at != before:
                zone += 8
                for j in range(8):
                    z[zone + j] = z[at + j]
                z[zone + 5] = last // ROW
            z[zone + 6] = last // ROW + 1
            p[last + 26] = 4 * zone
        new[at >> 3] = zone >> 3
        before = at
    net.n_populations, net.n_zones = last // ROW + 1, (zone >> 3) + 1
    return new


def _alike(p, a, b):
    """Whether the populations in the rows a and b, neighbours, can be one."""
    if p[b + 7] == SPECIAL or p[b + 7] > MARCH or (p[a + 2] ^ p[b + 2]) & FLAGS:
        return False
    return all(p[a + j] == p[b + j] for j in ALIKE)
