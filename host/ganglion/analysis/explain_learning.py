"""Explain learning: what one neuron gets and gives by synapses whose weights change.

In:  a network, a neuron.
Out: sentences; none for a brain that does not learn.
Never: says what was learnt: only what can be.
"""

import numpy as np

from ..network.learning import ASSOCIATIVE, NOBODY, area_neurons, places_of
from ..network.model import QuantizedNetwork


def received(network: QuantizedNetwork, neuron: int) -> list[str]:
    """What reaches the neuron by plastic synapses, by replay, and by its pattern."""
    learning = network.learning
    unit = network.areas[network.populations[int(network.population_of[neuron])].area].unit
    result = []
    for p in learning.projections:
        count = int((places_of(network, p).target == neuron).sum())
        if count:
            source = network.areas[learning.rules[p.rule].source].id
            kind = "pairs that can become synapses" if p.form == ASSOCIATIVE else "synapses"
            verb = "adds" if p.sign > 0 else "takes"
            result.append(
                f"From {source}: {count:,} {kind} that learn; each {verb} at most "
                f"{p.cap * unit:g} ({p.cap:,}) when its source fires."
            )
    for twin in learning.twins:
        played = int((twin.plays == neuron).sum()) if neuron != NOBODY else 0
        if played:
            memory = network.areas[learning.memories[twin.memory].area].id
            result.append(
                f"{memory} plays {played:,} neuron{'s' if played > 1 else ''} back to it: "
                f"{twin.amount * unit:g} ({twin.amount:,}) for each memory that holds one."
            )
    for memory_area in learning.memories:
        if neuron in area_neurons(network, memory_area.area):
            result.append(
                "It is a place for a memory: it fires in the burst after its pattern was seen."
            )
    return result


def sent(network: QuantizedNetwork, neuron: int) -> list[str]:
    """What the neuron reaches by plastic synapses, and which memory sees it."""
    learning = network.learning
    result = []
    for p in learning.projections:
        count = int(np.sum(places_of(network, p).source == neuron))
        if count:
            target = network.areas[learning.rules[p.rule].target].id
            result.append(f"It reaches up to {count:,} neurons of {target} by synapses that learn.")
    for memory in learning.memories:
        if any(neuron in area_neurons(network, area) for area in memory.upstream):
            result.append(f"{network.areas[memory.area].id} remembers what it does.")
    return result
