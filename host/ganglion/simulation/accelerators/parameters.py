"""Parameters: what the update of each neuron needs, and what each of its values adds to the digest.

In:  a QuantizedNetwork.
Out: arrays of one value per neuron, named as in SPEC.md 1; the digest as dot products.
Never: a value that does not fit 32 bits.

The digest of SPEC.md 3 is linear in the state, modulo 2^32: with T words and P_i = K^(T − 1 − i),
an element of k bytes at place e of an array that begins at word o adds its value (in two's
complement) times 2^(8k·(e mod 4/k)) · P_(o + ⌊e / (4/k)⌋). So no runtime needs to pack bytes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...network.model import QuantizedNetwork
from ...network.zones import MOST_TALLIED, has_tally

MULTIPLIER = 16_777_619
NO_UPPER = 2**31 - 1  # of a neuron without an upper limit: no potential is above it

Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Parameters:
    """One network's parameters; every array is (N,)."""

    network: QuantizedNetwork

    @cached_property
    def threshold(self) -> Ints:
        return self.network.threshold

    @cached_property
    def accumulates(self) -> Flags:
        return self._flag("accumulates")

    @cached_property
    def low(self) -> Ints:
        """LO, or 0 where nothing is kept."""
        return np.where(self.accumulates, self._number("low"), 0)

    @cached_property
    def high(self) -> Ints:
        """HI, or 0 where nothing is kept."""
        return np.where(self.accumulates, self._number("high"), 0)

    @cached_property
    def upper(self) -> Ints:
        values = [NO_UPPER if p.upper is None else p.upper for p in self.network.populations]
        result: Ints = np.array(values, dtype=np.int64)[self.network.population_of]
        return result

    @cached_property
    def leak(self) -> Ints:
        return self._number("leak")

    @cached_property
    def leak_fine(self) -> Ints:
        return self._number("leak_fine")

    @cached_property
    def shift(self) -> Ints:
        """s, or 16 where nothing leaks: a shift that is always allowed."""
        return np.where(self.leak > 0, self._number("shift"), 16)

    @cached_property
    def refractory(self) -> Ints:
        return self._number("refractory")

    @cached_property
    def snoozed(self) -> Ints:
        return self._number("snoozed")

    @cached_property
    def limit(self) -> Ints:
        return self._number("limit")

    @cached_property
    def input_max(self) -> Ints:
        return self._number("input_max")

    @cached_property
    def always(self) -> Flags:
        return self._flag("always")

    @cached_property
    def excitability(self) -> Ints:
        return self._number("excitability")

    @cached_property
    def identity(self) -> Ints:
        """ID + n − first: what the hash of U4 takes."""
        n = np.arange(self.network.n_neurons)
        return self._number("id") + n - self._number("first")

    @cached_property
    def every_burst(self) -> Flags:
        return self._flag("every_burst")

    @cached_property
    def mp_driven(self) -> Flags:
        return self._flag("mp_driven")

    @cached_property
    def psp_bits(self) -> Ints:
        return self._number("psp_bits")

    @property
    def has_limit(self) -> bool:
        return bool((self.limit > 0).any())

    @property
    def has_countdown(self) -> bool:
        return bool(((self.refractory > 0) | (self.snoozed > 0)).any())

    @property
    def has_psp(self) -> bool:
        return bool(self.mp_driven.any())

    @cached_property
    def digest_weights(self) -> dict[str, Words]:
        """What one unit of fired, potential, consecutive, countdown and psp adds to the digest.

        Keys without any weight are left out. The potential is to be taken modulo 2^storage, as an
        unsigned number.
        """
        network, n = self.network, self.network.n_neurons
        everyone = np.arange(n)
        tally = np.array([has_tally(p) for p in network.populations], dtype=bool)
        counted = (self.limit > 0) & (self.limit <= MOST_TALLIED)
        count_down = (self.refractory > 0) | (self.snoozed > 0)
        arrays: list[tuple[str, Ints, int, Ints]] = [
            ("fired", everyone, 0, np.ones(n, dtype=np.int64)),
            ("potential", everyone, network.storage // 8, np.ones(n, dtype=np.int64)),
        ]
        mine = np.flatnonzero(tally[network.population_of])
        arrays.append(("consecutive", mine, 1, np.where(counted[mine], 2, 0)))
        for name, chosen, size in (
            ("consecutive", self.limit > MOST_TALLIED, 2),
            ("countdown", count_down & (self.snoozed < 256), 1),
            ("countdown", self.snoozed > 255, 2),
            ("psp", np.full(n, self.has_psp), 1),
        ):
            mine = np.flatnonzero(chosen)
            arrays.append((name, mine, size, np.ones(len(mine), dtype=np.int64)))
        lengths = [_words(len(neurons), size) for _, neurons, size, _ in arrays]
        powers = _powers(sum(lengths))
        found: dict[str, Words] = {}
        begin = 0
        for (name, neurons, size, factor), length in zip(arrays, lengths, strict=True):
            at = np.arange(len(neurons))
            bits, each = (1, 32) if size == 0 else (8 * size, 4 // size)
            place = (np.uint32(1) << (bits * (at % each)).astype(np.uint32)).astype(np.uint32)
            weights = found.setdefault(name, np.zeros(n, dtype=np.uint32))
            weights[neurons] += place * powers[begin + at // each] * factor.astype(np.uint32)
            begin += length
        return {name: weights for name, weights in found.items() if weights.any()}

    def _number(self, name: str) -> Ints:
        return self.network.per_neuron(name)

    def _flag(self, name: str) -> Flags:
        return self.network.per_neuron(name).astype(bool)


def _words(count: int, size: int) -> int:
    """How many u32 words hold `count` elements of `size` bytes; of 0 bytes: bits."""
    return -(-count // 32) if size == 0 else -(-count * size // 4)


def _powers(count: int) -> Words:
    """K^(count − 1), …, K, 1 modulo 2^32."""
    powers = np.full(count, MULTIPLIER, dtype=np.uint32)
    powers[-1:] = 1
    result: Words = np.cumprod(powers[::-1], dtype=np.uint32)[::-1].copy()
    return result
