"""ONNX stimulus: SPEC.md 4 in a graph, so that a model needs nothing from outside to run.

In:  a graph, a network's input ranges and golden parameters, the generator's x.
Out: the x after one burst, the amount each neuron gets, and who gets one.
Never: a draw that depends on another draw's place in a loop: all of a burst are made at once.

x_i = factor_i · x + step_i modulo 2^32 is the i-th draw after x.
"""

import numpy as np

from ...network.model import QuantizedNetwork
from .onnx_graph import Graph

FACTOR, STEP = 1_664_525, 1_013_904_223


def draw(g: Graph, network: QuantizedNetwork, x: str) -> tuple[str, str, str]:
    """x u32 (1,) of the next burst, stimulus i32 (N,), hit bool (N,)."""
    n, golden = network.n_neurons, network.golden
    nothing = g.constant(np.zeros(n), np.int32)
    size = 1 << golden.group_bits
    groups = [
        (start, reach.first + reach.count, reach.amount)
        for reach in network.inputs
        for start in range(reach.first, reach.first + reach.count, size)
    ]
    if not groups:
        return x, nothing, g.constant(np.zeros(n), np.bool_)
    first, stop, amount = np.array(groups, dtype=np.int64).T
    factor = np.cumprod(np.full(2 * len(groups), FACTOR, dtype=np.uint32), dtype=np.uint32)
    before = np.concatenate([np.ones(1, dtype=np.uint32), factor[:-1]])
    step = np.cumsum(before, dtype=np.uint32) * np.uint32(STEP)

    def drawn(which: slice) -> str:
        grown = g.add("Mul", g.constant(factor[which], np.uint32), x)
        return g.add("Add", grown, g.constant(step[which], np.uint32))

    def u32(value: int) -> str:
        return g.constant([value], np.uint32)

    first_draw = g.shift_right(drawn(slice(0, None, 2)), u32(16))
    second = drawn(slice(1, None, 2))
    c = g.shift_right(second, u32(16))
    member = g.shift_right(second, u32(32 - golden.group_bits)) if golden.group_bits else u32(0)
    neuron = g.add("Add", g.cast(member, np.int64), g.constant(first, np.int64))
    chosen = g.both(
        g.add("Less", first_draw, u32(golden.chance)),
        g.add("Less", neuron, g.constant(stop, np.int64)),
    )
    # A member beyond the range gets nothing, at a place of its own group.
    place = g.add("Min", neuron, g.constant(stop - 1, np.int64))
    halved = g.add("Equal", g.add("BitwiseAnd", c, u32(3)), u32(0))
    full, half = g.constant(amount, np.int32), g.constant(amount >> 1, np.int32)
    given = g.where(chosen, g.where(halved, half, full), g.constant([0], np.int32))
    stimulus = g.scatter_add(nothing, place, given)
    count = g.scatter_add(nothing, place, g.cast(chosen, np.int32))
    last = g.add("Add", g.add("Mul", x, u32(int(factor[-1]))), u32(int(step[-1])))
    return last, stimulus, g.add("Greater", count, g.constant([0], np.int32))
