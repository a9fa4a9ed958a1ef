"""Explain: one neuron's story: what reaches it, what makes it fire, what it keeps and sends.

In:  a network and a neuron of it; if there is one, the connectome that it was compiled from.
Out: a Story: facts for JSON, sentences for people, in real units and in the brain's integers.
Never: simulates; gives a real number without the integer that the board has for it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiler import fingerprint
from .connectome import Connectome
from .errors import MismatchError, UsageError
from .network import AreaInfo, Population, QuantizedNetwork, SynapseClass


@dataclass(frozen=True, slots=True)
class Bundle:
    """Synapses between this neuron and one area that have the same contribution."""

    area: str
    synapses: int
    integer: int
    real: float
    exact: float | None  # what the genome says; None without a genome
    mp_driven: bool


@dataclass(frozen=True, slots=True)
class Story:
    """What there is to say of one neuron."""

    neuron: int
    facts: dict[str, Any]
    sentences: tuple[str, ...]


def find(network: QuantizedNetwork, text: str) -> int:
    """The neuron that `text` names: its number, or AREA:X,Y,Z[,N]. Raises UsageError."""
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
    ids = [a.id for a in network.areas if area in (a.id, a.name)]
    if len(ids) != 1:
        known = ", ".join(a.id for a in network.areas[:8])
        raise UsageError(
            f"{'no area is' if not ids else 'several areas are'} called {area!r}",
            f"use the id of an area, such as {known}",
        )
    found = network.neurons_at(ids[0], (x, y, z))
    wanted = [n for n in found.tolist() if network.describe(n)[2] == (inner or [0])[0]]
    if not wanted:
        raise UsageError(
            f"area {ids[0]} keeps no neuron at {place}",
            "it may not exist, or nothing is connected to it so that it was left out",
        )
    return int(wanted[0])


def story(network: QuantizedNetwork, neuron: int, connectome: Connectome | None = None) -> Story:
    """Everything about one neuron. Raises MismatchError if the connectome is another brain's."""
    if connectome is not None and fingerprint(connectome) != network.genome:
        raise MismatchError(
            f"the brain was compiled from {network.genome.hex()}, and this genome is "
            f"{fingerprint(connectome).hex()}",
            "give the genome, and the policies, that the brain was compiled with",
        )
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
    sentences = [
        _who(network, neuron, area),
        *_receives(network, neuron, population, area, came),
        *_fires(population, area, threshold, came),
        *_keeps(population, area),
        *_sends(goes),
        *_moved(facts, came, area),
    ]
    return Story(neuron, facts, tuple(sentences))


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
    fan_out = c.fan_out()[c.source[theirs]]
    uniform = np.array([a.psp_uniform for a in c.areas])[c.area[c.source[theirs]]]
    driven = np.array([a.mp_driven_psp for a in c.areas])[c.area[c.source[theirs]]]
    psp = np.where(driven, 255.0, c.psp[theirs].astype(np.float64))
    size = c.weight[theirs] * psp / np.where(uniform, 1, fan_out)
    real = np.where(c.inhibitory[theirs], -size, size)
    # the same synapses in both, paired by where the other end lies and by size
    other = (c.source if incoming else c.target)[theirs]
    places = [_index(network, int(n), c) for n in
              (network.source if incoming else network.target)[mine]]  # fmt: skip
    units = np.array([a.unit for a in network.areas])
    unit = units[network.per_neuron("area")[network.target[mine]]]
    first = np.lexsort((network.contribution[mine] * unit, np.array(places)))
    second = np.lexsort((real, other))
    paired = np.zeros(len(mine), dtype=np.float64)
    paired[first] = real[second]
    return paired


def _pair(integer: int, unit: float) -> str:
    return f"{integer * unit:g} ({integer:,})"


def _who(network: QuantizedNetwork, neuron: int, area: AreaInfo) -> str:
    _, (x, y, z), inner = network.describe(neuron)
    place = f"at {x},{y},{z}" + (f", number {inner}" if area.neurons_per_voxel > 1 else "")
    return (
        f"Neuron {neuron} lies in {area.id} ({area.name}) {place}. One step of its integers is "
        f"{area.unit:g}; in brackets, such steps."
    )


def _receives(
    network: QuantizedNetwork, neuron: int, p: Population, area: AreaInfo, came: list[Bundle]
) -> list[str]:
    result = []
    for b in came:
        synapses = f"{b.synapses:,} synapse{'s' if b.synapses > 1 else ''}"
        most = "up to " if b.mp_driven else ""
        verb = "takes" if b.integer < 0 else "adds"
        size = f"{abs(b.real):g} ({abs(b.integer):,})"
        result.append(f"From {b.area}: {synapses}; each {verb} {most}{size} when its source fires.")
    if network.power_neuron == neuron:
        amount = _pair(network.power_amount, area.unit)
        result.append(f"It is the power neuron: {amount} in each burst.")
    for r in network.inputs:
        if r.first <= neuron < r.first + r.count:
            result.append(f"The random stimulus gives it {_pair(r.amount, area.unit)}, or half.")
    result.append(f"A sensor can give it up to {_pair(p.input_max, area.unit)} in a burst.")
    return result


def _fires(p: Population, area: AreaInfo, threshold: int, came: list[Bundle]) -> list[str]:
    text = f"It fires when its potential reaches {_pair(threshold, area.unit)}"
    if p.upper is not None:
        text += f" and is not above {_pair(p.upper, area.unit)}"
    if not p.always:
        text += f", and then with a probability of {p.excitability / 2**32:.3g}"
    result = [text + "."]
    up = [b for b in came if b.integer > 0]
    if up and threshold > 0:
        most = sum(b.integer * b.synapses for b in up)
        strongest = max(up, key=lambda b: b.integer)
        needed = -(-threshold // strongest.integer)
        if most < threshold and not p.accumulates:
            result.append(
                f"All its synapses together add {_pair(most, area.unit)}, which is not enough: "
                "only a sensor can make it fire."
            )
        elif needed <= strongest.synapses:
            result.append(
                f"{needed:,} of the {strongest.synapses:,} synapses from {strongest.area} in one "
                "burst are enough."
            )
    if p.refractory:
        result.append(f"After a fire it is deaf for {p.refractory} touches.")
    if p.limit:
        rest = f", then rests for {p.snoozed}" if p.snoozed > p.refractory else ", then skips one"
        result.append(f"It fires at most {p.limit} times in a row{rest}.")
    return result


def _keeps(p: Population, area: AreaInfo) -> list[str]:
    if not p.accumulates:
        return ["What does not make it fire is forgotten at once."]
    when = "in every burst" if p.every_burst else "when it is touched"
    result = []
    if p.leak:
        share = p.leak_share
        result.append(f"What does not make it fire is kept; {share:.4%} of it leaks {when}.")
    else:
        result.append("What does not make it fire is kept, without a leak.")
    result.append(
        f"It keeps between {p.low * area.unit:g} and {p.high * area.unit:g} "
        f"({p.low:,} to {p.high:,})."
    )
    return result


def _sends(goes: list[Bundle]) -> list[str]:
    if not goes:
        return ["It sends to nobody: read it as an output."]
    return [
        f"When it fires, {b.synapses:,} neuron{'s' if b.synapses > 1 else ''} of {b.area} "
        f"get{'' if b.synapses > 1 else 's'} {b.real:g} ({b.integer:,})."
        for b in goes
    ]


def _moved(facts: dict[str, Any], came: list[Bundle], area: AreaInfo) -> list[str]:
    """How far quantization moved it."""
    genome = facts.get("genome")
    if genome is None:
        return ["How far quantization moved it is known with --genome."]
    threshold = facts["threshold"]["real"] - genome["threshold"]
    enough = max(facts["threshold"]["integer"], 1)
    known = [(b, abs(b.real - b.exact)) for b in came if b.exact is not None]
    cut = [b for b, error in known if abs(b.integer) >= enough and error > area.unit]
    worst = max((error for b, error in known if b not in cut), default=0.0)
    if abs(threshold) < 1e-6 * abs(genome["threshold"]) and worst < 1e-9 * max(1.0, area.unit):
        result = ["Quantization moved neither its threshold nor any of its inputs."]
    else:
        result = [
            f"Quantization moved its threshold by {threshold:+.3g} (from {genome['threshold']:g}) "
            f"and its inputs by at most {worst:.3g} each."
        ]
    if cut:
        kinds = ", ".join(f"{b.exact:g} from {b.area}" for b in cut)
        result.append(f"Stronger than it could need, and cut without effect: {kinds}.")
    if genome["leak"] and facts["accumulates"]:
        error = facts["leak"] - genome["leak"]
        result.append(f"Its leak of {genome['leak']:g} is {error:+.2g} off.")
    return result
