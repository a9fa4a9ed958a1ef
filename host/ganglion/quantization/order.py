"""Order: the synapses of a network, by source, class, target and weight (SPEC.md, 5.5).

In:  a Connectome, its neurons in the network's order, the class and weight of each kind.
Out: the columns of a QuantizedNetwork, and which synapse of the connectome each is.
Never: sorts all synapses at once: those of some sources are sorted at a time, in cache.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..connectome.slices import PIECE
from ..network.model import Numbers, numbered
from .grouping import order_of
from .kinds import Kinds


class Ordered(NamedTuple):
    """The synapses that do not learn. Arrays are (m,)."""

    source: Numbers
    target: Numbers
    klass: NDArray[np.uint16]
    weight: NDArray[np.int8]
    synapse: NDArray[np.int32]  # connectome index


def in_order(
    c: Connectome,
    neuron: NDArray[np.int64],
    kinds: Kinds,
    klass: NDArray[np.uint16],
    weight: NDArray[np.int8],
    plastic: NDArray[np.bool_],
) -> Ordered:
    """The synapses, sorted. `neuron` (N,): connectome index of each of the network; `klass`,
    `weight` and `plastic` are by kind. Equal ones keep the order that they had."""
    new = np.zeros(c.n_neurons, dtype=np.int32)
    new[neuron] = np.arange(len(neuron))
    fans = c.fan_out()
    starts = np.cumsum(fans) - fans
    ascending = not (c.source[1:] < c.source[:-1]).any()
    by_source = None if ascending else order_of((c.source,))
    fans, starts = fans[neuron], starts[neuron]
    ends = np.cumsum(fans)
    total = int(kinds.count[~plastic].sum())
    column = numbered(np.zeros(0), len(neuron)).dtype
    made = Ordered(
        np.empty(total, dtype=column),
        np.empty(total, dtype=column),
        np.empty(total, dtype=np.uint16),
        np.empty(total, dtype=np.int8),
        np.empty(total, dtype=np.int32),
    )
    first = done = 0
    while first < len(neuron):
        before = int(ends[first] - fans[first])
        stop = max(int(np.searchsorted(ends, before + PIECE, side="right")), first + 1)
        fan = fans[first:stop]
        synapse = np.repeat(starts[first:stop] - (ends[first:stop] - fan) + before, fan)
        synapse += np.arange(len(synapse))
        if by_source is not None:
            synapse = by_source[synapse]
        kind = kinds.of[synapse]
        source = np.repeat(np.arange(stop - first), fan)
        if plastic.any():
            stay = ~plastic[kind]
            synapse, kind, source = synapse[stay], kind[stay], source[stay]
        target = new[c.target[synapse]]
        mine, weights = klass[kind], weight[kind]
        # an own weight is 0 to 127, any other 1 or -1 in all of its class
        order = order_of((source, mine, target, weights.astype(np.int16) + 1))
        at = slice(done, done + len(order))
        made.source[at] = source + first  # which ascended before
        made.target[at] = target[order]
        made.klass[at] = mine[order]
        made.weight[at] = weights[order]
        made.synapse[at] = synapse[order]
        first, done = stop, at.stop
    return made
