"""Blob synapses: those of a brain that no board runs, as plain columns (SPEC.md, 5.11).

In:  a QuantizedNetwork of more than 65,535 neurons, or the bytes of SYNAPSES.
Out: the bytes, or source, target, class and weight of every synapse.
Never: a synapse at a time: there may be ten millions.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.model import Numbers, QuantizedNetwork, SynapseClass, numbered
from .sections import own_bits, require

BYTES = 7  # of a synapse: target, class, weight


def encode_synapses(network: QuantizedNetwork) -> bytes:
    """How many synapses each neuron has; then of all of them targets, classes, weights."""
    if not network.n_synapses:
        return b""
    counts = np.bincount(network.source, minlength=network.n_neurons)
    return b"".join(
        (
            counts.astype("<u4").tobytes(), network.target.astype("<u4").tobytes(),
            network.klass.astype("<u2").tobytes(), network.weight.tobytes(),
        )
    )  # fmt: skip


def decode_synapses(
    data: bytes, count: int, neurons: int, classes: tuple[SynapseClass, ...]
) -> tuple[Numbers, Numbers, NDArray[np.uint16], NDArray[np.int8]]:
    """Source, target, class and weight of every synapse."""
    if not data:
        require(count == 0, f"the sections hold 0 synapses of {count}")
        return (
            numbered(np.zeros(0), neurons), numbered(np.zeros(0), neurons),
            np.zeros(0, np.uint16), np.zeros(0, np.int8),
        )  # fmt: skip
    size = 4 * neurons + BYTES * count
    require(count > 0 and len(data) == size, f"SYNAPSES has {len(data)} bytes for {count} synapses")
    counts = np.frombuffer(data, "<u4", neurons).astype(np.int64)
    total = int(counts.sum())
    require(total == count, f"the neurons have {total} synapses of {count}")
    at = 4 * neurons
    target = np.frombuffer(data, "<u4", count, at)
    klass = np.frombuffer(data, "<u2", count, at + 4 * count)
    weight = np.frombuffer(data, "i1", count, at + 6 * count)
    require(int(target.max()) < neurons, f"a synapse leads to neuron {int(target.max())}")
    require(int(klass.max()) < len(classes), f"a synapse is of class {int(klass.max())}")
    fixed = np.array([k.weight for k in classes], dtype=np.int8)[klass]
    bits = np.array([own_bits(k) for k in classes])[klass]
    own = (weight >= 0) & (weight.astype(np.int64) < 1 << bits)
    require(
        bool(np.where(bits, own, weight == fixed).all()),
        "a synapse has a weight that its class does not have",
    )
    source = numbered(np.repeat(np.arange(neurons), counts), neurons)
    _check_order(source, klass, target, weight)
    return source, numbered(target, neurons), klass.astype(np.uint16), weight.astype(np.int8)


def _check_order(*columns: NDArray[np.integer[Any]]) -> None:
    """The first column ascends; where it stays, the next does, and so on."""
    same: np.bool_ | NDArray[np.bool_] = np.True_
    for column in columns:
        below = column[1:] < column[:-1]
        require(not bool((same & below).any()), "the synapses of a neuron do not ascend")
        same = same & (column[1:] == column[:-1])
