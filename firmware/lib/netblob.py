"""Netblob: the bytes of a brain, validated, then mapped into arrays.

In:  the path of a .gbn file, this board's name, and the key that it has pinned.
Out: a Net whose every record and index is in range, or Refused with a code of SPEC.md 7.3.
Never: allocates for a section before the envelope is proven; floats; trusts the sender.

On a board the largest section may need nearly all the memory that is in one piece: garbage is
collected wherever something that is kept would come to lie behind it.
"""

import gc
import os
import struct
from array import array

import heap
from refusal import FIELD, INDEX, Refused, need, room  # noqa: F401

POPULATION, CLASS = 52, 12
ROW = 32  # words of a population for the kernels
CALM, VISIT, LIMITED, SPECIAL, MARCH, EVERY = range(1, 7)  # kinds: which kernel updates it
FIRST_OF_LEARNING = 30  # type of section
BEYOND = 1 << 30  # no threshold is further from zero


class Net:
    """A brain's tables, as the kernels read them.

    populations has 32 words each:
    0 first    1 stop     2 flags     3 threshold  4 leak     5 half     6 shift    7 kind
    8 counts   9 refract. 10 R skip   11 -low      12 high    13 step    14 upper   15 o skip
    16 limit   17 C skip  18 snoozed  19 excit.    20 ID-first 21 psp    22 J       23 small
    24 K skip  25 fine    26 zone     27 small     28 blocks  29 to      30 tally   31 area
    counts: 0 no countdown, 1 of 8 bits, 2 of 16. A skip is what to subtract from a neuron's number
    to find its countdown, threshold offset, consecutive fires of 16 bits, tally. 23 is at most the
    threshold; 25 is 32768 plus the leak's fine part; 26 is where its zone lies in zones; 28 and 29
    where its blocks lie. For the kinds but special, the leak is of all that is kept.
    classes has 4: what a synapse adds, or the multiplier; kind (0 all the same, 1 own weights of 8
    bits, 2 mp-driven +, 3 mp-driven -, 4 own weights of few bits); cap, or mask; shift, or bits.
    """


def load(path, board="", key=None, in_file=False):
    """The Net of a file, whose rows stay there if `in_file` or if there is no room for them.
    Raises Refused, or OSError if the file cannot be read."""
    f = open(path, "rb")  # noqa: SIM115
    kept = False  # open, for rows that are read as they are needed
    try:
        net = _load(f, path, board, key, in_file)
        kept = net.file is f
    finally:
        if not kept:
            f.close()
    return net


def _load(f, path, board, key, in_file):
    net = Net()
    net.in_file = in_file
    net.path = path
    n_populations, n_classes, n_areas = _envelope(net, f, os.stat(path)[6], board, key)
    gc.collect()
    sections = net.sections
    _populations(net, f, n_populations, n_areas, sections)
    _classes(net, f, n_classes, sections)
    _zones(net)
    _state(net)
    _synapses(net, f, n_classes, sections)
    _inputs(net, f, sections)
    _places(net, f, n_areas, sections)
    _learn(net, f, sections)
    _merge(net)
    return net


def _envelope(net, f, size, board, key):
    """Checked here, so that all references to the module end and its memory is free again."""
    import envelope

    counts = envelope.check(net, f, size, board, key)
    heap.forget("envelope")
    return counts


def _synapses(net, f, n_classes, sections):
    import netsynapses

    total = netsynapses.blocks(net, _read(f, sections, 5), sections.get(5, (0, 0))[1], n_classes)
    total += netsynapses.rows(net, f, sections.get(4, (0, 0)), n_classes)
    heap.forget("netsynapses")
    need(total == net.synapses, INDEX, 4)


def _places(net, f, n_areas, sections):
    import netplaces

    areas = _read(f, sections, 7)
    netplaces.check(net, f, areas, sections.get(7, (0, 0))[1], n_areas, sections.get(8, (0, 0)))
    heap.forget("netplaces")


def _learn(net, f, sections):
    net.learn = None
    if any(kind >= FIRST_OF_LEARNING for kind in sections):
        import netlearn

        netlearn.load(net, f, sections)
        heap.forget("netlearn")


def _merge(net):
    import merge

    merge.merge(net, _span)
    heap.forget("merge")


def _read(f, sections, kind, start=0, length=None):
    """The bytes of a section from `start`, or none if it is absent."""
    offset, size = sections.get(kind, (0, 0))
    length = size - start if length is None else length
    data = room(length)
    if length:
        f.seek(offset + start)
        f.readinto(memoryview(data)[:length])
    return data


def _populations(net, f, count, n_areas, sections):
    need(sections.get(1, (0, 0))[1] == count * POPULATION and count, FIELD, 1)
    data = _read(f, sections, 1)
    net.populations = table = array("i", bytes(4 * ROW * count))
    net.n_populations = count
    stop = area = varied = 0
    # how many neurons have a tally, a countdown of 8 or 16 bits, consecutive fires of 16 bits
    tallied = counted = long_counted = long_limited = 0
    net.any_psp = False
    for i in range(count):
        (
            first, size, flags, area_of, threshold, step, upper, leak, shift, bits, refractory,
            snoozed, limit, fine, excitability, low, high, input_max, ident,
        ) = struct.unpack_from("<HHHHiiiHBBHHHhIiiiI", data, POPULATION * i)  # fmt: skip
        acc = flags & 1
        need(first == stop and size and flags < 128, FIELD, 1)
        need(area <= area_of < n_areas, FIELD, 1)
        need((step > 0) == bool(flags & 32) and (flags & 4 or upper == 0), FIELD, 1)
        need(step >= 0, FIELD, 1)
        if leak or shift:
            need(acc and 0 < leak <= 32767 and 14 <= shift <= 30, FIELD, 1)
            need((leak << 15) + fine <= 1 << shift + 15, FIELD, 1)
        if fine:
            need(net.wide and leak >= 16384 and -16384 <= fine < 16384, FIELD, 1)
        need(bits <= 22 and (flags & 16 or not bits), FIELD, 1)
        need(not flags & 8 or not excitability, FIELD, 1)
        need(snoozed >= refractory and (limit or snoozed == refractory), FIELD, 1)
        need(
            -BEYOND * 2 < low <= 0 <= high and input_max >= 0 and (acc or low == high == 0),
            FIELD,
            1,
        )
        stop = first + size
        area = area_of
        counts = 1 if 0 < snoozed < 256 else 2 if snoozed else 0
        plain = flags & 60 == 8 and threshold >= 0
        calm = plain and threshold and not (flags & 2 or limit or snoozed or leak)
        tally = 1 if 0 < limit < 128 or not (flags & 2 or calm) else 0
        # the fast loops trust that no clamp reaches below the threshold, and know one leak each
        plain = plain and counts < 2 and (high >= threshold - 1 or not acc)
        plain = plain and not (net.wide and 0 < shift < 16)
        kind = EVERY if flags & 2 else SPECIAL
        if plain and limit < 128 and not (flags & 2 and (limit or not threshold)):
            kind = MARCH if flags & 2 else LIMITED if limit else CALM if calm else VISIT
        half = 1 << shift - 1 if shift else 0
        small = _small(leak, shift, fine) if leak else 0
        if kind in (VISIT, LIMITED, MARCH):
            if not acc:
                leak = 32768 if net.wide else 1  # all of it
            elif leak and net.wide:
                half >>= 15
                shift -= 15
        row = (
            first, stop, flags, threshold, leak, half, shift, kind,
            counts, refractory, first - (long_counted if counts > 1 else counted), -low,
            high, step, upper, first - varied, limit, first - long_limited, snoozed,
            _signed(excitability), _signed(ident - first), bits, input_max, min(small, threshold),
            first - tallied, fine + 32768, 0, small, 0, 0, tally, area,
        )  # fmt: skip
        for j in range(ROW):
            table[ROW * i + j] = row[j]
        if kind in (VISIT, LIMITED):
            _span(table, ROW * i, tallied, size)
        varied += size if flags & 32 else 0
        tallied += size if tally else 0
        counted += size if counts == 1 else 0
        long_counted += size if counts == 2 else 0
        long_limited += size if limit > 127 else 0
        net.any_psp = net.any_psp or bool(flags & 16)
    need(stop == net.n, FIELD, 1)
    net.tallied, net.counted = tallied, counted
    net.long_counted, net.long_limited = long_counted, long_limited
    need(sections.get(2, (0, 0))[1] == varied, FIELD, 2)
    net.offsets = _read(f, sections, 2)
    for i in range(0, ROW * count, ROW):
        least = most = 0
        if table[i + 2] & 32:
            at = table[i] - table[i + 15]
            for j in range(at, at + table[i + 1] - table[i]):
                o = net.offsets[j]
                o -= 256 if o > 127 else 0
                least = min(least, o)
                most = max(most, o)
        base, step = table[i + 3], table[i + 13]
        need(base + least * step >= -BEYOND and base + most * step <= BEYOND, FIELD, 1)


def _span(table, row, first, size):
    """The words of the tallies from `first` on, and what in them is of others."""
    last = first + size - 1
    before, after = first & 3, last + 1 & 3
    table[row + 13] = first & ~3
    table[row + 14] = (1 << 8 * before) - 1
    table[row + 15] = last & ~3
    table[row + 17] = -(1 << 8 * after) if after else 0


def _zones(net):
    """The table of zones (SPEC 1), 8 words each:

    0 awake  1 first  2 stop  3 touch (0 not, 1 by storing 1, 2 by setting a bit)
    4 neurons less their tallies  5 first and 6 stop of its populations  7 how it wakes
    """
    p = net.populations
    net.zones = zones = array("i")
    for i in range(net.n_populations):
        row = ROW * i
        touch = p[row + 30] * (2 if 0 < p[row + 16] < 128 else 1)
        key = p[row + 31] << 2 | p[row + 2] & 2 | p[row + 30]
        if not zones or zones[-1] != key:
            zones.extend(array("i", (0, p[row], 0, 0, p[row + 24], i, 0, key)))
        zones[-6] = p[row + 1]
        zones[-5] = max(zones[-5], touch)
        zones[-2] = i + 1
        p[row + 26] = 4 * len(zones) - 32
    net.n_zones = len(zones) // 8


def _state(net):
    """The other arrays of SPEC 3, before the synapses, which can stay in the file if need be."""
    net.tallies = room(net.tallied + 4)  # a word beyond ends a search
    net.countdowns = room(net.counted)
    net.long_countdowns = room(2 * net.long_counted)
    net.long_counts = room(2 * net.long_limited)
    net.psp = room(net.n if net.any_psp or net.any_driven else 4)


def _small(leak, shift, fine):
    """The smallest potential of which the leak does not round to nothing."""
    half = 1 << shift - 1
    y = (half + leak - 1) // leak
    while y * leak + (y >> 15) * fine < half:
        y += 1
    while y > 1 and (y - 1) * leak + (y - 1 >> 15) * fine >= half:
        y -= 1
    return y


def _signed(x):
    """A u32 as the i32 with the same bits."""
    x &= 0xFFFFFFFF
    return x - 0x100000000 if x & 0x80000000 else x


def _classes(net, f, count, sections):
    need(sections.get(3, (0, 0))[1] == count * CLASS, FIELD, 3)
    data = _read(f, sections, 3)
    net.classes = table = array("i", bytes(16 * max(count, 1)))
    net.any_driven = False
    for i in range(count):
        multiplier, cap, weight, shift, flags, zero = struct.unpack_from("<iibBBB", data, CLASS * i)
        few = flags >> 1  # bits of an own weight, if not 8
        own = not weight and not flags & 1
        need(not zero and (multiplier >= 0 or own) and cap >= 0, FIELD, 3)
        need(flags <= 1 or own and few in (2, 4), FIELD, 3)
        if flags == 1:
            need(weight in (1, -1) and shift <= 15 and multiplier < 1 << 23, FIELD, 3)
            kind = 2 if weight > 0 else 3
        else:
            need(weight in (0, 1, -1) and not cap and not shift, FIELD, 3)
            need(not own or 0 < abs(multiplier) < 1 << 24, FIELD, 3)
            kind = 4 if few else 1 if own else 0
            multiplier *= weight or 1
            if few:
                cap, shift = (1 << few) - 1, few
        table[4 * i] = multiplier
        table[4 * i + 1] = kind
        net.any_driven = net.any_driven or bool(flags & 1)
        table[4 * i + 2] = cap
        table[4 * i + 3] = shift


def _inputs(net, f, sections):
    size = sections.get(6, (0, 0))[1]
    need(size % 8 == 0, FIELD, 6)
    data = _read(f, sections, 6)
    net.n_inputs = size // 8
    net.inputs = array("i", bytes(16 * max(net.n_inputs, 1)))
    stop = zone = 0
    for i in range(net.n_inputs):
        first, count, amount = struct.unpack_from("<HHi", data, 8 * i)
        need(first >= stop and count and amount > 0 and first + count <= net.n, FIELD, 6)
        stop = first + count
        while net.zones[zone + 2] <= first:
            zone += 8
        net.inputs[4 * i] = first
        net.inputs[4 * i + 1] = stop
        net.inputs[4 * i + 2] = amount
        net.inputs[4 * i + 3] = 4 * zone
