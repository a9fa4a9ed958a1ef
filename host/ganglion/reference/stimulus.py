"""Stimulus: what reaches a brain from outside, the same on both sides without any traffic.

In:  `random:SEED[:RATE]`, and a network's input ranges.
Out: for each burst, the neurons and the integers added to them (SPEC.md, section 4).
Never: depends on Python's or numpy's own generators.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import StimulusWordError
from ..network.model import QuantizedNetwork

FACTOR, STEP = 1_664_525, 1_013_904_223
DEFAULT_RATE = 0.1
DEFAULT_STIMULUS = "random:1"  # of every command that runs a brain
_Ints = NDArray[np.int64]
Drawn = Callable[[_Ints, _Ints, _Ints, NDArray[np.bool_], int], None]


@dataclass(frozen=True, slots=True)
class RandomStimulus:
    """The parameters of SPEC 4, as CONFIGURE carries them."""

    seed: int
    group_bits: int
    chance: int

    @classmethod
    def at_rate(cls, seed: int, rate: float = DEFAULT_RATE) -> "RandomStimulus":
        """About `rate` of the input neurons in each burst.

        Raises StimulusError unless 0 <= rate <= 1 and the seed is a u32.
        """
        if not 0 <= rate <= 1:
            raise StimulusWordError(f"the stimulus rate is {rate}", "give a share between 0 and 1")
        if not 0 <= seed < 2**32:
            raise StimulusWordError(
                f"the stimulus seed is {seed}", "give a number from 0 to 2^32 − 1"
            )
        bits = next((g for g in range(10, 0, -1) if rate * 2**g <= 1), 0)
        return cls(seed, bits, math.floor(rate * 2**bits * 65_536 + 0.5))

    def __str__(self) -> str:
        """The words that `parse` takes for it: random:SEED, and its rate if it is another."""
        rate = self.chance / 65_536 / 2**self.group_bits
        if self == RandomStimulus.at_rate(self.seed):
            return f"random:{self.seed}"
        near = (f"{rate:.{digits}g}" for digits in range(1, 17))
        exact = (text for text in near if RandomStimulus.at_rate(self.seed, float(text)) == self)
        return f"random:{self.seed}:{next(exact, f'{rate:.17g}')}"

    @classmethod
    def parse(cls, text: str) -> "RandomStimulus | None":
        """`none`, or `random:SEED[:RATE]`."""
        kind, *rest = text.split(":")
        if kind == "none" and not rest:
            return None
        try:
            if kind != "random" or len(rest) not in (1, 2):
                raise ValueError
            return cls.at_rate(int(rest[0]), *(float(r) for r in rest[1:]))
        except ValueError:
            raise StimulusWordError(
                f"the stimulus {text!r} is not understood",
                "write random:SEED or random:SEED:RATE, for example random:7:0.1, or none",
            ) from None


class StimulusStream:
    """The stimulus burst by burst. `draw` is called once per burst, from burst 1."""

    def __init__(
        self, network: QuantizedNetwork, stimulus: RandomStimulus, drawn: Drawn | None = None
    ) -> None:
        """`drawn` is told of each burst's draws: a, c, amount, whether inside, and the chance."""
        self._drawn = drawn
        size = 1 << stimulus.group_bits
        group, stop, amount = [], [], []
        for reach in network.inputs:
            starts = np.arange(reach.first, reach.first + reach.count, size)
            group.append(starts)
            stop.append(np.full(len(starts), reach.first + reach.count))
            amount.append(np.full(len(starts), reach.amount))
        none = [np.zeros(0, dtype=np.int64)]
        self._group: NDArray[np.int64] = np.concatenate(group or none)
        self._stop: NDArray[np.int64] = np.concatenate(stop or none)
        self._amount: NDArray[np.int64] = np.concatenate(amount or none)
        self._stimulus = stimulus
        draws = 2 * len(self._group)
        powers = np.full(draws, FACTOR, dtype=np.uint32)
        self._factor = np.cumprod(powers, dtype=np.uint32)  # x_i = factor_i · x + step_i
        before = np.concatenate([np.ones(min(draws, 1), dtype=np.uint32), self._factor[:-1]])
        self._step = np.cumsum(before, dtype=np.uint32) * np.uint32(STEP)
        self._x = stimulus.seed

    def draw(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The neurons reached in the next burst, ascending, and the amounts."""
        if not len(self._group):
            return self._group, self._amount
        x = self._factor * np.uint32(self._x) + self._step
        self._x = int(x[-1])
        bits = self._stimulus.group_bits
        a, c = (x >> np.uint32(16)).astype(np.int64).reshape(-1, 2).T
        neuron = self._group + (c >> (16 - bits))
        inside = neuron < self._stop
        if self._drawn:
            self._drawn(a, c, self._amount, inside, self._stimulus.chance)
        hit = (a < self._stimulus.chance) & inside
        return neuron[hit], (self._amount >> (c & 3 == 0))[hit]


def parameters(stimulus: RandomStimulus | None) -> tuple[int, int, int] | None:
    """A stimulus as Device.configure takes it."""
    return (stimulus.seed, stimulus.group_bits, stimulus.chance) if stimulus else None
