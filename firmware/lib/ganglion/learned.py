"""Learned: the state of a brain that learns, and the calls by which a burst changes it.

In:  a Net whose learn load/learning.py laid out; the file that its first weights are in.
Out: calls to deliver and to learn, the state as one array, in the order of SPEC.md 11.3.
Never: allocates between reset and the end of a run; reads the file but at a reset.
"""

from micropython import const

from .brain import given, kernel
from .kernel import common as viper

_P_STOP = const(1)
_P_THRESHOLD = const(3)
_P_ZONE = const(26)
_P_WORDS = const(32)
_H_WORDS = const(8)
_H_SINCE = const(4)
_M_WORDS = const(16)
_M_DEPTH = const(0)
_M_FRAME = const(1)
_M_SLOTS = const(2)
_M_ALIVE = const(8)
_M_PATTERNS = const(10)
_M_USED = const(14)
_M_SILENT = const(15)


class Learned:
    """`state` is one array; `start` brings it to its beginning."""

    def __init__(self, net, v, fired, k, psp, p, zones, waiting, lowest, consts):
        at = viper.address
        learn = net.learn
        self._net, self._learn = net, learn
        width = "32" if net.wide else "16"
        deliver = kernel("deliver_plastic" + width)
        inputs = kernel("deliver_inputs" + width)
        self._touch = inputs.add
        self._touching = given(0, 0, v, k, p, zones, waiting, 0)
        self.blocks = []  # of arguments: these kernels are given where one lies
        self._consts = consts
        self.state = bytearray((learn.size + 3) & ~3)
        state = at(self.state)
        self.deliveries = ()
        self.inputs = ()
        if learn.n_projections:
            row = given(
                0, self.state, v, at(learn.projections), learn.n_projections, state,
                at(learn.targets), fired, k, psp, lowest, p, zones, waiting,
            )  # fmt: skip
            self.blocks.append(row)
            self.deliveries = ((deliver.deliver_plastic, at(row)),)
        if learn.n_twins:
            row = given(
                0, self.state, v, at(learn.twins), learn.n_twins, state, at(learn.plays), k, lowest,
                p, zones, waiting,
            )  # fmt: skip
            self.blocks.append(row)
            self.inputs = ((deliver.replay, at(row)),)
        calls = []
        if learn.n_projections:
            kernels = kernel("learn")
            calls.append(
                (kernels.history, (0, self.state, at(learn.areas), learn.n_areas, state, fired))
            )
            calls.append((
                kernels.change,
                (0, self.state, at(learn.projections), learn.n_projections, state,
                 at(learn.targets), at(learn.areas), consts),
            ))  # fmt: skip
        self._calls = tuple(calls)
        if learn.n_memories:
            self._remember = kernel("remember").remember
        self._memories = tuple(self._remembering(i, state, fired) for i in range(learn.n_memories))

    def _remembering(self, i, state, fired):
        """What `learn` needs for one memory area: the call, its slots, what one is fired with."""
        learn, p = self._learn, self._net.populations
        first = learn.slots[i]
        row = 0
        while p[row + _P_STOP] <= first:
            row += _P_WORDS
        at = viper.address
        table = at(learn.memories) + 4 * _M_WORDS * i
        memory = (0, learn.memories, table, state, at(learn.spans), fired, self._consts)
        return memory, first, p[row + _P_THRESHOLD], p[row + _P_ZONE]

    def learn(self):
        """L1 to L4 of a burst whose number is in the constants."""
        for call, memory in self._calls:
            call(*memory)
        for memory, first, amount, zone in self._memories:
            slot = self._remember(*memory)
            if slot >= 0:
                row = self._touching
                row[0] = amount
                row[2] = first + slot
                row[14] = zone
                self._touch(viper.address(row))

    def start(self):
        """The state at START: silence, the first weights and presence, empty memory."""
        learn, state = self._learn, self.state
        viper.clear(state, len(state) >> 2)
        for i in range(0, _H_WORDS * learn.n_areas, _H_WORDS):
            first, stop, window, skip = learn.areas[i : i + 4]
            learn.areas[i + _H_SINCE] = window + 1
            for n in range(first - skip, stop - skip):
                state[n] = 128 - window
        for i in range(0, _M_WORDS * learn.n_memories, _M_WORDS):
            learn.memories[i + _M_USED] = 0
            learn.memories[i + _M_SILENT] = 2 * learn.memories[i + _M_DEPTH]
        view = memoryview(state)
        with open(self._net.path, "rb") as f:
            self._recall(f, view)
            for i, at in enumerate((learn.weights_at, learn.present_at)):
                offset, size = learn.sections[i]
                if size:
                    f.seek(offset)
                    f.readinto(view[at : at + size])

    def _recall(self, f, view):
        """The slots that the brain begins with."""
        learn = self._learn
        at = learn.slots_at
        if not at:
            return
        m = learn.memories
        for i in range(0, _M_WORDS * learn.n_memories, _M_WORDS):
            alive = m[i + _M_ALIVE]
            size = m[i + _M_PATTERNS] - alive
            size += 4 * m[i + _M_DEPTH] * m[i + _M_FRAME] * m[i + _M_SLOTS]
            f.seek(at)
            f.readinto(view[alive : alive + size])
            at += size
            for j in range(alive, alive + m[i + _M_SLOTS]):
                m[i + _M_USED] += 1 if view[j] else 0
