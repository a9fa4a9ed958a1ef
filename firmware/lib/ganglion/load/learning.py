"""Learning: what a brain learns, validated, then laid out as the kernels read it (SPEC.md 11).

In:  sections 30 to 37 of a blob whose envelope is right (memories.py reads 35 to 37); the tables of
     populations and zones.
Out: net.learn, with tables, the constant parts, and where in the state each part of 11.3 lies.
Never: lets an index out of its range pass; keeps first weights in memory: a start reads them.
"""

import struct
from array import array

from micropython import const

from .net import ABSENT, read
from .refusal import need

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_AREA = const(31)
_P_WORDS = const(32)
_FLAG_MP_DRIVEN = const(16)
_Z_WORDS = const(8)
_Z_FIRST = const(1)
_Z_STOP = const(2)
_J_WORDS = const(24)
_J_FORM = const(2)
_J_WEIGHTS = const(9)
_J_PRESENT = const(13)
_J_PLACES = const(21)
_J_CLOSED = const(22)
_H_WORDS = const(8)
_H_SKIP = const(3)
_CODE_FIELD = const(21)
_CODE_INDEX = const(22)
_RULES = const(30)
_PROJECTIONS = const(31)
_TARGETS = const(32)
_WEIGHTS = const(33)
_PRESENT = const(34)
_MEMORIES = const(35)
_SLOTS = const(37)
_LISTED = const(0)
_ASSOCIATIVE = const(2)
_CLOSED = const(255)


class Learn:
    """Tables for the kernels, 24 words for each projection:

    0 first  1 stop of the sources  2 form  3 what a weight is multiplied by  4 cap  5 half
    6 shift  7 flags: 1 negative, 2 mp-driven, 4 neither shift nor cap, and 3 has its sign
    8 zone  9 weights in the state  10 begins, 11 targets in the constants; or 11 first neuron and
    12 size of the zone  13 presence in the state  14 window  15 up  16 down  17, 18 what to take
    from a source, a target to find its history  19, 20 where their areas lie in `areas`  21 places
    22 whether some are closed
    areas: 8 words each, learn.history. memories: 16 words each:
    0 depth  1 words of a frame  2 slots  3 init  4 growth  5 longterm  6 frames  7 flags  8 alive
    9 life  10 patterns  11 spans  12 how many  13 longest life  14 slots in use  15 silent bursts
    twins: 12 words each: 0 amount  1 cap  2 its words in the oldest frame  3 how many  4 flags
    5 depth  6 the first neuron of those words  7 where it would lie in plays
    """


def load(net, f, sections):
    """Fills in net.learn."""
    net.learn = learn = Learn()
    kinds = _WEIGHTS, _PRESENT, _TARGETS
    learn.sections = [sections.get(kind, ABSENT) for kind in kinds]
    spans = _areas(net)
    rules = _rules(learn, exact(f, sections, _RULES), spans)
    learn.targets = read(f, sections, _TARGETS)
    _projections(net, learn, exact(f, sections, _PROJECTIONS), rules, spans)
    _weights(learn, f)
    learn.memories = learn.spans = learn.plays = learn.twins = ()
    learn.n_memories = learn.n_twins = learn.slots_at = 0
    if any(_MEMORIES <= kind <= _SLOTS for kind in sections):
        from . import memories

        memories.load(net, learn, f, sections, spans)


def exact(f, sections, kind):
    """The bytes of a section, and no more."""
    offset, size = sections.get(kind, ABSENT)
    f.seek(offset)
    return f.read(size)


def _areas(net):
    """First and stop of the neurons of each area, whether it is MPD, and its one population."""
    found = {}
    p = net.populations
    for row in range(0, _P_WORDS * net.n_populations, _P_WORDS):
        area = p[row + _P_AREA]
        first, only = p[row], row
        driven = bool(p[row + _P_FLAGS] & _FLAG_MP_DRIVEN)
        if area in found:
            first, _, before, _ = found[area]
            driven, only = driven and before, -1
        found[area] = first, p[row + _P_STOP], driven, only
    return found


def _rules(learn, data, spans):
    """The rules; the table of the areas that have a history, and how much state that is."""
    need(len(data) % 8 == 0, _CODE_FIELD, _RULES)
    rules = []
    windows = {}
    before = ()
    for at in range(0, len(data), 8):
        source, target, window, up, down, flags = struct.unpack_from("<HHBBBB", data, at)
        need(before < (source, target) and 0 < window < 128 and flags < 2, _CODE_FIELD, _RULES)
        need(source in spans and target in spans, _CODE_INDEX, _RULES)
        before = source, target
        rules.append((source, target, window, up, down, flags))
        for area in before:
            windows[area] = max(windows.get(area, window), window)
    learn.area_of = {}
    learn.areas = array("i", bytes(4 * _H_WORDS * len(windows)))
    learn.n_areas = len(windows)
    used = 0
    for i, area in enumerate(sorted(windows)):
        first, stop = spans[area][:2]
        learn.area_of[area] = _H_WORDS * i
        row = (
            first, stop, windows[area], first - used, 0, -1 << (first & 31),
            signed((2 << (stop - 1 & 31)) - 1), 0,
        )  # fmt: skip
        for j in range(_H_WORDS):
            learn.areas[_H_WORDS * i + j] = row[j]
        used += stop - first
    learn.weights_at = used + 3 & ~3
    return rules


def signed(x):
    """A u32 as the i32 with the same bits."""
    return x - (x >> 31 << 32)


def _projections(net, learn, data, rules, spans):
    need(len(data) % 20 == 0, _CODE_FIELD, _PROJECTIONS)
    count = learn.n_projections = len(data) // 20
    learn.projections = array("i", bytes(4 * _J_WORDS * count))
    used = learn.weights_at
    at = present = 0
    before = ()
    joined = set()
    alike = {}  # of each associative rule, what its blocks have in common
    # and how many neurons of its target area none leads to
    left = [spans[rule[1]][1] - spans[rule[1]][0] if rule[5] else 0 for rule in rules]
    for i in range(count):
        rule, zone, multiplier, cap, sign, shift, form, flags, places = struct.unpack_from(
            "<HHiibBBBI", data, 20 * i
        )
        key = (rule, zone, form, sign, multiplier, cap, shift)
        need(before < key, _CODE_FIELD, _PROJECTIONS)
        need(rule < len(rules) and zone < net.n_zones, _CODE_INDEX, _PROJECTIONS)
        joined.add(rule)
        before = key
        source, target, window, up, down, associative = rules[rule]
        first, stop, driven, _ = spans[source]
        low = net.zones[_Z_WORDS * zone + _Z_FIRST]
        high = net.zones[_Z_WORDS * zone + _Z_STOP]
        need(spans[target][0] <= low and high <= spans[target][1], _CODE_INDEX, _PROJECTIONS)
        need(sign in (1, -1) and shift < 16 and form < 3 and cap >= 0, _CODE_FIELD, _PROJECTIONS)
        need(flags == driven, _CODE_FIELD, _PROJECTIONS)
        need(0 <= multiplier < (1 << 15 if driven else 1 << 23), _CODE_FIELD, _PROJECTIONS)
        need(
            form == _LISTED or (form == _ASSOCIATIVE) == bool(associative),
            _CODE_FIELD,
            _PROJECTIONS,
        )
        size = high - low
        at_begin, at_target = 0, low
        if form == _LISTED:
            need(0 < places < 65536, _CODE_FIELD, _PROJECTIONS)
            at_begin = at
            at_target = at + 2 * (stop - first + 1)
            at = _listed(learn, at, stop - first, places, low, high)
        else:
            need(places == (stop - first) * size, _CODE_FIELD, _PROJECTIONS)
        at_present = 0
        if form == _ASSOCIATIVE:
            common = (sign, multiplier, cap, shift)
            need(alike.get(rule, common) == common, _CODE_FIELD, _PROJECTIONS)
            alike[rule] = common
            left[rule] -= size
            at_present = present
            present += (places + 31) >> 5 << 2
        most = multiplier * 255 * (255 if driven else 1)
        fast = not shift and most <= cap
        negative = sign == -1
        of_source, of_target = learn.area_of[source], learn.area_of[target]
        row = (
            first, stop, form, -multiplier if fast and negative else multiplier, cap,
            1 << shift - 1 if shift else 0, shift,
            (1 if negative else 0) | flags << 1 | (4 if fast else 0), 4 * _Z_WORDS * zone, used,
            at_begin, at_target, size, at_present, window, up, down,
            learn.areas[of_source + _H_SKIP], learn.areas[of_target + _H_SKIP],
            4 * of_source, 4 * of_target, places, 0, 0,
        )  # fmt: skip
        for j in range(_J_WORDS):
            learn.projections[_J_WORDS * i + j] = row[j]
        used += places
    need(len(joined) == len(rules) and not any(left), _CODE_FIELD, _PROJECTIONS)
    need(at == learn.sections[2][1], _CODE_FIELD, _TARGETS)
    need(learn.sections[0][1] == used - learn.weights_at, _CODE_FIELD, _WEIGHTS)
    need(learn.sections[1][1] == present, _CODE_FIELD, _PRESENT)
    learn.n_weights = used - learn.weights_at
    learn.present_at = used + 3 & ~3
    learn.size = learn.present_at + present
    for i in range(0, _J_WORDS * count, _J_WORDS):
        if learn.projections[i + _J_FORM] == _ASSOCIATIVE:
            learn.projections[i + _J_PRESENT] += learn.present_at


def _listed(learn, at, sources, places, low, high):
    """Checks the begins and the targets of a listed projection. Returns where they end."""
    data = learn.targets
    end = at + 2 * (sources + 1 + places)
    after = end + 3 & ~3
    need(after <= len(data), _CODE_FIELD, _TARGETS)
    need(not (data[at] or data[at + 1]), _CODE_INDEX, _TARGETS)
    begin = 0
    base = at + 2 * (sources + 1)
    for _ in range(sources):
        at += 2
        stop = data[at] | data[at + 1] << 8
        need(begin <= stop <= places, _CODE_INDEX, _TARGETS)
        last = low
        for j in range(base + 2 * begin, base + 2 * stop, 2):
            target = data[j] | data[j + 1] << 8
            need(last <= target < high, _CODE_INDEX, _TARGETS)
            last = target
        begin = stop
    need(begin == places, _CODE_INDEX, _TARGETS)
    need(not any(data[end:after]), _CODE_FIELD, _TARGETS)
    return after


def _weights(learn, f):
    """Checks the first weights and presence, a projection at a time; keeps none of them."""
    weights, present = learn.sections[0][0], learn.sections[1][0]
    p = learn.projections
    for i in range(0, _J_WORDS * learn.n_projections, _J_WORDS):
        places = p[i + _J_PLACES]
        if p[i + _J_FORM] == _ASSOCIATIVE:
            f.seek(present + p[i + _J_PRESENT] - learn.present_at)
            bits = f.read((places + 31) >> 5 << 2)
            f.seek(weights + p[i + _J_WEIGHTS] - learn.weights_at)
            data = f.read(places)
            for j in range(places):
                if not bits[j >> 3] >> (j & 7) & 1:
                    need(data[j] in (0, _CLOSED), _CODE_FIELD, _WEIGHTS)
                    if data[j]:
                        p[i + _J_CLOSED] = 1
            for j in range(places, 8 * len(bits)):
                need(not bits[j >> 3] >> (j & 7) & 1, _CODE_FIELD, _PRESENT)
