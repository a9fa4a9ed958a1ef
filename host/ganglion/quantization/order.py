"""Order: the synapses of a network, by source, class, target and weight (SPEC.md, 5.5).

In:  a Connectome, its neurons in the network's order, the class and weight of each kind.
Out: the columns of a QuantizedNetwork.
Never: sorts all synapses at once: those of some sources are sorted at a time, in cache.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..connectome.slices import PIECE
from ..network.model import MAX_CLASSES, Numbers, numbered
from .grouping import order_of
from .kinds import Kinds

WEIGHT = 8  # bits: an own weight is 0 to 127, any other 1 or -1 in all of its class
CLASS = MAX_CLASSES.bit_length()


class Ordered(NamedTuple):
    """The synapses that do not learn. Arrays are (m,)."""

    source: Numbers
    target: Numbers
    klass: NDArray[np.uint16]
    weight: NDArray[np.int8]


def in_order(
    c: Connectome,
    neuron: NDArray[np.int64],
    kinds: Kinds,
    klass: NDArray[np.uint16],
    weight: NDArray[np.int8],
    plastic: NDArray[np.bool_],
) -> Ordered:
    """The synapses, sorted. `neuron` (N,): connectome index of each of the network; `klass`,
    `weight` and `plastic` are by kind.

    A synapse becomes one number of 63 bits: from the highest, its source, class, target and
    weight. So to sort numbers is to sort synapses, and equal ones are alike in all.
    """
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
    )
    bits = len(neuron).bit_length()  # of a target
    sources = 1 << 63 - CLASS - bits - WEIGHT  # at a time
    of_kind = (klass.astype(np.int64) << bits + WEIGHT) + weight + 1
    first = done = 0
    while first < len(neuron):
        before = int(ends[first] - fans[first])
        stop = max(int(np.searchsorted(ends, before + PIECE, side="right")), first + 1)
        stop = min(stop, first + sources)
        fan = fans[first:stop]
        synapse = np.repeat(starts[first:stop] - (ends[first:stop] - fan) + before, fan)
        synapse += np.arange(len(synapse))
        if by_source is not None:
            synapse = by_source[synapse]
        kind = kinds.of[synapse]
        key = np.repeat(np.arange(stop - first) << CLASS + bits + WEIGHT, fan)
        if plastic.any():
            stay = ~plastic[kind]
            synapse, kind, key = synapse[stay], kind[stay], key[stay]
        key += of_kind[kind]
        key += new[c.target[synapse]].astype(np.int64) << WEIGHT
        key.sort()
        at = slice(done, done + len(key))
        made.weight[at] = (key & (1 << WEIGHT) - 1) - 1
        key >>= WEIGHT
        made.target[at] = key & (1 << bits) - 1
        key >>= bits
        made.klass[at] = key & (1 << CLASS) - 1
        key >>= CLASS
        made.source[at] = key + first
        first, done = stop, at.stop
    return made
