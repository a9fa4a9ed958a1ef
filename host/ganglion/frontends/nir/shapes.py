"""The nodes of a graph with checked parameters, each with the shape of what leaves it.

In:  a Graph.
Out: Ops in the order of a step: dense matrices, convolutions, pools, flattenings, scales, delays
     and neurons, with arrays of one shape each.
Never: knows a tool, or a time step; passes a NaN or a shape that does not fit its neighbours.
"""

from dataclasses import dataclass, field

import numpy as np

from .file import NirError, RawNode
from .graph import NEURONS, Graph
from .parameters import Real, Shape, array, number, pair, spread, whole

MOST_UNITS = 1 << 22  # values that leave one node: beyond any board

REQUIRED = {
    "LIF": ("tau", "r", "v_leak", "v_threshold"),
    "IF": ("r", "v_threshold"),
    "CubaLIF": ("tau_mem", "tau_syn", "r", "v_leak", "v_threshold"),
    "LI": ("tau", "r", "v_leak"),
    "I": ("r",),
    "Threshold": ("threshold",),
}
OTHERWISE = {"v_reset": 0.0, "w_in": 1.0}
HAS = {"LIF": ("v_reset",), "IF": ("v_reset",), "CubaLIF": ("v_reset", "w_in")}
POSITIVE = ("tau", "tau_mem", "tau_syn")


@dataclass(frozen=True, slots=True)
class Op:
    """One node. `shape` is what leaves it; `arrays` are float64, neurons' of that shape."""

    name: str
    type: str
    sources: tuple[str, ...]
    shape: Shape
    into: Shape  # what enters
    arrays: dict[str, Real] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=dict)  # stride, padding, kernel …

    @property
    def units(self) -> int:
        return int(np.prod(self.shape))


def infer(graph: Graph) -> tuple[Op, ...]:
    """The operations of a graph, in order. Raises NirError, which names the node."""
    shapes: dict[str, Shape] = {}
    ops: list[Op] = []
    batched = False
    for name in graph.order:
        node = graph.nodes[name]
        if node.type == "Input":
            shape, batched = _input(graph, node)
            op = Op(name, "Input", (), shape, shape)
        else:
            into = _incoming(graph, node, shapes)
            op = _op(graph, node, into, batched)
        if op.units > MOST_UNITS or op.units < 1:
            raise NirError(f"node {name}: {op.units} values leave it", f"use 1 to {MOST_UNITS}")
        shapes[name] = op.shape
        ops.append(op)
    _late_shapes(graph, ops)
    return tuple(ops)


def _late_shapes(graph: Graph, ops: list[Op]) -> None:
    """What comes back over a loop has the shape that was expected of it."""
    by_name = {op.name: op for op in ops}
    for a, b in sorted(graph.late):
        out, want = by_name[a].shape, by_name[b].into
        if out != want:
            raise NirError(
                f"node {b}: {want} values enter, and {a} has {out}",
                "write a recurrent weight for the neurons that it leads from",
            )


def _input(graph: Graph, node: RawNode) -> tuple[Shape, bool]:
    """Its shape without the batch that Norse and Rockpool keep: sizes come from the weights."""
    shape = tuple(int(x) for x in np.atleast_1d(whole(node, "shape")))
    wanted = 0  # dimensions
    for follower in graph.leads_to(node.name):
        kind = graph.nodes[follower].type
        wanted = max(wanted, {"Linear": 1, "Affine": 1, "Conv1d": 2, "Conv2d": 3}.get(kind, 0))
        wanted = max(wanted, 3 if kind in ("SumPool2d", "AvgPool2d") else 0)
    batched = False
    while wanted and len(shape) > wanted and shape[0] == 1:
        shape, batched = shape[1:], True
    for follower in graph.leads_to(node.name):
        weight = graph.nodes[follower].values.get("weight")
        if wanted > 1 or not isinstance(weight, np.ndarray) or weight.ndim != 2:
            continue
        if int(np.prod(shape)) != weight.shape[1]:
            raise NirError(
                f"node {node.name}: its shape is {shape}, and node {follower} takes "
                f"{weight.shape[1]} values",
                "write the graph for samples without a batch",
            )
        shape = (weight.shape[1],)
    if not shape or min(shape) < 1:
        raise NirError(f"node {node.name}: its shape is {shape}", "write a shape of sizes above 0")
    return shape, batched


def _incoming(graph: Graph, node: RawNode, shapes: dict[str, Shape]) -> Shape:
    """The one shape that all of a node's sources have; of a loop, what the matrix takes."""
    found = {shapes[s] for s in graph.feeds[node.name] if s in shapes}
    if not found:  # only what is late leads here: its size is the matrix's
        weight = node.values.get("weight")
        if isinstance(weight, np.ndarray) and weight.ndim == 2:
            return (weight.shape[1],)
        cell = graph.nodes[graph.feeds[node.name][0]]
        threshold = cell.values.get("v_threshold")
        if isinstance(threshold, np.ndarray) and threshold.ndim:
            return threshold.shape
        raise NirError(f"node {node.name}: its size cannot be known", "write arrays, not scalars")
    if len(found) > 1:
        raise NirError(
            f"node {node.name}: what leads to it has the shapes "
            f"{' and '.join(map(str, sorted(found)))}",
            "what meets in a node is added: give it one shape",
        )
    return found.pop()


def _op(graph: Graph, node: RawNode, into: Shape, batched: bool) -> Op:
    sources = graph.feeds[node.name]
    kind = node.type
    if kind in NEURONS:
        arrays = {k: array(node, k) for k in REQUIRED[kind]}
        arrays |= {
            k: array(node, k) if k in node.values else np.array(OTHERWISE[k])
            for k in HAS.get(kind, ())
        }
        shape = into
        arrays = {k: spread(node, k, v, shape) for k, v in arrays.items()}
        for k in POSITIVE:
            if k in arrays and not (arrays[k] > 0).all():
                raise NirError(
                    f"node {node.name}: {k} is {arrays[k].min():g}", "time constants are above 0"
                )
        return Op(node.name, kind, sources, shape, into, arrays)
    if kind in ("Linear", "Affine"):
        return _dense(node, sources, into)
    if kind in ("Conv1d", "Conv2d"):
        return _convolution(node, sources, into)
    if kind in ("SumPool2d", "AvgPool2d"):
        return _pool(node, sources, into)
    if kind == "Scale":
        scale = spread(node, "scale", array(node, "scale"), into)
        return Op(node.name, kind, sources, into, into, {"scale": scale})
    if kind == "Delay":
        delay = spread(node, "delay", array(node, "delay"), into)
        if (delay < 0).any():
            raise NirError(f"node {node.name}: a delay is {delay.min():g}", "use 0 or more")
        return Op(node.name, kind, sources, into, into, {"delay": delay})
    if kind == "Flatten":
        return _flatten(graph, node, into, batched)
    assert kind == "Output"
    return Op(node.name, kind, sources, into, into)


def _flatten(graph: Graph, node: RawNode, into: Shape, batched: bool) -> Op:
    start = number(node, "start_dim", 0)
    end = number(node, "end_dim", -1)
    start -= 1 if batched and start > 0 else 0
    n = len(into)
    start, end = start % n if n else 0, end % n if n else 0
    shape = (*into[:start], int(np.prod(into[start : end + 1])), *into[end + 1 :])
    total = int(np.prod(into))
    for follower in graph.leads_to(node.name):
        weight = graph.nodes[follower].values.get("weight")
        if isinstance(weight, np.ndarray) and weight.ndim == 2 and weight.shape[1] == total:
            shape = (total,)  # start_dim counts a batch that the file does not have
    if len(shape) > 1:
        raise NirError(
            f"node {node.name}: it flattens {into} to {shape}", "flatten to one dimension"
        )
    return Op(node.name, "Flatten", graph.feeds[node.name], shape, into)


def _dense(node: RawNode, sources: tuple[str, ...], into: Shape) -> Op:
    weight = array(node, "weight")
    if weight.ndim != 2:
        raise NirError(f"node {node.name}: weight has the shape {weight.shape}", "write out × in")
    if into != (weight.shape[1],):
        raise NirError(
            f"node {node.name}: {into} values enter, and weight takes {weight.shape[1]}",
            "flatten what enters, or write the weight for it",
        )
    arrays = {"weight": weight}
    if node.type == "Affine":
        bias = array(node, "bias")
        arrays["bias"] = spread(node, "bias", bias, (weight.shape[0],))
    return Op(node.name, "Dense", sources, (weight.shape[0],), into, arrays)


def _convolution(node: RawNode, sources: tuple[str, ...], into: Shape) -> Op:
    """Conv1d as a Conv2d of height 1; `same` and `valid` become numbers."""
    dims = 2 if node.type == "Conv2d" else 1
    weight = array(node, "weight")
    if weight.ndim != dims + 2 or len(into) != dims + 1:
        raise NirError(
            f"node {node.name}: weight has the shape {weight.shape} and {into} enters",
            f"write out × in × kernel, for what has {dims + 1} dimensions",
        )
    stride = pair(node, "stride", dims, 1)
    dilation = pair(node, "dilation", dims, 1)
    groups = number(node, "groups", 1)
    kernel = weight.shape[2:]
    padding = node.values.get("padding", np.array(0))
    if isinstance(padding, str):
        if padding not in ("same", "valid") or (padding == "same" and set(stride) != {1}):
            raise NirError(
                f"node {node.name}: padding is {padding!r} at stride {stride}",
                "write numbers; 'same' goes with stride 1 only",
            )
        total = [
            d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel, strict=True)
        ]
        before = tuple(t // 2 for t in total)
        after = tuple(t - t // 2 for t in total)
    else:
        before = after = pair(node, "padding", dims, 0)
    if groups < 1 or weight.shape[0] % groups or into[0] != weight.shape[1] * groups:
        raise NirError(
            f"node {node.name}: {into[0]} channels enter, weight takes {weight.shape[1]} in "
            f"{groups} groups",
            "write a weight for the channels that enter",
        )
    if min(stride) < 1 or min(dilation) < 1 or min(*before, *after) < 0 or min(kernel) < 1:
        raise NirError(
            f"node {node.name}: stride {stride}, dilation {dilation}, padding {before}",
            "strides and dilations are above 0, padding is not below 0",
        )
    out = tuple(
        (n + b + a - d * (k - 1) - 1) // s + 1
        for n, b, a, d, k, s in zip(into[1:], before, after, dilation, kernel, stride, strict=True)
    )
    arrays = {"weight": weight}
    if "bias" in node.values:
        arrays["bias"] = spread(node, "bias", array(node, "bias"), (weight.shape[0],))
    sizes = {"stride": stride, "dilation": dilation, "before": before, "after": after}
    if min(out) < 1:
        raise NirError(f"node {node.name}: nothing is left of {into}", "use a smaller kernel")
    return Op(
        node.name, "Conv", sources, (weight.shape[0], *out), into, arrays,
        sizes | {"groups": (groups,)},
    )  # fmt: skip


def _pool(node: RawNode, sources: tuple[str, ...], into: Shape) -> Op:
    if len(into) != 3:
        raise NirError(f"node {node.name}: {into} enters a pool of images", "write C × H × W")
    kernel = pair(node, "kernel_size", 2, None)
    stride = pair(node, "stride", 2, None) if "stride" in node.values else kernel
    padding = pair(node, "padding", 2, 0)
    if min(kernel) < 1 or min(stride) < 1 or min(padding) < 0:
        raise NirError(
            f"node {node.name}: kernel {kernel}, stride {stride}, padding {padding}",
            "kernel and stride are above 0, padding is not below 0",
        )
    out = tuple(
        (n + 2 * p - k) // s + 1
        for n, p, k, s in zip(into[1:], padding, kernel, stride, strict=True)
    )
    if min(out) < 1:
        raise NirError(f"node {node.name}: nothing is left of {into}", "use a smaller kernel")
    divisor = kernel[0] * kernel[1] if node.type == "AvgPool2d" else 1
    return Op(
        node.name, "Pool", sources, (into[0], *out), into, {},
        {"kernel": kernel, "stride": stride, "before": padding, "after": padding,
         "divisor": (divisor,)},
    )  # fmt: skip
