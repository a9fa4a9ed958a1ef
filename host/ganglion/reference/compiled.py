"""Compiled: the reference again, as loops that numba compiles, where the extra `fast` is installed.

In:  what Reference takes.
Out: what Reference gives, in every bit (tests/reference/test_compiled.py).
Never: what decides: numpy's Reference is normative. engine.py says which of them serves.

The loops (loops.py) are plain functions over arrays; numba compiles each at its first call and
keeps the machine code on disk. What a neuron has is int32 here, and half as large as numpy's.
"""

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.model import Population, QuantizedNetwork
from . import loops
from .integers import MULTIPLIER, Ints, Reference, Sensed
from .loops import ACCUMULATES, ALWAYS, EVERY, MASK, MP_DRIVEN, NO_LIMIT, PLAIN
from .stimulus import StimulusStream

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
    """What `loops.updated` reads of a population."""
    flags = EVERY * p.every_burst | ACCUMULATES * p.accumulates
    flags |= ALWAYS * p.always | MP_DRIVEN * p.mp_driven
    flags |= PLAIN * (p.always and not p.limit and not p.mp_driven)
    accumulates = bool(p.accumulates)
    return (
        p.first, p.stop, flags, NO_LIMIT if p.upper is None else p.upper, p.leak,
        p.leak_fine, 1 << p.shift >> 1, p.shift, p.limit, p.refractory, p.snoozed,
        p.low * accumulates, p.high * accumulates, p.excitability, p.id, p.psp_bits,
    )  # fmt: skip


class CompiledReference(Reference):
    """A Reference whose receive, update and digest are compiled. No layers, learning or robot."""

    def __init__(self, network: QuantizedNetwork) -> None:
        super().__init__(network)
        n = network.n_neurons
        self._table = np.array([_row(p) for p in network.populations], dtype=np.int64)
        self._synapses = np.empty((network.n_synapses, 2), dtype=np.int32)
        self._synapses[:, 0], self._synapses[:, 1] = network.target, network.contribution
        nothing = np.zeros(0, dtype=np.int64)
        self._driven = (nothing, nothing.reshape(0, 0), nothing)
        if network.mp_driven:
            self._driven = (
                network.klass.astype(np.int64), np.ascontiguousarray(network.mp_class),
                network.weight.astype(np.int64),
            )  # fmt: skip
        self._power = -1 if network.power_neuron is None else network.power_neuron
        rules = np.zeros(-(-n // 8) * 8, dtype=np.int8)  # eight to a word
        self._all_rules, self._rules_by_word, self.rule = rules, rules.view(np.uint64), rules[:n]
        self._touched = self.rule.view(np.bool_)  # until the update, 1 for what is touched
        self._thresholds = network.threshold.astype(np.int32)
        self._spiked = np.zeros(n + 1, dtype=np.int64)
        self._state = _State(self)
        self._deliver, self._update_all = _compiled(loops.delivered), _compiled(loops.updated)

    def reset(self) -> None:
        """See Reference.reset."""
        super().reset()
        self._values: NDArray[Any] = np.zeros((4, self.network.n_neurons), dtype=np.int32)
        self.potential, self.countdown, self.consecutive, self.psp = self._values

    def step(
        self,
        stimulus: tuple[Ints, Ints] | None = None,
        injected: tuple[Ints, Ints] | None = None,
        sensed: Sensed | None = None,
    ) -> Ints:
        """See Reference.step."""
        self.burst += 1
        self.rule.fill(0)
        if injected is not None:  # a sum has no order
            self._inject(injected)
        neurons, amounts = stimulus or (_NOTHING, _NOTHING)
        self.reached = np.zeros(len(self.watched), dtype=np.int64)
        self._deliver(
            self.fired, neurons, amounts, self._values, self.rule, self._rows, self._synapses,
            *self._driven, self._power, self.network.power_amount, self.watched, self.reached,
        )  # fmt: skip
        count = self._update_all(
            self.burst, self._values, self._all_rules, self._rules_by_word, self._spiked,
            self._table, self._thresholds, self._keeps_psp,
        )  # fmt: skip
        self.fired = self._spiked[:count].copy()
        self.spikes += count
        return self.fired

    def words(self) -> NDArray[np.uint32]:
        """See Reference.words."""
        return self._state.written(self)

    def digest(self) -> int:
        """See Reference.digest."""
        value = int(_compiled(loops.horner)(self.words()))
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
            (part, row, factor, places.astype(np.uint32))
            for part, (row, factor, places) in zip(parts[1:], sources, strict=True)
            if len(part)
        ]
        self._kept = reference._in_tally

    def written(self, reference: CompiledReference) -> NDArray[np.uint32]:
        values = reference._values
        self.bits[:] = 0
        _compiled(loops.set_bits)(self.bits, reference.fired)
        for part, row, factor, places in self.parts:
            if row == 0 or row == 3:
                part[:] = values[row]
            elif factor == 2:
                _compiled(loops.gathered)(part, values[row], places, self._kept)
            else:
                _compiled(loops.gathered_all)(part, values[row], places)
        return self._words


class CompiledStream(StimulusStream):
    """A StimulusStream drawn one group after another."""

    def draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See StimulusStream.draw."""
        if not len(self._group):
            return self._group, self._amount
        s = self._stimulus
        neurons, amounts = np.empty_like(self._group), np.empty_like(self._group)
        self._x, count = _compiled(loops.drawn)(
            self._x, s.chance, s.group_bits, self._group, self._stop, self._amount, neurons, amounts
        )
        return neurons[:count], amounts[:count]
