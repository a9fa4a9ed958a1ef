"""Float reference of learning: FEAGI's burst with STDP, created synapses, memory and twins.

In:  a Connectome and what it learns, and per burst the potentials that sensors add.
Out: per burst the neurons that fired, memory neurons among them; what it changed (Changes).
Never: quantizes; limits how many synapses come to exist (FEAGI does not).

Where memory areas have places for them (MemoryArea.slots), memory neurons are neurons of the
connectome, and a place that one leaves is another's. Where they have none, as in FEAGI, memory
neurons have the numbers N, N + 1, ... in the order of their creation, N being the number of neurons
of the connectome, and stay for ever. Sources: feagi-core 44cc7a79, found by running it.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..connectome.learning import LARGEST_WEIGHT, Learning, PlasticRule
from ..connectome.model import Connectome
from .floats import FloatReference, Indices, Real, RealInputs, _rounded
from .memory_floats import Memory, MemoryEvents

MEMORY_POTENTIAL = 1.5
"""What a memory neuron gets in the burst after its pattern was seen."""
FATIGUE_POTENTIAL = 1.0
NEVER = -(1 << 30)
"""History of a neuron that has not fired yet."""
NOTHING_REMEMBERED = MemoryEvents()


@dataclass(frozen=True, slots=True)
class Changes:
    """What the steps after the firing of one burst did."""

    weights: tuple[tuple[int, int], ...] = ()
    """(slot, new weight), ascending, where it changed. Slots are the connectome's synapses, then
    the created ones in order."""
    created: tuple[int, ...] = ()  # slots
    memory: MemoryEvents = NOTHING_REMEMBERED


class LearningFloatReference(FloatReference):
    """Runs a connectome that learns, burst by burst, from burst 1.

    Order of a burst: receive, update, then (with what fired) history, weights, creation, memory.
    New weights and synapses count from the next burst on, also in the fan-out.
    """

    def __init__(
        self,
        connectome: Connectome,
        learning: Learning | None = None,
        dtype: type[np.float32] | type[np.float16] = np.float32,
    ) -> None:
        super().__init__(connectome, dtype)
        learning = connectome.learning if learning is None else learning
        self.learning = learning
        self._first_place = {m.area: m.first for m in learning.memory_areas if m.slots}
        self._remembers = np.zeros(connectome.n_neurons, dtype=np.bool_)  # a place, once it is used
        self._in_place: dict[int, int] = {}  # the memory neuron that each place holds, by number
        self.fatigue = False
        """Whether every neuron of the fatigue area receives 1.0 in each burst."""
        self.changes = Changes()
        self.memory = Memory(learning, connectome.area)
        self.source: NDArray[np.int64] = connectome.source.astype(np.int64)
        self.target: NDArray[np.int64] = connectome.target.astype(np.int64)
        self.weight: NDArray[np.int64] = connectome.weight.astype(np.int64)
        self.psp: NDArray[np.int64] = connectome.psp.astype(np.int64)
        self.inhibitory: NDArray[np.bool_] = connectome.inhibitory.copy()
        self._area = connectome.area.astype(np.int64)  # grows with memory neurons
        self._history = np.full(connectome.n_neurons, NEVER, dtype=np.int64)
        self._uniform = np.array([a.psp_uniform for a in connectome.areas], dtype=np.bool_)
        self._driven = np.array([a.mp_driven_psp for a in connectome.areas], dtype=np.bool_)
        self._injected: tuple[int, ...] = ()
        self._due: dict[int, list[tuple[Indices, float]]] = defaultdict(list)
        self._slots: dict[tuple[int, int], Indices] = {}
        self._index()

    @property
    def n_neurons(self) -> int:
        """Ordinary neurons and every memory neuron ever created."""
        return len(self._area)

    def index_of(self, number: int) -> int:
        """The index under which a memory neuron fires."""
        neuron = self.memory.neurons[number]
        if neuron.slot < 0:
            return self.connectome.n_neurons + number
        return self._first_place[neuron.area] + neuron.slot

    def step(
        self, inputs: RealInputs | None = None, fired_before: Indices | None = None
    ) -> Indices:
        """One burst; see `FloatReference.step`. Memory neurons are among those it returns."""
        self.burst += 1
        n = self.connectome.n_neurons
        propagating = self.last_fired if fired_before is None else np.unique(fired_before)
        total, touched = self._receive(inputs, propagating)
        self.potential[self._forgets] = 0
        candidates = np.flatnonzero(touched[:n] | self._every_burst)
        ordinary = self._update(candidates, total[:n])
        memory = n + np.flatnonzero(touched[n:])  # a memory neuron that is reached always fires
        self.potential_at_fire[memory] = total[memory]
        self.last_fired = np.concatenate([ordinary, memory])
        self._replay(np.concatenate([ordinary[self._remembers[ordinary]], memory]))
        weights, created = self._learn()
        events = self._remember(ordinary)
        self.changes = Changes(weights, created, events)
        return self.last_fired

    # Receive ----------------------------------------------------------------------------------

    def _receive(
        self, inputs: RealInputs | None, propagating: Indices
    ) -> tuple[Real, NDArray[np.bool_]]:
        n, all_ = self.connectome.n_neurons, self.n_neurons
        total = np.zeros(all_, dtype=self.dtype)
        touched = np.zeros(all_, dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            if inputs is not None:
                neurons, potentials = self._checked(inputs)
                np.add.at(total, neurons, np.asarray(potentials, dtype=self.dtype))
                touched[neurons] = True
            for played, potential in self._due.pop(self.burst, ()):
                np.add.at(total, played, self.dtype(potential))
                touched[played] = True
            power = self.connectome.power_neuron
            if power is not None:
                total[power] += self.dtype(1.0)
                touched[power] = True
            if self.fatigue and self.learning.fatigue_area is not None:
                tired = np.flatnonzero(self._area[:n] == self.learning.fatigue_area)
                total[tired] += self.dtype(FATIGUE_POTENTIAL)
                touched[tired] = True
            synapses, sources = self._outgoing(propagating)
            synapses = self._by_source[synapses]
            targets = self.target[synapses]
            np.add.at(total, targets, self._sent(synapses, sources))
            touched[targets] = True
            injected = np.array(self._injected, dtype=np.int64)
            total[injected] += self.dtype(MEMORY_POTENTIAL)
            touched[injected] = True
        return total, touched

    def _sent(self, synapses: Indices, sources: Indices) -> Real:
        """What synapses contribute now."""
        area = self._area[sources]
        psp = self.psp[synapses].astype(np.float32)
        driven = self._driven[area]
        if driven.any():
            at_fire = self.potential_at_fire[sources[driven]].astype(np.float32)
            psp[driven] = _rounded(np.clip(at_fire, np.float32(0), np.float32(255)))
        signed = np.where(self.inhibitory[synapses], -self.weight[synapses], self.weight[synapses])
        divisor = np.where(self._uniform[area], 1, self._first[sources + 1] - self._first[sources])
        sent: Real = (signed.astype(np.float32) * psp / divisor.astype(np.float32)).astype(
            self.dtype
        )
        return sent

    # Learn ------------------------------------------------------------------------------------

    def _learn(self) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
        fired = np.zeros(self.n_neurons, dtype=np.bool_)
        fired[self.last_fired] = True
        h = self._history
        self._history = np.where(fired, np.maximum(h, 0) + 1, np.minimum(h, 0) - 1)
        before = self.weight.copy()
        rules = [r for r in self.learning.rules if self.burst >= r.window]
        for rule in rules:
            self._change(rule)
        changed = np.flatnonzero(before != self.weight)
        first = len(self.weight)
        for rule in rules:
            if rule.associative and rule.strengthen:
                self._associate(rule)
        if len(self.weight) > first:
            self._index()
        return (
            tuple(zip(changed.tolist(), self.weight[changed].tolist(), strict=True)),
            tuple(range(first, len(self.weight))),
        )

    def _windows(self, window: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Per neuron: fired in any, and in every one, of the last bursts."""
        h = self._history
        return (h > 0) | (-h < window), h >= window

    def _change(self, rule: PlasticRule) -> None:
        slots = self._slots.get((rule.source, rule.target))
        if slots is None or rule.strengthen == rule.weaken == 0:
            return
        some, every = self._windows(rule.window)
        s, t = self.source[slots], self.target[slots]
        both = every[s] & every[t]
        neither = ~(some[s] | some[t])
        step = np.where(both, rule.strengthen, np.where(neither, 0, -rule.weaken))
        self.weight[slots] = np.clip(self.weight[slots] + step, 0, LARGEST_WEIGHT)

    def _associate(self, rule: PlasticRule) -> None:
        _, every = self._windows(rule.window)
        sources = np.flatnonzero(every & (self._area == rule.source))
        targets = np.flatnonzero(every & (self._area == rule.target))
        if not len(sources) or not len(targets):
            return
        # Whether a synapse exists is only asked where its target is an ordinary neuron.
        n = self.connectome.n_neurons
        s, t = np.repeat(sources, len(targets)), np.tile(targets, len(sources))
        there = np.isin(self.source << 32 | self.target, s << 32 | t)
        have = (self.source << 32 | self.target)[there]
        new = (t >= n) | ~np.isin(s << 32 | t, have)
        s, t = s[new], t[new]
        self.source = np.concatenate([self.source, s])
        self.target = np.concatenate([self.target, t])
        self.weight = np.concatenate([self.weight, np.full(len(s), rule.strengthen)])
        self.psp = np.concatenate([self.psp, np.full(len(s), rule.psp)])
        self.inhibitory = np.concatenate([self.inhibitory, np.full(len(s), rule.inhibitory)])

    def _index(self) -> None:
        """Synapses by source, and the slots that each rule changes."""
        self._by_source = np.argsort(self.source, kind="stable")
        ends = np.arange(self.n_neurons + 1)
        self._first = np.searchsorted(self.source[self._by_source], ends)
        n = self.connectome.n_neurons
        from_area, to_area = self._area[self.source], self._area[self.target]
        ordinary = (self.source < n) & (self.target < n)
        for rule in self.learning.rules:
            mine = ordinary & (from_area == rule.source) & (to_area == rule.target)
            self._slots[rule.source, rule.target] = np.flatnonzero(mine)

    # Remember ---------------------------------------------------------------------------------

    def _remember(self, ordinary: Indices) -> MemoryEvents:
        events = self.memory.step(ordinary)
        for number in events.created:
            neuron = self.memory.neurons[number]
            if neuron.slot >= 0:
                place = self._first_place[neuron.area] + neuron.slot
                self._in_place[place] = number
                self._remembers[place] = True
        self._injected = tuple(map(self.index_of, (*events.created, *events.reactivated)))
        areas = [self.memory.neurons[n].area for n in events.created]
        areas = [area for area in areas if area not in self._first_place]
        if areas:
            more = len(areas)
            self._area = np.concatenate([self._area, areas])
            self._history = np.concatenate([self._history, np.full(more, NEVER)])
            self.potential_at_fire = np.concatenate(
                [self.potential_at_fire, np.zeros(more, dtype=self.dtype)]
            )
            self._first = np.concatenate([self._first, np.full(more, self._first[-1])])
        return events

    def _replay(self, memory: Indices) -> None:
        """Frames of the memory neurons that fired, due in the twins from the next burst on."""
        n = self.connectome.n_neurons
        for unit in memory.tolist():
            neuron = self.memory.neurons[unit - n if unit >= n else self._in_place[unit]]
            for offset, upstream, shown in neuron.frames:
                for twin in self.learning.twins:
                    if (twin.memory_area, twin.upstream) == (neuron.area, upstream):
                        played = twin.played[np.isin(twin.shown, shown)]
                        due = self._due[self.burst + 1 + offset]
                        due.append((played, twin.potential))


def float_reference(
    connectome: Connectome, dtype: type[np.float32] | type[np.float16] = np.float32
) -> FloatReference:
    """The float reference of a connectome: the one that learns, if it does."""
    if connectome.learning:
        return LearningFloatReference(connectome, dtype=dtype)
    return FloatReference(connectome, dtype)
