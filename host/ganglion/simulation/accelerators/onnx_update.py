"""ONNX update: U1 to U7 in a graph, and the digest of what they leave.

In:  a graph, a network's Parameters, the state, and which neurons were touched.
Out: the state after the burst, and its digest, all as names of values in the graph.
Never: a number of more than 32 bits; a shift of a signed number; a division.

The leak is the form of SPEC.md 2 that stays within 32 bits. Its x may be negative where there is
a fine leak; so 2^30, a multiple of 2^15, is added before the shift and taken away after it.
"""

from dataclasses import dataclass, replace

import numpy as np

from .onnx_graph import Graph
from .parameters import MULTIPLIER, Parameters

FINE = 1 << 30


@dataclass(frozen=True, slots=True)
class State:
    """Names of the values that one burst hands to the next; empty where there is none."""

    potential: str  # i32 (N,)
    fired: str  # bool (N,)
    burst: str  # u32 (1,)
    chain: str  # u32 (1,)
    countdown: str = ""  # i32 (N,)
    consecutive: str = ""  # i32 (N,)
    psp: str = ""  # i32 (N,), 0..255


def update(g: Graph, p: Parameters, state: State, touched: str) -> State:
    """The state after U1 to U7; `state.burst` is that of the burst that runs."""
    n32, v = np.int32, state.potential
    zero = g.constant([0], n32)
    limit = g.constant(p.limit, n32)
    limited = g.constant(p.limit > 0, np.bool_)
    active, resting, rested = touched, "", ""
    if p.has_countdown:
        resting = g.both(touched, g.add("Greater", state.countdown, zero))
        rested = g.add("Sub", state.countdown, g.cast(resting, n32))
        active = g.both(touched, g.add("Not", resting))
    window = g.both(active, g.add("GreaterOrEqual", v, g.constant(p.threshold, n32)))
    if any(q.upper is not None for q in p.network.populations):
        window = g.both(window, g.add("LessOrEqual", v, g.constant(p.upper, n32)))
    full = tired = ""
    if p.has_limit:
        full = g.both(limited, g.add("GreaterOrEqual", state.consecutive, limit))
        tired = g.both(window, full)
        window = g.both(window, g.add("Not", tired))
    fire = window
    if not p.always.all():
        odds = g.add("Less", _hash(g, p, state.burst), g.constant(p.excitability, np.uint32))
        fire = g.both(window, g.add("Or", g.constant(p.always, np.bool_), odds))
    kept = _clamped(g, p, _leaked(g, p, v))
    if tired:
        kept = g.where(tired, _clamped(g, p, v), kept)
    gone = g.add("Or", fire, resting) if resting else fire
    after = replace(state, potential=g.where(gone, zero, g.where(touched, kept, v)), fired=fire)
    if p.has_psp:
        after = replace(after, psp=_psp(g, p, state, fire))
    spent = ""
    if p.has_limit:
        more = g.add("Min", g.add("Add", state.consecutive, g.constant([1], n32)),
                     g.constant([65_535], n32))  # fmt: skip
        spent = g.both(limited, g.add("GreaterOrEqual", more, limit))
        # Whoever did not fire begins again, and so does who has just rested after too many.
        again = g.both(active, g.add("Not", fire))
        if resting:
            ended = g.both(resting, full, g.add("Equal", rested, zero))
            again = g.add("Or", again, ended)
        count = g.where(g.both(fire, limited), more, g.where(again, zero, state.consecutive))
        after = replace(after, consecutive=count)
    if p.has_countdown:
        rest = g.constant(p.refractory, n32)
        if spent:
            rest = g.where(spent, g.constant(p.snoozed, n32), rest)
        after = replace(after, countdown=g.where(fire, rest, rested))
    return after


def digest(g: Graph, p: Parameters, state: State) -> str:
    """SPEC.md 3, u32 (1, 1)."""
    values = {
        "fired": state.fired, "potential": state.potential, "consecutive": state.consecutive,
        "countdown": state.countdown, "psp": state.psp,
    }  # fmt: skip
    total = g.constant([[0]], np.uint32)
    for name, weights in p.digest_weights.items():
        words = g.cast(values[name], np.uint32)
        if name == "potential" and p.network.storage == 16:
            words = g.add("BitwiseAnd", words, g.constant([0xFFFF], np.uint32))
        total = g.add("Add", total, g.dot(words, weights))
    return total


def chained(g: Graph, chain: str, digest: str) -> str:
    """The chain, u32 (1,), after one more digest."""
    grown = g.add("Mul", chain, g.constant([MULTIPLIER], np.uint32))
    return g.add("Add", grown, g.add("Reshape", digest, g.constant([1], np.int64)))


def _hash(g: Graph, p: Parameters, burst: str) -> str:
    """hash(ID + n − first, b) of SPEC.md 2, u32 (N,)."""

    def u32(value: int) -> str:
        return g.constant([value], np.uint32)

    mine = g.constant(p.identity * 2654435761 & 0xFFFFFFFF, np.uint32)
    x = g.add("Add", mine, g.add("Mul", burst, u32(1597334677)))
    a = g.add("Add", g.add("Mul", x, u32(747796405)), u32(2891336453))
    bits = g.add("Add", g.shift_right(a, u32(28)), u32(4))
    y = g.add("Mul", g.add("BitwiseXor", g.shift_right(a, bits), a), u32(277803737))
    return g.add("BitwiseXor", g.shift_right(y, u32(22)), y)


def _leaked(g: Graph, p: Parameters, v: str) -> str:
    """U6, i32 (N,)."""
    if not (p.leak > 0).any():
        return v
    u32 = np.uint32
    size = g.cast(g.add("Abs", v), u32)
    leak = g.constant(p.leak, u32)
    if p.network.storage == 16:
        half = g.constant(1 << (p.shift - 1), u32)
        loss = g.add("Add", g.add("Mul", size, leak), half)
        loss = g.shift_right(loss, g.constant(p.shift, u32))
    else:
        loss = _wide_loss(g, p, size, leak)
    # At least 1 of what is not 0, where anything leaks at all.
    least = g.add("Min", size, g.constant(p.leak > 0, u32))
    loss = g.cast(g.add("Max", loss, least), np.int32)
    down = g.add("Less", v, g.constant([0], np.int32))
    return g.where(down, g.add("Add", v, loss), g.add("Sub", v, loss))


def _wide_loss(g: Graph, p: Parameters, size: str, leak: str) -> str:
    """δ of potentials of 32 bits, within 32 bits (SPEC.md 2)."""
    u32 = np.uint32

    def one(value: int) -> str:
        return g.constant([value], u32)

    high = g.shift_right(size, one(15))
    low = g.add("BitwiseAnd", size, one(0x7FFF))
    x = g.add("Mul", low, leak)
    if p.leak_fine.any():
        x = g.add("Add", x, g.add("Mul", high, g.constant(p.leak_fine & 0xFFFFFFFF, u32)))
    product = g.add("Mul", high, leak)
    fine = p.shift < 16
    big = np.maximum(p.shift, 16)
    carried = g.add("Sub", g.shift_right(g.add("Add", x, one(FINE)), one(15)), one(FINE >> 15))
    loss = g.add("Add", g.add("Add", product, carried), g.constant((1 << (big - 15)) >> 1, u32))
    loss = g.shift_right(loss, g.constant(big - 15, u32))
    if not fine.any():
        return loss
    small = np.minimum(p.shift, 15)
    factor = g.constant(1 << (15 - small), u32)  # 1 or 2
    rounded = g.add("Add", x, g.constant(FINE + (1 << (small - 1)), u32))
    part = g.shift_right(rounded, g.constant(small, u32))
    part = g.add("Sub", part, g.constant(FINE >> small, u32))
    other = g.add("Add", g.add("Mul", product, factor), part)
    return g.where(g.constant(fine, np.bool_), other, loss)


def _clamped(g: Graph, p: Parameters, v: str) -> str:
    """U5 and U7: what is not kept has a clamp of 0."""
    low, high = g.constant(p.low, np.int32), g.constant(p.high, np.int32)
    return g.add("Min", g.add("Max", v, low), high)


def _psp(g: Graph, p: Parameters, state: State, fire: str) -> str:
    """Q after a fire: min(255, max(0, (v + g) >> k))."""
    zero = g.constant([0], np.int32)
    half = g.constant((1 << p.psp_bits) >> 1, np.int32)
    raised = g.cast(g.add("Max", g.add("Add", state.potential, half), zero), np.uint32)
    size = g.shift_right(raised, g.constant(p.psp_bits, np.uint32))
    size = g.cast(g.add("Min", size, g.constant([255], np.uint32)), np.int32)
    mine = g.both(fire, g.constant(p.mp_driven, np.bool_))
    return g.where(mine, size, state.psp)
