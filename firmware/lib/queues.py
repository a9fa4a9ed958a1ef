"""Queues: the populations that a burst has to visit, and what fired in the last one.

In:  the populations and zones of a Net.
Out: one array for the kernels: queues of populations by kind, then the list of what fired.
Never: allocates once it is made.

A queue is a number, then that many populations. The first is of what fired: three words, namely
where the list ends, where no more neurons are listed, and where it begins, in bytes from the
array's own begin. Its records are told of in tools/kernel/blocks.py.
"""

from array import array

ROW = 32  # words of a population
KINDS = 7  # of queues
MARCH, EVERY = 5, 6  # kinds whose populations are always in theirs
HEAD = 6  # bytes of a record beside its neurons
CHUNK = 520  # bytes for what is listed from bits


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
        self.begin = 2 * KINDS * self.stride
        self.start = (
            self.begin & 0xFFFF,
            self.begin >> 16,
        )  # for words 0 and 1, once all is delivered
        self.full = self.begin + HEAD * count + 2 * most
        self.data = array("H", bytes(self.full + HEAD * count))
        self.scratch = bytearray(CHUNK if net.blocks and most < net.n else 4)
        for row in range(0, ROW * count, ROW):  # kernels find a queue by its place
            net.populations[row + 7] *= 2 * self.stride

    def reset(self):
        """Nothing fired; awake are zones of EVERY populations, which are always in their queues."""
        q = self.data
        for i in range(len(q)):
            q[i] = 0
        self._word(2, self.full)
        self._word(4, self.begin)
        q[0], q[1] = self.start
        net = self._net
        for i in range(net.n_populations):
            at = net.populations[ROW * i + 7] >> 1
            always = at >= MARCH * self.stride
            net.zones[net.populations[ROW * i + 26] >> 2] = 1 if always else 0
            if always:
                q[at] += 1
                q[at + q[at]] = i

    def _word(self, at, x):
        self.data[at] = x & 0xFFFF
        self.data[at + 1] = x >> 16
