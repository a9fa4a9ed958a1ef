"""Layers: those of a brain, validated, then laid out as the kernels read them.

In:  _LAYERS, _VECTORS, PATHS and _WEIGHTS of a blob whose envelope is right; its populations.
Out: in a Net: `layers`, each with its tables and paths; weights, or where in the file they are.
Never: lets an index out of its range pass; keeps a large matrix where there is no room for it.
"""

import gc
import struct
from array import array

from micropython import const

from .. import guard, heap
from ..kernel import common
from .net import ABSENT, read
from .refusal import need, room

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_THRESHOLD = const(3)
_P_DEPTH = const(11)
_P_HIGH = const(12)
_P_WORDS = const(32)
_LAYER = const(128)  # flag of a population
_CODE_FIELD = const(21)
_CODE_INDEX = const(22)
_RULE = const(16)  # bytes of a record
_PATH = const(28)
_LIMIT = const((1 << 29) - 1)
_TOPS = const(-0x7FFF8000)  # two sums of a convolution that are 0: 32768 in both halves
_SUMS = const(8192)  # bytes of sums that a layer has at most, if it can be updated in strips
_SPIKES = const(256)  # of the least weight, -128, bring a sum of a convolution from 32768 to 0
_PART = const(4096)  # bytes of a kernel that are read from the file at once
_IN_FILE = const(4)  # rows of a matrix, as in layers.py of the firmware
_FEW = const(64)  # neurons of the least strip of a layer that nothing leads to
_POWER_NONE = const(0xFFFFFFFF)
_LAYERS = const(20)  # types of sections
_VECTORS = const(21)
_PATHS = const(22)
_WEIGHTS = const(23)


class Layer:
    """table and rows: as in neurons.py. spikes, current: of its neurons. paths: of Path."""


class Path:
    """source: a layer's number. conv: which kernel. table: as in dense.py or conv.py; out: as
    dense.empty takes it. weights: in memory, or None; at: where in the section. target: rows,
    columns, channels. in_words: whether its sums are emptied four at a time. Of a convolution:
    per: words of a source channel's kernel; some: channels that are read at once from a file;
    places: of the source that a strip meets, at most."""


def load(net, f, sections):
    """All layers: each population is one."""
    net.layers = []
    size = sections.get(_LAYERS, ABSENT)[1]
    count = net.n_populations
    need(net.wide and size == _RULE * count and not net.synapses, _CODE_FIELD, _LAYERS)
    need(net.power == _POWER_NONE and not net.learn, _CODE_FIELD, _LAYERS)
    for kind, unit in ((_VECTORS, 4), (_PATHS, _PATH), (_WEIGHTS, 4)):
        need(sections.get(kind, ABSENT)[1] % unit == 0, _CODE_FIELD, kind)
    vectors = Words(f, sections.get(_VECTORS, ABSENT))
    records = read(f, sections, _LAYERS)
    paths = read(f, sections, _PATHS)
    n_paths = sections.get(_PATHS, ABSENT)[1] // _PATH
    known = 0
    for i in range(count):
        need(net.populations[_P_WORDS * i + _P_FLAGS] & _LAYER, _CODE_FIELD, _LAYERS)
        first, stop = net.populations[_P_WORDS * i], net.populations[_P_WORDS * i + _P_STOP]
        low, high = (
            -net.populations[_P_WORDS * i + _P_DEPTH],
            net.populations[_P_WORDS * i + _P_HIGH],
        )
        least = net.populations[_P_WORDS * i + _P_THRESHOLD]
        layer = _rule(i, records, first, stop - first, low, high, least, vectors)
        layer.first_path = known
        known += layer.n_paths
        net.layers.append(layer)
        for _ in range(layer.n_paths):
            need(n_paths > layer.first_path + len(layer.paths), _CODE_FIELD, _PATHS)
            varies = paths[_PATH * (layer.first_path + len(layer.paths)) + 4]
            need(varies == 0 or varies == 1 and layer.period > 1, _CODE_FIELD, _PATHS)
            n = layer.period if varies else 1
            path = Path()
            path.multipliers = vectors.take(n)
            for m in path.multipliers:
                need(0 < m < 1 << 24, _CODE_FIELD, _VECTORS)
            path.step = 4 if varies else 0
            layer.paths.append(path)
    need(net.layers[-1].first_path + net.layers[-1].n_paths == n_paths, _CODE_FIELD, _PATHS)
    vectors.end()
    _paths(net, paths, sections.get(_WEIGHTS, ABSENT)[1] // 4)
    _strips(net)
    _parts(net)
    _weights(net, f, sections.get(_WEIGHTS, ABSENT))


class Words:
    """The numbers of VECTORS, one after another."""

    def __init__(self, f, section):
        self.f, self.at, self.left = f, section[0], section[1] // 4

    def take(self, n):
        need(n <= self.left, _CODE_FIELD, _VECTORS)
        found = array("i", bytes(4 * n))
        self.f.seek(self.at)
        self.f.readinto(found)
        self.at += 4 * n
        self.left -= n
        return found

    def end(self):
        need(self.left == 0, _CODE_FIELD, _VECTORS)


def _rule(i, records, first, n, low, high, least, vectors):
    (
        number, period, layer_paths, current, emit, most, reset, when, flags, varies, z1, z2,
    ) = struct.unpack_from("<HHHBBBBBBBBH", records, _RULE * i)  # fmt: skip
    need(number == i and period and n % period == 0 and not z1 | z2, _CODE_FIELD, _LAYERS)
    need(current < 4 and emit < 3 and reset < 3 and when < 3, _CODE_FIELD, _LAYERS)
    need(flags < 8 and varies < 128, _CODE_FIELD, _LAYERS)
    need((emit == 0) == (most == 0) and (emit != 1 or most == 1), _CODE_FIELD, _LAYERS)
    need(emit or not (reset or when or flags), _CODE_FIELD, _LAYERS)
    need(reset or not when, _CODE_FIELD, _LAYERS)
    need(not flags & 1 or (reset == 2 and not when), _CODE_FIELD, _LAYERS)
    need(low >= -_LIMIT and high <= _LIMIT, _CODE_FIELD, 1)
    layer = Layer()
    layer.first, layer.count, layer.period, layer.n_paths = first, n, period, layer_paths
    layer.most = most
    layer.paths = []
    layer.from_old = bool(flags & 4)
    layer.has_current = bool(current)
    need(not varies or period > 1, _CODE_FIELD, _LAYERS)
    parts = []
    for k in range(7):
        size = period if varies >> k & 1 else 1
        parts.append(vectors.take(3 * size if k > 4 else size))
        if k < 5:
            lowest = 1 if k == 1 and (emit == 2 or reset == 2) else 0 if k == 1 else -_LIMIT
            for x in parts[k]:
                need(lowest <= x <= _LIMIT, _CODE_FIELD, _VECTORS)
        else:
            for j in range(0, len(parts[k]), 3):
                _leak(*parts[k][j : j + 3])
    need(least == min(parts[0]), _CODE_FIELD, _VECTORS)
    layer.bias = parts[3]
    rows = period if varies & ~8 else 1
    layer.rows = array("i", bytes(48 * rows))
    for j in range(rows):
        for at, k in ((0, 0), (1, 1), (2, 2), (3, 4)):
            layer.rows[12 * j + at] = parts[k][j % len(parts[k])]
        for at, k in ((4, 5), (8, 6)):
            lost, shift, fine = parts[k][3 * j % len(parts[k]) : 3 * j % len(parts[k]) + 3]
            half = (1 << shift - 16 if shift > 15 else 1 << shift - 1) if shift else 0
            for d, x in enumerate((lost, half, shift, fine)):
                layer.rows[12 * j + at + d] = x
    sx = common.word_bits() - 32
    layer.table = array(
        "i",
        (
            n, varies & 8, 48 if varies & ~8 else 0, period, reset, when, emit, most,
            flags & 1, flags >> 1 & 1, flags >> 2, low, high, first, current, _LIMIT, sx,
        ),
    )  # fmt: skip
    return layer


def _leak(lost, shift, fine):
    if lost or shift or fine:
        need(0 < lost <= 32767 and 14 <= shift <= 30, _CODE_FIELD, _VECTORS)
        need(not fine or lost >= 16384 and -16384 <= fine < 16384, _CODE_FIELD, _VECTORS)
        need((lost << 15) + fine <= 1 << shift + 15, _CODE_FIELD, _VECTORS)


def _paths(net, records, words):
    """The tables of all paths, once all layers are known."""
    at = 0  # in WEIGHTS, in words
    number = 0
    for layer in net.layers:
        before = last = ()
        for path in layer.paths:
            fields = struct.unpack_from("<HBBBBHHHHHHBBBBBBBBH", records, _PATH * number)
            (
                source, conv, bits, _, z1, sh, sw, sc, th, tw, tc, ph, pw, ys, xs, top, left, kh,
                kw, z2,
            ) = fields  # fmt: skip
            number += 1
            need(before <= fields, _CODE_FIELD, _PATHS)
            if before == fields:
                need(_descend(last, path.multipliers), _CODE_FIELD, _PATHS)
            before, last = fields, path.multipliers
            need(source < len(net.layers), _CODE_INDEX, _PATHS)
            origin = net.layers[source]
            need(conv < 2 and bits in (2, 4, 8) and not z1 | z2, _CODE_FIELD, _PATHS)
            need(sh * sw * sc == origin.count and th * tw * tc == layer.count, _CODE_FIELD, _PATHS)
            need(origin.most and ph and pw and sh >= ph and sw >= pw, _CODE_FIELD, _PATHS)
            h, w = sh // ph, sw // pw
            path.source, path.conv, path.bits, path.at = source, bool(conv), bits, at
            path.words = (tc * bits + 31) >> 5
            if conv:
                need(bits == 8 and ys and xs and kh and kw, _CODE_FIELD, _PATHS)
                _kernel(path, (sh, sw, sc, h, w, ph, pw, ys, xs, left, kh, kw, th, tw))
                used = sc * kh * kw * path.words
                most = sc * kh * kw * ph * pw * origin.most
                path.room = 1 << 20 if most <= _SPIKES else _SPIKES - origin.most
            else:
                need(ys == xs == 1 and th == tw == 1, _CODE_FIELD, _PATHS)
                need(not top | left | kh | kw, _CODE_FIELD, _PATHS)
                size = 4 * path.words
                path.table = array(
                    "i", (origin.count, sw, sc, size, ph, pw, w * sc * size, h * ph, w * pw)
                )
                used = h * w * sc * path.words
            path.used = used
            places = th * tw
            none = _TOPS if conv else -1  # lanes that bring nothing; no sum of a matrix is -1
            path.out = array(
                "i", (places, tc, path.words, 16 // bits, path.step, layer.period, none)
            )
            path.in_words = bits == 8 and not tc & 3 and not (path.step and layer.period & 3)
            path.target, path.top = (th, tw, tc), top
            at += used
    need(at == words, _CODE_FIELD, _WEIGHTS)


def _descend(a, b):
    """Whether the first number that differs is the larger one in a, if one differs."""
    for i, m in enumerate(a):
        if m > b[i]:
            return True
        if m < b[i]:
            return False
    return True


def _strips(net):
    """How many neurons of each layer are updated at once: rows of a convolution's target, as many
    as have room for their sums. Where a layer sends to itself, or a matrix leads to it: all."""
    budget = 0 if net.in_file else _SUMS
    net.sums = net.lanes = 0
    for number, layer in enumerate(net.layers):
        unit, rows, lanes, least = layer.count, 1, 0, 1
        first = layer.paths[0] if layer.paths else None
        same = True
        for path in layer.paths:
            lanes = max(lanes, path.out[0] * path.out[2] * path.out[3])
            if not path.conv or path.source == number or path.target != first.target:
                same = False
        whole = layer.period == layer.count
        if first is None and layer.period == 1:
            unit, rows, least = 1, layer.count, _FEW
        elif first and same and (whole or first.target[1] * first.target[2] % layer.period == 0):
            rows = first.target[0]
            unit, lanes = layer.count // rows, lanes // rows
        n = min(rows, max(least, budget // (4 * unit + 4 * lanes)))
        layer.strip_rows, layer.strip = n, n * unit
        net.sums = max(net.sums, n * unit)
        net.lanes = max(net.lanes, n * lanes)


def _parts(net):
    """Of kernels that could stay in the file: how many channels of the source are read at once."""
    for layer in net.layers:
        for path in layer.paths:
            if not path.conv:
                continue
            t = path.table
            rows = layer.strip_rows if layer.strip < layer.count else path.target[0]
            path.per = t[9] * t[10] * t[11]
            path.places = min(t[3] // t[5], (rows - 1) * t[7] + t[9]) * t[5] * t[1]
            # less than all: a kernel that has no more bytes than a part stays in memory
            path.some = max(1, min(_PART // (4 * path.per), _PART // path.places))
            if path.some > 3:
                path.some &= ~3  # words in which nothing fired are passed over


def _kernel(path, sizes):
    sh, sw, sc, h, w, ph, pw, ys, xs, left, kh, kw, th, tw = sizes
    phases = []
    offset = 0
    for phase in range(xs):
        columns = (kw - phase + xs - 1) // xs if phase < kw else 0
        phases += [offset, columns]
        offset += columns * path.words
    path.table = array(
        "i",
        [sh, sw, sc, h * ph, w * pw, ph, pw, ys, xs, kh, kw, path.words, th, tw, left // xs,
         left % xs] + phases,
    )  # fmt: skip


def _work(net):
    """Bytes that a run takes beside the weights."""
    state = sum(layer.count * (5 if layer.has_current else 1) for layer in net.layers)
    most = max(layer.most for layer in net.layers)
    return 4 * net.sums + 4 * net.lanes + state + 16 * most + 1200


def _weights(net, f, section):
    """In memory if there is room; else matrices stay in the file; else large kernels too."""
    offset, size = section
    net.weights_at = offset
    net.file = None
    paths = [path for layer in net.layers for path in layer.paths]
    gc.collect()
    level = net.in_file
    free = gc.mem_free() - _work(net) - heap.OBJECTS if hasattr(gc, "mem_free") else 1 << 30
    if not level and free < size:
        level = 1
    if level:
        rows = [4 * _IN_FILE * p.words for p in paths if not p.conv]
        kernels = [4 * p.used for p in paths if p.conv]
        if free < sum(kernels) + max(rows + [0]):
            level = 2
    for path in paths:
        path.weights = None
        if path.conv and (level < 2 or 4 * path.used <= _PART) or not level:
            path.weights = room(4 * path.used)
            guard.feed()
            f.seek(offset + 4 * path.at)
            f.readinto(path.weights)
        else:
            net.file = f
