"""Proof: no order of additions can take a potential out of its storage.

In:  a QuantizedNetwork, from quantize.py or from anybody's blob.
Out: the bounds that every neuron keeps, or a BlobError that names the neuron.
Never: trusts what the compiler said; it is run again on every blob that is loaded.

Between bursts a potential lies in LO..HI of its population (0 where it does not accumulate): U1,
U3, U4, U5 and U7 leave nothing else. In one burst a neuron meets each synapse at most once, its
power, its stimulus and its clamped injection. Whatever their order, every partial sum lies
between LO minus all that is negative and HI plus all that is positive.

The bounds must stay within ±(2^(storage−1) − 1): the leak takes |v|, and |−2^31| is no i32. What
U4 adds to the potential of an mp-driven neuron before it shifts must fit an i32 as well.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BlobError
from .layer_proof import prove_layers
from .learning import area_neurons, largest_of
from .model import QuantizedNetwork

REMEDY = "compile it again with a wider state (--state int32)"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The lowest and the highest partial sum that each neuron can reach; (N,) each."""

    lowest: NDArray[np.int64]
    highest: NDArray[np.int64]

    def slack(self, storage: int) -> int:
        """How far the worst neuron stays from leaving its storage; negative if it can."""
        limit = 2 ** (storage - 1) - 1
        return int(min(limit - self.highest.max(), self.lowest.min() + limit))


def bounds(network: QuantizedNetwork) -> Bounds:
    """The extremes of every partial sum of every burst."""
    n = network.n_neurons
    c = network.contribution
    # int64 sums: at most 2^32 synapses of at most 2^31 each
    up, down = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    np.add.at(up, network.target, np.maximum(c, 0))
    np.add.at(down, network.target, np.maximum(-c, 0))
    targets, amounts = largest_of(network)
    np.add.at(up, targets, np.maximum(amounts, 0))
    np.add.at(down, targets, np.maximum(-amounts, 0))
    for memory in network.learning.memories:
        slots = area_neurons(network, memory.area)
        up[slots.start : slots.stop] += network.threshold[slots.start : slots.stop]
    injected = network.per_neuron("input_max")
    up += injected
    down += injected
    for reach in network.inputs:
        up[reach.first : reach.first + reach.count] += reach.amount
    if network.power_neuron is not None:
        up[network.power_neuron] += max(network.power_amount, 0)
        down[network.power_neuron] += max(-network.power_amount, 0)
    keeps = network.per_neuron("accumulates")
    high = np.where(keeps, network.per_neuron("high"), 0)
    low = np.where(keeps, network.per_neuron("low"), 0)
    return Bounds(low - down, high + up)


def prove(network: QuantizedNetwork) -> Bounds:
    """The bounds of a network that cannot overflow.

    Raises BlobError if a partial sum, or a threshold, could leave the storage.
    """
    prove_layers(network.layers)
    found = bounds(network)
    limit = 2 ** (network.storage - 1) - 1
    over = np.flatnonzero((found.highest > limit) | (found.lowest < -limit))
    if len(over):
        n = int(over[0])
        raise BlobError(
            f"neuron {n} could reach {found.lowest[n]}..{found.highest[n]}, "
            f"beyond {network.storage} bits",
            REMEDY,
        )
    rounding = np.where(network.per_neuron("mp_driven") > 0, 1 << network.per_neuron("psp_bits"), 0)
    over = np.flatnonzero(found.highest + (rounding >> 1) > 2**31 - 1)
    if len(over):
        n = int(over[0])
        raise BlobError(
            f"neuron {n} could reach {found.highest[n]}, and rounding its PSP would leave 32 bits",
            REMEDY,
        )
    threshold = network.threshold
    if len(threshold) and (threshold.max() > 2**30 or threshold.min() < -(2**30)):
        raise BlobError(
            f"a threshold of {threshold[np.abs(threshold).argmax()]} is beyond 2^30", REMEDY
        )
    for i, p in enumerate(network.populations):
        kept = 2 ** (network.state - 1)
        if p.low < -kept or p.high > kept - 1:
            raise BlobError(
                f"population {i} keeps {p.low}..{p.high}, beyond the {network.state} bits of "
                "its state",
                REMEDY,
            )
    return found
