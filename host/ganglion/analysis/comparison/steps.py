"""Steps: how one neuron came to fire, or not to, in one burst: the sum, term by term.

In:  an engine that has just run the burst before, what it is fed, and a neuron.
Out: lines that a person can check with a pencil.
Never: rounds what the engine did not round; numbers are in the genome's units.
"""

import numpy as np
from numpy.typing import NDArray

from ...reference.integers import RULES, Reference
from ...simulation.engines import FloatEngine
from ...simulation.trained import TrainedEngine
from .shared_inputs import KeyedInputs

Ints = NDArray[np.int64]
FIRES = "it fires"
_MOST = 6  # contributions that are listed one by one


def steps_of(
    engine: FloatEngine | Reference | TrainedEngine, take: KeyedInputs, neuron: int
) -> list[str]:
    """What the next burst does to `neuron`. Runs it."""
    if isinstance(engine, TrainedEngine) or (
        isinstance(engine, Reference) and engine.network.layers
    ):
        return _layers(engine, take, neuron)
    if isinstance(engine, Reference):
        return _integers(engine, take, neuron)
    return _floats(engine, take, neuron)


def _integers(engine: Reference, take: KeyedInputs, n: int) -> list[str]:
    network = engine.network
    area = network.areas[int(network.per_neuron("area")[n])]
    unit = area.unit
    v, rest, count = (
        int(values[n]) for values in (engine.potential, engine.countdown, engine.consecutive)
    )
    mine = np.flatnonzero((network.target == n) & np.isin(network.source, engine.fired))
    terms = []
    for synapse, amount in zip(mine, network.delivered(mine, engine.psp).tolist(), strict=True):
        where, voxel, _ = network.describe(int(network.source[synapse]))
        terms.append((amount * unit, f"{amount * unit:+g} ({amount:+,}) from {where} {voxel}"))
    if network.power_neuron == n:
        amount = network.power_amount
        terms.append((amount * unit, f"{amount * unit:+g} ({amount:+,}) of the power neuron"))
    exact = take.exact(engine.burst + 1)
    threshold = int(network.threshold[n])
    for pair, what in zip(exact, ("the stimulus", "an injection"), strict=True):
        if pair is not None:
            amount = int(pair[1][pair[0] == n].sum())
            if (pair[0] == n).any():
                terms.append((amount * unit, f"{amount * unit:+g} ({amount:+,}) from {what}"))
    total = v + round(sum(value for value, _ in terms) / unit)
    fired = take.step(engine)
    rule = RULES[int(engine.rule[n])]
    return [
        f"potential before: {v * unit:g} ({v:,} · {unit:g})",
        *_listed(terms),
        f"sum: {total * unit:g} ({total:,}); threshold {threshold * unit:g} ({threshold:,})",
        *_resting(rest, count),
        rule,
        FIRES if n in fired else "it does not fire",
    ]


def _floats(engine: FloatEngine, take: KeyedInputs, n: int) -> list[str]:
    reference = engine.reference
    c = reference.connectome
    area = c.areas[int(c.area[n])]
    rest, count = int(reference.countdown[n]), int(reference.consecutive_fires[n])
    v = reference.potential[n] if area.mp_charge_accumulation else reference.dtype(0)
    mine = np.flatnonzero((c.target == n) & np.isin(c.source, reference.last_fired))
    driven, sources = c.mp_driven(), c.source[mine]
    psp = [
        engine.psp(int(source)) if driven[source] else float(given)
        for source, given in zip(sources, c.psp[mine], strict=True)
    ]
    terms = []
    for source, value in zip(sources, c.contribution(mine, np.array(psp)).tolist(), strict=True):
        where, *voxel = c.coordinates(int(source))
        terms.append((value, f"{value:+g} from {c.areas[where].id} {tuple(voxel[:3])}"))
    first = []
    neurons, sizes = take.inputs(engine.burst + 1)
    if (neurons == n).any():
        value = float(sizes[neurons == n].sum())
        first.append((value, f"{value:+g} from the stimulus"))
    if c.power_neuron == n:
        first.append((1.0, "+1 of the power neuron"))
    terms = first + terms
    # In the engine's own numbers and order, so that its roundings show.
    total = reference.dtype(0)
    with np.errstate(over="ignore", invalid="ignore"):
        for value, _ in terms:
            total = reference.dtype(total + reference.dtype(value))
        total = reference.dtype(v + total)
    fired = engine.step(take.inputs(engine.burst + 1))
    threshold, limit = float(c.threshold[n]), float(c.threshold_limit[n])
    reached = threshold <= total and (not limit or total <= limit)
    return [
        f"potential before: {float(v):.9g}",
        *_listed(terms),
        f"sum: {total:.9g}; threshold {threshold:.9g}" + (f" to {limit:.9g}" if limit else ""),
        *_resting(rest, count),
        "it was not touched in this burst" if not terms else
        "it rests" if rest else
        "the threshold is reached" if reached else "the threshold is not reached",
        FIRES if n in fired else "it does not fire",
    ]  # fmt: skip


def _layers(engine: Reference | TrainedEngine, take: KeyedInputs, n: int) -> list[str]:
    """Of a neuron of a layer, whose sum has a term for each weight: its potential."""

    def look() -> tuple[float, float | None]:
        if isinstance(engine, TrainedEngine):
            return engine.look(n)
        network = engine.network
        layer = network.layers[int(network.population_of[n])]
        unit = network.areas[int(network.per_neuron("area")[n])].unit
        threshold = layer.spread(layer.threshold)[n - layer.first] * unit if layer.emit else None
        return float(engine.potential[n]) * unit, threshold

    before, threshold = look()
    fired = take.step(engine)
    after, _ = look()
    limit = "it is read out" if threshold is None else f"threshold {threshold:.9g}"
    return [
        f"potential before: {before:.9g}",
        f"potential after: {after:.9g}; {limit}",
        FIRES if n in fired else "it does not fire",
    ]


def _listed(terms: list[tuple[float, str]]) -> list[str]:
    """The largest terms one by one, the others as one."""
    ranked = sorted(terms, key=lambda term: -abs(term[0]))
    lines = [text for _, text in ranked[:_MOST]]
    if len(ranked) > _MOST:
        others = ranked[_MOST:]
        lines.append(f"{sum(value for value, _ in others):+g} from {len(others)} others")
    return lines or ["nothing arrives"]


def _resting(rest: int, count: int) -> list[str]:
    lines = []
    if rest:
        lines.append(f"refractory: {rest} more bursts")
    if count:
        lines.append(f"it has fired {count} times in a row")
    return lines
