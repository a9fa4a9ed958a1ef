"""Memories: what memory areas and twins of a brain need, validated, then laid out (SPEC.md 11).

In:  sections 35 to 37 of a blob whose envelope is right; what learning.py has laid out.
Out: the tables of memories and twins in net.learn, and where in the state each part of 11.3 lies.
Never: lets an index out of its range pass; keeps first slots in memory: a start reads them.
"""

import struct
from array import array

from micropython import const

from .learning import exact, signed
from .net import ABSENT, read
from .refusal import need

_P_FLAGS = const(2)
_P_INPUT_MAX = const(22)
_P_WORDS = const(32)
_KIND_CALM = const(1)
_FLAG_ACCUMULATES = const(1)
_M_WORDS = const(16)
_M_FRAMES = const(6)
_M_FLAGS = const(7)
_T_WORDS = const(12)
_CODE_FIELD = const(21)
_CODE_INDEX = const(22)
_MEMORIES = const(35)
_TWINS = const(36)
_SLOTS = const(37)
_LONGEST = const(1 << 30)


def load(net, learn, f, sections, spans):
    """Fills in the rest of net.learn."""
    _memories(net, learn, exact(f, sections, _MEMORIES), spans)
    learn.plays = read(f, sections, _TWINS)
    _twins(net, learn, sections.get(_TWINS, ABSENT)[1], spans)
    learn.slots_at, size = sections.get(_SLOTS, ABSENT)
    if size:
        _slots(learn, f, size)


def _memories(net, learn, data, spans):
    rows, places = [], []
    at, before = 0, -1
    learn.seen = []  # of each memory, its upstream areas
    learn.slots = []  # and the first neuron of its slots
    while at < len(data):
        need(at + 24 <= len(data), _CODE_FIELD, _MEMORIES)
        area, depth, count, zero, init, growth, longterm = struct.unpack_from("<HHHHIII", data, at)
        end = at + 20 + 2 * count
        need(count and not zero and end + 3 & ~3 <= len(data), _CODE_FIELD, _MEMORIES)
        need(not end & 2 or data[end] == data[end + 1] == 0, _CODE_FIELD, _MEMORIES)
        need(before < area and 0 < depth < 256, _CODE_FIELD, _MEMORIES)
        need(max(init, growth, longterm) <= _LONGEST, _CODE_FIELD, _MEMORIES)
        before = area
        need(area in spans, _CODE_INDEX, _MEMORIES)
        row = spans[area][3]
        p = net.populations
        need(row >= 0 and net.kinds[row // _P_WORDS] == _KIND_CALM, _CODE_FIELD, _MEMORIES)
        accumulates = p[row + _P_FLAGS] & _FLAG_ACCUMULATES
        need(not accumulates and not p[row + _P_INPUT_MAX], _CODE_FIELD, _MEMORIES)
        upstream = struct.unpack_from("<%dH" % count, data, at + 20)
        words = 0
        where = []
        last = -1
        for up in upstream:
            need(up > last and up in spans and up != area, _CODE_INDEX, _MEMORIES)
            last = up
            first, stop = spans[up][:2]
            where.append((up, words))
            places.extend((
                first >> 5, stop - 1 >> 5, -1 << (first & 31),
                signed((2 << (stop - 1 & 31)) - 1),
            ))  # fmt: skip
            words += (stop - 1 >> 5) - (first >> 5) + 1
        slots = spans[area][1] - spans[area][0]
        learn.seen.append(where)
        learn.slots.append(spans[area][0])
        frames = learn.size
        flags = frames + 4 * words * (depth + 1)
        alive = flags + (depth + 1 + 3 & ~3)
        life = alive + (slots + 3 & ~3)
        patterns = life + 4 * slots
        learn.size = patterns + 4 * words * depth * slots
        rows.extend((
            depth, words, slots, init, growth, longterm, frames, flags, alive, life, patterns,
            16 * (len(places) // 4 - count), count, _LONGEST, 0, 0,
        ))  # fmt: skip
        at = end + 3 & ~3
    learn.memories = array("i", rows or [0])
    learn.n_memories = len(rows) // _M_WORDS
    learn.spans = array("i", places or [0])


def _twins(net, learn, size, spans):
    data, m = learn.plays, learn.memories
    rows = []
    at, before = 0, ()
    while at < size:
        need(at + 16 <= size, _CODE_FIELD, _TWINS)
        memory, upstream, amount, cap = struct.unpack_from("<HHii", data, at)
        need(memory < learn.n_memories, _CODE_INDEX, _TWINS)
        need(upstream < len(learn.seen[memory]), _CODE_INDEX, _TWINS)
        need(before < (memory, upstream) and amount >= 0 and cap >= 0, _CODE_FIELD, _TWINS)
        before = memory, upstream
        row = _M_WORDS * memory
        depth = m[row]
        need(amount * depth < 1 << 31, _CODE_FIELD, _TWINS)
        area, word = learn.seen[memory][upstream]
        first, stop = spans[area][:2]
        at += 12
        end = at + 2 * (stop - first)
        need(end + 3 & ~3 <= size, _CODE_FIELD, _TWINS)
        for j in range(at, end, 2):
            neuron = data[j] | data[j + 1] << 8
            need(neuron < net.n or neuron == 65535, _CODE_INDEX, _TWINS)
        need(not end & 2 or data[end] == data[end + 1] == 0, _CODE_FIELD, _TWINS)
        words = (stop - 1 >> 5) - (first >> 5) + 1
        rows.extend((
            amount, cap, m[row + _M_FRAMES] + 4 * word, words, m[row + _M_FLAGS],
            depth, first & 31, at,
            0, 0, 0, 0,
        ))  # fmt: skip
        at = end + 3 & ~3
    learn.twins = array("i", rows or [0])
    learn.n_twins = len(rows) // _T_WORDS


def _slots(learn, f, size):
    """Checks what slots hold; their patterns point to nothing."""
    m = learn.memories
    at = used = 0
    for number in range(learn.n_memories):
        i = _M_WORDS * number
        slots = m[i + 2]
        end = at + m[i + 10] + 4 * m[i] * m[i + 1] * slots - m[i + 8]
        need(end <= size, _CODE_FIELD, _SLOTS)
        f.seek(learn.slots_at + at)
        alive = f.read(m[i + 9] - m[i + 8])
        lives = f.read(4 * slots)
        for j in range(len(alive)):
            need(alive[j] in (0, 1, 3) and (j < slots or not alive[j]), _CODE_FIELD, _SLOTS)
            used = used or alive[j]
        for j in range(slots):
            (life,) = struct.unpack_from("<I", lives, 4 * j)
            need(life <= _LONGEST and (alive[j] or not life), _CODE_FIELD, _SLOTS)
        at = end
    need(at == size and used, _CODE_FIELD, _SLOTS)
