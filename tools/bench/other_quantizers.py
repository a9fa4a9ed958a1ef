"""Rivals: other ways to run a genome in few bits, to measure ours beside them.

In:  a connectome.
Out: engines with the step of precision.FloatEngine.
Never: part of the product; better or worse than their definition says.

plain   one int8 scale for every weight, threshold and potential: the largest of them is 127;
        nearest; potentials saturate at ±127 when they are stored
q8_8    fixed point: 16 bits, 8 of them after the point, saturating
feagi   FEAGI's INT8: raw = round(1.6933·v + 42.33) in −127..127; sums add raw values; zero is
        raw 0, which reads as −25; leak on the decoded value
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.connectome.model import Connectome
from ganglion.reference.floats import FloatReference, RealInputs
from ganglion.reference.real import RealStimulus

Reals = NDArray[np.float64]
Indices = NDArray[np.int64]


class Rounded(FloatReference):
    """float64 in which whatever is stored is a whole number of steps, within limits."""

    def __init__(self, connectome: Connectome, step: float, most: int) -> None:
        dtype: Any = np.float64
        super().__init__(connectome, dtype)
        self._step, self._most = step, most
        self._contribution = self._rounded(self._contribution)
        # a quarter of a step lower, so that float64's own rounding cannot hide an equality
        self._threshold = self._rounded(self._threshold) - step / 4
        self._limit = self._limit + step / 4

    def _rounded(self, values: Reals) -> Reals:
        return np.clip(np.rint(values / self._step), -self._most, self._most) * self._step

    def step(
        self, inputs: RealInputs | None = None, fired_before: Indices | None = None
    ) -> Indices:
        if inputs is not None:
            inputs = inputs[0], self._rounded(inputs[1].astype(np.float64))
        fired = super().step(inputs, fired_before)
        self.potential = self._rounded(self.potential)
        return fired


def plain(connectome: Connectome) -> FloatReference:
    """One scale for all."""
    exact = FloatReference(connectome)
    largest = max(
        float(np.abs(exact._contribution).max(initial=0.0)),
        float(np.abs(connectome.threshold[connectome.live()]).max(initial=0.0)),
    )
    return Rounded(connectome, (largest or 1.0) / 127, 127)


def q8_8(connectome: Connectome) -> FloatReference:
    """Fixed point."""
    return Rounded(connectome, 1 / 256, 2**15 - 1)


def encode(real: Reals) -> NDArray[np.int64]:
    """FEAGI's raw INT8."""
    return np.clip(np.rint(1.6933 * real + 42.33), -127, 127).astype(np.int64)


def decode(raw: NDArray[np.int64]) -> Reals:
    """What a raw INT8 reads as."""
    return (raw - 42.33) / 1.6933


class Feagi(FloatReference):
    """FEAGI's INT8 engine: `potential` holds raw values."""

    def __init__(self, connectome: Connectome) -> None:
        super().__init__(connectome)
        self._raw_threshold = encode(connectome.threshold.astype(np.float64))
        limited = connectome.threshold_limit > 0
        raw_limit = encode(connectome.threshold_limit.astype(np.float64))
        self._raw_limit = np.where(limited, raw_limit, 127)
        self.potential = np.zeros(connectome.n_neurons, dtype=np.int64)

    def _update(self, candidates: Indices, total: Any) -> Indices:
        c = self.connectome
        resting = candidates[self.countdown[candidates] > 0]
        ready = candidates[self.countdown[candidates] == 0]
        self.countdown[resting] -= 1
        over = resting[(self.countdown[resting] == 0) & self._limited[resting]]
        self.consecutive_fires[
            over[self.consecutive_fires[over] >= c.consecutive_fire_limit[over]]
        ] = 0
        with np.errstate(invalid="ignore", over="ignore"):
            raw = np.clip(self.potential[ready] + encode(total[ready].astype(float)), -127, 127)
        reached = (self._raw_threshold[ready] <= raw) & (raw <= self._raw_limit[ready])
        limited = self._limited[ready]
        blocked = reached & limited
        blocked &= self.consecutive_fires[ready] >= c.consecutive_fire_limit[ready]
        fires = reached & ~blocked & self._lucky(ready)
        rests = ~(fires | blocked)
        self.consecutive_fires[ready[limited & (blocked | rests)]] = 0
        leaked = encode(decode(raw) * (1.0 - c.leak[ready].astype(np.float64)))
        leaked = np.where(c.leak[ready] > 0, leaked, raw)
        self.potential[ready] = np.where(fires, 0, np.where(rests, leaked, raw))
        fired = ready[fires]
        self.potential_at_fire[fired] = decode(raw[fires])
        self.consecutive_fires[fired] += 1
        snoozes = self._limited[fired]
        snoozes &= self.consecutive_fires[fired] >= c.consecutive_fire_limit[fired]
        rest = c.refractory_period[fired].astype(np.int32) + np.where(snoozes, c.snooze[fired], 0)
        self.countdown[fired] = np.minimum(rest, 0xFFFF)
        return fired


RIVALS = {"one int8 scale": plain, "fixed Q8.8": q8_8, "FEAGI INT8": Feagi}


def follow(engine: FloatReference, stimulus: RealStimulus) -> Indices:
    """One burst with what the stimulus has for it."""
    return engine.step(stimulus.inputs(engine.burst + 1))
