"""Compiled: the reference again, as loops that numba compiles, where the extra `fast` is installed.

In:  what Reference takes.
Out: what Reference gives, in every bit (tests/reference/test_compiled.py).
Never: what decides: numpy's Reference is normative. engine.py says which of them serves.

The loops below are plain functions over arrays; numba compiles each at its first call and keeps the
machine code on disk. They take population after population, and in it the neurons in ascending
order, one at a time, as SPEC 2 says it. What a population's neurons have in common is read once.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.model import Population, QuantizedNetwork
from .integers import MULTIPLIER, Ints, Reference, Sensed
from .stimulus import FACTOR, STEP, StimulusStream

MASK = 0xFFFFFFFF
NO_LIMIT = 1 << 62  # above every potential
EVERY, ACCUMULATES, ALWAYS, MP_DRIVEN = 1, 2, 4, 8
_NOTHING: Ints = np.zeros(0, dtype=np.int64)


def available() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    numba: Any = importlib.import_module("numba")
    made: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    return made


def _row(p: Population) -> tuple[int, ...]:
    """What `burst` reads of a population."""
    flags = EVERY * p.every_burst | ACCUMULATES * p.accumulates
    flags |= ALWAYS * p.always | MP_DRIVEN * p.mp_driven
    return (
        p.first, p.stop, flags, p.threshold, p.threshold_step,
        NO_LIMIT if p.upper is None else p.upper, p.leak, p.leak_fine, 1 << p.shift >> 1, p.shift,
        p.limit, p.refractory, p.snoozed, p.low, p.high, p.excitability, p.id - p.first, p.psp_bits,
    )  # fmt: skip


class CompiledReference(Reference):
    """A Reference whose receive, update and digest are compiled. No layers, learning or robot."""

    def __init__(self, network: QuantizedNetwork) -> None:
        super().__init__(network)
        n = network.n_neurons
        self._table = np.array([_row(p) for p in network.populations], dtype=np.int64)
        self._rows = self._rows.astype(np.int64)
        self._targets = network.target.astype(np.uint32)
        self._amounts = network.contribution.astype(np.int32)
        nothing = np.zeros(0, dtype=np.int64)
        self._driven = (nothing, nothing.reshape(0, 0), nothing)
        if network.mp_driven:
            self._driven = (
                network.klass.astype(np.int64), np.ascontiguousarray(network.mp_class),
                network.weight.astype(np.int64),
            )  # fmt: skip
        self._power = -1 if network.power_neuron is None else network.power_neuron
        self._marks = np.zeros(-(-n // 8) * 8, dtype=np.bool_)  # eight to a word
        self._marks_by_word = self._marks.view(np.uint64)
        self._touched = self._marks[:n]
        self._offset = network.offset.astype(np.int64)
        self._spiked = np.zeros(n, dtype=np.int64)
        self._state = _State(self)
        self._run = _compiled(burst)

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
        if injected is not None:  # a sum has no order
            self._inject(injected)
        neurons, amounts = stimulus or (_NOTHING, _NOTHING)
        self.reached = np.zeros(len(self.watched), dtype=np.int64)
        count = self._run(
            self.burst, self.fired, neurons, amounts, self._values, self._marks,
            self._marks_by_word, self.rule, self._spiked, self._rows, self._targets, self._amounts,
            *self._driven, self._power, self.network.power_amount, self._table, self._offset,
            self._keeps_psp, self.watched, self.reached,
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
        kinds = reference.state_parts()
        sizes = [-(-count * np.dtype(kind).itemsize // 4) * 4 for count, kind in kinds]
        self.bytes = np.zeros(sum(sizes), dtype=np.uint8)
        self._words: NDArray[np.uint32] = self.bytes.view("<u4")
        parts: list[NDArray[Any]] = []
        at = 0
        for (count, kind), size in zip(kinds, sizes, strict=True):
            parts.append(self.bytes[at : at + count * np.dtype(kind).itemsize].view(kind))
            at += size
        self.bits = parts[0]
        n = reference.network.n_neurons
        tally, counted, short, long = reference._places
        # of each other array: row of the values, factor, of which neurons
        every = np.arange(n)
        sources = (
            (0, 1, every), (2, 2, tally), (2, 1, counted), (1, 1, short), (1, 1, long),
            (3, 1, every if len(parts[5]) else every[:0]),
        )  # fmt: skip
        self.parts = [
            (part, *source) for part, source in zip(parts[1:], sources, strict=True) if len(part)
        ]
        self._kept = reference._in_tally

    def written(self, reference: CompiledReference) -> NDArray[np.uint32]:
        values = reference._values
        self.bits[:] = 0
        _compiled(set_bits)(self.bits, reference.fired)
        for part, row, factor, places in self.parts:
            if row == 0 or row == 3:
                part[:] = values[row]
            elif factor == 2:
                _compiled(gathered)(part, values[row], places, self._kept)
            else:
                _compiled(gathered_all)(part, values[row], places)
        return self._words


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


def burst(  # type: ignore[no-untyped-def]
    number, fired, drawn_at, drawn_amount, values, touched, by_word, rule, spiked, rows, target,
    amount, klass, classes, weight, power, power_amount, table, offset, keeps_psp,
    watched, reached,
):  # fmt: skip
    """R1 to R3 and U1 to U7 of SPEC 2. Returns how many fired; they are listed in `spiked`."""
    v, countdown, consecutive, psp = values[0], values[1], values[2], values[3]
    for f in range(len(fired)):
        n = fired[f]
        if len(klass):
            for s in range(rows[n], rows[n + 1]):
                x = np.int64(amount[s])
                k = klass[s]
                if classes[0, k]:
                    bits = classes[2, k]
                    x = (psp[n] * classes[1, k] + ((1 << bits) >> 1)) >> bits
                    x = min(x, classes[3, k]) * weight[s]
                v[target[s]] += x
                touched[target[s]] = True
        else:
            for s in range(rows[n], rows[n + 1]):
                t = target[s]
                v[t] += amount[s]
                touched[t] = True
    if power >= 0:
        v[power] += power_amount
        touched[power] = True
    for k in range(len(drawn_at)):
        v[drawn_at[k]] += drawn_amount[k]
        touched[drawn_at[k]] = True
    for k in range(len(watched)):
        reached[k] = v[watched[k]]

    count = 0
    rule[:] = 0
    for p in range(len(table)):
        first, stop, flags, base, step, upper = (
            table[p, 0], table[p, 1], table[p, 2], table[p, 3], table[p, 4], table[p, 5],
        )  # fmt: skip
        leak, fine, half, shift = table[p, 6], table[p, 7], table[p, 8], table[p, 9]
        limit, refractory, snoozed = table[p, 10], table[p, 11], table[p, 12]
        low, high = table[p, 13], table[p, 14]
        every, accumulates, always = flags & 1, flags & 2, flags & 4
        counts = refractory > 0 or snoozed > 0
        if every:
            touched[first:stop] = False
        i = first
        while i < stop:
            if not every:
                if not touched[i]:
                    i += 1
                    if i & 7 == 0:
                        while i + 8 <= stop and by_word[i >> 3] == 0:
                            i += 8
                    continue
                touched[i] = False
            x = v[i]
            if counts and countdown[i] > 0:
                rule[i] = 1
                countdown[i] -= 1
                if limit > 0 and countdown[i] == 0 and consecutive[i] >= limit:
                    consecutive[i] = 0
                v[i] = 0
                i += 1
                continue
            fires = base + step * offset[i] <= x <= upper
            if fires and limit > 0 and consecutive[i] >= limit:
                rule[i] = 3
                consecutive[i] = 0
                v[i] = min(max(x, low), high) if accumulates else 0
                i += 1
                continue
            if fires and not always:
                mask = np.uint64(0xFFFFFFFF)
                ident = np.uint64(table[p, 16] + i)
                h = (ident * np.uint64(2654435761)) & mask
                h = (h + ((np.uint64(number) * np.uint64(1597334677)) & mask)) & mask
                a = (h * np.uint64(747796405) + np.uint64(2891336453)) & mask
                y = ((a >> ((a >> np.uint64(28)) + np.uint64(4))) ^ a) * np.uint64(277803737)
                y &= mask
                fires = ((y >> np.uint64(22)) ^ y) < np.uint64(table[p, 15])
            if fires:
                rule[i] = 4
                spiked[count] = i
                count += 1
                if keeps_psp:
                    psp[i] = 0
                    if flags & 8:
                        bits = table[p, 17]
                        psp[i] = min(max((x + ((1 << bits) >> 1)) >> bits, 0), 255)
                if counts:
                    countdown[i] = refractory
                if limit > 0:
                    consecutive[i] = min(65535, consecutive[i] + 1)
                    if consecutive[i] >= limit:
                        countdown[i] = snoozed
                v[i] = 0
            else:
                if limit > 0:
                    consecutive[i] = 0
                if accumulates:
                    rule[i] = 7
                    if leak > 0 and x != 0:
                        size = abs(x)
                        delta = (size * leak + half + (size >> 15) * fine) >> shift
                        delta = max(delta, 1)
                        x = x + delta if x < 0 else x - delta
                    v[i] = min(max(x, low), high)
                else:
                    rule[i] = 5
                    v[i] = 0
            i += 1
    return count


def set_bits(bits, numbers):  # type: ignore[no-untyped-def]
    """Bit n of the array, for each number n."""
    for k in range(len(numbers)):
        n = numbers[k]
        bits[n >> 3] |= np.uint8(1 << (n & 7))


def gathered(out, values, places, kept):  # type: ignore[no-untyped-def]
    """Tallies: twice the count, of the neurons whose count is in their tally."""
    for k in range(len(out)):
        n = places[k]
        out[k] = 2 * values[n] if kept[n] else 0


def gathered_all(out, values, places):  # type: ignore[no-untyped-def]
    """The values of some neurons."""
    for k in range(len(out)):
        out[k] = values[places[k]]


def horner(words):  # type: ignore[no-untyped-def]
    """d = d · K + w mod 2^32, over all words (SPEC 3), four at a time; 64 bits wrap alike."""
    k1 = np.uint64(MULTIPLIER)
    k2 = k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    d = np.uint64(0)
    whole = len(words) & ~3
    for i in range(0, whole, 4):
        four = np.uint64(words[i]) * k3 + np.uint64(words[i + 1]) * k2
        d = d * k4 + (four + np.uint64(words[i + 2]) * k1 + np.uint64(words[i + 3]))
    for i in range(whole, len(words)):
        d = d * k1 + np.uint64(words[i])
    return d & np.uint64(MASK)


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
