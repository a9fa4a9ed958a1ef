"""What lies between two layers of neurons: as one matrix, or one convolution.

In:  operations of a Model, none of them neurons.
Out: weights, pools and strides in the order that layers have; the steps that a Delay takes.
Never: rounds; knows which layers it leads from and to.
"""

from dataclasses import replace

import numpy as np

from ...connectome.layered import Dims, RealPath
from .floats import convolve
from .floats import pool as pooled
from .model import Model
from .parameters import Real
from .shapes import Op


def dims_of(shape: tuple[int, ...]) -> Dims:
    """Rows, columns, channels of what a file calls (C, H, W), (C, L) or (N,)."""
    if len(shape) == 3:
        return shape[1], shape[2], shape[0]
    if len(shape) == 2:
        return 1, shape[1], shape[0]
    return 1, 1, int(np.prod(shape))


def order_of(shape: tuple[int, ...]) -> np.ndarray:
    """For each neuron in our order, its place in the file's flattened array."""
    index = np.arange(int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        index = np.moveaxis(index, 0, -1)
    return index.reshape(-1)


def delayed(model: Model, between: tuple[Op, ...]) -> list[tuple[int, tuple[Op, ...]]]:
    """What lies between two layers, for each number of steps that it takes: where a Delay has
    several, only what waits so long passes."""
    found: list[tuple[int, tuple[Op, ...]]] = [(0, ())]
    for op in between:
        if op.type != "Delay":
            found = [(steps, (*ops, op)) for steps, ops in found]
            continue
        delays = model.delays[op.name]
        values = np.unique(delays).tolist()
        more = []
        for steps, ops in found:
            for value in values:
                mask = (delays == value).astype(np.float64)
                gate = replace(op, type="Scale", arrays={"scale": mask})
                more.append((steps + value, (*ops, gate) if len(values) > 1 else ops))
        found = more
    return found


def is_plain_flatten(model: Model, op: Op) -> bool:
    return op.type == "Flatten" and len(op.into) == 1


def tiles(op: Op) -> bool:
    """Whether each value lies in at most one window."""
    return op.sizes["kernel"] == op.sizes["stride"] and set(op.sizes["before"]) == {0}


def shared_kernel(weight: Real, groups: int, dilation: tuple[int, ...]) -> Real:
    """(channels, rows, columns, targets' channels) of (O, C / groups, kernel…): groups and gaps
    are zeros."""
    if weight.ndim == 3:
        weight, dilation = weight[:, :, None, :], (1, *dilation)
    out, per_in, *size = weight.shape
    whole = np.zeros((out, per_in * groups, *(d * (k - 1) + 1 for d, k in zip(
        dilation, size, strict=True))))  # fmt: skip
    per_out = out // groups
    for g in range(groups):
        rows = slice(g * per_out, (g + 1) * per_out)
        whole[rows, g * per_in : (g + 1) * per_in, :: dilation[0], :: dilation[1]] = weight[rows]
    return np.ascontiguousarray(whole.transpose(1, 2, 3, 0))


def convolution(
    source: int, dims: Dims, pool: tuple[int, int], factor: float, conv: Op
) -> RealPath:
    (groups,) = conv.sizes["groups"]
    kernel = shared_kernel(conv.arrays["weight"] * factor, groups, conv.sizes["dilation"])
    stride, before = conv.sizes["stride"], conv.sizes["before"]
    return RealPath(
        source, "conv", kernel, dims, dims_of(conv.shape), pool,
        (1, stride[0]) if len(stride) == 1 else (stride[0], stride[1]),
        (0, before[0]) if len(before) == 1 else (before[0], before[1]),
    )  # fmt: skip


def overlapping(source: int, dims: Dims, op: Op) -> RealPath:
    """A pool whose windows overlap, leave gaps or are padded: a kernel of one channel to itself."""
    rows, columns = op.sizes["kernel"]
    kernel = np.zeros((dims[2], rows, columns, dims[2]))
    channels = np.arange(dims[2])
    kernel[channels, :, :, channels] = 1 / op.sizes["divisor"][0]
    stride, before = op.sizes["stride"], op.sizes["before"]
    return RealPath(
        source, "conv", kernel, dims, dims_of(op.shape), (1, 1), (stride[0], stride[1]),
        (before[0], before[1]),
    )  # fmt: skip


def one_to_one(source: int, dims: Dims, pool: tuple[int, int], factor: float) -> RealPath:
    """Neuron to neuron: a convolution of one place, so that nothing grows with the layer."""
    h, w, c = dims[0] // pool[0], dims[1] // pool[1], dims[2]
    if h * w == 1 and pool == (1, 1):  # a plain row: as many channels as lie well in a word
        c = 4 if dims[2] % 4 == 0 else 1
        w = dims[2] // c
        dims = (1, w, c)
    weight = np.eye(c)[:, None, None, :] * factor
    return RealPath(source, "conv", weight, dims, (h, w, c), pool)


def matrix(model: Model, ops: list[Op], shape: tuple[int, ...], target: Op) -> Real:
    """(sources, targets) in the file's orders: what a spike of each source brings."""
    if len(ops) == 1 and ops[0].type == "Dense":
        return ops[0].arrays["weight"].T.copy()
    if len(ops) == 2 and ops[0].type == "Flatten" and ops[1].type == "Dense":
        weight = np.empty((int(np.prod(shape)), target.units))
        weight[model.flattens[ops[0].name]] = ops[1].arrays["weight"].T
        return weight
    units = int(np.prod(shape))
    result = np.empty((units, target.units))
    for i in range(units):
        x = np.zeros(units)
        x[i] = 1.0
        x = x.reshape(shape)
        for op in ops:
            x = apply(model, op, x.reshape(op.into), biased=False)
        result[i] = x.reshape(-1)
    return result


def apply(model: Model, op: Op, x: Real, *, biased: bool) -> Real:
    """One map in float64."""
    a = op.arrays
    if op.type == "Dense":
        y = a["weight"] @ x
        return y + a["bias"] if biased and "bias" in a else y
    if op.type == "Scale":
        return x * a["scale"]
    if op.type == "Conv":
        y = np.asarray(convolve(op, a["weight"], x), np.float64)  # type: ignore[arg-type]
        if biased and "bias" in a:
            y = y + a["bias"].reshape(-1, *[1] * (len(op.shape) - 1))
        return y
    if op.type == "Pool":
        return np.asarray(pooled(op, x), np.float64)  # type: ignore[arg-type]
    if op.type == "Flatten":
        return x.reshape(-1)[model.flattens[op.name]]
    assert op.type in ("Delay", "Output"), op.type
    return x
