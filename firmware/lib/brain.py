"""Brain: the state of a Net, and one burst after another.

In:  a Net from netblob.py; a stimulus; injected inputs.
Out: fired neurons, digests, the result of the golden vector.
Never: allocates between `reset` and the end of a run; reads a file; writes to the link.
"""

import struct
from array import array

import burst as viper

OK, VALUE, FULL, GOLDEN, MEMORY = 0, 3, 10, 23, 8
ROW = 24  # words of a population for burst.py
POWER_NONE = 0xFFFFFFFF
# the lowest bit set in each byte
LOWEST = bytes([0] + [next(k for k in range(8) if b >> k & 1) for b in range(1, 256)])
PENDING = 64  # injected inputs that one burst can hold
# hash (SPEC 2), digest (SPEC 3) and stimulus (SPEC 4) constants: too long for literals
CONSTS = (
    2654435761, 1597334677, 747796405, 2891336453, 277803737, 16777619, 1664525, 1013904223,
)  # fmt: skip


def _words(n):
    return (n + 3) >> 2


class Brain:
    """A brain ready to run. `burst` is the number of the last burst, 0 before the first."""

    def __init__(self, net):
        self.net = net
        self.id = net.id
        self.n = n = net.n
        if net.wide:
            import burst32 as kernel
        else:
            kernel = viper
        self._kernel = kernel
        wide64 = viper.word_bits() == 64  # a viper int is the machine word
        self._sx, self._mask = (32, 0xFFFFFFFF) if wide64 else (0, -1)
        if net.wide:
            self._top, self._span = 0x80000000, (1 << 32 if wide64 else 0)
        else:
            self._top, self._span = 0x8000, 0x10000
        self._v = bytearray(_words(n * (4 if net.wide else 2)) * 4)
        self._marks = bytearray(_words(n) * 4 + 4)  # visit reads one word ahead
        self._fired = bytearray(_words((n + 7) >> 3) * 4)
        self._consecutive = bytearray(_words(2 * net.limited) * 4)
        self._countdown = bytearray(_words(2 * net.counted) * 4)
        self._psp = bytearray(_words(n) * 4 if net.any_psp or net.any_driven else 4)
        self._consts = array("I", CONSTS)
        self._out = array("I", (0, 0))
        self.digest_bytes = memoryview(self._out)  # the last digest, and the chain
        self._params = array("I", (0, 0, 0))
        self._kind = 0
        self._seed = 0
        self._pending_neuron = array("H", bytes(2 * PENDING))
        self._pending_amount = array("i", bytes(4 * PENDING))
        self._fired_bytes = (n + 7) >> 3
        psp = (self._psp,) if net.any_psp else ()
        self._state = (self._fired, self._v, self._consecutive, self._countdown) + psp
        # addresses are taken once: an int above 30 bits would be an allocation at each use
        self._v_at = viper.address(self._v)
        self._stream_at = viper.address(net.stream)
        self._countdown_at = viper.address(self._countdown)
        self._last = net.row_first + net.row_count
        rows = range(0, ROW * net.n_populations, ROW)
        self._any_every = any(net.populations[row + 2] & 2 for row in rows)
        self._any_special = any(net.populations[row + 7] for row in rows)
        self.reset()

    def reset(self):
        """Everything to zero, and the stimulus to its beginning, as START does."""
        for a in (self._v, self._marks, self._fired, self._consecutive, self._countdown):
            viper.clear(a, len(a) >> 2)
        viper.clear(self._psp, len(self._psp) >> 2)
        self._out[0] = 0
        self._out[1] = 0
        self._params[0] = self._seed
        self._pending = 0
        self.burst = 0
        self.spikes = 0

    def stimulus(self, kind, seed, group_bits, chance):
        """The random stimulus (kind 1) or none (0), from the next reset on."""
        self._kind = kind
        self._seed = seed
        self._params[1] = chance
        self._params[2] = group_bits

    def inject(self, neuron, amount):
        """Add an input to the next burst (R4). Returns OK, VALUE or FULL."""
        if not 0 <= neuron < self.n:
            return VALUE
        n = self._pending
        for i in range(n):
            if self._pending_neuron[i] == neuron:
                total = self._pending_amount[i] + amount
                if not -0x80000000 <= total <= 0x7FFFFFFF:
                    return VALUE
                self._pending_amount[i] = total
                return OK
        if n == PENDING:
            return FULL
        self._pending_neuron[n] = neuron
        self._pending_amount[n] = amount
        self._pending = n + 1
        return OK

    def step(self):
        """One burst (SPEC 2). Returns how many neurons fired."""
        net = self.net
        kernel = self._kernel
        self.burst += 1
        v = self._v_at
        marks = self._marks
        bits = self._fired
        table, count = net.populations, net.n_populations
        # every argument by itself: a call with *arguments allocates
        if net.row_count:
            kernel.deliver(
                0, 0, 0, v, bits, len(bits) >> 2, net.row_offsets, net.row_first, self._last,
                self._stream_at, net.classes, marks, self._psp, LOWEST,
            )  # fmt: skip
        if net.power != POWER_NONE:
            kernel.add(v, net.power, net.power_amount, marks)
        if self._kind:
            kernel.stimulate(0, 0, v, marks, net.inputs, net.n_inputs, self._params, self._consts)
        if self._pending:
            self._receive(v)
        viper.clear(bits, len(bits) >> 2)
        top, span, down = self._top, self._span, self._countdown_at
        fired = kernel.visit(0, 0, v, marks, bits, table, count, down, top, span)
        if self._any_every:
            fired += kernel.march(0, 0, v, bits, table, count, down, top, span)
        if self._any_special:
            fired += kernel.update(
                0, 0, v, marks, bits, table, count, self._consecutive, down, self._psp,
                net.offsets, self._consts, self.burst, top, span, self._sx, self._mask,
            )  # fmt: skip
        self.spikes += fired
        return fired

    def _row_of(self, neuron):
        """Where the row of a neuron's population begins."""
        table = self.net.populations
        row = 0
        while table[row + 1] <= neuron:
            row += ROW
        return row

    def _receive(self, v):
        table = self.net.populations
        for i in range(self._pending):
            neuron = self._pending_neuron[i]
            most = table[self._row_of(neuron) + 22]
            amount = max(-most, min(most, self._pending_amount[i]))
            self._kernel.add(v, neuron, amount, self._marks)
        self._pending = 0

    def digest(self):
        """Compute the digest of the state into digest_bytes[0], and the chain into [1]."""
        out = self._out
        out[0] = 0
        consts = self._consts
        for a in self._state:
            viper.digest(a, 0, len(a) >> 2, out, consts)
        viper.chain(out, self._consts)

    def fired(self, out, skip):
        """Write the fired neurons after the first `skip` into out (array H). Returns how many."""
        return viper.collect(self._fired, self._fired_bytes, out, skip, len(out))

    def state(self, first, count):
        """Potentials, countdowns and consecutive fires of some neurons, as STATE carries them."""
        v, r, c = b"", b"", b""
        table = self.net.populations
        for n in range(first, min(first + count, self.n)):
            row = self._row_of(n)
            place = n - table[row]
            if self.net.wide:
                v += bytes(self._v[4 * n : 4 * n + 4])
            else:
                v += struct.pack("<i", struct.unpack_from("<h", self._v, 2 * n)[0])
            r += _counter(self._countdown, place + table[row + 10], table[row + 8])
            c += _counter(self._consecutive, place + table[row + 17], table[row + 16])
        return v + r + c

    def self_test(self):
        """Run the golden vector (SPEC 5.8). Returns None if it was reproduced, else the chain."""
        net = self.net
        kind, seed = self._kind, self._seed
        chance, bits = self._params[1], self._params[2]
        self.stimulus(1, net.golden[0], net.golden[1], net.golden[2])
        self.reset()
        for _ in range(net.golden_bursts):
            self.step()
            self.digest()
        found = self._out[1]
        ok = found == net.golden_chain and self.spikes == net.golden_spikes
        self.stimulus(kind, seed, bits, chance)
        self.reset()
        return None if ok else found


def _counter(data, at, exists):
    """The two bytes of a counter, which are zero where the population has none."""
    return bytes(data[2 * at : 2 * at + 2]) if exists else b"\0\0"
