"""Reference of learning: R5, R6 and L1 to L4 of SPEC.md 11, on the host.

In:  a QuantizedNetwork that learns; its burst number, what fired, its potentials.
Out: the potentials after R5 and R6, and after each burst histories, weights, presence, memory.
Never: floating point. Arithmetic is int64, wide enough that nothing here can wrap.
"""

import numpy as np
from numpy.typing import NDArray

from ..network.learning import (
    ASSOCIATIVE,
    CLOSED,
    LONGEST_LIFE,
    MOST_WEIGHT,
    NOBODY,
    Memory,
    Projection,
    Twin,
    area_neurons,
    places_of,
)
from ..network.model import QuantizedNetwork

Ints = NDArray[np.int64]
FREE, LIVING, LONGTERM = 0, 1, 3


class PlasticState:
    """The synapses of one projection."""

    def __init__(self, network: QuantizedNetwork, projection: Projection) -> None:
        self.described = p = projection
        self.rule = network.learning.rules[p.rule]
        places = places_of(network, p)
        self.source, self.target, self.rows = places.source, places.target, places.rows
        self.first = places.first
        self.reset()

    def reset(self) -> None:
        p = self.described
        self.weight: Ints = p.weight.astype(np.int64)
        self.present = p.present.copy() if p.form == ASSOCIATIVE else np.ones(p.places, dtype=bool)

    def places_of(self, fired: Ints) -> Ints:
        """The present places of the sources among `fired`."""
        here = fired[(fired >= self.first) & (fired < self.first + len(self.rows) - 1)] - self.first
        spans = [np.arange(self.rows[i], self.rows[i + 1]) for i in here]
        places = np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)
        result: Ints = places[self.present[places]].astype(np.int64)
        return result

    def contribution(self, places: Ints, psp: Ints) -> Ints:
        """R5 of some places; `psp` is Q of all neurons."""
        p = self.described
        factor = p.multiplier * (psp[self.source[places]] if p.mp_driven else 1)
        half = 1 << p.shift - 1 if p.shift else 0
        size: Ints = p.sign * np.minimum((self.weight[places] * factor + half) >> p.shift, p.cap)
        return size

    def change(self, some: NDArray[np.bool_], every: NDArray[np.bool_]) -> None:
        """L2, then L3; `some` and `every` say of all neurons whether they fired in the window."""
        s, t = self.source, self.target
        both = every[s] & every[t]
        either = some[s] | some[t]
        grown = np.minimum(MOST_WEIGHT, self.weight + self.rule.up)
        shrunk = np.maximum(0, self.weight - self.rule.down)
        changed = np.where(both, grown, np.where(either, shrunk, self.weight))
        self.weight = np.where(self.present, changed, self.weight)
        if self.described.form == ASSOCIATIVE and self.rule.up > 0:
            new = both & ~self.present & (self.weight != CLOSED)
            self.present |= new
            self.weight[new] = self.rule.up


class MemoryState:
    """The frames and slots of one memory area."""

    def __init__(self, network: QuantizedNetwork, memory: Memory) -> None:
        self.described = memory
        self.slots = area_neurons(network, memory.area)
        self.upstream = [area_neurons(network, area) for area in memory.upstream]
        self._words = [(seen.start >> 5, (seen.stop - 1 >> 5) + 1) for seen in self.upstream]
        self._n_words = sum(stop - start for start, stop in self._words)
        self._bits = 32 * ((network.n_neurons + 31) // 32)
        number = network.learning.memories.index(memory)
        self._begin = network.learning.slots[number] if network.learning.slots else None
        self.reset()

    def reset(self) -> None:
        depth, slots = self.described.depth, len(self.slots)
        self.frames = np.zeros((depth + 1, self._n_words), dtype=np.uint32)
        self.flags = np.zeros(depth + 1, dtype=np.uint8)
        self.state = np.zeros(slots, dtype=np.uint8)
        self.life = np.zeros(slots, dtype=np.int64)
        self.pattern = np.zeros((slots, depth, self._n_words), dtype=np.uint32)
        if self._begin is not None:
            self.state[:] = self._begin.alive
            self.life[:] = self._begin.life
            self.pattern[:] = self._begin.pattern

    def step(self, burst: int, fired: Ints) -> int | None:
        """L4. Returns the neuron that is touched, if one is."""
        d = self.described
        self.state[(self.state == LIVING) & (self.life >= d.longterm)] = LONGTERM
        mortal = (self.state == LIVING) & (self.life > 0)
        self.life[mortal] -= 1
        dead = mortal & (self.life == 0)
        self.state[dead] = FREE
        self.pattern[dead] = 0
        self.frames[:-1] = self.frames[1:]
        self.flags[:-1] = self.flags[1:]
        self.frames[-1] = self._frame(fired)
        self.flags[-1] = 0
        seen = self.frames[1:]
        if burst < d.depth or not seen.any():
            return None
        known = np.flatnonzero((self.state != FREE) & (self.pattern == seen).all(axis=(1, 2)))
        free = np.flatnonzero(self.state == FREE)
        if len(known):
            slot = int(known[0])
            if self.state[slot] == LIVING:
                self.life[slot] = min(int(self.life[slot]) + d.growth, LONGEST_LIFE)
        elif len(free):
            slot = int(free[0])
            self.state[slot], self.life[slot], self.pattern[slot] = LIVING, d.init, seen
        else:
            return None
        self.flags[-1] = 1
        return self.slots.start + slot

    def _frame(self, fired: Ints) -> NDArray[np.uint32]:
        parts = []
        for seen, (start, stop) in zip(self.upstream, self._words, strict=True):
            bits = np.zeros(self._bits, dtype=np.uint8)
            bits[fired[(fired >= seen.start) & (fired < seen.stop)]] = 1
            parts.append(np.packbits(bits, bitorder="little").view("<u4")[start:stop])
        return np.concatenate(parts)

    def shown(self, upstream: int) -> Ints:
        """The neurons of an upstream area in the oldest frame, counted from its first."""
        at = sum(stop - start for start, stop in self._words[:upstream])
        start, stop = self._words[upstream]
        words = self.frames[0, at : at + stop - start].astype("<u4")
        bits = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
        result: Ints = bits + 32 * start - self.upstream[upstream].start
        return result

    def parts(self) -> list[bytes]:
        """The arrays of SPEC 11.3."""
        return [
            self.frames.astype("<u4").tobytes(),
            self.flags.tobytes(),
            self.state.tobytes(),
            self.life.astype("<u4").tobytes(),
            self.pattern.astype("<u4").tobytes(),
        ]


class LearningReference:
    """What a network learns, as it runs."""

    def __init__(self, network: QuantizedNetwork) -> None:
        self.learning = learning = network.learning
        n = network.n_neurons
        self._window = np.zeros(n, dtype=np.int64)
        for area, window in learning.windows().items():
            mine = area_neurons(network, area)
            self._window[mine.start : mine.stop] = window
        self._remembers = np.flatnonzero(self._window)
        self.projections = [PlasticState(network, p) for p in learning.projections]
        self.memories = [MemoryState(network, m) for m in learning.memories]
        self._threshold = network.threshold
        self.reset()

    def reset(self) -> None:
        """As START does."""
        self.history: Ints = -self._window
        for projection in self.projections:
            projection.reset()
        for memory in self.memories:
            memory.reset()

    def receive(self, fired: Ints, psp: Ints, v: Ints, touched: NDArray[np.bool_]) -> None:
        """R5 and R6: adds to the potentials, and touches."""
        for projection in self.projections:
            places = projection.places_of(fired)
            np.add.at(v, projection.target[places], projection.contribution(places, psp))
            touched[projection.target[places]] = True
        for twin in self.learning.twins:
            self._replay(twin, v, touched)

    def _replay(self, twin: Twin, v: Ints, touched: NDArray[np.bool_]) -> None:
        memory = self.memories[twin.memory]
        times = int(memory.flags[:-1].sum())
        if times:
            played = twin.plays[memory.shown(twin.upstream)].astype(np.int64)
            played = played[played != NOBODY]
            np.add.at(v, played, min(times * twin.amount, twin.cap))
            touched[played] = True

    def learn(self, burst: int, fired: Ints, v: Ints, touched: NDArray[np.bool_]) -> None:
        """L1 to L4, after the neurons that fired are known."""
        g, w = self.history, self._window
        now = np.zeros(len(g), dtype=bool)
        now[fired] = True
        self.history = np.where(
            now, np.minimum(w, np.maximum(g, 0) + 1), np.maximum(-w, np.minimum(g, 0) - 1)
        )
        for projection in self.projections:
            window = projection.rule.window
            if burst >= window:
                projection.change(self.history > -window, self.history >= window)
        for memory in self.memories:
            slot = memory.step(burst, fired)
            if slot is not None:
                v[slot] += self._threshold[slot]
                touched[slot] = True

    def signed_weights(self) -> NDArray[np.int16]:
        """(places,) the weight of every place with its sign; 0 where no synapse is."""
        parts = [p.described.sign * np.where(p.present, p.weight, 0) for p in self.projections]
        return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int16)

    def parts(self) -> list[bytes]:
        """The arrays that follow those of SPEC 3, without padding."""
        weights = b"".join(p.weight.astype(np.uint8).tobytes() for p in self.projections)
        presence = b"".join(
            padded(np.packbits(p.present, bitorder="little").tobytes())
            for p in self.projections
            if p.described.form == ASSOCIATIVE
        )
        found = [(self.history[self._remembers] + 128).astype(np.uint8).tobytes(), weights]
        found.append(presence)
        for memory in self.memories:
            found += memory.parts()
        return found


def padded(data: bytes) -> bytes:
    """With zero bytes to a multiple of four."""
    return data + bytes(-len(data) % 4)
