"""Explain: one neuron of a layer: what reaches it, its rule, where its spikes go.

In:  a network of layers (SPEC 12) and a neuron of it.
Out: facts for JSON, sentences for people, in real units and in the brain's integers.
Never: runs the brain; hides a part of the rule that the neuron has.
"""

from typing import Any

import numpy as np

from ..network.layers import CURRENTS, EMITS, RESETS, TIMES, Ints, Layer, Path
from ..network.model import QuantizedNetwork

WHEN = {
    "now": "in the same burst",
    "next-before": "in the next burst, before the leak",
    "next-after": "in the next burst, after the leak",
}


def layer_report(network: QuantizedNetwork, neuron: int) -> tuple[dict[str, Any], list[str]]:
    """Facts and sentences."""
    number = next(i for i, x in enumerate(network.layers) if x.first <= neuron < x.stop)
    layer = network.layers[number]
    area = network.areas[network.populations[int(network.population_of[neuron])].area]
    inner = neuron - layer.first

    def own(vector: Ints) -> int:
        return int(layer.spread(vector)[inner])

    lost = layer.spread(layer.leak)[inner]
    came = [_incoming(network, layer, path, inner) for path in layer.paths]
    goes = [
        {"area": network.areas[i].id, "name": network.areas[i].name, "form": _form(path)}
        for i, other in enumerate(network.layers)
        for path in other.paths
        if path.source == number
    ]
    facts: dict[str, Any] = {
        "neuron": neuron, "area": area.id, "name": area.name,
        "voxel": network.describe(neuron)[1], "unit": area.unit,
        "emits": EMITS[layer.emit], "most_spikes": layer.most, "current": CURRENTS[layer.current],
        "threshold": _both(own(layer.threshold), area.unit) if layer.emit else None,
        "reset": RESETS[layer.reset], "reset_at": TIMES[layer.at],
        "reset_to": _both(own(layer.reset_to), area.unit),
        "subtracts": _both(own(layer.size), area.unit),
        "leak": _lost(lost), "bias": _both(own(layer.bias), area.unit),
        "drift": _both(own(layer.drift), area.unit), "gives_back": layer.gives_back,
        "loses_input": layer.loses_input, "from_old": layer.from_old,
        "keeps": {"low": layer.low, "high": layer.high}, "inputs": came, "outputs": goes,
    }  # fmt: skip
    if layer.current:
        facts["leak_current"] = _lost(layer.spread(layer.leak_current)[inner])
    return facts, _sentences(facts, own(layer.size))


def _both(integer: int, unit: float) -> dict[str, float]:
    return {"integer": integer, "real": integer * unit}


def _lost(leak: Ints) -> float:
    """The share that a burst takes (SPEC 6.3)."""
    return float((leak[0] + leak[2] / 32_768) / 2.0 ** int(leak[1])) if leak[0] else 0.0


def _form(path: Path) -> str:
    return "convolution" if path.conv else "dense"


def _incoming(network: QuantizedNetwork, layer: Layer, path: Path, inner: int) -> dict[str, Any]:
    channel = inner % path.target_dims[2]
    column = path.weight[..., channel].reshape(-1).astype(np.int64)
    contribution = column * int(layer.spread(path.multiplier)[inner])
    area = network.areas[path.source]
    late = path.source >= network.layers.index(layer)
    return {
        "area": area.id, "name": area.name, "form": _form(path), "weights": len(column),
        "smallest": int(contribution.min()), "largest": int(contribution.max()),
        "one_burst_late": late,
    }  # fmt: skip


def _sentences(f: dict[str, Any], size: int) -> list[str]:
    unit = f["unit"]
    x, y, z = f["voxel"]
    told = [
        f"Neuron {f['neuron']} lies in {f['area']} ({f['name']}) at {x},{y},{z}. One step of its "
        f"integers is {unit:g}; in brackets, such steps."
    ]

    def real(value: dict[str, Any]) -> str:
        return f"{value['real']:g} ({value['integer']:,})"

    for b in f["inputs"]:
        when = "sent in the burst before" if b["one_burst_late"] else "sends in this burst"
        told.append(
            f"What {b['area']} ({b['name']}) {when} reaches it over {b['weights']:,} weights "
            f"({b['form']}), {b['smallest'] * unit:g} to {b['largest'] * unit:g} for each spike."
        )
    if not f["inputs"]:
        told.append("No layer reaches it: it fires as often as it is injected.")
    if f["current"] != "none":
        told.append(
            f"What arrives goes through a synaptic current ({f['current']}), which loses "
            f"{100 * f['leak_current']:.3g} % in each burst."
        )
    told.append(f"Its potential loses {100 * f['leak']:.3g} % in each burst.")
    if f["bias"]["integer"] or f["drift"]["integer"]:
        told.append(f"In each burst {real(f['bias'])} and {real(f['drift'])} are added to it.")
    if f["emits"] == "nothing":
        told.append("It does not fire: its potential is read out.")
    else:
        often = f"up to {f['most_spikes']} times, once for each" if f["emits"] == "many" else "once"
        more = f" {size:,} steps beyond" if f["emits"] == "many" else ""
        of = "the potential from before the burst" if f["from_old"] else "its potential"
        told.append(f"It fires {often}{more} if {of} reaches {real(f['threshold'])}.")
        if f["reset"] == "none":
            told.append("A spike changes nothing of its potential.")
        else:
            to = "sets it to " + real(f["reset_to"])
            if f["reset"] == "subtract":
                to = "takes " + real(f["subtracts"]) + " off it"
            told.append(f"A spike {to}, {WHEN[f['reset_at']]}.")
    if f["loses_input"]:
        told.append("In the burst after a spike what arrives does not reach its potential.")
    if f["gives_back"]:
        told.append("What is taken off is given back a burst later, and taken off then.")
    names = ", ".join(f"{o['area']} ({o['name']})" for o in f["outputs"])
    told.append(f"It sends to {names}." if names else "It sends to nobody: read it as an output.")
    return told
