"""Netblob: the bytes of a brain, validated, then mapped into arrays.

In:  the path of a .gbn file, this board's name, and the key that it has pinned.
Out: a Net whose every record and index is in range, or Refused with a code of SPEC.md 7.3.
Never: allocates for a section before the envelope is proven; floats; trusts the sender.

On a board the largest section may need nearly all the memory that is in one piece. So it is read
first, and garbage is collected wherever something that is kept would come to lie behind it.
"""

import binascii
import gc
import hashlib
import os
import struct
from array import array

import burst
import signature

MAGIC, VERSION, SIZE, CRC, SHA, FIELD, INDEX, BOARD = 16, 17, 18, 19, 20, 21, 22, 24
SIGNATURE = 26
MEMORY = 8
HEADER, ENTRY, POPULATION, CLASS = 128, 16, 52, 12
ROW = 24  # words of a population for burst.py
POWER_NONE = 0xFFFFFFFF
BEYOND = 1 << 30  # no threshold is further from zero
TYPES = (1, 2, 3, 4, 6, 7, 8)


class Refused(Exception):
    """Why a blob is not run: a code and a detail (SPEC 7.3)."""

    def __init__(self, code, detail=0):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def need(ok, code, detail=0):
    if not ok:
        raise Refused(code, detail)


class Net:
    """A brain's tables, as burst.py reads them."""


def load(path, board="", key=None):
    """The Net of a file. Raises Refused, or OSError if the file cannot be read."""
    with open(path, "rb") as f:
        return _load(f, os.stat(path)[6], board, key)


def _load(f, size, board, key):
    head = f.read(HEADER)
    need(len(head) == HEADER and size >= HEADER + 32, MAGIC)
    need(head[:8] == b"\x89GBN\r\n\x1a\n", MAGIC)
    version, n_sections, length = struct.unpack_from("<HHI", head, 8)
    need(version == 1, VERSION, version)
    need(size in (length, length + signature.SIZE), SIZE)
    size = length
    table = f.read(ENTRY * n_sections)
    need(HEADER + ENTRY * n_sections + 32 <= size and len(table) == ENTRY * n_sections, SIZE)
    net = Net()
    digest = _check_sha(f, size)
    net.id = digest[:8]
    # What follows the blob is next to be read.
    need(key is None or signature.is_signed(digest, f.read(), key), SIGNATURE)
    gc.collect()
    net.sections = sections = _check_table(f, table, n_sections, size)
    need(not any(head[96:]) and not any(head[57:60]), FIELD)
    name = head[80:96].rstrip(b"\0")
    need(not name or name == board.encode(), BOARD)
    (
        storage, state, n_populations, net.n, net.synapses, n_classes, n_areas, net.power,
        net.power_amount, net.timestep_us, net.counter, seed, chance, bits,
    ) = struct.unpack_from("<BBHIIHHIiIIIIB", head, 16)  # fmt: skip
    net.golden = (seed, bits, chance)
    net.golden_bursts, net.golden_chain, net.golden_spikes = struct.unpack_from("<III", head, 60)
    need(1 <= net.n <= 65535 and n_classes < 32768, FIELD)
    need(storage in (16, 32) and state in (8, 16, 32) and state <= storage, FIELD)
    need(net.power == POWER_NONE or net.power < net.n, FIELD)
    need(net.power != POWER_NONE or net.power_amount == 0, FIELD)
    need(chance <= 65536 and bits <= 10 and 1 <= net.golden_bursts <= 256, FIELD)
    net.wide = storage == 32
    _stream(net, f, sections)
    _populations(net, f, n_populations, n_areas, sections)
    _classes(net, f, n_classes, sections)
    _rows(net, f, n_classes, sections)
    _inputs(net, f, sections)
    _places(f, _areas(f, n_areas, sections), net, n_populations, sections)
    return net


def _check_sha(f, size):
    f.seek(0)
    sha = hashlib.sha256()
    left = size - 32
    buffer = bytearray(512)
    view = memoryview(buffer)
    while left > 0:
        n = f.readinto(view[: min(left, 512)])
        need(n, SIZE)
        sha.update(view[:n])
        left -= n
    gc.collect()
    digest = sha.digest()
    need(f.read(32) == digest, SHA)
    return digest


def _check_table(f, table, count, size):
    sections = {}
    at = HEADER + ENTRY * count
    last = 0
    buffer = bytearray(512)
    view = memoryview(buffer)
    for i in range(count):
        kind, zero, offset, length, crc = struct.unpack_from("<HHIII", table, ENTRY * i)
        end = offset + length
        pad = -end % 4
        need(kind > last and kind in TYPES and not zero, SIZE, kind)
        need(offset == at and length > 0 and end + pad <= size - 32, SIZE, kind)
        last = kind
        at = end + pad
        f.seek(offset)
        check = 0
        while length > 0:
            n = f.readinto(view[: min(length, 512)])
            check = binascii.crc32(view[:n], check)
            length -= n
        need(not any(f.read(pad)), SIZE, kind)
        need(check == crc, CRC, kind)
        gc.collect()
        sections[kind] = (offset, end - offset)
    need(at == size - 32, SIZE)
    return sections


def _read(f, sections, kind, start=0, length=None):
    """The bytes of a section from `start`, or none if it is absent."""
    offset, size = sections.get(kind, (0, 0))
    length = size - start if length is None else length
    gc.collect()
    try:
        data = bytearray((length + 3) & ~3)
    except MemoryError:
        raise Refused(MEMORY, length)
    if length:
        f.seek(offset + start)
        f.readinto(memoryview(data)[:length])
    return data


def _populations(net, f, count, n_areas, sections):
    need(sections.get(1, (0, 0))[1] == count * POPULATION and count, FIELD, 1)
    data = _read(f, sections, 1)
    net.populations = table = array("i", bytes(4 * ROW * count))
    net.n_populations = count
    stop = area = varied = limited = counted = 0
    net.any_psp = False
    for i in range(count):
        (
            first, size, flags, area_of, threshold, step, upper, leak, shift, bits, refractory,
            snoozed, limit, fine, excitability, low, high, input_max, ident,
        ) = struct.unpack_from("<HHHHiiiHBBHHHhIiiiI", data, POPULATION * i)  # fmt: skip
        acc = flags & 1
        need(first == stop and size and flags < 64, FIELD, 1)
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
        need(-BEYOND * 2 < low <= 0 <= high and input_max >= 0, FIELD, 1)
        need(acc or low == high == 0, FIELD, 1)
        stop = first + size
        area = area_of
        counts = 1 if refractory or snoozed else 0
        special = 0 if flags & 60 == 8 and threshold > 0 and not limit else 1
        row = (
            first, stop, flags, threshold, leak, 1 << shift - 1 if shift else 0,
            shift | fine + 32768 << 8 if net.wide else shift, special, counts, refractory,
            counted, -low, high, step, upper, varied, limit, limited, snoozed,
            _signed(excitability), _signed(ident - first), bits, input_max,
            _small(leak, shift, fine) if leak else 0,
        )  # fmt: skip
        for j in range(ROW):
            table[ROW * i + j] = row[j]
        varied += size if flags & 32 else 0
        limited += size if limit else 0
        counted += size if counts else 0
        net.any_psp = net.any_psp or bool(flags & 16)
    need(stop == net.n, FIELD, 1)
    net.limited = limited
    net.counted = counted
    need(sections.get(2, (0, 0))[1] == varied, FIELD, 2)
    net.offsets = _read(f, sections, 2)
    for i in range(0, ROW * count, ROW):
        least = most = 0
        if table[i + 2] & 32:
            at = table[i + 15]
            for j in range(at, at + table[i + 1] - table[i]):
                o = net.offsets[j]
                o -= 256 if o > 127 else 0
                least = min(least, o)
                most = max(most, o)
        base, step = table[i + 3], table[i + 13]
        need(base + least * step >= -BEYOND and base + most * step <= BEYOND, FIELD, 1)


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


def _stream(net, f, sections):
    """The bytes of the rows, first of all: no piece is larger, and memory is still in one."""
    size = sections.get(4, (0, 0))[1]
    net.row_first = net.row_count = 0
    net.row_offsets = array("I", (0,))
    net.stream = bytearray(4)
    if not size:
        need(net.synapses == 0, FIELD, 4)
        return
    need(size >= 8, FIELD, 4)
    first, count = struct.unpack("<II", _read(f, sections, 4, 0, 8))
    start = 8 + 4 * (count + 1)
    need(0 < count <= net.n and first + count <= net.n and start <= size, INDEX, 4)
    net.row_first = first
    net.row_count = count
    net.stream = _read(f, sections, 4, start)


def _rows(net, f, n_classes, sections):
    count = net.row_count
    if not count:
        return
    start = 8 + 4 * (count + 1)
    length = sections[4][1] - start
    offsets = array("I", _read(f, sections, 4, 8, start - 8))
    need(offsets[0] == 0 and offsets[count] == length, INDEX, 4)
    need(offsets[1] > 0 and offsets[count] > offsets[count - 1], INDEX, 4)
    last = 0
    for offset in offsets:
        need(offset >= last, INDEX, 4)
        last = offset
    net.row_offsets = offsets
    total = burst.check_rows(net.stream, length, offsets, count, net.classes, n_classes, net.n)
    need(total == net.synapses, INDEX, 4)


def _inputs(net, f, sections):
    size = sections.get(6, (0, 0))[1]
    need(size % 8 == 0, FIELD, 6)
    data = _read(f, sections, 6)
    net.n_inputs = size // 8
    net.inputs = array("i", bytes(12 * max(net.n_inputs, 1)))
    stop = 0
    for i in range(net.n_inputs):
        first, count, amount = struct.unpack_from("<HHi", data, 8 * i)
        need(first >= stop and count and amount > 0 and first + count <= net.n, FIELD, 6)
        stop = first + count
        net.inputs[3 * i] = first
        net.inputs[3 * i + 1] = stop
        net.inputs[3 * i + 2] = amount


def _areas(f, count, sections):
    """The number of places in each area."""
    data = _read(f, sections, 7)
    size = sections.get(7, (0, 0))[1]
    rooms = []
    at = 0
    for _ in range(count):
        need(at + 44 <= size, FIELD, 7)
        group, length, per_voxel, x, y, z = struct.unpack_from("<BBHIII", data, at + 8)
        need(group < 5 and length < 64 and per_voxel and x and y and z, FIELD, 7)
        # the unit is a double: finite and above zero, told by its bits
        bits = data[at + 36 : at + 44]
        high = bits[7]
        exponent = (high & 127) << 4 | bits[6] >> 4
        need(high < 128 and exponent != 2047 and any(bits), FIELD, 7)
        rooms.append(x * y * z * per_voxel)
        end = at + 44 + length
        need(end + -end % 4 <= size and not any(data[end : end + -end % 4]), FIELD, 7)
        at = end + -end % 4
    need(at == size, FIELD, 7)
    return rooms


def _places(f, rooms, net, count, sections):
    offset, size = sections.get(8, (0, 0))
    table = sections[1][0]
    used = 0
    for i in range(count):
        f.seek(table + POPULATION * i)
        _, members, _, area = struct.unpack("<HHHH", f.read(8))
        room = rooms[area]
        need(used + 2 <= size, FIELD, 8)
        f.seek(offset + used)
        runs = struct.unpack("<H", f.read(2))[0]
        used += 2 + 6 * runs
        need(used <= size, FIELD, 8)
        total = 0
        last = -2
        for _ in range(runs):
            start, n = struct.unpack("<IH", f.read(6))
            need(n and start + n <= room and start != last, FIELD, 8)
            last = start + n
            total += n
        need(total == members, FIELD, 8)
    need(used == size, FIELD, 8)
