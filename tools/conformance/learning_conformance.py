"""Learning conformance: one golden trace of a brain that learns against the float reference.

In:  a LearningTrace.
Out: where the reference leaves it, in words: firing, weights, synapses, memory, final state.
Never: tolerates a difference that FORMAT_PLASTIC.md does not allow.
"""

from typing import Any

from ganglion.frontends.learning_trace import FIRST_MEMORY_ID, LearningTrace
from ganglion.reference.learning_floats import LearningFloatReference
from tools.conformance.xxh64 import xxh64


def first_learned_difference(
    golden: LearningTrace, reference: LearningFloatReference, burst: int
) -> str | None:
    """What the reference changed otherwise than FEAGI in the burst it has just run."""
    where = f"burst {burst} of {golden.trace.bursts}"
    ours = sorted(
        [slot_in_file(golden, slot), weight] for slot, weight in reference.changes.weights
    )
    theirs = golden.weights[burst - 1]
    if ours != theirs:
        return f"{where}: weights {_first(ours, theirs)}"
    ours = [_synapse(golden, reference, slot) for slot in reference.changes.created]
    theirs = golden.created[burst - 1]
    if ours != theirs:
        return f"{where}: created synapses {_first(ours, theirs)}"
    events = reference.changes.memory
    told = golden.memory[burst - 1] or {}
    for name, mine in (
        ("converted", [_id(number) for number in events.converted]),
        ("died", [_id(number) for number in events.died]),
        ("created", [_neuron(golden, reference, number) for number in events.created]),
        ("reactivated", [_neuron(golden, reference, number) for number in events.reactivated]),
    ):
        if mine != told.get(name, []):
            return f"{where}: memory neurons {name} {_first(mine, told.get(name, []))}"
    return None


def final_learned_difference(
    golden: LearningTrace, reference: LearningFloatReference
) -> str | None:
    """Weights and living memory neurons after the last burst."""
    where = f"after burst {golden.trace.bursts}"
    weights = reference.weight.copy()
    weights[golden.slots] = reference.weight[: len(golden.slots)]
    if weights.tolist() != golden.final_weights:
        return f"{where}: weights {_first(weights.tolist(), golden.final_weights)}"
    ours = [
        [
            _id(n.number), golden.areas[n.area], n.lifespan, int(n.longterm), n.activations,
            f"{xxh64(n.pattern):016x}",
        ]
        for n in reference.memory.living.values()
    ]  # fmt: skip
    if ours != golden.final_memory:
        return f"{where}: living memory neurons {_first(ours, golden.final_memory)}"
    return None


def slot_in_file(golden: LearningTrace, slot: int) -> int:
    """A slot of the reference as the file numbers it: there the first ones are in any order."""
    return int(golden.slots[slot]) if slot < len(golden.slots) else slot


def _id(number: int) -> int:
    return FIRST_MEMORY_ID + number


def _neuron_id(golden: LearningTrace, neuron: int) -> int:
    n = golden.trace.connectome.n_neurons
    return neuron if neuron < n else _id(neuron - n)


def _synapse(golden: LearningTrace, reference: LearningFloatReference, slot: int) -> list[int]:
    return [
        slot,
        _neuron_id(golden, int(reference.source[slot])),
        _neuron_id(golden, int(reference.target[slot])),
        int(reference.weight[slot]),
        int(reference.psp[slot]),
        int(reference.inhibitory[slot]),
    ]


def _neuron(golden: LearningTrace, reference: LearningFloatReference, number: int) -> list[Any]:
    neuron = reference.memory.neurons[number]
    frames = [
        [offset, golden.areas[upstream], sorted(golden.voxels[list(shown)].tolist())]
        for offset, upstream, shown in neuron.frames
    ]
    hashed = f"{xxh64(neuron.pattern):016x}"
    return [_id(number), golden.areas[neuron.area], hashed, 1.5, frames]


def _first(ours: list[Any], theirs: list[Any]) -> str:
    """The first entry in which two lists differ."""
    for mine, its in zip(ours, theirs, strict=False):
        if mine != its:
            return f"are {mine} and should be {its}"
    at = min(len(ours), len(theirs))
    longer = ours if len(ours) > len(theirs) else theirs
    extra = "should not hold" if longer is ours else "should hold"
    return f"are {len(ours)} and should be {len(theirs)}: they {extra} {longer[at]}"
