"""Explain: one neuron's story: what reaches it, what makes it fire, what it keeps and sends.

In:  a network and a neuron of it; if there is one, the connectome that it was compiled from.
Out: a Story: facts for JSON, sentences for people, in real units and in the brain's integers.
Never: simulates; gives a real number without the integer that the board has for it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.fingerprint import fingerprint
from ..connectome.model import Connectome
from ..errors import MismatchError, StimulusWordError, UsageError
from ..network.model import QuantizedNetwork, SynapseClass
from ..reference.injection import area_named
from .explain_layers import layer_report
from .explain_words import Bundle, sentences


@dataclass(frozen=True, slots=True)
class NeuronReport:
    """What there is to say of one neuron."""

    neuron: int
    facts: dict[str, Any]
    sentences: tuple[str, ...]


def find(network: QuantizedNetwork, text: str) -> int:
    """The neuron that `text` names: its number, or AREA:X,Y,Z[,N], where the
    area is named by its id or its name. Raises UsageError."""
    remedy = f"give a number from 0 to {network.n_neurons - 1}, or AREA:X,Y,Z"
    if text.isdigit():
        if int(text) < network.n_neurons:
            return int(text)
        raise UsageError(
            f"the brain has {network.n_neurons:,} neurons, and no number {text}", remedy
        )
    area, _, place = text.rpartition(":")
    try:
        x, y, z, *inner = (int(word) for word in place.split(","))
    except ValueError:
        raise UsageError(f"the neuron {text!r} is not understood", remedy) from None
    try:
        number = area_named(network, area).id
    except StimulusWordError as error:
        raise UsageError(error.fact, error.remedy) from None
    found = network.neurons_at(number, (x, y, z))
    wanted = [n for n in found.tolist() if network.describe(n)[2] == (inner or [0])[0]]
    if not wanted:
        raise UsageError(
            f"area {number} keeps no neuron at {place}",
            "it may not exist, or nothing is connected to it so that it was left out",
        )
    return int(wanted[0])


def neuron_report(
    network: QuantizedNetwork, neuron: int, connectome: Connectome | None = None
) -> NeuronReport:
    """Everything about one neuron. Raises MismatchError if the connectome is another brain's."""
    if connectome is not None and fingerprint(connectome) != network.genome:
        raise MismatchError(
            f"the brain was compiled from {network.genome.hex()}, and this genome is "
            f"{fingerprint(connectome).hex()}",
            "give the genome, and the policies, that the brain was compiled with",
        )
    if network.layers:
        told, words = layer_report(network, neuron)
        return NeuronReport(neuron, told, tuple(words))
    population = network.populations[int(network.population_of[neuron])]
    area = network.areas[population.area]
    index = _index(network, neuron, connectome)
    came = _bundles(network, neuron, index, connectome, incoming=True)
    goes = _bundles(network, neuron, index, connectome, incoming=False)
    threshold = int(network.threshold[neuron])
    stimulus = [r.amount for r in network.inputs if r.first <= neuron < r.first + r.count]
    facts: dict[str, Any] = {
        "neuron": neuron,
        "area": area.id,
        "name": area.name,
        "voxel": network.describe(neuron)[1],
        "unit": area.unit,
        "threshold": {"integer": threshold, "real": threshold * area.unit},
        "leak": population.leak_share,
        "accumulates": population.accumulates,
        "keeps": {"low": population.low, "high": population.high},
        "stimulus": stimulus[0] if stimulus else 0,
        "largest_injection": population.input_max,
        "power": network.power_amount if network.power_neuron == neuron else 0,
        "inputs": [_as_dict(b) for b in came],
        "outputs": [_as_dict(b) for b in goes],
    }
    if connectome is not None and index is not None:
        facts["genome"] = {
            "neuron": index,
            "threshold": float(connectome.threshold[index]),
            "leak": float(connectome.leak[index]),
        }
    return NeuronReport(neuron, facts, tuple(sentences(network, neuron, facts, came, goes)))


def _as_dict(b: Bundle) -> dict[str, Any]:
    return {
        "area": b.area, "synapses": b.synapses, "integer": b.integer, "real": b.real,
        "exact": b.exact, "mp_driven": b.mp_driven,
    }  # fmt: skip


def _index(network: QuantizedNetwork, neuron: int, c: Connectome | None) -> int | None:
    """The neuron's connectome index."""
    if c is None:
        return None
    area_id, (x, y, z), inner = network.describe(neuron)
    area = c.area_index(area_id)
    return None if area is None else c.neuron(area, x, y, z, inner)


def _bundles(
    network: QuantizedNetwork, neuron: int, index: int | None, c: Connectome | None, incoming: bool
) -> list[Bundle]:
    """Synapses into or out of a neuron, by the area at the other end and contribution."""
    mine = np.flatnonzero((network.target if incoming else network.source) == neuron)
    other = (network.source if incoming else network.target)[mine].astype(np.int64)
    area_of = network.per_neuron("area")
    result: list[Bundle] = []
    keys = np.stack([area_of[other], network.contribution[mine]]) if len(mine) else None
    if keys is None:
        return result
    exact = _exact(network, mine, c, incoming, index)
    _, which = np.unique(keys, axis=1, return_inverse=True)
    for group in range(int(which.max()) + 1):
        these = np.flatnonzero(which.ravel() == group)
        first = mine[these[0]]
        target_area = network.areas[int(area_of[network.target[first]])]
        integer = int(network.contribution[first])
        klass: SynapseClass = network.classes[int(network.klass[first])]
        result.append(
            Bundle(
                area=network.areas[int(area_of[other[these[0]]])].id,
                synapses=len(these),
                integer=integer,
                real=integer * target_area.unit,
                exact=None if exact is None else float(exact[these[0]]),
                mp_driven=klass.mp_driven,
            )
        )
    return result


def _exact(
    network: QuantizedNetwork, mine: NDArray[np.int64], c: Connectome | None, incoming: bool,
    index: int | None,
) -> NDArray[np.float64] | None:  # fmt: skip
    """What the genome says each of these synapses contributes."""
    if c is None or index is None:
        return None
    theirs = np.flatnonzero((c.target if incoming else c.source) == index)
    psp = np.where(c.mp_driven()[c.source[theirs]], 255.0, c.psp[theirs])
    real = c.contribution(theirs, psp)
    # the same synapses in both, paired by where the other end lies and by size
    other = (c.source if incoming else c.target)[theirs]
    places = [_index(network, int(n), c) for n in
              (network.source if incoming else network.target)[mine]]  # fmt: skip
    unit = network.unit_of_neuron[network.target[mine]]
    first = np.lexsort((network.contribution[mine] * unit, np.array(places)))
    second = np.lexsort((real, other))
    paired = np.zeros(len(mine), dtype=np.float64)
    paired[first] = real[second]
    return paired
