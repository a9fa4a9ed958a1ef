"""Explain words: the sentences of one neuron's story.

In:  a network, a neuron, and the facts that explain.py found.
Out: sentences, in the order of what happens in a burst.
Never: finds a fact of its own.
"""

from dataclasses import dataclass
from typing import Any

from ..network.model import AreaInfo, Population, QuantizedNetwork
from . import explain_learning


@dataclass(frozen=True, slots=True)
class Bundle:
    """Synapses between this neuron and one area that have the same contribution."""

    area: str
    synapses: int
    integer: int
    real: float
    exact: float | None  # what the genome says; None without a genome
    mp_driven: bool


def sentences(
    network: QuantizedNetwork, neuron: int, facts: dict[str, Any], came: list[Bundle],
    goes: list[Bundle],
) -> list[str]:  # fmt: skip
    """The whole story."""
    population = network.populations[int(network.population_of[neuron])]
    area = network.areas[population.area]
    learned = explain_learning.received(network, neuron)
    taught = explain_learning.sent(network, neuron)
    return [
        _who(network, neuron, area),
        *learned,
        *_receives(network, neuron, population, area, came),
        *_fires(population, area, facts["threshold"]["integer"], came, bool(learned)),
        *_keeps(population, area),
        *(_sends(goes) if goes or not taught else []),
        *taught,
        *_moved(facts, came, area),
    ]


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


def _fires(
    p: Population, area: AreaInfo, threshold: int, came: list[Bundle], learns: bool
) -> list[str]:
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
        if most < threshold and not p.accumulates and not learns:
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
