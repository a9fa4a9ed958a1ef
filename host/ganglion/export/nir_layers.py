"""NIR graph of layers: each layer as a node of neurons, each path as a weight.

In:  the layers of a network (SPEC 12).
Out: nodes and edges in a Graph, and sentences on what they do not say.
Never: changes a number; writes a convolution as a matrix where NIR has a node for it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..network.layers import LIMIT, Ints, Layer, Path
from ..network.model import QuantizedNetwork
from ..reference.layers import convolved

if TYPE_CHECKING:
    from .nir_graph import Graph

MOST_WEIGHTS = 1 << 24  # of a convolution that must be written as a matrix
Dims = tuple[int, int, int]
Real = NDArray[np.float64]


def layer_nodes(network: QuantizedNetwork, dt: float, graph: "Graph") -> None:
    """Adds all layers. Raises UsageError, which names the layer, for what is too large."""
    names = [a.id for a in network.areas]
    dims: list[Dims] = [a.dimensions for a in network.areas]
    entries = {r.first for r in network.inputs}
    flat = [
        any(not p.conv or p.target_dims != dims[i] for p in _paths_of(layer, dims, entries))
        for i, layer in enumerate(network.layers)
    ]
    shapes: list[tuple[int, ...]] = [
              (d[0] * d[1] * d[2],) if f or d[0] * d[1] == 1 else (d[2], d[0], d[1])
              for d, f in zip(dims, flat, strict=True)]  # fmt: skip
    read = {p.source for layer in network.layers for p in layer.paths}
    ends = [i for i in range(len(names)) if i not in read] or [len(names) - 1]
    for i, layer in enumerate(network.layers):
        if layer.first in entries:
            graph.nodes[names[i]] = {"type": "Input", "shape": np.array(shapes[i])}
            continue
        graph.nodes[names[i]] = _neurons(names[i], layer, shapes[i], dims[i], dt, graph)
        for k, path in enumerate(_paths_of(layer, dims, entries)):
            _path(graph, layer, path, i, k, names, dims, shapes, dt)
    graph.nodes["output"] = {"type": "Output", "shape": np.array(shapes[ends[-1]])}
    graph.chain(names[ends[-1]], "output")
    for i in ends[:-1]:
        graph.unsaid.append(f"layer {names[i]} leads nowhere, and is no output of the file")


def _paths_of(layer: Layer, dims: list[Dims], entries: set[int]) -> tuple[Path, ...]:
    """A layer that nothing leads to, and that no input is, gets its bias over weights of 0: NIR has
    no bias without an edge."""
    if layer.paths or layer.first in entries:
        return layer.paths
    weight = np.zeros((int(np.prod(dims[0])), layer.count), np.int8)
    return (Path(0, False, 8, np.ones(1, np.int64), weight, dims[0], (1, 1, layer.count)),)


def order_of(shape: tuple[int, ...], dims: Dims) -> Ints:
    """For each value of the file's flattened array, the neuron that has it."""
    index = np.arange(int(np.prod(dims))).reshape(dims)
    return (index.transpose(2, 0, 1) if len(shape) == 3 else index).reshape(-1)


def _spread(layer: Layer, vector: Ints, shape: tuple[int, ...], dims: Dims) -> Real:
    values = layer.spread(vector)[order_of(shape, dims)]
    return values.astype(np.float64).reshape(shape)


def _neurons(
    name: str, layer: Layer, shape: tuple[int, ...], dims: Dims, dt: float, graph: "Graph"
) -> dict[str, Any]:
    def kept(leak: Ints) -> Real:
        lost = layer.spread(leak)
        share = (lost[:, 0] + lost[:, 2] / 32_768) / 2.0 ** lost[:, 1]
        return np.where(lost[:, 0] > 0, share, 0.0)[order_of(shape, dims)].reshape(shape)

    lost, drift = kept(layer.leak), _spread(layer, layer.drift, shape, dims)
    steps = np.where(lost > 0, 1 / np.maximum(lost, 2.0**-30), 2.0**30)
    node: dict[str, Any] = {
        "type": "LIF", "tau": dt * steps, "r": steps, "v_leak": drift * steps,
    }  # fmt: skip
    unsaid = graph.unsaid
    if layer.current:
        lost_current = kept(layer.leak_current)
        ratio = np.where(lost_current > 0, 1 / np.maximum(lost_current, 2.0**-30), 2.0**30)
        node |= {"type": "CubaLIF", "tau_mem": node.pop("tau"), "tau_syn": dt * ratio,
                 "w_in": ratio}  # fmt: skip
        if layer.current != 1:
            words = "decays with what arrives" if layer.current == 2 else "is used before it decays"
            unsaid.append(f"layer {name}: its current {words}; CubaLIF's does not")
    elif not lost.any() and not drift.any():
        node = {"type": "IF", "r": np.full(shape, 1 / dt)}
    if lost.any() or layer.current:
        unsaid.append(f"layer {name} leaks by whole numbers: the tool's decay is not rounded")
    if layer.low > -LIMIT:
        unsaid.append(f"layer {name} does not fall below {layer.low}")
    if not layer.emit:
        if node["type"] == "IF":
            return {"type": "I", "r": node["r"]}
        if node["type"] == "CubaLIF":
            unsaid.append(f"layer {name} is read out, and does not fire")
            node["v_threshold"] = np.full(shape, 2.0**30)
            node["v_reset"] = np.zeros(shape)
            return node
        return node | {"type": "LI"}
    threshold = _spread(layer, layer.threshold, shape, dims) - 0.5
    node |= {"v_threshold": threshold, "v_reset": _spread(layer, layer.reset_to, shape, dims)}
    if layer.emit == 2:
        unsaid.append(f"layer {name} fires up to {layer.most} times in a burst; NIR's fires once")
    if layer.reset == 2:
        when = ("in the same step", "in the next step, before it decays", "in the next step")
        unsaid.append(
            f"layer {name} is reset by subtraction {when[layer.at]}: NIR has no reset but to a "
            "value; snnTorch and sinabs have (--reset subtract)"
        )
    elif layer.reset == 0:
        unsaid.append(f"layer {name} is not reset; NIR's neurons are")
    elif layer.at:
        unsaid.append(f"layer {name} is reset one step after its spike")
    if layer.gives_back or layer.loses_input or layer.from_old:
        unsaid.append(f"layer {name} has a rule of its tool that NIR has no words for (SPEC 12.2)")
    return node


def _path(
    graph: "Graph", layer: Layer, path: Path, target: int, k: int, names: list[str],
    dims: list[Dims], shapes: list[tuple[int, ...]], dt: float,
) -> None:  # fmt: skip
    name = f"{names[target]}_from_{names[path.source]}" + (f"_{k}" if k else "")
    way = [names[path.source]]
    if path.source > target:  # what it sent a burst before
        delay = np.full(shapes[path.source], dt)
        graph.nodes[f"{name}_late"] = {"type": "Delay", "delay": delay}
        way.append(f"{name}_late")
    source = shapes[path.source]
    multiplier = layer.spread(path.multiplier)
    bias = _spread(layer, layer.bias, shapes[target], dims[target]) if k == 0 else np.zeros(1)
    if bias.any() and layer.current and len(layer.paths) > 1:
        graph.unsaid.append(f"layer {names[target]}: its bias is that of its first weight")
    if path.conv and path.source_dims == dims[path.source] and len(shapes[target]) == 3:
        if path.pool != (1, 1):
            pool = np.array(path.pool)
            graph.nodes[f"{name}_pool"] = {
                "type": "SumPool2d", "kernel_size": pool, "stride": pool,
                "padding": np.zeros(2, int),
            }  # fmt: skip
            way.append(f"{name}_pool")
        channels = multiplier[: path.target_dims[2]]
        places = bias.reshape(path.target_dims[2], -1) if bias.size > 1 else np.zeros((1, 1))
        if (places != places[:, :1]).any() or (
            multiplier.reshape(-1, path.target_dims[2]) != channels
        ).any():
            raise UsageError(
                f"layer {names[target]} has another bias or factor at each place",
                "NIR's convolutions have one for each channel",
            )
        weight = (path.weight * channels).transpose(3, 0, 1, 2)
        pad, ends = _padding(path)
        if not ends:
            graph.unsaid.append(f"layer {names[target]}: its padding is not the same on all sides")
        graph.nodes[name] = {
            "type": "Conv2d", "input_shape": np.array(path.pooled[:2]),
            "weight": weight.astype("f4"), "bias": np.broadcast_to(
                places[:, 0], path.target_dims[2:]).astype("f4"),
            "stride": np.array(path.stride), "padding": pad, "dilation": np.array([1, 1]),
            "groups": np.array(1),
        }  # fmt: skip
    else:
        matrix = _matrix(path, names[target]) * multiplier
        matrix = matrix[:, order_of(shapes[target], dims[target])]
        matrix = matrix[order_of(source, dims[path.source])]
        if len(source) == 3:
            graph.nodes[f"{name}_flat"] = {
                "type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1),
                "input_type": np.array(source),
            }  # fmt: skip
            way.append(f"{name}_flat")
        graph.nodes[name] = {"type": "Linear", "weight": matrix.T.astype("f4")}
        if bias.any():
            graph.nodes[name] |= {"type": "Affine", "bias": bias.reshape(-1).astype("f4")}
    graph.chain(*way, name, names[target])


def _padding(path: Path) -> tuple[Ints, bool]:
    """(2,) what NIR writes, and whether it gives the target's size."""
    sizes = [
        (n + 2 * p - k) // s + 1
        for n, p, k, s in zip(
            path.pooled[:2], path.before, path.weight.shape[1:3], path.stride, strict=True
        )
    ]
    return np.array(path.before), tuple(sizes) == path.target_dims[:2]


def _matrix(path: Path, name: str) -> Ints:
    """(sources, targets) of a path, its pool and its kernel multiplied out."""
    n, m = int(np.prod(path.source_dims)), int(np.prod(path.target_dims))
    if n * m > MOST_WEIGHTS:
        raise UsageError(
            f"layer {name}: NIR would say its weights as a matrix of {n * m:,}",
            f"export layers of at most {MOST_WEIGHTS:,}",
        )
    weight = path.weight.astype(np.int64)
    if not path.conv and path.pool == (1, 1):
        return weight
    result = np.zeros((n, m), np.int64)
    h, w, c = path.pooled
    for i in range(n):
        z = np.zeros(n, np.int64)
        z[i] = 1
        z = z.reshape(path.source_dims)[: h * path.pool[0], : w * path.pool[1]]
        z = z.reshape(h, path.pool[0], w, path.pool[1], c).sum(axis=(1, 3))
        result[i] = convolved(z, weight, path).reshape(-1) if path.conv else z.reshape(-1) @ weight
    return result
