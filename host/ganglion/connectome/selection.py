"""Selection: which neurons of a connectome matter, and which the stimulus reaches (SPEC.md 6.1).

In:  a connectome.
Out: indices and masks of neurons.
Never: changes the connectome.
"""

import numpy as np
from numpy.typing import NDArray

from .model import Connectome
from .slices import marked


def live_neurons(connectome: Connectome) -> NDArray[np.int64]:
    """The neurons that a brain keeps, ascending: those that can matter; of a connectome without
    synapses one, since a brain is never empty."""
    found = np.flatnonzero(connectome.live())
    if not len(found) and connectome.n_neurons:
        found = np.array([connectome.power_neuron or 0])
    return found


def stimulated_neurons(connectome: Connectome, keep: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(len(keep),) the neurons that the random stimulus reaches: those of input areas; without
    one, those that nothing reaches; without one, all. Never places of memory neurons."""
    is_input = np.array([a.group == "IPU" for a in connectome.areas] or [False])
    chosen = is_input[connectome.area[keep]]
    if not chosen.any():
        reached = connectome.learning.reached(connectome.area)
        reached |= marked(connectome.target, connectome.n_neurons)
        chosen = ~reached[keep]
        if connectome.power_neuron is not None:
            chosen &= keep != connectome.power_neuron
    return chosen if chosen.any() else ~connectome.learning.places(connectome.n_neurons)[keep]
