"""ONNX model: a whole brain as a file: one burst, many bursts, or its own test.

In:  a QuantizedNetwork, its name, and a delivery (onnx_delivery.py).
Out: a ModelProto of integer operators that takes the state and gives the state, the fired set, the
     digest and the chain; or one without inputs that computes the golden vector and says whether
     it came out right.
Never: a graph that needs this package to be run.

Inputs and outputs of a burst; N neurons, all zero at START:

| name | type and shape | |
|---|---|---|
| burst | u32 (1) | bursts that have run |
| chain | u32 (1) | the chain of their digests |
| potential, countdown, consecutive, psp | i32 (N) | V, R, C, Q of SPEC.md 1, where there are any |
| fired | bool (N) | F |
| stimulus | i32 (N) | input only: R3 |
| injected | i32 (N) | input only: R4, summed; the graph limits it to ±J |
| hit | bool (N) | input only: who got a stimulus or an injection, be it of 0 |
| digest | u32 (1) | output only |

A state that comes out has `_next` behind its name. A model of many bursts (`scan=True`) takes
stimulus, injected and hit as (B, N), and gives fired as `spikes` bool (B, N) and digest as
`digests` u32 (B).
"""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ...network.model import QuantizedNetwork
from .features import require_known
from .onnx_delivery import deliver
from .onnx_graph import Graph
from .onnx_stimulus import draw
from .onnx_update import State, chained, digest, update
from .parameters import Parameters

KINDS: dict[str, Any] = {
    "burst": np.uint32, "chain": np.uint32, "potential": np.int32, "fired": np.bool_,
    "countdown": np.int32, "consecutive": np.int32, "psp": np.int32,
}  # fmt: skip
FED: dict[str, Any] = {"stimulus": np.int32, "injected": np.int32, "hit": np.bool_}
NEXT = "_next"
WHAT = "the ONNX export"


@dataclass(frozen=True, slots=True)
class Fed:
    """What reaches a brain from outside in one burst, as names of values (N,)."""

    stimulus: str
    injected: str
    hit: str


def state_names(network: QuantizedNetwork) -> tuple[str, ...]:
    """The state that this network has, in the order of its inputs and outputs."""
    p = Parameters(network)
    extra = (("countdown", p.has_countdown), ("consecutive", p.has_limit), ("psp", p.has_psp))
    return ("burst", "chain", "potential", "fired", *(name for name, there in extra if there))


def burst_model(
    network: QuantizedNetwork, name: str = "", *, delivery: str = "event", scan: bool = False
) -> Any:
    """One burst, or with `scan` any number of them.

    Raises UsageError for a brain or a delivery that has no such form, ToolError without onnx.
    """
    require_known(network, WHAT)
    g = _scan(network, delivery) if scan else _one(network, delivery)
    what = "any number of bursts" if scan else "one burst"
    return g.model(f"Ganglion brain {name}, {what}", _metadata(network, name, delivery))


def check_model(network: QuantizedNetwork, name: str = "", *, delivery: str = "event") -> Any:
    """The golden vector of SPEC.md 5.8, computed from nothing.

    Outputs: `chain` u32 (1), `digests` u32 (bursts), and `right` bool (1): the chain is that of the
    blob. Raises as burst_model does.
    """
    require_known(network, WHAT)
    golden, n = network.golden, network.n_neurons
    names = state_names(network)
    body = Graph("body")
    body.input("number", np.int64, ())
    body.input("go_on", np.bool_, ())
    body.input("random", np.uint32, (1,))
    before = _take(body, names, n)
    x, stimulus, hit = draw(body, network, "random")
    fed = Fed(stimulus, "", hit)
    after, value = _burst(body, network, before, fed, delivery)
    body.output("going", "go_on", np.bool_, ())
    body.output("random_next", x, np.uint32, (1,))
    _give(body, names, after, n)
    body.output("digest", value, np.uint32, (1,))
    g = Graph("check")
    start = [g.constant(np.zeros(_shape(name, n)), KINDS[name]) for name in names]
    seed = g.constant([golden.seed], np.uint32)
    ended = g.several(
        "Loop",
        [g.scalar(golden.bursts), g.constant(True, np.bool_), seed, *start],
        ["random_last", *(f"{name}_last" for name in names), "all_digests"],
        body=body.graph(),
    )
    chain = ended[1 + names.index("chain")]
    right = g.add("Equal", chain, g.constant([golden.chain], np.uint32))
    g.output("chain", chain, np.uint32, (1,))
    flat = g.add("Reshape", ended[-1], g.constant([-1], np.int64))
    g.output("digests", flat, np.uint32, (golden.bursts,))
    g.output("right", right, np.bool_, (1,))
    return g.model(
        f"Ganglion brain {name}: run it; right is true if this runtime computes the brain exactly",
        _metadata(network, name, delivery),
    )


def _one(network: QuantizedNetwork, delivery: str) -> Graph:
    g, n = Graph("burst"), network.n_neurons
    names = state_names(network)
    before = _take(g, names, n)
    fed = Fed(*(g.input(name, kind, (n,)) for name, kind in FED.items()))
    after, value = _burst(g, network, before, fed, delivery)
    _give(g, names, after, n)
    g.output("digest", value, np.uint32, (1,))
    return g


def _scan(network: QuantizedNetwork, delivery: str) -> Graph:
    n, names = network.n_neurons, state_names(network)
    body = Graph("body")
    before = _take(body, names, n, "_now")
    fed = Fed(*(body.input(f"{name}_now", kind, (n,)) for name, kind in FED.items()))
    after, value = _burst(body, network, before, fed, delivery)
    _give(body, names, after, n)
    body.output("spike", after.fired, np.bool_, (n,))
    body.output("digest", value, np.uint32, (1,))
    g = Graph("bursts")
    _take(g, names, n)
    for name, kind in FED.items():
        g.input(name, kind, ("B", n))
    ended = g.several(
        "Scan", [*names, *FED], [*(f"{name}_last" for name in names), "all_spikes", "all_digests"],
        body=body.graph(), num_scan_inputs=len(FED),
    )  # fmt: skip
    for name, value in zip(names, ended, strict=False):
        g.output(name + NEXT, value, KINDS[name], _shape(name, n))
    g.output("spikes", "all_spikes", np.bool_, ("B", n))
    flat = g.add("Reshape", "all_digests", g.constant([-1], np.int64))
    g.output("digests", flat, np.uint32, ("B",))
    return g


def _burst(
    g: Graph, network: QuantizedNetwork, before: State, fed: Fed, delivery: str
) -> tuple[State, str]:
    """The state after one more burst, and its digest, u32 (1,)."""
    p = Parameters(network)
    now = replace(before, burst=g.add("Add", before.burst, g.constant([1], np.uint32)))
    psp = g.cast(before.psp, np.uint32) if before.psp else ""
    touches = g.cast(fed.hit, np.int32)
    potential, touches = deliver(g, network, delivery, before.fired, psp, before.potential, touches)
    constant = np.zeros(network.n_neurons, dtype=np.int64)
    always = p.every_burst.copy()
    if network.power_neuron is not None:
        constant[network.power_neuron] = network.power_amount
        always[network.power_neuron] = True
    if constant.any():
        potential = g.add("Add", potential, g.constant(constant, np.int32))
    potential = g.add("Add", potential, fed.stimulus)
    if fed.injected:
        most = p.input_max
        limited = g.add("Max", fed.injected, g.constant(-most, np.int32))
        limited = g.add("Min", limited, g.constant(most, np.int32))
        potential = g.add("Add", potential, limited)
    touched = g.add("Greater", touches, g.constant([0], np.int32))
    if always.any():
        touched = g.add("Or", touched, g.constant(always, np.bool_))
    after = update(g, p, replace(now, potential=potential), touched)
    value = g.add("Reshape", digest(g, p, after), g.constant([1], np.int64))
    return replace(after, chain=chained(g, after.chain, value)), value


def _shape(name: str, n: int) -> tuple[int, ...]:
    return (1,) if name in ("burst", "chain") else (n,)


def _take(g: Graph, names: tuple[str, ...], n: int, suffix: str = "") -> State:
    known = {f.name: "" for f in fields(State)}
    for name in names:
        known[name] = g.input(name + suffix, KINDS[name], _shape(name, n))
    return State(**known)


def _give(g: Graph, names: tuple[str, ...], state: State, n: int) -> None:
    for name in names:
        g.output(name + NEXT, getattr(state, name), KINDS[name], _shape(name, n))


def _metadata(network: QuantizedNetwork, name: str, delivery: str) -> dict[str, str]:
    areas = {}
    area_of = network.per_neuron("area")
    for i, area in enumerate(network.areas):
        mine = np.flatnonzero(area_of == i)
        if len(mine):
            areas[area.id] = {
                "name": area.name, "group": area.group, "first": int(mine[0]), "count": len(mine),
                "unit": area.unit,
            }  # fmt: skip
    return {
        "ganglion.brain_id": name,
        "ganglion.spec": "1",
        "ganglion.delivery": delivery,
        "ganglion.storage": str(network.storage),
        "ganglion.golden_chain": f"{network.golden.chain:08x}",
        "ganglion.areas": json.dumps(areas),
    }
