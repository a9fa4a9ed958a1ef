"""ONNX delivery: R1 in a graph, in three forms that give the same sums.

In:  a graph, the fired set and the postsynaptic potentials of the burst before.
Out: the potentials after R1, and how many synapses reached each neuron.
Never: a sum that depends on the order in which a runtime forms it.

*sparse* gathers over all synapses, with static shapes: what compilers like. *event* lists the
synapses of the neurons that fired, with dynamic shapes: work in proportion to events. *dense* is
products of spikes (u8) and matrices of signed digits of base 256 (s8), and one matrix of
who is reached: what INT8 units run. Spikes are 0 and 1, so that a pair of products stays below the
16 bits at which u8·s8 instructions of AVX2 saturate. What the source's PSP drives is never dense.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...network.model import QuantizedNetwork
from .onnx_graph import Graph

DELIVERIES = ("sparse", "event", "dense")
MOST_WEIGHTS = 1 << 25  # of one dense matrix: 32 MiB, and there are two or more

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Synapses:
    """Some of a network's synapses, by source; all arrays are (m,)."""

    driven: bool  # by the source's PSP
    source: Ints
    target: Ints
    contribution: Ints  # what one adds; of a driven one the weight, 1 or −1
    multiplier: Ints  # M_c, r_c and K_c of SPEC 5.4, of driven ones
    shift: Ints
    cap: Ints

    def __len__(self) -> int:
        return len(self.source)


def parts_of(network: QuantizedNetwork) -> tuple[Synapses, Synapses]:
    """Synapses that add a constant, and those that the source's PSP drives."""
    klass = network.klass.astype(np.int64)

    def of(name: str) -> Ints:
        values = [int(getattr(c, name)) for c in network.classes] or [0]
        result: Ints = np.array(values, dtype=np.int64)[klass]
        return result

    driven = of("mp_driven") > 0

    def some(is_driven: bool, mine: NDArray[np.bool_], amount: Ints) -> Synapses:
        return Synapses(
            is_driven, network.source[mine].astype(np.int64), network.target[mine].astype(np.int64),
            amount[mine], of("multiplier")[mine], of("shift")[mine], of("cap")[mine],
        )  # fmt: skip

    return (
        some(False, ~driven, network.contribution),
        some(True, driven, network.weight.astype(np.int64)),
    )


def deliver(
    g: Graph, network: QuantizedNetwork, form: str, fired: str, psp: str,
    potential: str, touches: str,
) -> tuple[str, str]:  # fmt: skip
    """The potentials and the counts of touches, i32 (N,), after R1.

    `fired` is bool (N,), `psp` u32 (N,) or empty if the network has none. Raises UsageError for a
    form that is unknown, or a dense one of too many weights.
    """
    if form not in DELIVERIES:
        raise UsageError(f"the delivery {form!r} is unknown", f"use {', '.join(DELIVERIES)}")
    n = network.n_neurons
    for synapses in parts_of(network):
        if not len(synapses):
            continue
        if synapses.driven and not psp:  # none is ever above 0; but a touch is a touch
            synapses = replace(synapses, driven=False, contribution=0 * synapses.contribution)
        if form == "dense" and not synapses.driven:
            potential, touches = _dense(g, synapses, fired, potential, touches)
        elif form == "event":
            potential, touches = _event(g, n, synapses, fired, psp, potential, touches)
        else:
            potential, touches = _sparse(g, synapses, fired, psp, potential, touches)
    return potential, touches


def _sparse(
    g: Graph, s: Synapses, fired: str, psp: str, potential: str, touches: str
) -> tuple[str, str]:
    source, target = g.constant(s.source, np.int64), g.constant(s.target, np.int64)
    spike = g.add("Gather", g.cast(fired, np.int32), source)
    if s.driven:
        amount = _driven(
            g, g.add("Gather", psp, source), g.constant(s.contribution, np.int32),
            g.constant(s.multiplier, np.uint32), g.constant(_half(s.shift), np.uint32),
            g.constant(s.shift, np.uint32), g.constant(s.cap, np.uint32),
        )  # fmt: skip
    else:
        amount = g.constant(s.contribution, np.int32)
    return (
        g.scatter_add(potential, target, g.add("Mul", spike, amount)),
        g.scatter_add(touches, target, spike),
    )


def _event(
    g: Graph, n: int, s: Synapses, fired: str, psp: str, potential: str, touches: str
) -> tuple[str, str]:
    """A ragged list: synapse k of the burst is one of the fired neuron whose row holds it."""
    one, zero = g.constant([1], np.int64), g.constant([0], np.int64)
    rows = g.constant(np.searchsorted(s.source, np.arange(n + 1)), np.int64)
    who = g.add("Reshape", g.add("NonZero", fired), g.constant([-1], np.int64))
    start = g.add("Gather", rows, who)
    size = g.add("Sub", g.add("Gather", rows, g.add("Add", who, one)), start)
    end = g.add("CumSum", size, g.constant(0, np.int64))
    total = g.add("Gather", g.add("Concat", zero, end, axis=0), g.constant([-1], np.int64))
    # The row of synapse k is the number of ends that are at most k.
    marks = g.scatter_add(
        g.zeros(g.add("Add", total, one), np.int32), end,
        g.add("Add", g.zeros_like(end, np.int32), g.constant([1], np.int32)),
    )  # fmt: skip
    marks = g.add("Slice", marks, zero, total)
    row = g.cast(g.add("CumSum", marks, g.constant(0, np.int64)), np.int64)
    number = g.add("Range", g.scalar(0), g.add("Reshape", total, g.empty_shape()), g.scalar(1))
    shifted = g.add("Sub", start, g.add("Sub", end, size))
    synapse = g.add("Add", number, g.add("Gather", shifted, row))

    def of(values: Ints, dtype: type) -> str:
        return g.add("Gather", g.constant(values, dtype), synapse)

    target, amount = of(s.target, np.int64), of(s.contribution, np.int32)
    if s.driven:
        amount = _driven(
            g, g.add("Gather", psp, g.add("Gather", who, row)), amount, of(s.multiplier, np.uint32),
            of(_half(s.shift), np.uint32), of(s.shift, np.uint32), of(s.cap, np.uint32),
        )  # fmt: skip
    ones = g.add("Add", g.zeros_like(target, np.int32), g.constant([1], np.int32))
    return g.scatter_add(potential, target, amount), g.scatter_add(touches, target, ones)


def _driven(
    g: Graph, psp: str, weight: str, multiplier: str, half: str, shift: str, cap: str
) -> str:
    """w · min((Q·M + h) >> r, K): below 2^31 everywhere, since Q is a byte and M below 2^23."""
    size = g.add("Add", g.add("Mul", psp, multiplier), half)
    size = g.add("Min", g.shift_right(size, shift), cap)
    return g.add("Mul", g.cast(size, np.int32), weight)


def _half(shift: Ints) -> Ints:
    return (1 << shift) >> 1


def _dense(g: Graph, s: Synapses, fired: str, potential: str, touches: str) -> tuple[str, str]:
    matrix = matrix_of(s)
    spikes = g.add("Gather", g.cast(fired, np.uint8), g.constant(matrix.sources, np.int64))
    spikes = g.add("Reshape", spikes, g.constant([1, -1], np.int64))
    flat, place = g.constant([-1], np.int64), g.constant(matrix.targets, np.int64)

    def product(weights: NDArray[np.int8]) -> str:
        found = g.add("MatMulInteger", spikes, g.constant(weights, np.int8))
        return g.add("Reshape", found, flat)

    total = ""
    for power, digit in enumerate(digits_of(matrix.sums)):
        part = g.cast(product(digit), np.uint32)
        if power:
            part = g.add("Mul", part, g.constant([256**power], np.uint32))
        total = g.add("Add", total, part) if total else part
    return (
        g.scatter_add(potential, place, g.cast(total, np.int32)),
        g.scatter_add(touches, place, product(matrix.reached)),
    )


@dataclass(frozen=True)
class Matrix:
    """Synapses as a matrix. Rows are the neurons that have some, columns those that are reached."""

    sources: Ints  # (rows,) ascending
    targets: Ints  # (columns,) ascending
    sums: Ints  # (rows, columns) of contributions
    reached: NDArray[np.int8]  # (rows, columns) 1 where there is a synapse


def matrix_of(s: Synapses) -> Matrix:
    """Raises UsageError for a matrix of more than MOST_WEIGHTS weights."""
    sources, row = np.unique(s.source, return_inverse=True)
    targets, column = np.unique(s.target, return_inverse=True)
    shape = len(sources), len(targets)
    if shape[0] * shape[1] > MOST_WEIGHTS:
        raise UsageError(
            f"a dense matrix of {shape[0]:,} sources and {shape[1]:,} targets would have "
            f"{shape[0] * shape[1]:,} weights, and {MOST_WEIGHTS:,} are the most",
            "use the delivery event",
        )
    sums = np.zeros(shape, dtype=np.int64)
    np.add.at(sums, (row, column), s.contribution)
    reached = np.zeros(shape, dtype=np.int8)
    reached[row, column] = 1
    return Matrix(sources, targets, sums, reached)


def digits_of(values: Ints, base: int = 256) -> list[NDArray[np.int8]]:
    """Signed digits d_k in −base/2..base/2 − 1 (an even base): values = Σ d_k·base^k.

    An odd base gives digits in ±⌊base/2⌋. As many as there are, and at least one; what lies at
    or above 2^32 is left out.
    """
    found: list[NDArray[np.int8]] = []
    rest, power = values.copy(), 1
    while (not found or rest.any()) and power < 2**32:
        digit = (rest + base // 2) % base - base // 2
        found.append(digit.astype(np.int8))
        rest = (rest - digit) // base
        power *= base
    return found
