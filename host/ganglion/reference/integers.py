"""Reference: the burst in integers, on the host. What a device must equal, bit for bit.

In:  a QuantizedNetwork, and what is injected in each burst.
Out: the neurons that fire, and after each burst the state and its digest (SPEC.md, 2 and 3).
Never: floating point. Arithmetic is int64, wide enough that nothing here can wrap.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..network.model import QuantizedNetwork
from ..network.zones import MOST_TALLIED, has_tally
from .layers import LayerReference
from .learning import LearningReference
from .robot import Robot

Ints = NDArray[np.int64]
Sensed = tuple[Sequence[int], Sequence[int]]  # of each slot its state and its value
MULTIPLIER = 16_777_619
KINDS = ("u1", "<u2", "u1", "<u2")  # of tallies, long counts, countdowns, long countdowns
RULES = {
    0: "no rule: it was not touched in this burst, and its dynamics is on_input",
    1: "U1: it is refractory; its input is dropped and the countdown goes on",
    3: "U3: it has fired as often in a row as it may, and rests",
    4: "U4: its potential is in the window and its excitability allows it: it fires",
    5: "U5: it does not fire, and keeps nothing between bursts",
    7: "U5 to U7: it does not fire; its potential leaks and is clamped",
}


def pcg_hash(neuron: Ints, burst: int) -> NDArray[np.uint32]:
    """FEAGI's excitability hash of (connectome index, burst): u32 (SPEC 2)."""
    mask = np.uint64(0xFFFFFFFF)
    x = (neuron.astype(np.uint64) * np.uint64(2654435761)) & mask
    x = (x + np.uint64(burst * 1597334677 & 0xFFFFFFFF)) & mask
    a = (x * np.uint64(747796405) + np.uint64(2891336453)) & mask
    y = (((a >> ((a >> np.uint64(28)) + np.uint64(4))) ^ a) * np.uint64(277803737)) & mask
    result: NDArray[np.uint32] = ((y >> np.uint64(22)) ^ y).astype(np.uint32)
    return result


def digest_of(words: NDArray[np.uint32], powers: NDArray[np.uint32]) -> int:
    """d = Σ w_i · K^(last − i) mod 2^32, the closed form of SPEC 3."""
    return int(np.sum(words * powers, dtype=np.uint32))


def _joined(one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


class Reference:
    """One brain, running. All arrays are (N,) unless said otherwise."""

    def __init__(self, network: QuantizedNetwork, *, drives: bool = False) -> None:
        """`drives`: the robot of the brain takes part (SPEC 10). It must have one."""
        self.network = network
        self.robot = Robot(network.robot) if drives and network.robot else None
        n = network.n_neurons
        spread = network.per_neuron
        self._threshold = network.threshold
        self._accumulates = spread("accumulates").astype(bool)
        self._low, self._high = spread("low"), spread("high")
        self._leak, self._shift = spread("leak"), spread("shift")
        self._leak_fine = spread("leak_fine")
        self._half = np.where(self._shift > 0, 1 << np.maximum(self._shift - 1, 0), 0)
        self._any_fine = bool(self._leak_fine.any())
        self._input_max = spread("input_max")
        self._refractory, self._snoozed = spread("refractory"), spread("snoozed")
        self._limit = spread("limit")
        self._counts = (self._refractory > 0) | (self._snoozed > 0)
        self._tally = np.array([has_tally(p) for p in network.populations])[network.population_of]
        self._in_tally = (self._limit > 0) & (self._limit <= MOST_TALLIED)
        has_upper = np.array([p.upper is not None for p in network.populations], dtype=bool)
        upper = np.array([p.upper or 0 for p in network.populations], dtype=np.int64)
        self._upper = np.where(has_upper, upper, np.int64(2**62))[network.population_of]
        self._always = spread("always").astype(bool)
        self._excitability = spread("excitability")
        first = spread("first")
        self._id = spread("id") + np.arange(n) - first
        self._mp_driven = spread("mp_driven").astype(bool)
        self._psp_bits = spread("psp_bits")
        self._layered = spread("layer").astype(bool)
        self._layers = LayerReference(network.layers) if network.layers else None
        self._every = np.flatnonzero(spread("every_burst").astype(bool) & ~self._layered)
        self._rows = np.searchsorted(network.source, np.arange(n + 1))
        self._target = network.target.astype(np.int64)
        self._keeps_psp = bool(self._mp_driven.any())
        self._any_limit = bool((self._limit > 0).any())
        self._any_countdown = bool(self._counts.any())
        self._all_always = bool(self._always.all())
        self._any_leak = bool((self._leak > 0).any())
        self._touched = np.zeros(n, dtype=bool)
        self.rule = np.zeros(n, dtype=np.int8)
        self.learns = LearningReference(network) if network.learning else None
        self.watched: Ints = np.zeros(0, dtype=np.int64)
        """Neurons whose `reached` is kept: the potential that U2 compares, before any reset"""
        self.reset()

    def reset(self) -> None:
        """Everything to zero, as START does."""
        n = self.network.n_neurons
        self.burst = 0
        self.chain = 0
        self.reached: Ints = self.watched * 0
        if self.robot:
            self.robot.reset()
        self.spikes = 0
        self.potential: Ints = np.zeros(n, dtype=np.int64)
        self.countdown: Ints = np.zeros(n, dtype=np.int64)
        self.consecutive: Ints = np.zeros(n, dtype=np.int64)
        self.psp: Ints = np.zeros(n, dtype=np.int64)
        self.fired: Ints = np.zeros(0, dtype=np.int64)
        self._touched[:] = False
        if self._layers is not None:
            self._layers.reset()
        if self.learns:
            self.learns.reset()

    def step(
        self,
        stimulus: tuple[Ints, Ints] | None = None,
        injected: tuple[Ints, Ints] | None = None,
        sensed: Sensed | None = None,
    ) -> Ints:
        """One burst. Returns the neurons that fired, ascending.

        `stimulus` is R3: distinct neurons and amounts. `injected` is R4: neurons, which may
        repeat, and amounts of either sign. `sensed` is what became of a robot's slots (10.1):
        states and values; without it all are held.
        """
        self.burst += 1
        if self.robot:
            read = self.robot.sense(*(sensed or ((), ())))
            injected = read if injected is None else _joined(injected, read)
        touched = self._receive(stimulus, injected)
        self.reached = self.potential[self.watched]
        self.fired = self._update(touched)
        if self._layers is not None:
            more = self._layers.step(self.potential)
            self.fired = np.sort(np.concatenate([self.fired, more]))
        if self.learns:
            self.learns.learn(self.burst, self.fired, self.potential, self._touched)
        if self.robot:
            self.robot.act(set(self.fired.tolist()))
        self.spikes += len(self.fired)
        return self.fired

    def _receive(
        self, stimulus: tuple[Ints, Ints] | None, injected: tuple[Ints, Ints] | None
    ) -> Ints:
        v, flags = self.potential, self._touched
        fired = self.fired
        if len(fired):
            starts = self._rows[fired]
            sizes = self._rows[fired + 1] - starts
            ends = np.cumsum(sizes)
            synapses = np.arange(int(ends[-1])) + np.repeat(starts - ends + sizes, sizes)
            target = self._target[synapses]
            amount = self.network.delivered(synapses, self.psp)
            self._received(amount, synapses)
            np.add.at(v, target, amount)
            flags[target] = True
        if self.learns:
            self.learns.receive(fired, self.psp, v, flags)
        if self.network.power_neuron is not None:
            v[self.network.power_neuron] += self.network.power_amount
            flags[self.network.power_neuron] = True
        if stimulus is not None:
            v[stimulus[0]] += stimulus[1]
            flags[stimulus[0]] = True
        if injected is not None:
            self._inject(injected)
        if len(self._every):
            flags[self._every] = True
        flags[self._layered] = False
        touched = np.flatnonzero(flags)
        flags[touched] = False
        return touched

    def _inject(self, injected: tuple[Ints, Ints]) -> None:
        """R4: what is injected, within what each population takes."""
        neurons, which = np.unique(injected[0], return_inverse=True)
        total = np.zeros(len(neurons), dtype=np.int64)
        np.add.at(total, which, injected[1])
        most = self._input_max[neurons]
        self.potential[neurons] += np.clip(total, -most, most)
        self._touched[neurons] = True

    def _received(self, amount: Ints, synapses: Ints) -> None:
        """Is told of R1: what each synapse adds. A Witness listens."""

    def _update(self, touched: Ints) -> Ints:
        # All of an array is had for nothing; some of it is copied, one by one.
        at = slice(None) if len(touched) == len(self.rule) else touched
        v = self.potential[at]
        self.rule[:] = 0
        rule = np.full(len(touched), 7, dtype=np.int8)
        blocked = np.zeros(len(touched), dtype=bool)
        limit = self._limit[at]
        if self._any_countdown:
            blocked = self.countdown[at] > 0
            resting = touched[blocked]
            self.countdown[resting] -= 1
            ended = resting[(self.countdown[resting] == 0) & (self._limit[resting] > 0)]
            self.consecutive[ended[self.consecutive[ended] >= self._limit[ended]]] = 0
            rule[blocked] = 1
        window = (v >= self._threshold[at]) & (v <= self._upper[at]) & ~blocked
        if self._any_limit:
            exhausted = window & (limit > 0) & (self.consecutive[at] >= limit)
            rule[exhausted] = 3
            window &= ~exhausted
        if not self._all_always:
            some = window & ~self._always[at]
            odds = pcg_hash(self._id[touched[some]], self.burst)
            window[some] = odds < self._excitability[touched[some]]
        rule[window] = 4
        fired = touched[window]
        self._fire(fired, v[window])
        keeps = self._accumulates[at]
        rule[(rule == 7) & ~keeps] = 5
        if self._any_limit:
            self.consecutive[touched[((rule == 7) | (rule == 5) | (rule == 3)) & (limit > 0)]] = 0
        kept = np.where(rule == 7, self._leaked(at, v), 0)
        tired = (rule == 3) & keeps
        kept[tired] = np.clip(v[tired], self._low[touched[tired]], self._high[touched[tired]])
        self.potential[at] = kept
        self.rule[at] = rule
        return fired

    def _fire(self, fired: Ints, v: Ints) -> None:
        if self._keeps_psp:
            driven = self._mp_driven[fired]
            bits = self._psp_bits[fired]
            half = np.where(bits > 0, 1 << np.maximum(bits - 1, 0), 0)
            self.psp[fired] = np.where(driven, np.clip((v + half) >> bits, 0, 255), 0)
        limited = self._limit[fired] > 0
        if self._any_limit:
            these = fired[limited]
            self.consecutive[these] = np.minimum(65_535, self.consecutive[these] + 1)
        if self._any_countdown:
            spent = limited & (self.consecutive[fired] >= self._limit[fired])
            self.countdown[fired] = np.where(spent, self._snoozed[fired], self._refractory[fired])

    def _leaked(self, at: Ints | slice, v: Ints) -> Ints:
        """U6 and U7. Where nothing leaks, leak, shift and half are 0, and so is delta."""
        if self._any_leak:
            leak, size = self._leak[at], np.abs(v)
            delta = size * leak + self._half[at]
            if self._any_fine:
                delta += (size >> 15) * self._leak_fine[at]
            delta >>= self._shift[at]
            np.maximum(delta, (leak > 0) & (size > 0), out=delta)
            v = np.where(v < 0, v + delta, v - delta)
        return np.minimum(np.maximum(v, self._low[at]), self._high[at])

    def state_parts(self) -> list[tuple[int, str]]:
        """Of each array of SPEC 3, in its order, how many elements it has, and their type."""
        n = self.network.n_neurons
        return [
            (-(-n // 8), "u1"),
            (n, "<i2" if self.network.storage == 16 else "<i4"),
            *((len(places), kind) for places, kind in zip(self._places, KINDS, strict=True)),
            (n if self._keeps_psp else 0, "u1"),
        ]

    def state_values(self) -> list[Ints]:
        """The values of those arrays, but for the first, which is of bits."""
        tally, counted, short, long = self._places
        return [
            self.potential,
            2 * self.consecutive[tally] * self._in_tally[tally],
            self.consecutive[counted],
            self.countdown[short],
            self.countdown[long],
            self.psp if self._keeps_psp else self.psp[:0],
        ]

    @cached_property
    def _places(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The neurons with a tally, a long count, a countdown of a byte, one of two."""
        return (
            np.flatnonzero(self._tally),
            np.flatnonzero(self._limit > MOST_TALLIED),
            np.flatnonzero(self._counts & (self._snoozed < 256)),
            np.flatnonzero(self._snoozed > 255),
        )

    @property
    def counts(self) -> Ints:
        """(N,) how often each neuron fired in this burst."""
        counts = np.zeros(self.network.n_neurons, dtype=np.int64)
        counts[self.fired] = 1
        if self._layers is not None:
            counts[self._layered] = self._layers.spikes
        return counts

    def words(self) -> NDArray[np.uint32]:
        """The state as little-endian u32 words, in the order of SPEC 3."""
        bits = np.zeros(self.network.n_neurons, dtype=np.uint8)
        bits[self.fired] = 1
        kinds = [kind for _, kind in self.state_parts()[1:]]
        parts = [np.packbits(bits, bitorder="little").tobytes()]
        parts += [
            values.astype(kind).tobytes()
            for kind, values in zip(kinds, self.state_values(), strict=True)
        ]
        parts.append(self.robot.words().astype("<u4").tobytes() if self.robot else b"")
        if self._layers is not None:
            parts += self._layers.arrays()
        if self.learns:
            parts += self.learns.parts()
        return np.frombuffer(b"".join(p + bytes(-len(p) % 4) for p in parts), dtype="<u4")

    @cached_property
    def _powers(self) -> NDArray[np.uint32]:
        count = len(self.words())
        powers = np.full(count, MULTIPLIER, dtype=np.uint32)
        powers[-1:] = 1
        return np.cumprod(powers[::-1], dtype=np.uint32)[::-1].copy()

    def digest(self) -> int:
        """The digest of the state now; the chain takes it up."""
        value = digest_of(self.words(), self._powers)
        self.chain = (self.chain * MULTIPLIER + value) & 0xFFFFFFFF
        return value
