"""Layers: one burst of a brain's layers, in their order (SPEC 12.2).

In:  a Net with layers; its potentials and its fired set.
Out: the same after a burst; the arrays that the digest takes up.
Never: allocates between two bursts, but for rows that stay in the file; reads a row of which no
       source fired.
"""

from array import array

from micropython import const

from . import guard
from .kernel import common as viper
from .kernel import layer_conv as conv
from .kernel import layer_dense as dense
from .kernel import layer_update as neurons
from .load.refusal import room

_EVENTS = const(252)  # spikes before sums are emptied
_TOP = const(32768)  # where the sums of a convolution begin
_IN_FILE = const(4)  # rows that are read at once
TOPS = (32768 << 16) + 32768


class Layers:
    """`run` is a burst; `reset` before the first."""

    def __init__(self, net):
        at = viper.address
        self._net = net
        layers = net.layers
        self._x = room(4 * net.sums)
        self._lanes = room(4 * net.lanes + 4)
        self._n_lanes = net.lanes
        most = max(layer.most for layer in layers)
        self._events = array("i", bytes(4 * (_EVENTS + 4 * most)))
        self._state = array("i", bytes(40))
        away = [p for layer in layers for p in layer.paths if p.weights is None]
        rows = [p.words for p in away if not p.conv]
        parts = [p for p in away if p.conv]
        self._rows = room(4 * _IN_FILE * max(rows)) if rows else None
        self._offsets = array("i", [4 * i * max(rows) for i in range(_IN_FILE)]) if rows else None
        self._part = self._picked = None  # of a kernel in the file, and the spikes that it meets
        if parts:
            self._part = room(max(4 * p.per * p.some for p in parts))
            self._picked = room(max(p.places * p.some for p in parts))
        self._held = -1  # where in WEIGHTS the part begins that is in memory
        self.arrays = []
        for layer in layers:
            layer.spikes = room(layer.count)
            layer.current = room(4 * layer.count) if layer.has_current else None
            layer.v = at(net.potentials) + 4 * layer.first
            if layer.has_current:
                self.arrays.append((layer.current, layer.count))
        for layer in layers:
            self.arrays.append((layer.spikes, (layer.count + 3) >> 2))

    def reset(self):
        for a, words in self.arrays:
            viper.clear(a, words)
        dense.fill(self._lanes, self._n_lanes, 0)

    def run(self):
        """Returns how many neurons fired."""
        fired = self._net.fired
        total = 0
        for layer in self._net.layers:
            table = layer.table
            if layer.from_old:
                rows = viper.address(layer.rows)
                total += neurons.foretell(layer.v, 0, layer.spikes, fired, table, rows)
            first = row = 0
            while first < layer.count:
                some = min(layer.strip, layer.count - first)
                total += self._strip(layer, first, some, row)
                first += some
                row += layer.strip_rows
            table[0], table[3], table[13] = layer.count, layer.period, layer.first
        return total

    def _strip(self, layer, first, n, row):
        """Neurons `first` to `first` + n of a layer, which begin at that row of its shape."""
        at = viper.address
        x, table = at(self._x), layer.table
        table[0], table[13] = n, layer.first + first
        skipped = 0  # of vectors with an entry for each neuron
        if layer.period == layer.count:
            table[3], skipped = n, first
        bias = at(layer.bias) + (4 * skipped if table[1] else 0)
        rows = at(layer.rows) + (48 * skipped if table[2] else 0)
        neurons.start(x, 0, table, bias)
        for path in layer.paths:
            if path.conv:
                self._convolve(path, row, n * path.target[0] // layer.count, skipped)
            else:
                self._multiply(path)
        if layer.has_current:
            neurons.currents(x, at(layer.current) + 4 * first, table, rows)
        z = at(layer.spikes) + first
        return neurons.update(layer.v + 4 * first, 0, x, z, self._net.fired, table, rows)

    def _empty(self, path, off, again, skipped):
        multipliers = viper.address(path.multipliers) + path.step * skipped
        empty = dense.empty_words if path.in_words else dense.empty
        empty(self._x, self._lanes, path.out, multipliers, off, again)

    def _convolve(self, path, row, rows, skipped):
        """What reaches `rows` rows of the target from `row` on: of some rows of the source."""
        table, at = path.table, viper.address
        step, pool, above = table[7], table[5], path.top
        y = max(0, row * step - above)
        stop = min(table[3] // pool, (row + rows - 1) * step + table[9] - above)
        if stop <= y:
            return
        table[12] = rows
        path.out[0] = rows * table[13]
        n = path.out[0] * path.out[2] * path.out[3]
        dense.fill(at(self._lanes), n, TOPS)
        z = self._net.layers[path.source].spikes
        size = table[1] * table[2] * pool
        if path.weights is None:
            self._by_parts(path, row, y, at(z) + y * size, (stop - y) * pool * table[1], skipped)
        else:
            self._spread(path, row, y, y * size, stop * size, z, at(path.weights), skipped)
        dense.fill(at(self._lanes), n, 0)

    def _spread(self, path, row, y, begin, end, z, weights, skipped):
        """The spikes from `begin` to `end`, which row y of the pooled source begins with."""
        state, table, lanes = self._state, path.table, viper.address(self._lanes)
        step, above = table[7], path.top
        viper.clear(state, 10)
        state[0], state[1] = begin, y * table[5]
        state[6], state[7] = (y + above) // step - row, (y + above) % step
        state[8], state[9] = table[14], table[15]
        table[0] = end
        while state[0] < end:
            if conv.spread(0, 0, z, table, state, lanes, weights, path.room):
                self._empty(path, _TOP, TOPS, skipped)

    def _by_parts(self, path, row, y, z, places, skipped):
        """A kernel in the file: as many channels of the source at a time as have room, and of them
        only those in which something fired."""
        table, part = path.table, viper.address(self._part)
        channels = table[2]
        first = 0
        while first < channels:
            some = min(path.some, channels - first)
            if conv.pick(self._picked, z + first, places, channels, some):
                self._fetch(path, first, some)
                table[2] = some
                self._spread(path, row, y, 0, places * some, self._picked, part, skipped)
                table[2] = channels
            first += some

    def _fetch(self, path, first, some):
        begin = path.at + first * path.per
        if self._held == begin:
            return
        net = self._net
        self._held = -1
        guard.feed()
        net.file.seek(net.weights_at + 4 * begin)
        net.file.readinto(memoryview(self._part)[: 4 * path.per * some])
        self._held = begin

    def _multiply(self, path):
        state, table, events = self._state, path.table, self._events
        viper.clear(state, 10)
        z = self._net.layers[path.source].spikes
        while state[0] < table[0]:
            found = dense.events(z, events, table, state, _EVENTS)
            done = 0
            while done < found:
                n = min(found - done, _EVENTS + 4)
                if path.weights is None:
                    self._read(path, done, n)
                else:
                    self._add(path, viper.address(path.weights), events, done, n)
                self._empty(path, n << path.bits - 1, 0, 0)
                done += n

    def _add(self, path, base, rows, first, n):
        rows = viper.address(rows) + 4 * first
        lanes = viper.address(self._lanes)
        if path.bits == 8:
            dense.add(0, 0, lanes, base, rows, n, path.words)
        else:
            dense.add_few(0, 0, lanes, base, rows, n, path.words, path.bits)

    def _read(self, path, first, n):
        """Rows of the file, some at a time."""
        net = self._net
        rows, size = self._rows, 4 * path.words
        view = memoryview(rows)
        begin = net.weights_at + 4 * path.at
        guard.feed()
        while n:
            some = min(n, _IN_FILE)
            for i in range(some):
                net.file.seek(begin + self._events[first + i])
                at = self._offsets[i]
                net.file.readinto(view[at : at + size])
            self._add(path, viper.address(rows), self._offsets, 0, some)
            first += some
            n -= some
