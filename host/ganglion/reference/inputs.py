"""Inputs: real potentials become the integers that a brain is injected with.

In:  neurons of a network and the float32 potentials that sensors give them, once per burst.
Out: an Injection: each neuron once, ascending, with its integer; how many were clamped.
Never: lets an input past the limit J that the overflow proof counts on; hides a clamp.

The rule is SPEC.md, 6.7.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import StimulusError
from ..network.learning import largest_of
from ..network.model import QuantizedNetwork

MOST_AT_ONCE = 64  # neurons that INJECT may name for one burst (SPEC.md 7)
SNAP = 2.0**-22  # relative distance at which a quotient counts as whole: a float32's own error


@dataclass(frozen=True, slots=True)
class Injection:
    """What R4 adds in one burst.

    `clamped` neurons would have got more than the brain takes, and it may matter. It does not
    where the limit alone makes a neuron fire, and more of it could do nothing else.
    """

    neurons: NDArray[np.int64]
    amounts: NDArray[np.int64]
    clamped: int = 0


class HostInput:
    """Converts potentials for one network."""

    def __init__(self, network: QuantizedNetwork) -> None:
        self._unit = network.unit_of_neuron
        self._accumulates = network.per_neuron("accumulates").astype(bool)
        self._most = network.per_neuron("input_max").astype(np.float64)
        self._forgives = _forgiving(network)
        self._floor_is_zero = self._accumulates & (network.per_neuron("low") == 0)

    def convert(self, neurons: NDArray[np.integer], potentials: NDArray[np.floating]) -> Injection:
        """The integers of one burst's potentials; those of one neuron are summed first.

        Raises StimulusError if a neuron is not of this brain, or a potential is not finite.
        """
        n = len(self._unit)
        if len(neurons) and not 0 <= int(neurons.min()) <= int(neurons.max()) < n:
            raise StimulusError(
                f"the input names neurons {int(neurons.min())} to {int(neurons.max())} of {n}",
                "use the neurons of this brain; `ganglion inspect` lists its areas",
            )
        given = np.asarray(potentials, dtype=np.float32)
        if not np.isfinite(given).all():
            bad = int(np.flatnonzero(~np.isfinite(given))[0])
            raise StimulusError(
                f"the input of neuron {int(neurons[bad])} is {float(given[bad])}",
                "give finite potentials",
            )
        unique, which = np.unique(neurons.astype(np.int64), return_inverse=True)
        total = np.zeros(len(unique), dtype=np.float32)
        with np.errstate(over="ignore"):
            np.add.at(total, which, given)
        x = total.astype(np.float64) / self._unit[unique]
        near = np.floor(x + 0.5)
        whole = self._accumulates[unique] | (np.abs(x - near) <= np.abs(x) * SNAP)
        amount = np.where(whole, near, np.floor(x))
        most = self._most[unique]
        kept = np.clip(amount, -most, most)
        lost = (kept != amount) & ~(self._forgives[unique] & (kept > 0))
        lost |= (kept < 0) & self._floor_is_zero[unique]
        return Injection(unique, kept.astype(np.int64), int(lost.sum()))


class FedInputs:
    """What a host feeds a brain burst by burst: real potentials as injections, made when asked for.

    `potentials` gives a burst's neurons and potentials, `also` adds injections to some bursts.
    A device takes MOST_AT_ONCE neurons in one burst.
    """

    def __init__(
        self,
        name: str,
        network: QuantizedNetwork,
        potentials: Callable[[int], tuple[NDArray[np.int64], NDArray[np.float32]]],
        also: Mapping[int, Injection] | None = None,
    ) -> None:
        self.name = name
        self.clamped: dict[int, int] = {}  # by burst
        self._convert = HostInput(network).convert
        self._potentials = potentials
        self._also = also or {}

    def all(self, bursts: int) -> dict[int, Injection]:
        """What enters in each burst up to that one, where something does."""
        every = ((burst, self.get(burst)) for burst in range(1, bursts + 1))
        return {burst: found for burst, found in every if found is not None}

    def get(self, burst: int) -> Injection | None:
        """What enters in that burst. Raises StimulusError for more than a device takes at once."""
        found = self._convert(*self._potentials(burst))
        if found.clamped:
            self.clamped[burst] = found.clamped
        extra = self._also.get(burst)
        if extra is not None:
            neurons = np.concatenate([found.neurons, extra.neurons])
            unique, which = np.unique(neurons, return_inverse=True)
            amounts = np.zeros(len(unique), dtype=np.int64)
            np.add.at(amounts, which, np.concatenate([found.amounts, extra.amounts]))
            found = Injection(unique, amounts)
        if len(found.neurons) > MOST_AT_ONCE:
            raise StimulusError(
                f"{self.name} feeds {len(found.neurons)} neurons in burst {burst}, and a device "
                f"takes {MOST_AT_ONCE}",
                "give a lower rate, for example whole:1:0.05, or take random:SEED, which is made "
                "on the device",
            )
        return found if len(found.neurons) else None


def _forgiving(network: QuantizedNetwork) -> NDArray[np.bool_]:
    """(N,) neurons that do with their largest input what they would do with any larger one."""
    inhibition = np.zeros(network.n_neurons, dtype=np.int64)
    np.add.at(inhibition, network.target, np.maximum(-network.contribution, 0))
    targets, amounts = largest_of(network)
    np.add.at(inhibition, targets, np.maximum(-amounts, 0))
    enough = network.per_neuron("input_max") >= network.threshold + inhibition
    upper = np.array([p.upper is not None for p in network.populations])[network.population_of]
    always = network.per_neuron("always").astype(bool)
    keeps = network.per_neuron("accumulates").astype(bool)
    driven = network.per_neuron("mp_driven").astype(bool)
    result: NDArray[np.bool_] = enough & ~upper & ~driven & (~keeps | (always & (inhibition == 0)))
    return result
