"""Brain: the state of a Net, and one burst after another.

In:  a Net from load/tables.py; a stimulus; injected inputs.
Out: fired neurons, digests, the result of the golden vector.
Never: allocates between `reset` and the end of a run; writes to the link; reads a file, but for
       rows that found no room in memory.
"""

import gc
import struct
from array import array

from micropython import const

from . import guard, queues
from .kernel import common as viper

_P_STOP = const(1)
_P_QUEUE = const(7)
_P_COUNTS = const(8)
_P_COUNTDOWN = const(10)
_P_LIMIT = const(16)
_P_LONG_COUNT = const(17)
_P_INPUT_MAX = const(22)
_P_TALLY = const(24)
_P_ZONE = const(26)
_P_WORDS = const(32)
_G_STATE = const(0)
_G_LAST = const(1)
_G_SHIFT = const(2)
_G_MEMBERS = const(6)
_K_BURST = const(8)
_KIND_CALM = const(1)
_KIND_TOUCHED = const(2)
_KIND_LIMITED = const(3)
_KIND_GENERAL = const(4)
_KIND_EVERY = const(5)
_KIND_GENERAL_EVERY = const(6)
_CODE_OK = const(0)
_CODE_VALUE = const(3)
_CODE_FULL = const(10)
_POWER_NONE = const(0xFFFFFFFF)  # no power neuron
_PENDING = const(64)  # injected inputs that one burst can hold
UPDATES = (  # the kernel of each
    "", "update_calm", "update_touched", "update_limited", "update_general", "update_every",
    "update_general",
)  # fmt: skip
LOWEST = bytearray(256)  # the lowest bit set in each byte
for _b in range(1, 256):
    while not _b >> LOWEST[_b] & 1:
        LOWEST[_b] += 1
# hash (SPEC 2) and digest (SPEC 3) constants: too long for literals
CONSTS = (2654435761, 1597334677, 747796405, 2891336453, 277803737, 16777619)
FACTOR, STEP = 1664525, 1013904223  # of the stimulus (SPEC 4)


def kernel(name):
    """A module of kernels by its name."""
    return __import__("kernel." + name, globals(), None, (name,), 1)


def _words(n):
    return (n + 3) >> 2


def given(*data):
    """What kernels are given, as they read it: two words each, the lower first; of an array, where
    it lies."""
    row = array("i", bytes(8 * len(data)))
    for i in range(len(data)):
        x = data[i]
        if not isinstance(x, int):
            x = viper.address(x)
        row[2 * i] = (x & 0x7FFFFFFF) - (x & 0x80000000)
        row[2 * i + 1] = x >> 32
    return row


class Brain:
    """A brain ready to run. `burst` is the number of the last burst, 0 before the first."""

    def __init__(self, net):
        self.net = net
        self.id = net.id
        self.n = n = net.n
        kernels = self._load(net)  # before the arrays: what it takes to load them is garbage then
        gc.collect()
        self._allocate(net, n)
        self._fired_bytes = (n + 7) >> 3
        self.learned = None
        self.stimulus(0, 0, 0, 0)
        self.robot = None
        self._room = _PENDING
        if net.robot is not None:
            from .robot import Robot

            self.robot = Robot(net.robot)
            self._room += self.robot.most
        self._pending_neuron = array("H", bytes(2 * self._room))
        self._pending_amount = array("i", bytes(4 * self._room))
        self._bind(net, kernels)
        arrays, after = self._digested(net, n), self._digested_after(net)
        self._digests = self._table(*arrays + after)
        if self.robot:
            state = self.robot.state, len(self.robot.state)
            self._digests_driven = self._table(*arrays + (state,) + after)
        self.reset()

    def _load(self, net):
        """The kernels that this brain needs, by name."""
        names = set()
        if not net.layers:
            names = {UPDATES[net.kinds[i]] for i in range(net.n_populations)}
        if net.blocks:
            names.add("deliver_blocks")
        if net.n_pages:
            names.add("deliver_rows")
        width = "32" if net.wide else "16"
        kernels = {name: getattr(kernel(name + width), name) for name in names}
        inputs = kernel("deliver_inputs" + width)
        self._add, self._stimulate = inputs.add, inputs.stimulate
        if net.stream is None:
            from . import pages  # noqa: F401
        if net.layers:
            from . import layers  # noqa: F401
        return kernels

    def _allocate(self, net, n):
        self._v = net.potentials
        self._fired, self._tallies, self._psp = net.fired, net.tallies, net.psp
        self._countdowns, self._long_countdowns = net.countdowns, net.long_countdowns
        self._long_counts = net.long_counts
        self._consts = array("I", CONSTS + (viper.word_bits() - 32, 0xFFFFFFFF, 0))
        # the last digest, and the chain; what frames.py needs to tell a burst
        self._out = array("I", bytes(36))
        self.digest_bytes = memoryview(self._out)[:2]
        self.told = self._out
        self._params = array("I", (0, 0, 0, FACTOR, STEP, viper.word_bits() - 32, 0))
        self._queues = queues.Queues(net)
        for i in range(net.n_populations):  # by it the kernels find a queue
            net.populations[_P_WORDS * i + _P_QUEUE] = self._queues.place(i)
        self._layers = None
        if net.layers:
            from . import layers

            self._layers = layers.Layers(net)

    def _digested(self, net, n):
        """The arrays of SPEC 3 and their words, as `digest` reads them."""
        arrays = [
            (self._fired, _words((n + 7) >> 3)),
            (self._v, _words(n * (4 if net.wide else 2))),
            (self._tallies, _words(net.tallied)),
            (self._long_counts, _words(2 * net.long_limited)),
            (self._countdowns, _words(net.counted)),
            (self._long_countdowns, _words(2 * net.long_counted)),
        ]
        if net.any_psp:
            arrays.append((self._psp, _words(n)))
        return tuple(pair for pair in arrays if pair[1])

    def _digested_after(self, net):
        """Those that follow the robot's state: of layers, and of what is learnt."""
        arrays = list(self._layers.arrays) if self._layers else []
        if self.learned:
            arrays.append((self.learned.state, _words(net.learn.size)))
        return tuple(pair for pair in arrays if pair[1])

    def _table(self, *arrays):
        """Where the arrays and their words lie, as `digest` reads them."""
        found = [self._out, self._consts, len(arrays)]
        for a, words in arrays:
            found += (a, words)
        return self._at(*found)

    def _bind(self, net, kernels):
        """The calls of a burst, with their arguments: nothing is made anew while it runs."""
        at = viper.address
        v, fired, k = at(self._v), at(self._fired), at(self._tallies)
        p, zones, waiting = at(net.populations), at(net.zones), at(self._queues.data)
        self.blocks = []  # of arguments: kernels are given where one lies
        if net.learn:
            from .learned import Learned

            self.learned = Learned(
                net, v, fired, k, self._psp, p, zones, waiting, LOWEST, self._consts
            )
        self._deliver = self._delivery(net, kernels, v, fired, k, p, zones, waiting)
        self._adding = given(0, 0, v, k, p, zones, waiting, 0)  # what was injected
        self._inputs = ()  # the power neuron's; and with them the stimulus
        if net.power != _POWER_NONE:
            zone = net.populations[self._row_of(net.power) + _P_ZONE]
            power = self._at(net.power_amount, net.power, v, k, p, zones, waiting, zone)
            self._inputs = ((self._add, power),)
        if self.learned:
            self._inputs += self.learned.inputs
        drawn = self._at(self._params, net.n_inputs, v, k, net.inputs, p, zones, waiting)
        self._inputs_drawn = self._inputs + ((self._stimulate, drawn),)
        self._updates = self._updating(net, kernels, v, fired, k, p, zones, waiting)

    def _at(self, *data):
        """Where a block of arguments lies, that is kept."""
        self.blocks.append(given(*data))
        return viper.address(self.blocks[-1])

    def _delivery(self, net, kernels, v, fired, k, p, zones, waiting):
        """R1, and the end of what fired."""
        at = viper.address
        calls = []
        if "deliver_blocks" in kernels:
            blocks = self._at(
                waiting, self._queues.scratch, v, fired, p, zones, at(net.blocks), at(net.classes),
                k, self._psp, LOWEST,
            )  # fmt: skip
            calls.append((kernels["deliver_blocks"], blocks))
        self.pages = None  # of rows that stay in the file
        if "deliver_rows" in kernels:
            rows = given(
                fired + 4 * net.first_page, net.stream or 0, v, net.n_pages,
                at(net.pages) if net.pages else 0, at(net.links), net.n_links, k, self._psp,
                LOWEST, 32 * net.first_page, p, zones, waiting,
            )  # fmt: skip
            if net.stream is None:
                from .pages import Pages

                self.pages = Pages(net, kernels["deliver_rows"], self._fired, rows)
                calls.append((self.pages.run, None))
            else:
                self.blocks.append(rows)
                calls.append((kernels["deliver_rows"], at(rows)))
        if self.learned:
            calls.extend(self.learned.deliveries)
        ended = self._at(fired, _words(self._fired_bytes), waiting, self._queues.begin)
        calls.append((viper.delivered, ended))
        return tuple(calls)

    def _updating(self, net, kernels, v, fired, k, p, zones, waiting):
        """U1 to U7: of each kind of population that there is, its queue, its kernel."""
        at = viper.address
        r = at(self._countdowns)
        state = (waiting, v, fired, p)
        general = state + (
            zones, k, r, at(self._long_countdowns), at(self._long_counts), self._psp,
            at(net.offsets), self._consts,
        )  # fmt: skip
        with_ = {
            _KIND_CALM: state + (zones,),
            _KIND_TOUCHED: state + (zones, k, r),
            _KIND_LIMITED: state + (zones, k, r),
            _KIND_EVERY: state + (r,),
            _KIND_GENERAL: general,
            _KIND_GENERAL_EVERY: general,
        }
        stride = self._queues.stride
        return tuple(
            (kind * stride, kernels[UPDATES[kind]], self._at(waiting + 2 * kind * stride, *rest))
            for kind, rest in with_.items()
            if UPDATES[kind] in kernels
        )

    def reset(self):
        """Everything to zero, and the stimulus to its beginning, as START does."""
        for a in (
            self._v, self._tallies, self._fired, self._countdowns, self._long_countdowns,
            self._long_counts, self._psp,
        ):  # fmt: skip
            viper.clear(a, len(a) >> 2)
        self._queues.reset()
        if self._layers:
            self._layers.reset()
        if self.learned:
            self.learned.start()
        self._out[0] = 0
        self._out[1] = 0
        self._params[_G_STATE] = self._seed
        self._pending = 0
        self._fires = 0  # of the last burst
        self.burst = 0
        self.spikes = 0

    def stimulus(self, kind, seed, group_bits, chance):
        """The random stimulus (kind 1) or none (0), from the next reset on."""
        self._asked = kind, seed, group_bits, chance
        self._kind = kind if chance else 0
        self._seed = seed
        self._params[_G_LAST] = ((chance or 1) << 16) - 1  # the last draw that is a hit
        self._params[_G_SHIFT] = viper.word_bits() - group_bits
        self._params[_G_MEMBERS] = (1 << group_bits) - 1

    def inject(self, neuron, amount):
        """Add an input to the next burst (R4). Returns OK, VALUE or FULL."""
        if not 0 <= neuron < self.n:
            return _CODE_VALUE
        n = self._pending
        for i in range(n):
            if self._pending_neuron[i] == neuron:
                total = self._pending_amount[i] + amount
                if not -0x80000000 <= total <= 0x7FFFFFFF:
                    return _CODE_VALUE
                self._pending_amount[i] = total
                return _CODE_OK
        if n == self._room:
            return _CODE_FULL
        self._pending_neuron[n] = neuron
        self._pending_amount[n] = amount
        self._pending = n + 1
        return _CODE_OK

    def step(self):
        """One burst (SPEC 2). Returns how many neurons fired."""
        self.burst = burst = self.burst + 1
        waiting = self._queues.data
        if self._fires:
            for call, at in self._deliver:
                call(at)
        for call, at in self._inputs_drawn if self._kind else self._inputs:
            call(at)
        if self._pending:
            self._take()
        fires = 0
        self._consts[_K_BURST] = burst
        for queue, update, at in self._updates:
            if waiting[queue]:
                fires += update(at)
        if self._layers:
            fires += self._layers.run()
        if self.learned:
            self.learned.learn()
        self._fires = fires
        self.spikes += fires
        return fires

    def _row_of(self, neuron):
        """Where the row of a neuron's population begins."""
        table = self.net.populations
        row = 0
        while table[row + _P_STOP] <= neuron:
            row += _P_WORDS
        return row

    def _take(self):
        """R4: what was injected, within what the population takes."""
        table, block = self.net.populations, self._adding
        for i in range(self._pending):
            neuron = self._pending_neuron[i]
            row = self._row_of(neuron)
            most = table[row + _P_INPUT_MAX]
            amount = max(-most, min(most, self._pending_amount[i]))
            block[0] = amount
            block[1] = -1 if amount < 0 else 0
            block[2] = neuron
            block[14] = table[row + _P_ZONE]
            self._add(viper.address(block))
        self._pending = 0

    def digest(self):
        """Compute the digest of the state into digest_bytes[0], and the chain into [1]."""
        driven = self.robot and self.robot.mode
        viper.digest(self._digests_driven if driven else self._digests)

    def sense(self):
        """What the robot reads in the burst to come, as its inputs (SPEC 10.1)."""
        self.robot.sense(self, self.burst + 1)

    def act(self):
        """What the robot is told after a burst."""
        self.robot.act(self._fired)

    def fired(self, out, skip):
        """Write the fired neurons after the first `skip` into out (array H). Returns how many."""
        return viper.collect(self._fired, self._fired_bytes, out, skip, len(out))

    def state(self, first, count):
        """Potentials, countdowns and consecutive fires of some neurons, as STATE carries them."""
        v, r, c = b"", b"", b""
        p = self.net.populations
        for n in range(first, min(first + count, self.n)):
            row = self._row_of(n)
            if self.net.wide:
                v += bytes(self._v[4 * n : 4 * n + 4])
            else:
                v += struct.pack("<i", struct.unpack_from("<h", self._v, 2 * n)[0])
            k = p[row + _P_COUNTS]
            at = n - p[row + _P_COUNTDOWN]
            r += struct.pack(
                "<H",
                self._countdowns[at] if k == 1 else _u16(self._long_countdowns, at) if k else 0,
            )
            limit = p[row + _P_LIMIT]
            at = n - p[row + _P_TALLY]
            c += struct.pack(
                "<H",
                _u16(self._long_counts, n - p[row + _P_LONG_COUNT]) if limit > 127
                else self._tallies[at] >> 1 if limit else 0,
            )  # fmt: skip
        return v + r + c

    def self_test(self):
        """Run the golden vector (SPEC 5.8). Returns None if it was reproduced, else the chain."""
        net = self.net
        asked = self._asked
        self.stimulus(1, net.golden[0], net.golden[1], net.golden[2])
        self.reset()
        for _ in range(net.golden_bursts):
            self.step()
            self.digest()
            guard.feed()
        found = self._out[1]
        ok = found == net.golden_chain and self.spikes == net.golden_spikes
        self.stimulus(*asked)
        self.reset()
        return None if ok else found


def _u16(data, at):
    return data[2 * at] | data[2 * at + 1] << 8
