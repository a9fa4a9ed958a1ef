"""Float reference: the burst of FEAGI's f32 engine, vectorised, equal to its traces.

In:  a Connectome, and per burst the potentials that sensors add.
Out: per burst the neurons that fired, ascending; potentials, countdowns and counts after it.
Never: quantizes; learns; depends on the order of anything but the indices.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome, Dynamics
from ..errors import StimulusError

Real = NDArray[Any]  # of the dtype chosen
Indices = NDArray[np.int64]
RealInputs = tuple[NDArray[np.integer], NDArray[np.floating]]

POWER_POTENTIAL = 1.0
ALWAYS = 0.999
"""From this excitability on, a neuron that can fire does."""


class FloatReference:
    """Runs a connectome in float32 or float16, burst by burst, from burst 1.

    `dtype=np.float32` is FEAGI: every operation rounds to float32. Contributions that meet in
    one neuron are added in the order inputs (as given), power, synapses by source; FEAGI leaves
    that order open.

    `dtype=np.float16` is FEAGI's unimplemented fp16 as we define it: potential, threshold,
    threshold limit, leak and each synapse's contribution (weight · psp, divided if need be) are
    stored as float16, and every operation on them (the sum of what meets in a neuron, adding it
    to the potential, the leak product) rounds to float16. Values beyond 65504 become infinite
    and compare as IEEE says; opposite infinities meet as NaN, which never fires. Excitability,
    countdowns and counts stay as they are.
    """

    def __init__(
        self,
        connectome: Connectome,
        dtype: type[np.float32] | type[np.float16] = np.float32,
    ) -> None:
        self.connectome = connectome
        self.dtype = dtype
        self.burst = 0
        n = connectome.n_neurons
        self.potential = np.zeros(n, dtype=dtype)
        self.countdown = np.zeros(n, dtype=np.int32)
        self.consecutive_fires = np.zeros(n, dtype=np.int64)
        self.last_fired: Indices = np.zeros(0, dtype=np.int64)
        self.potential_at_fire = np.zeros(n, dtype=dtype)
        """The potential each neuron last fired with, before the reset: drives mp-driven PSP."""

        with np.errstate(over="ignore"):
            self._threshold = connectome.threshold.astype(dtype)
            self._limit = connectome.threshold_limit.astype(dtype)
        self._limit[connectome.threshold_limit == 0] = np.inf
        self._retained = np.ones(n, dtype=dtype) - connectome.leak.astype(dtype)
        self._sometimes = connectome.excitability < np.float32(ALWAYS)
        self._limited = connectome.consecutive_fire_limit > 0

        flags = connectome.areas
        area = connectome.area
        self._forgets = _of_area([not a.mp_charge_accumulation for a in flags], area)
        self._every_burst = _of_area([a.dynamics is Dynamics.EVERY_BURST for a in flags], area)
        self._mp_driven = _of_area([a.mp_driven_psp for a in flags], area)
        divided = _of_area([not a.psp_uniform for a in flags], area)

        # Synapses of neuron i are first[i] .. first[i + 1] (source ascends).
        self._first = np.searchsorted(connectome.source, np.arange(n + 1))
        fan_out = np.maximum(np.diff(self._first), 1)
        self._divisor = np.where(divided, fan_out, 1).astype(np.float32)  # (n,)
        sign = np.where(connectome.inhibitory, np.float32(-1), np.float32(1))
        self._signed_weight = sign * connectome.weight  # (m,) float32, exact
        fixed = self._signed_weight * connectome.psp / self._divisor[connectome.source]
        self._contribution = fixed.astype(dtype)  # (m,) unless mp-driven

    def step(
        self, inputs: RealInputs | None = None, fired_before: Indices | None = None
    ) -> Indices:
        """One burst. `inputs` are (neurons, potentials); a neuron listed twice gets the sum.

        `fired_before` replaces the neurons that fired last burst as those that propagate (open
        loop); what they fired with, which mp-driven PSP needs, is the latest this run has seen.
        """
        self.burst += 1
        propagating = self.last_fired if fired_before is None else np.unique(fired_before)
        total, touched = self._gather(inputs, propagating)
        self.potential[self._forgets] = 0
        candidates = np.flatnonzero(touched | self._every_burst)
        self.last_fired = self._update(candidates, total)
        return self.last_fired

    def _gather(
        self, inputs: RealInputs | None, propagating: Indices
    ) -> tuple[Real, NDArray[np.bool_]]:
        """What each neuron receives this burst, and whether it receives anything (even 0)."""
        total = np.zeros(self.connectome.n_neurons, dtype=self.dtype)
        touched = np.zeros(self.connectome.n_neurons, dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            if inputs is not None:
                neurons, potentials = self._checked(inputs)
                np.add.at(total, neurons, np.asarray(potentials, dtype=self.dtype))
                touched[neurons] = True
            power = self.connectome.power_neuron
            if power is not None:
                total[power] += self.dtype(POWER_POTENTIAL)
                touched[power] = True
            synapses, sources = self._outgoing(propagating)
            targets = self.connectome.target[synapses]
            np.add.at(total, targets, self._contributions(synapses, sources))
            touched[targets] = True
        return total, touched

    def _checked(self, inputs: RealInputs) -> RealInputs:
        neurons, potentials = inputs
        n = self.connectome.n_neurons
        if len(neurons) and not 0 <= int(neurons.min()) <= int(neurons.max()) < n:
            raise StimulusError(
                f"the stimulus of burst {self.burst} names neurons "
                f"{int(neurons.min())} to {int(neurons.max())} of {n}",
                "use indices of this connectome",
            )
        return neurons, potentials

    def _outgoing(self, propagating: Indices) -> tuple[Indices, Indices]:
        """The synapses of the given neurons, and the source of each."""
        first = self._first[propagating]
        counts = self._first[propagating + 1] - first
        sources = np.repeat(propagating, counts)
        start = np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(first, counts) + np.arange(len(sources)) - start, sources

    def _contributions(self, synapses: Indices, sources: Indices) -> Real:
        values = self._contribution[synapses]
        driven = self._mp_driven[sources]
        if driven.any():
            at_fire = self.potential_at_fire[sources[driven]].astype(np.float32)
            psp = _rounded(np.clip(at_fire, np.float32(0), np.float32(255)))
            raw = self._signed_weight[synapses[driven]] * psp / self._divisor[sources[driven]]
            values[driven] = raw.astype(self.dtype)
        return values

    def _update(self, candidates: Indices, total: Real) -> Indices:
        """The candidates' turn; everyone else is frozen. Returns those that fire."""
        c = self.connectome
        countdown = self.countdown[candidates]
        resting = candidates[countdown > 0]
        self.countdown[resting] -= 1
        over = resting[self.countdown[resting] == 0]
        over = over[self._limited[over]]
        spent = self.consecutive_fires[over] >= c.consecutive_fire_limit[over]
        self.consecutive_fires[over[spent]] = 0

        ready = candidates[countdown == 0]
        with np.errstate(over="ignore", invalid="ignore"):
            potential = self.potential[ready] + total[ready]
        reached = (self._threshold[ready] <= potential) & (potential <= self._limit[ready])
        limited = self._limited[ready]
        blocked = (
            reached & limited & (self.consecutive_fires[ready] >= c.consecutive_fire_limit[ready])
        )
        fires = reached & ~blocked & self._lucky(ready)
        rests = ~(fires | blocked)

        self.consecutive_fires[ready[limited & (blocked | rests)]] = 0
        with np.errstate(over="ignore", invalid="ignore"):
            leaked = potential * self._retained[ready]
        self.potential[ready] = np.where(fires, 0, np.where(rests, leaked, potential))

        fired: Indices = ready[fires]
        self.potential_at_fire[fired] = potential[fires]
        self.consecutive_fires[fired] += 1
        snoozes = self._limited[fired] & (
            self.consecutive_fires[fired] >= c.consecutive_fire_limit[fired]
        )
        rest = c.refractory_period[fired].astype(np.int32) + np.where(snoozes, c.snooze[fired], 0)
        self.countdown[fired] = np.minimum(rest, 0xFFFF)
        return fired

    def _lucky(self, neurons: Indices) -> NDArray[np.bool_]:
        lucky = np.ones(len(neurons), dtype=np.bool_)
        sometimes = self._sometimes[neurons]
        if sometimes.any():
            drawn = random(neurons[sometimes], self.burst)
            lucky[sometimes] = drawn < self.connectome.excitability[neurons[sometimes]]
        return lucky


def random(neurons: Indices, burst: int) -> NDArray[np.float32]:
    """FEAGI's pseudo-random number in 0..1 for connectome indices in a burst."""
    seed = neurons.astype(np.uint32) * np.uint32(2654435761) + np.uint32(
        burst * 1597334677 & 0xFFFFFFFF
    )
    return pcg(seed).astype(np.float32) / np.float32(4294967296.0)


def pcg(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """PCG-RXS-M-XS with 32 bits of state, one step from x; everything wraps."""
    state = x * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    result: NDArray[np.uint32] = (word >> np.uint32(22)) ^ word
    return result


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half away from zero, for values that are not negative."""
    whole = np.floor(values)
    result: NDArray[np.float32] = whole + (values - whole >= np.float32(0.5))
    return result.astype(np.float32)


def _of_area(flags: list[bool], area: NDArray[np.int32]) -> NDArray[np.bool_]:
    """A flag per area as a flag per neuron."""
    result: NDArray[np.bool_] = np.array(flags, dtype=np.bool_)[area]
    return result
