"""Synapses: those of a brain, validated, then mapped as the kernels read them.

In:  BLOCKS and ROWS of a blob whose envelope is right; the tables of populations, classes, zones.
Out: in a Net: blocks with what the kernel needs to divide; links, pages and the rows' stream, or
     the place in the file that they are read from.
Never: lets an index out of its range pass, or trusts a sum that it did not add up itself.
"""

import gc
import struct
from array import array

from micropython import const

from .. import guard, heap
from ..kernel import common
from .refusal import need, room

_P_STOP = const(1)
_P_BLOCKS = const(28)
_P_BLOCKS_STOP = const(29)
_Z_FIRST = const(1)
_Z_STOP = const(2)
_Z_TOUCH = const(3)
_Z_TALLY = const(4)
_L_LOOP = const(4)
_L_ZONE = const(5)
_L_TALLY = const(6)
_L_USED = const(7)
_C_KIND = const(1)
_P_WORDS = const(32)
_Z_WORDS = const(8)
_L_WORDS = const(8)
_C_WORDS = const(4)
_CODE_FIELD = const(21)
_CODE_INDEX = const(22)
_SOME = const(64)  # pages


def blocks(net, data, length, n_classes):
    """Checks the records and says where each population's are. Returns how many synapses.

    The zero fields of a record become the kernel's: at 18 its form (deliver_blocks.py); of a grid,
    at 8 how many entries A has, at 20 the reciprocal of the divisor and, from bit 24, its
    shift; of one target for all, at 20 what each source adds to it.
    """
    net.blocks = data
    net.blocks_length = length
    p = net.populations
    at = total = row = 0
    before = ()
    while at < length:
        need(at + 24 <= length, _CODE_INDEX, 5)
        first, count, klass, zone, start, step, d, words, runs, zero, zeros = struct.unpack_from(
            "<HHHHHhHHHHI", data, at
        )
        outer = -(-count // d) if d else 0
        body = 24 + 4 * runs + 2 * (outer + d)
        need(
            0 < count <= 32768 and d != 1 and d <= count and runs and not zero | zeros,
            _CODE_FIELD,
            5,
        )
        need((body + 3) & ~3 == 4 * words and at + 4 * words <= length, _CODE_INDEX, 5)
        need(not body & 2 or data[at + body] == data[at + body + 1] == 0, _CODE_FIELD, 5)
        while row < len(p) and p[row + _P_STOP] <= first:
            row += _P_WORDS
        need(row < len(p) and p[row] <= first and first + count <= p[row + _P_STOP], _CODE_INDEX, 5)
        need(before < (row, klass, zone, first), _CODE_INDEX, 5)
        before = (row, klass, zone, first)
        need(
            klass < n_classes and net.classes[_C_WORDS * klass + _C_KIND] in (0, 2, 3),
            _CODE_INDEX,
            5,
        )
        need(zone < net.n_zones, _CODE_INDEX, 5)
        size, extent = _pattern(data, at + 24, runs)
        same = net.classes[_C_WORDS * klass + _C_KIND] == 0
        if d:
            need(start == step == 0, _CODE_FIELD, 5)
            low, high = _grid(data, at + 24 + 4 * runs, outer, d, count - (outer - 1) * d)
            shift = _bits(count - 1) + _bits(d - 1)
            reciprocal = ((1 << shift) + d - 1) // d | shift << 24
            form = 3 if same and size == 1 else 5
            struct.pack_into("<H", data, at + 8, outer)
            struct.pack_into("<HI", data, at + 18, form, reciprocal)
        else:
            need(count > 1 or step == 0, _CODE_FIELD, 5)
            form = 0
            if same:
                form = (4 if size == 1 else 1) if step == 0 else 2 if size == 1 else 0
            struct.pack_into(
                "<Hi", data, at + 18, form, net.classes[_C_WORDS * klass] if form == 4 else 0
            )
            end = start + (count - 1) * step
            low, high = min(start, end), max(start, end)
        need(net.zones[_Z_WORDS * zone + _Z_FIRST] <= low, _CODE_INDEX, 5)
        need(high + extent <= net.zones[_Z_WORDS * zone + _Z_STOP], _CODE_INDEX, 5)
        if not p[row + _P_BLOCKS_STOP]:
            p[row + _P_BLOCKS] = at
        at += 4 * words
        p[row + _P_BLOCKS_STOP] = at
        total += count * size
    return total


def _pattern(data, at, runs):
    """The targets that the runs hold, and how far they reach."""
    size = extent = 0
    for i in range(runs):
        offset, n = struct.unpack_from("<HH", data, at + 4 * i)
        need(n and (offset > extent if i else offset == 0), _CODE_INDEX, 5)
        size += n
        extent = offset + n
    return size, extent


def _grid(data, at, outer, d, rest):
    """The lowest and the highest start; `rest` sources share the last outer entry."""
    inner = at + 2 * outer
    low, high = 65535, 0
    tops = [0, 65535]  # highest and lowest of the inner entries
    part = [0, 65535]  # the same, of the first `rest`
    for j in range(d):
        b = data[inner + 2 * j] | data[inner + 2 * j + 1] << 8
        tops = [max(tops[0], b), min(tops[1], b)]
        if j < rest:
            part = [max(part[0], b), min(part[1], b)]
    need(tops[1] == 0, _CODE_FIELD, 5)
    for j in range(outer):
        a = data[at + 2 * j] | data[at + 2 * j + 1] << 8
        most, least = part if j == outer - 1 else tops
        low, high = min(low, a + least), max(high, a + most)
    return low, high


def _bits(n):
    k = 0
    while n >> k:
        k += 1
    return k


def rows(net, f, section, n_classes):
    """Checks links, pages and rows, and keeps them. Returns how many synapses they hold.

    Where there is no room for them, they stay in the file: net.stream and net.pages are None,
    net.file is open, net.page holds the largest page.
    """
    offset, size = section
    net.links = array("i", bytes(32))
    net.n_links = net.n_pages = net.first_page = 0
    net.pages = bytearray(4)
    net.stream, net.file, net.page, net.stream_at = bytearray(4), None, None, 0
    if not size:
        return 0
    f.seek(offset)
    # of a shorter section, what follows it is read, and `start` is beyond it
    n_links, zero, first, count = struct.unpack("<HHII", f.read(12))
    start = 12 + 4 * n_links + 4 * (count + 1)
    need(
        not zero and count and first + count <= (net.n + 31) >> 5 and start <= size, _CODE_INDEX, 4
    )
    _links(net, f.read(4 * n_links), n_links, n_classes)
    net.n_pages, net.first_page = count, first
    net.pages_at, net.stream_at = offset + start - 4 * (count + 1), offset + start
    largest = last = 0
    for i, begin, end in _bounds(net, f):
        need(begin == last <= end, _CODE_INDEX, 4)
        need(begin < end or 0 < i < count - 1, _CODE_INDEX, 4)
        largest = max(largest, end - begin)
        last = end
    need(last == size - start, _CODE_INDEX, 4)
    _keep(net, f, size - start, largest)
    total = 0
    for i, begin, end in _bounds(net, f):
        if begin < end:
            found = _check(net, f, i, begin, end - begin)
            need(found >= 0, _CODE_INDEX, 4)
            total += found
            guard.feed()
    for i in range(0, _L_WORDS * n_links, _L_WORDS):
        need(net.links[i + _L_USED], _CODE_INDEX, 4)
        net.links[i + _L_USED] = 0
    return total


def _bounds(net, f):
    """Number, begin and end in the stream of each page; the file is read on in between, so some at
    a time: to go back and forth in a file is slow on flash."""
    for first in range(0, net.n_pages, _SOME):
        f.seek(net.pages_at + 4 * first)
        offsets = f.read(4 * min(_SOME, net.n_pages - first) + 4)
        for i in range(len(offsets) // 4 - 1):
            begin, end = struct.unpack_from("<II", offsets, 4 * i)
            yield first + i, begin, end


def _keep(net, f, size, largest):
    """Reads stream and offsets into memory if there is room, else leaves them where they are."""
    table = 4 * (net.n_pages + 1)
    gc.collect()
    try:
        scarce = hasattr(gc, "mem_free") and gc.mem_free() < size + table + heap.OBJECTS
        if net.in_file or scarce:
            raise MemoryError
        net.stream = bytearray(size)
        net.pages = bytearray(table)
        f.seek(net.pages_at)
        f.readinto(net.pages)
        f.readinto(net.stream)
    except MemoryError:
        net.stream = net.pages = None
        net.page, net.file = room(largest), f


def _check(net, f, i, begin, n):
    """The synapses of page i, or -1."""
    rows = min(32, net.n - 32 * (net.first_page + i))
    data, at = net.stream, begin
    if data is None:
        data, at = net.page, 0
        f.seek(net.stream_at + begin)
        f.readinto(memoryview(data)[:n])
    return common.check_page(data, at, n, rows, net.links, net.n_links, net.zones)


def _links(net, data, count, n_classes):
    """The links, 8 words each: see deliver_rows.py."""
    net.links = links = array("i", bytes(32 * count))
    net.n_links = count
    before = ()
    for i in range(count):
        klass, zone = struct.unpack_from("<HH", data, 4 * i)
        need(before < (klass, zone) and klass < n_classes and zone < net.n_zones, _CODE_INDEX, 4)
        before = (klass, zone)
        kind = net.classes[_C_WORDS * klass + _C_KIND]
        touch = net.zones[_Z_WORDS * zone + _Z_TOUCH]
        loop = 4
        if kind < 2 and touch < 2:
            loop = 2 * kind + touch
        if touch:
            loop |= 8
        for j in range(4):
            links[_L_WORDS * i + j] = net.classes[_C_WORDS * klass + j]
        links[_L_WORDS * i + _L_LOOP] = loop
        links[_L_WORDS * i + _L_ZONE] = 32 * zone
        links[_L_WORDS * i + _L_TALLY] = net.zones[_Z_WORDS * zone + _Z_TALLY]
