"""Merge: small neighbours that are alike become one, so that a burst goes round them once.

In:  a Net that is proven, its tables as the blob has them.
Out: the same Net with fewer zones and populations; what refers to a zone refers to the new one.
Never: changes what fires: a zone that wakes more neurons than were touched changes nothing in them.

A population costs a burst some two hundred instructions when it got something, a neuron of it that
got nothing three: up to MOST neurons it is cheaper to wake them together. Merged are populations
that are a zone each.
"""

from array import array

from micropython import const

from .net import span

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_THRESHOLD = const(3)
_P_LEAK = const(4)
_P_SHIFT = const(6)
_P_REFRACTORY = const(9)
_P_DEPTH = const(11)
_P_HIGH = const(12)
_P_LIMIT = const(16)
_P_SNOOZED = const(18)
_P_INPUT_MAX = const(22)
_P_TALLY = const(24)
_P_FINE = const(25)
_P_ZONE = const(26)
_P_BLOCKS = const(28)
_P_BLOCKS_STOP = const(29)
_Z_STOP = const(2)
_Z_POPULATIONS = const(5)
_Z_POPULATIONS_STOP = const(6)
_L_ZONE = const(5)
_I_ZONE = const(3)
_P_WORDS = const(32)
_Z_WORDS = const(8)
_L_WORDS = const(8)
_I_WORDS = const(4)
_J_WORDS = const(24)
_J_ZONE = const(8)
_KIND_TOUCHED = const(2)
_KIND_LIMITED = const(3)
_KIND_GENERAL = const(4)
_KIND_EVERY = const(5)
_MOST = const(64)  # neurons of a population made of several
_FLAGS = const(63)  # all but that of PLACES
# what they have in common, beside the flags that are not of PLACES; the other words follow of it
_ALIKE = (
    _P_THRESHOLD, _P_LEAK, _P_SHIFT, _P_REFRACTORY, _P_DEPTH, _P_HIGH, _P_LIMIT, _P_SNOOZED,
    _P_INPUT_MAX, _P_FINE,
)  # fmt: skip


def merge(net):
    new = _populations(net)
    for i in range(net.n_links):
        net.links[_L_WORDS * i + _L_ZONE] = 32 * new[net.links[_L_WORDS * i + _L_ZONE] >> 5]
    for i in range(net.n_inputs):
        net.inputs[_I_WORDS * i + _I_ZONE] = 32 * new[net.inputs[_I_WORDS * i + _I_ZONE] >> 5]
    if net.learn:
        for i in range(_J_ZONE, _J_WORDS * net.learn.n_projections, _J_WORDS):
            net.learn.projections[i] = 32 * new[net.learn.projections[i] >> 5]
    b = net.blocks
    at = 0
    while at < net.blocks_length:
        zone = new[b[at + 6] | b[at + 7] << 8]
        b[at + 6] = zone & 255
        b[at + 7] = zone >> 8
        at += 4 * (b[at + 14] | b[at + 15] << 8)


def _populations(net):
    """Merges populations and zones in their tables. Returns the new number of each zone."""
    p, z, kinds = net.populations, net.zones, net.kinds
    new = array("H", bytes(2 * net.n_zones))
    last, zone, before = -_P_WORDS, -_Z_WORDS, None
    alone = False  # the last one is all of its zone
    for row in range(0, _P_WORDS * net.n_populations, _P_WORDS):
        at = p[row + _P_ZONE] >> 2
        was_alone = alone
        if at != before:
            alone = z[at + _Z_POPULATIONS_STOP] - z[at + _Z_POPULATIONS] == 1
        small = p[row + _P_STOP] - p[last] <= _MOST
        if was_alone and alone and small and _alike(p, kinds, last, row):
            p[last + _P_STOP] = z[zone + _Z_STOP] = p[row + _P_STOP]
            if not p[last + _P_BLOCKS_STOP]:  # it has no blocks
                p[last + _P_BLOCKS] = p[row + _P_BLOCKS]
            p[last + _P_BLOCKS_STOP] = max(p[last + _P_BLOCKS_STOP], p[row + _P_BLOCKS_STOP])
            if kinds[last // _P_WORDS] in (_KIND_TOUCHED, _KIND_LIMITED):
                span(p, last, p[last] - p[last + _P_TALLY], p[last + _P_STOP] - p[last])
        else:
            last += _P_WORDS
            for j in range(_P_WORDS):
                p[last + j] = p[row + j]
            kinds[last // _P_WORDS] = kinds[row // _P_WORDS]
            if at != before:
                zone += _Z_WORDS
                for j in range(_Z_WORDS):
                    z[zone + j] = z[at + j]
                z[zone + _Z_POPULATIONS] = last // _P_WORDS
            z[zone + _Z_POPULATIONS_STOP] = last // _P_WORDS + 1
            p[last + _P_ZONE] = 4 * zone
        new[at >> 3] = zone >> 3
        before = at
    net.n_populations, net.n_zones = last // _P_WORDS + 1, (zone >> 3) + 1
    return new


def _alike(p, kinds, a, b):
    """Whether the populations in the rows a and b, neighbours, can be one."""
    kind = kinds[b // _P_WORDS]
    if kind == _KIND_GENERAL or kind > _KIND_EVERY or kind != kinds[a // _P_WORDS]:
        return False
    if (p[a + _P_FLAGS] ^ p[b + _P_FLAGS]) & _FLAGS:
        return False
    return all(p[a + j] == p[b + j] for j in _ALIKE)
