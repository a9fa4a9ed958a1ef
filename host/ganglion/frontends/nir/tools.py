"""What each tool means by a node of neurons.

In:  an Op of neurons, and the Facts.
Out: its Rule, or the question that its user must answer.
Never: computes a step; lets a value pass that the tool would not have written.

Each row of `_RULES` was held to values that the tool itself computed (docs/nir.md).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .facts import SOURCES, Fact, Facts
from .file import NirError
from .parameters import Real
from .rule import Current, Rule
from .shapes import Op


def rule_of(op: Op, facts: Facts, recurrent: bool = False) -> Rule:
    """The rule of a layer. Raises NirError with the question that the user must answer."""
    source = facts.at(op.name)
    tool = SOURCES[source]
    if op.type not in tool.writes:
        raise NirError(
            f"node {op.name} is of type {op.type}, which {tool.title} does not write",
            f"name the tool that did: --source, or --fact {op.name}:source=TOOL",
        )
    rule = _RULES[source](op, facts)
    dt = facts.get("dt", "")
    asked = {"dt": dt} if dt is not None and op.type not in ("Threshold",) else {}
    for name, fact in rule.asked.items():
        asked[name] = fact
    _sane(op, rule, facts)
    if recurrent and source == "snntorch" and rule.reset_at == "next-before":
        rule = replace(rule, loses_input=True)  # RLeaky, unlike Leaky: v = (1 − r)·(k·v + x)
    return replace(rule, asked=asked)


def _sane(op: Op, rule: Rule, facts: Facts) -> None:
    kept = [rule.keep] + ([rule.current.keep] if rule.current else [])
    lowest = min(float(a.min()) for a in kept)
    if lowest < 0:
        tau = "tau" if "tau" in op.arrays else "tau_mem"
        shortest = min(float(op.arrays[k].min()) for k in (tau, "tau_syn") if k in op.arrays)
        raise NirError(
            f"node {op.name}: a time constant of {shortest:g} is shorter than the step, "
            f"{facts.dt:g}",
            "say the step that the tool meant: --dt, or another --source",
        )
    if rule.many and rule.threshold is not None and (rule.threshold <= 0).any():
        raise NirError(
            f"node {op.name}: a threshold is {rule.threshold.min():g}, and spikes are counted in "
            "thresholds",
            "use thresholds above 0",
        )


def _decay(op: Op, key: str, facts: Facts, exact: bool = False) -> Real:
    """What is left after one step: forward Euler, or the exponential."""
    part = facts.dt / op.arrays[key]
    return np.exp(-part) if exact else 1.0 - part


def _zeros(op: Op) -> Real:
    return np.zeros(op.shape)


def _ones(op: Op) -> Real:
    return np.ones(op.shape)


def _snntorch(op: Op, facts: Facts) -> Rule:
    dt, imported = facts.dt, facts.at(op.name) == "snntorch-import"
    asked = {} if imported else _ask(op, facts, "reset", "reset_at")
    reset = facts.choice("reset", op.name, "zero")
    at = facts.choice("reset_at", op.name, "now")
    tau = "tau" if op.type == "LIF" else "tau_mem"
    gain = op.arrays["r"] * dt / op.arrays[tau]
    if not imported and (np.abs(gain - 1) > 1e-3).any():
        raise NirError(
            f"node {op.name}: r·dt/{tau} is {gain.flat[0]:g}, and snnTorch writes 1",
            "say the step that it was written for (--dt), or the tool that wrote it (--source)",
        )
    if not imported:
        gain = _ones(op)  # what the tool itself computes with: r·dt/tau is 1 but for its rounding
    current = None
    if op.type == "CubaLIF":
        weight = op.arrays["w_in"] * dt / op.arrays["tau_syn"]
        weight = np.where(np.abs(weight - 1) < 1e-6, 1.0, weight)
        current = Current("after", _decay(op, "tau_syn", facts), weight)
    kind = {"zero": "value", "value": "value"}.get(reset, reset)
    delayed = at == "next" and kind != "none"
    return Rule(
        _decay(op, tau, facts), gain, op.arrays["v_leak"] * dt / op.arrays[tau],
        op.arrays["v_threshold"], _zeros(op),
        reset=kind,
        reset_at=("next-after" if kind == "subtract" else "next-before") if delayed else "now",
        reset_to=_zeros(op),
        gives_back=kind == "subtract" and not delayed,
        loses_input=delayed and kind == "value" and op.type == "CubaLIF",
        asked=asked, current=current,
    )  # fmt: skip


def _norse(op: Op, facts: Facts) -> Rule:
    dt = facts.dt
    if op.type == "IF":
        keep, gain, leak = _ones(op), _ones(op), _zeros(op)
    else:
        tau = "tau_mem" if op.type == "CubaLIF" else "tau"
        keep = _decay(op, tau, facts)
        gain, leak = dt / op.arrays[tau], op.arrays["v_leak"]
    current = None
    if op.type == "CubaLIF":
        current = Current("used", _decay(op, "tau_syn", facts))
    to = np.full(op.shape, facts.number("v_reset", op.name))
    asked = {} if op.type == "LI" else _ask(op, facts, "v_reset")
    start = to if op.type == "IF" else leak
    return Rule(
        keep, gain, leak * (1 - keep), op.arrays.get("v_threshold"), start,
        reset_to=to, asked=asked, current=current,
    )  # fmt: skip


def _spikingjelly(op: Op, facts: Facts) -> Rule:
    dt, rest = facts.dt, op.arrays["v_reset"]
    current = None
    if op.type == "IF":
        keep, gain = _ones(op), op.arrays["r"] * dt
        if (np.abs(gain - 1) > 1e-3).any():
            raise NirError(
                f"node {op.name}: r·dt is {gain.flat[0]:g}, and SpikingJelly writes 1",
                "say the step that it was written for: --dt",
            )
    else:
        tau = "tau" if op.type == "LIF" else "tau_mem"
        keep, gain = _decay(op, tau, facts), op.arrays["r"] * dt / op.arrays[tau]
        if op.type == "CubaLIF":
            current = Current(
                "after", _decay(op, "tau_syn", facts), op.arrays["w_in"] * dt / op.arrays["tau_syn"]
            )
    towards = op.arrays["v_leak"] if op.type == "CubaLIF" else rest  # CUBALIFNode decays to 0
    return Rule(
        keep, gain, towards * (1 - keep), op.arrays["v_threshold"], rest, at_least=True,
        reset_to=rest, current=current,
        steps=op.arrays["tau"] / dt if op.type == "LIF" and rest.any() else None,
    )  # fmt: skip


def _sinabs(op: Op, facts: Facts) -> Rule:
    asked: dict[str, Fact] = {}
    keep, gain = _ones(op), _ones(op)
    current = None
    if op.type != "IF":
        keep = _decay(op, "tau", facts, exact=True)
        fact = facts.get("norm_input", op.name)
        if fact is None:
            raise NirError(
                f"node {op.name}: sinabs writes r = 1 whether its input is multiplied by 1 or by "
                "1 − exp(−1/tau)",
                "say what norm_input was (True by default): --fact norm_input=yes or =no",
            )
        asked["norm_input"] = fact
        gain = 1 - keep if fact.value == "yes" else gain
        tau_syn = facts.number("tau_syn", op.name)
        asked |= _ask(op, facts, "tau_syn")
        if tau_syn > 0:
            current = Current("decayed", np.full(op.shape, np.exp(-facts.dt / tau_syn)))
    if op.type != "LI":
        asked |= _ask(op, facts, "reset", "spikes")
    asked |= _ask(op, facts, "v_min")
    least = facts.get("v_min", op.name)
    floor = None if least is None or least.value is None else np.full(
        op.shape, facts.number("v_min", op.name))  # fmt: skip
    reset = facts.choice("reset", op.name, "subtract")
    return Rule(
        keep, gain, _zeros(op), op.arrays.get("v_threshold"), _zeros(op), at_least=True,
        many=facts.choice("spikes", op.name) == "many" and op.type != "LI",
        reset="subtract" if reset == "subtract" else "none" if reset == "none" else "value",
        reset_to=_zeros(op), floor=floor, asked=asked, current=current,
    )  # fmt: skip


def _rockpool(op: Op, facts: Facts) -> Rule:
    current = None
    tau = "tau"
    if op.type == "CubaLIF":
        tau = "tau_mem"
        current = Current("decayed", _decay(op, "tau_syn", facts, exact=True))
    bias = np.full(op.shape, facts.number("bias", op.name))
    return Rule(
        _decay(op, tau, facts, exact=True), _ones(op), bias, op.arrays["v_threshold"], _zeros(op),
        at_least=True, many=facts.choice("spikes", op.name) == "many", reset="subtract",
        asked=_ask(op, facts, "spikes", "bias"), current=current,
    )  # fmt: skip


def _spyx(op: Op, facts: Facts) -> Rule:
    if op.type == "Threshold":
        return _threshold(op)
    current = None
    keep = _ones(op)
    if op.type == "CubaLIF":
        keep = _decay(op, "tau_mem", facts)
        current = Current("after", _decay(op, "tau_syn", facts))
    elif op.type != "IF":
        keep = _decay(op, "tau", facts)
    return Rule(
        keep, _ones(op), _zeros(op), op.arrays.get("v_threshold"), _zeros(op),
        reset="none" if op.type == "LI" else "subtract",
        reset_at="next-before" if op.type == "CubaLIF" else "next-after",
        from_old=op.type != "LI", current=current,
    )  # fmt: skip


def _nir(op: Op, facts: Facts) -> Rule:
    """Forward Euler of NIR's own equations: τ·dv/dt = (v_leak − v) + r·I, fires above θ."""
    if op.type == "Threshold":
        return _threshold(op)
    dt = facts.dt
    if op.type in ("IF", "I"):
        keep, gain, drift = _ones(op), op.arrays["r"] * dt, _zeros(op)
    else:
        tau = "tau_mem" if op.type == "CubaLIF" else "tau"
        keep = _decay(op, tau, facts)
        gain = op.arrays["r"] * dt / op.arrays[tau]
        drift = op.arrays["v_leak"] * dt / op.arrays[tau]
    current = None
    if op.type == "CubaLIF":
        current = Current(
            "after", _decay(op, "tau_syn", facts), op.arrays["w_in"] * dt / op.arrays["tau_syn"]
        )
    spikes = op.type not in ("LI", "I")
    kind = facts.choice("reset", op.name, "value")
    to = op.arrays.get("v_reset", _zeros(op))
    asked = {}
    if spikes:
        asked = _ask(op, facts, "reset")
        if kind == "zero":
            kind, to = "value", _zeros(op)
        given = facts.get("v_reset", op.name)
        if given is not None:
            to = np.full(op.shape, facts.number("v_reset", op.name))
            asked["v_reset"] = given
    return Rule(
        keep, gain, drift, op.arrays.get("v_threshold"), _zeros(op), reset=kind, reset_to=to,
        asked=asked, current=current,
    )  # fmt: skip


def _threshold(op: Op) -> Rule:
    """Keeps nothing: fires if what arrives in this step is above θ."""
    zero = _zeros(op)
    return Rule(zero, _ones(op), zero, op.arrays["threshold"], zero, reset="none")


def _ask(op: Op, facts: Facts, *names: str) -> dict[str, Fact]:
    found = {name: facts.get(name, op.name) for name in names}
    return {name: fact for name, fact in found.items() if fact is not None}


_RULES: dict[str, Callable[[Op, Facts], Rule]] = {
    "snntorch": _snntorch,
    "snntorch-import": _snntorch,
    "norse": _norse,
    "spikingjelly": _spikingjelly,
    "sinabs": _sinabs,
    "rockpool": _rockpool,
    "spyx": _spyx,
    "nir": _nir,
}
