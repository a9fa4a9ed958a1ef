"""Tables: classes of synapses and zones, as the kernels read them; the arrays of the state.

In:  CLASSES of a blob whose envelope is right; the table of populations.
Out: in a Net: both tables, and the arrays of the state beside the potentials.
Never: lets a number out of its range pass.

classes has 4: what a synapse adds, or the multiplier; kind (0 all the same, 1 own weights of 8
bits, 2 mp-driven +, 3 mp-driven -, 4 own weights of few bits); cap, or mask; shift, or bits.
"""

import struct
from array import array

from micropython import const

from .net import ABSENT, read
from .refusal import need, room

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_LIMIT = const(16)
_P_TALLY = const(24)
_P_ZONE = const(26)
_P_HAS_TALLY = const(30)
_P_AREA = const(31)
_Z_STOP = const(2)
_Z_TOUCH = const(3)
_Z_POPULATIONS_STOP = const(6)
_Z_KEY = const(7)
_C_KIND = const(1)
_C_CAP = const(2)
_C_SHIFT = const(3)
_P_WORDS = const(32)
_Z_WORDS = const(8)
_C_WORDS = const(4)
_CODE_FIELD = const(21)
_SIZE = const(12)  # bytes of a class


def load(net, f, n_classes):
    """Fills in the net. Raises Refused."""
    _classes(net, f, n_classes, net.sections)
    _zones(net)
    _state(net)


def _classes(net, f, count, sections):
    need(sections.get(3, ABSENT)[1] == count * _SIZE, _CODE_FIELD, 3)
    data = read(f, sections, 3)
    net.classes = table = array("i", bytes(16 * max(count, 1)))
    net.any_driven = False
    before = ()
    for i in range(count):
        multiplier, cap, weight, shift, flags, zero = struct.unpack_from("<iibBBB", data, _SIZE * i)
        few = flags >> 1  # bits of an own weight, if not 8
        own = not weight and not flags & 1
        need(not zero and (multiplier >= 0 or own) and cap >= 0, _CODE_FIELD, 3)
        need(flags <= 1 or own and few in (2, 4), _CODE_FIELD, 3)
        key = (flags & 1, weight, multiplier, cap, shift, few)
        need(before < key, _CODE_FIELD, 3)
        need(flags & 1 or weight >= 0 or multiplier, _CODE_FIELD, 3)
        before = key
        if flags == 1:
            need(weight in (1, -1) and shift <= 15 and multiplier < 1 << 23, _CODE_FIELD, 3)
            kind = 2 if weight > 0 else 3
        else:
            need(weight in (0, 1, -1) and not cap and not shift, _CODE_FIELD, 3)
            need(not own or 0 < abs(multiplier) < 1 << 24, _CODE_FIELD, 3)
            kind = 4 if few else 1 if own else 0
            multiplier *= weight or 1
            if few:
                cap, shift = (1 << few) - 1, few
        table[_C_WORDS * i] = multiplier
        table[_C_WORDS * i + _C_KIND] = kind
        net.any_driven = net.any_driven or bool(flags & 1)
        table[_C_WORDS * i + _C_CAP] = cap
        table[_C_WORDS * i + _C_SHIFT] = shift


def _zones(net):
    """The table of zones (SPEC 1), 8 words each:

    0 awake  1 first  2 stop  3 touch (0 not, 1 by storing 1, 2 by setting a bit)
    4 neurons less their tallies  5 first and 6 stop of its populations  7 how it wakes
    """
    p = net.populations
    net.zones = zones = array("i")
    for i in range(net.n_populations):
        row = _P_WORDS * i
        touch = p[row + _P_HAS_TALLY] * (2 if 0 < p[row + _P_LIMIT] < 128 else 1)
        key = p[row + _P_AREA] << 2 | p[row + _P_FLAGS] & 2 | p[row + _P_HAS_TALLY]
        if not zones or zones[_Z_KEY - _Z_WORDS] != key:
            zones.extend(array("i", (0, p[row], 0, 0, p[row + _P_TALLY], i, 0, key)))
        zones[_Z_STOP - _Z_WORDS] = p[row + _P_STOP]
        zones[_Z_TOUCH - _Z_WORDS] = max(zones[_Z_TOUCH - _Z_WORDS], touch)
        zones[_Z_POPULATIONS_STOP - _Z_WORDS] = i + 1
        p[row + _P_ZONE] = 4 * (len(zones) - _Z_WORDS)
    net.n_zones = len(zones) // _Z_WORDS


def _state(net):
    """The other arrays of SPEC 3, before the synapses, which can stay in the file if need be."""
    net.tallies = room(net.tallied + 4)  # a word beyond ends a search
    net.countdowns = room(net.counted)
    net.long_countdowns = room(2 * net.long_counted)
    net.long_counts = room(2 * net.long_limited)
    net.psp = room(net.n if net.any_psp or net.any_driven else 4)
