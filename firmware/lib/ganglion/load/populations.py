"""Populations: those of a brain, validated, then mapped as the kernels read them.

In:  POPULATIONS and OFFSETS of a blob whose envelope is right.
Out: in a Net: the table of populations, the kind of each; how many neurons have which state.
Never: floats; lets a number out of its range pass.

kinds has a byte for each population: which kernel updates it. populations has 32 words each:
0 first    1 stop     2 flags     3 threshold  4 leak     5 half     6 shift    7 queue
8 counts   9 refract. 10 R skip   11 -low      12 high    13 step    14 upper   15 o skip
16 limit   17 C skip  18 snoozed  19 excit.    20 ID-first 21 psp    22 J       23 small
24 K skip  25 fine    26 zone     27 small     28 blocks  29 to      30 tally   31 area
counts: 0 no countdown, 1 of 8 bits, 2 of 16. A skip is what to subtract from a neuron's number
to find its countdown, threshold offset, consecutive fires of 16 bits, tally. 7 is where the queue
of its kind lies: Brain writes it, when it has queues. 23 is at most the threshold; 25 is 32768
plus the leak's fine part; 26 is where its zone lies in zones; 28 and 29 where its blocks lie. For
the kinds but general, the leak is of all that is kept.
"""

import struct
from array import array

from micropython import const

from .net import ABSENT, read, span
from .refusal import need

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_THRESHOLD = const(3)
_P_STEP = const(13)
_P_OFFSET = const(15)
_P_WORDS = const(32)
_KIND_CALM = const(1)
_KIND_TOUCHED = const(2)
_KIND_LIMITED = const(3)
_KIND_GENERAL = const(4)
_KIND_EVERY = const(5)
_KIND_GENERAL_EVERY = const(6)
_FLAG_ACCUMULATES = const(1)
_FLAG_EVERY = const(2)
_FLAG_UPPER = const(4)
_FLAG_ALWAYS = const(8)
_FLAG_MP_DRIVEN = const(16)
_FLAG_VARIES = const(32)
# beside ALWAYS alone, more than one threshold decides
_NOT_PLAIN = const(_FLAG_UPPER | _FLAG_ALWAYS | _FLAG_MP_DRIVEN | _FLAG_VARIES)
_CODE_FIELD = const(21)
_SIZE = const(52)  # bytes of a record
_BEYOND = const(1 << 30)  # no threshold is further from zero


def load(net, f, count, n_areas, sections):
    need(sections.get(1, ABSENT)[1] == count * _SIZE, _CODE_FIELD, 1)
    data = read(f, sections, 1)
    net.populations = table = array("i", bytes(4 * _P_WORDS * count))
    net.kinds = bytearray(count)
    net.n_populations = count
    stop = area = varied = 0
    # how many neurons have a tally, a countdown of 8 or 16 bits, consecutive fires of 16 bits
    tallied = counted = long_counted = long_limited = 0
    net.any_psp = False
    for i in range(count):
        (
            first, size, flags, area_of, threshold, step, upper, leak, shift, bits, refractory,
            snoozed, limit, fine, excitability, low, high, input_max, ident,
        ) = struct.unpack_from("<HHHHiiiHBBHHHhIiiiI", data, _SIZE * i)  # fmt: skip
        acc = flags & _FLAG_ACCUMULATES
        need(first == stop and size and flags < 256, _CODE_FIELD, 1)
        need(area <= area_of < n_areas and area_of <= area + (i > 0), _CODE_FIELD, 1)
        need(
            (step > 0) == bool(flags & _FLAG_VARIES) and (flags & _FLAG_UPPER or upper == 0),
            _CODE_FIELD,
            1,
        )
        need(step >= 0, _CODE_FIELD, 1)
        if leak or shift:
            need(acc and 0 < leak <= 32767 and 14 <= shift <= 30, _CODE_FIELD, 1)
            need((leak << 15) + fine <= 1 << shift + 15, _CODE_FIELD, 1)
        if fine:
            need(net.wide and leak >= 16384 and -16384 <= fine < 16384, _CODE_FIELD, 1)
        need(bits <= 22 and (flags & _FLAG_MP_DRIVEN or not bits), _CODE_FIELD, 1)
        need(not flags & _FLAG_ALWAYS or not excitability, _CODE_FIELD, 1)
        need(excitability or not ident, _CODE_FIELD, 1)
        need(snoozed >= refractory and (limit or snoozed == refractory), _CODE_FIELD, 1)
        need(
            -_BEYOND * 2 < low <= 0 <= high and input_max >= 0 and (acc or low == high == 0),
            _CODE_FIELD,
            1,
        )
        if flags & 128:
            bare = not (leak or refractory or limit or ident)
            need(flags & ~64 == 139 and bare, _CODE_FIELD, 1)
        stop = first + size
        area = area_of
        counts = 1 if 0 < snoozed < 256 else 2 if snoozed else 0
        plain = flags & _NOT_PLAIN == _FLAG_ALWAYS and threshold >= 0
        calm = plain and threshold and not (flags & _FLAG_EVERY or limit or snoozed or leak)
        tally = 1 if 0 < limit < 128 or not (flags & _FLAG_EVERY or calm) else 0
        # the fast loops trust that no clamp reaches below the threshold, and know one leak each
        plain = plain and counts < 2 and (high >= threshold - 1 or not acc)
        plain = plain and not (net.wide and 0 < shift < 16)
        kind = _KIND_GENERAL_EVERY if flags & _FLAG_EVERY else _KIND_GENERAL
        if plain and limit < 128 and not (flags & _FLAG_EVERY and (limit or not threshold)):
            if flags & _FLAG_EVERY:
                kind = _KIND_EVERY
            elif limit:
                kind = _KIND_LIMITED
            else:
                kind = _KIND_CALM if calm else _KIND_TOUCHED
        if flags & 128:
            kind = _KIND_CALM  # which layers.py updates
        half = 1 << shift - 1 if shift else 0
        small = _small(leak, shift, fine) if leak else 0
        if kind in (_KIND_TOUCHED, _KIND_LIMITED, _KIND_EVERY):
            if not acc:
                leak = 32768 if net.wide else 1  # all of it
            elif leak and net.wide:
                half >>= 15
                shift -= 15
        net.kinds[i] = kind
        row = (
            first, stop, flags, threshold, leak, half, shift, 0,
            counts, refractory, first - (long_counted if counts > 1 else counted), -low,
            high, step, upper, first - varied, limit, first - long_limited, snoozed,
            _signed(excitability), _signed(ident - first), bits, input_max, min(small, threshold),
            first - tallied, fine + 32768, 0, small, 0, 0, tally, area,
        )  # fmt: skip
        for j in range(_P_WORDS):
            table[_P_WORDS * i + j] = row[j]
        if kind in (_KIND_TOUCHED, _KIND_LIMITED):
            span(table, _P_WORDS * i, tallied, size)
        varied += size if flags & _FLAG_VARIES else 0
        tallied += size if tally else 0
        counted += size if counts == 1 else 0
        long_counted += size if counts == 2 else 0
        long_limited += size if limit > 127 else 0
        net.any_psp = net.any_psp or bool(flags & _FLAG_MP_DRIVEN)
        if first <= net.power < stop:
            need(1 <= net.power_amount <= input_max, _CODE_FIELD)
    need(stop == net.n and area == n_areas - 1, _CODE_FIELD, 1)
    net.tallied, net.counted = tallied, counted
    net.long_counted, net.long_limited = long_counted, long_limited
    need(sections.get(2, ABSENT)[1] == varied, _CODE_FIELD, 2)
    net.offsets = read(f, sections, 2)
    for i in range(0, _P_WORDS * count, _P_WORDS):
        lowest = highest = table[i + _P_THRESHOLD]
        if table[i + _P_FLAGS] & _FLAG_VARIES:
            least, most = 127, -128
            at = table[i] - table[i + _P_OFFSET]
            for j in range(at, at + table[i + _P_STOP] - table[i]):
                o = net.offsets[j]
                o -= 256 if o > 127 else 0
                least = min(least, o)
                most = max(most, o)
            need(least == -max(0, most - least - 127) and least < most, _CODE_FIELD, 1)
            lowest += least * table[i + _P_STEP]
            highest += most * table[i + _P_STEP]
        need(lowest >= -_BEYOND and highest <= _BEYOND, _CODE_FIELD, 1)


def _small(leak, shift, fine):
    """The smallest potential of which the leak does not round to nothing."""
    half = 1 << shift - 1
    y = (
        half // leak
    )  # a fine leak is of y >> 15, at most 1: where there is one, leak is 2^14 or more
    return y + (y * leak + (y >> 15) * fine < half)


def _signed(x):
    """A u32 as the i32 with the same bits."""
    x &= 0xFFFFFFFF
    return x - 0x100000000 if x & 0x80000000 else x
