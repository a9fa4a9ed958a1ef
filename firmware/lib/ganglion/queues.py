"""Queues: the populations that a burst has to visit, and what fired in the last one.

In:  the populations, their kinds and the zones of a Net.
Out: one array for the kernels: queues of populations by kind, then the list of what fired.
Never: allocates once it is made; writes to a table of the populations.

A queue is a number, then that many populations. The first is of what fired: three words, namely
where the list ends, where no more neurons are listed, and where it begins, in bytes from the
array's own begin. Its records are told of in deliver_blocks.py.
"""

from array import array

from micropython import const

_P_ZONE = const(26)
_P_WORDS = const(32)
_KIND_EVERY = const(5)
_QUEUES = const(7)
_HEAD = const(6)  # bytes of a record beside its neurons
_CHUNK = const(520)  # bytes for what is listed from bits


def listed(n):
    """How many fired neurons of n have room in the list."""
    return min(n, max(256, min(n >> 2, 2048)))


class Queues:
    """`data` is the array, `stride` how far one queue is from the next, in elements of it."""

    def __init__(self, net):
        self._net = net
        count = net.n_populations
        self.stride = max(6, (count + 2) & ~1)
        most = listed(net.n) if net.blocks else 0
        self.begin = 2 * _QUEUES * self.stride
        self.start = (
            self.begin & 0xFFFF,
            self.begin >> 16,
        )  # for words 0 and 1, once all is delivered
        self.full = self.begin + _HEAD * count + 2 * most
        self.data = array("H", bytes(self.full + _HEAD * count))
        self.scratch = bytearray(_CHUNK if net.blocks and most < net.n else 4)

    def place(self, i):
        """Bytes from the first queue to that of the kind of population i."""
        return 2 * self.stride * self._net.kinds[i]

    def reset(self):
        """Nothing fired; awake are the zones of populations that are always in their queues."""
        q = self.data
        for i in range(len(q)):
            q[i] = 0
        self._word(2, self.full)
        self._word(4, self.begin)
        q[0], q[1] = self.start
        net = self._net
        for i in range(net.n_populations):
            always = net.kinds[i] >= _KIND_EVERY
            net.zones[net.populations[_P_WORDS * i + _P_ZONE] >> 2] = 1 if always else 0
            if always:
                at = self.place(i) >> 1
                q[at] += 1
                q[at + q[at]] = i

    def _word(self, at, x):
        self.data[at] = x & 0xFFFF
        self.data[at + 1] = x >> 16
