"""The parameters of one node, checked: finite, of the right shape, whole where they must be.

In:  a RawNode and the name of a parameter.
Out: arrays and sizes.
Never: passes a NaN, a text for a number, or a shape that cannot be spread over the layer.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .file import NirError, RawNode

Real = NDArray[np.float64]
Shape = tuple[int, ...]
MOST = 1 << 30  # what a whole number may be at most


def array(node: RawNode, key: str) -> Real:
    value = node.values.get(key)
    if value is None or isinstance(value, str):
        raise NirError(
            f"node {node.name}: it has no {key}" if value is None
            else f"node {node.name}: {key} is the text {value!r}",
            f"write the {node.type} with all its parameters",
        )  # fmt: skip
    values = np.asarray(value, dtype=np.float64)
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)].flat[0]
        raise NirError(f"node {node.name}: {key} holds {bad}", "train again: that is no number")
    return values


def spread(node: RawNode, key: str, values: Real, shape: Shape) -> Real:
    """A parameter for each unit: a scalar is everybody's, a leading batch of 1 is dropped."""
    while values.ndim > len(shape) and values.shape[0] == 1:
        values = values[0]
    if values.size == 1:
        values = values.reshape(())
    try:
        return np.array(np.broadcast_to(values, shape))
    except ValueError:
        raise NirError(
            f"node {node.name}: {key} has the shape {values.shape}, and the layer is {shape}",
            "write one value, or one for each neuron",
        ) from None


def whole(node: RawNode, key: str) -> NDArray[Any]:
    values = array(node, key)
    for value in values[values != np.round(values)].flat:
        raise NirError(f"node {node.name}: {key} holds {value:.10g}", "write whole numbers")
    for value in values[np.abs(values) > MOST].flat:
        raise NirError(
            f"node {node.name}: {key} holds {value:.10g}, beyond 2^30", "write a smaller number"
        )
    return values.astype(np.int64)


def number(node: RawNode, key: str, otherwise: int) -> int:
    """One whole number."""
    if key not in node.values:
        return otherwise
    found = whole(node, key)
    if found.size != 1:
        raise NirError(f"node {node.name}: {key} has the shape {found.shape}", "write one number")
    return int(found.reshape(()))


def pair(node: RawNode, key: str, dims: int, otherwise: int | None) -> tuple[int, ...]:
    """A size for each dimension: tools write one number or several."""
    if key not in node.values and otherwise is not None:
        return (otherwise,) * dims
    found = np.atleast_1d(whole(node, key))
    if found.ndim != 1 or found.size not in (1, dims):
        raise NirError(
            f"node {node.name}: {key} has the shape {found.shape}", f"write 1 or {dims} numbers"
        )
    values = [int(x) for x in found]
    return tuple(values * dims if len(values) == 1 else values)
