"""Compiled: the reference again, as loops that numba compiles, where the extra `fast` is installed.

In:  what Reference takes.
Out: what Reference gives, in every bit (tests/reference/test_compiled.py).
Never: what decides: numpy's Reference is normative, and serves where numba is absent, where a brain
       learns, and where its robot takes part.

The loops below are plain functions over arrays; numba compiles each at its first call and keeps the
machine code on disk. They walk the neurons in ascending order, one at a time, as SPEC 2 says it.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.model import QuantizedNetwork
from .integers import MULTIPLIER, Ints, Reference, Sensed
from .stimulus import FACTOR, STEP, RandomStimulus, StimulusStream

MASK = 0xFFFFFFFF
_NOTHING: Ints = np.zeros(0, dtype=np.int64)


def available() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def reference_of(network: QuantizedNetwork, *, drives: bool = False) -> Reference:
    """The fastest engine that there is for a brain. All are equal in every bit."""
    if not drives and not network.learning and available():
        return CompiledReference(network)
    return Reference(network, drives=drives)


def stream_of(network: QuantizedNetwork, stimulus: RandomStimulus) -> StimulusStream:
    """The stimulus, drawn by the fastest loop that there is."""
    return CompiledStream(network, stimulus) if available() else StimulusStream(network, stimulus)


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    numba: Any = importlib.import_module("numba")
    made: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    return made


class CompiledReference(Reference):
    """A Reference whose receive, update and digest are compiled."""

    def __init__(self, network: QuantizedNetwork) -> None:
        super().__init__(network)
        klass = network.klass if network.mp_driven else np.zeros(0, dtype=np.int64)
        classes = network.mp_class if network.mp_driven else np.zeros((4, 1), dtype=np.int64)
        self._synapses = (
            self._rows.astype(np.int64), self._target, network.contribution.astype(np.int64),
            network.mp_driven, klass.astype(np.int64), np.ascontiguousarray(classes),
            network.weight.astype(np.int64),
        )  # fmt: skip
        every = np.zeros(network.n_neurons, dtype=np.bool_)
        every[self._every] = True
        # one array of each type: to hand over an array costs as much as to update ten neurons
        flags = (every, self._accumulates, self._always, self._mp_driven)
        self._flags = np.array(flags, dtype=np.bool_)
        self._neurons = np.array(
            (
                self._threshold, self._upper, self._low, self._high, self._leak, self._leak_fine,
                self._half, self._shift, self._limit, self._refractory, self._snoozed,
                self._excitability, self._id, self._psp_bits,
            ),
            dtype=np.int64,
        )  # fmt: skip
        power = -1 if network.power_neuron is None else network.power_neuron
        self._power = np.array((power, network.power_amount, self._keeps_psp), dtype=np.int64)
        self._spiked = np.zeros(network.n_neurons, dtype=np.int64)
        self._state = _State(self)
        self._deliver, self._run = _compiled(deliver), _compiled(update)

    def reset(self) -> None:
        """See Reference.reset."""
        super().reset()
        self._values = np.zeros((4, self.network.n_neurons), dtype=np.int64)
        self.potential, self.countdown, self.consecutive, self.psp = self._values

    def step(
        self,
        stimulus: tuple[Ints, Ints] | None = None,
        injected: tuple[Ints, Ints] | None = None,
        sensed: Sensed | None = None,
    ) -> Ints:
        """See Reference.step."""
        self.burst += 1
        neurons, amounts = stimulus or (_NOTHING, _NOTHING)
        self._deliver(
            self.fired, self._values, self._touched, *self._synapses, self._power, neurons, amounts
        )
        if injected is not None:
            self._inject(injected)
        self.reached = self.potential[self.watched]
        count = self._run(
            self.burst, self._values, self._touched, self.rule, self._spiked, self._flags,
            self._neurons, self._power,
        )  # fmt: skip
        self.fired = self._spiked[:count].copy()
        self.spikes += count
        return self.fired

    def words(self) -> NDArray[np.uint32]:
        """See Reference.words."""
        return self._state.written(self)

    def digest(self) -> int:
        """See Reference.digest."""
        value = int(_compiled(horner)(self.words()))
        self.chain = (self.chain * MULTIPLIER + value) & MASK
        return value


class _State:
    """The arrays of SPEC 3 as one piece of memory, each beginning at a word."""

    def __init__(self, reference: CompiledReference) -> None:
        sizes, kinds = [], []
        for part, kind in reference.state_parts():
            sizes.append(-(-part * np.dtype(kind).itemsize // 4) * 4)
            kinds.append((part, kind))
        self.bytes = np.zeros(sum(sizes), dtype=np.uint8)
        self.parts: list[NDArray[Any]] = []
        at = 0
        for (count, kind), size in zip(kinds, sizes, strict=True):
            used = count * np.dtype(kind).itemsize
            self.parts.append(self.bytes[at : at + used].view(kind))
            at += size

    def written(self, reference: CompiledReference) -> NDArray[np.uint32]:
        bits, *others = self.parts
        bits[:] = 0
        _compiled(set_bits)(bits, reference.fired)
        for part, values in zip(others, reference.state_values(), strict=True):
            if len(part):
                part[:] = values
        return self.bytes.view("<u4")


class CompiledStream(StimulusStream):
    """A StimulusStream drawn one group after another."""

    def draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See StimulusStream.draw."""
        if not len(self._group):
            return self._group, self._amount
        s = self._stimulus
        neurons, amounts = np.empty_like(self._group), np.empty_like(self._group)
        self._x, count = _compiled(drawn)(
            self._x, s.chance, s.group_bits, self._group, self._stop, self._amount, neurons, amounts
        )
        return neurons[:count], amounts[:count]


# What numba compiles.


def deliver(  # type: ignore[no-untyped-def]
    fired, values, flags, rows, target, amount, driven, klass, classes, weight, power, drawn_at,
    drawn_amount,
):  # fmt: skip
    """R1 to R3 of SPEC 2."""
    v, psp = values[0], values[3]
    for f in range(len(fired)):
        n = fired[f]
        for s in range(rows[n], rows[n + 1]):
            x = amount[s]
            if driven:
                k = klass[s]
                if classes[0, k]:
                    shift = classes[2, k]
                    half = (1 << shift >> 1) if shift > 0 else 0
                    x = (psp[n] * classes[1, k] + half) >> shift
                    x = min(x, classes[3, k]) * weight[s]
            v[target[s]] += x
            flags[target[s]] = True
    if power[0] >= 0:
        v[power[0]] += power[1]
        flags[power[0]] = True
    for k in range(len(drawn_at)):
        v[drawn_at[k]] += drawn_amount[k]
        flags[drawn_at[k]] = True


def update(  # type: ignore[no-untyped-def]
    burst, values, touched, rule, spiked, flags, neurons, power
):
    """U1 to U7 of SPEC 2. Returns how many neurons fired; they are listed in `spiked`."""
    v, countdown, consecutive, psp = values[0], values[1], values[2], values[3]
    every, accumulates, always, mp_driven = flags[0], flags[1], flags[2], flags[3]
    threshold, upper, low, high = neurons[0], neurons[1], neurons[2], neurons[3]
    leak, fine, half, shift = neurons[4], neurons[5], neurons[6], neurons[7]
    limit, refractory, snoozed = neurons[8], neurons[9], neurons[10]
    excitability, number, psp_bits = neurons[11], neurons[12], neurons[13]
    keeps_psp = power[2]
    count = 0
    for i in range(len(v)):
        if not (touched[i] or every[i]):
            rule[i] = 0
            continue
        touched[i] = False
        x = v[i]
        kept = 0
        if countdown[i] > 0:
            rule[i] = 1
            countdown[i] -= 1
            if countdown[i] == 0 and limit[i] > 0 and consecutive[i] >= limit[i]:
                consecutive[i] = 0
            v[i] = 0
            continue
        fires = threshold[i] <= x <= upper[i]
        if fires and limit[i] > 0 and consecutive[i] >= limit[i]:
            rule[i] = 3
            consecutive[i] = 0
            if accumulates[i]:
                kept = min(max(x, low[i]), high[i])
            v[i] = kept
            continue
        if fires and not always[i]:
            mask = np.uint64(0xFFFFFFFF)
            h = (np.uint64(number[i]) * np.uint64(2654435761)) & mask
            h = (h + ((np.uint64(burst) * np.uint64(1597334677)) & mask)) & mask
            a = (h * np.uint64(747796405) + np.uint64(2891336453)) & mask
            y = (((a >> ((a >> np.uint64(28)) + np.uint64(4))) ^ a) * np.uint64(277803737)) & mask
            fires = ((y >> np.uint64(22)) ^ y) < np.uint64(excitability[i])
        if fires:
            rule[i] = 4
            spiked[count] = i
            count += 1
            if keeps_psp:
                psp[i] = 0
                if mp_driven[i]:
                    bits = psp_bits[i]
                    rounding = (1 << bits >> 1) if bits > 0 else 0
                    psp[i] = min(max((x + rounding) >> bits, 0), 255)
            countdown[i] = refractory[i]
            if limit[i] > 0:
                consecutive[i] = min(65535, consecutive[i] + 1)
                if consecutive[i] >= limit[i]:
                    countdown[i] = snoozed[i]
        else:
            rule[i] = 5
            if limit[i] > 0:
                consecutive[i] = 0
            if accumulates[i]:
                rule[i] = 7
                size = abs(x)
                delta = (size * leak[i] + half[i] + (size >> 15) * fine[i]) >> shift[i]
                if leak[i] > 0 and size > 0 and delta < 1:
                    delta = 1
                x = x + delta if x < 0 else x - delta
                kept = min(max(x, low[i]), high[i])
        v[i] = kept
    return count


def set_bits(bits, numbers):  # type: ignore[no-untyped-def]
    """Bit n of the array, for each number n."""
    for k in range(len(numbers)):
        n = numbers[k]
        bits[n >> 3] |= np.uint8(1 << (n & 7))


def horner(words):  # type: ignore[no-untyped-def]
    """d = d · K + w mod 2^32, over all words (SPEC 3)."""
    d = np.uint64(0)
    for k in range(len(words)):
        d = (d * np.uint64(MULTIPLIER) + np.uint64(words[k])) & np.uint64(MASK)
    return d


def drawn(x, chance, bits, group, stop, amount, neurons, amounts):  # type: ignore[no-untyped-def]
    """The stimulus of one burst (SPEC 4): the generator after it, and how many were reached."""
    count = 0
    y = np.uint64(x)
    mask = np.uint64(MASK)
    for k in range(len(group)):
        y = (y * np.uint64(FACTOR) + np.uint64(STEP)) & mask
        a = np.int64(y >> np.uint64(16))
        y = (y * np.uint64(FACTOR) + np.uint64(STEP)) & mask
        c = np.int64(y >> np.uint64(16))
        n = group[k] + (c >> (16 - bits))
        if a < chance and n < stop[k]:
            neurons[count] = n
            amounts[count] = amount[k] >> 1 if c & 3 == 0 else amount[k]
            count += 1
    return np.int64(y), count
