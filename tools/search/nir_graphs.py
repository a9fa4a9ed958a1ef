"""Broken NIR graphs: whole graphs with a few things changed, as far as to their integers.

In:  a generator of chances.
Out: whether a graph was understood and quantized, or refused by an error of ours.
Never: reads or writes a file: what HDF5 makes of damaged bytes is nir_files.py's.
"""

import random
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ganglion.errors import GanglionError
from ganglion.frontends.nir.facts import SOURCES, facts
from ganglion.frontends.nir.file import RawGraph, RawNode
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.graph import KNOWN
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import understand
from ganglion.quantization.layers import quantize_layers

WORDS = {
    "sinabs": {"norm_input": "no"}, "rockpool": {"spikes": "many"}, "nir": {"reset": "zero"},
}  # fmt: skip
VALUES: tuple[Any, ...] = (
    np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-30, 1e30, 0.5, 3, -7, 1 << 40, "same", "", "ten",
)  # fmt: skip


def _node(name: str, kind: str, **values: Any) -> RawNode:
    return RawNode(name, kind, {k: np.array(v) for k, v in values.items()})


def _lif(name: str, n: Any, kind: str = "LIF") -> RawNode:
    one = np.ones(n)
    values = {"r": 10 * one, "v_leak": 0 * one, "v_threshold": one, "v_reset": 0 * one}
    if kind == "CubaLIF":
        values |= {"tau_mem": one / 1e3, "tau_syn": one / 1e3, "w_in": 10 * one}
    else:
        values |= {"tau": one / 1e3}
    return _node(name, kind, **values)


def _ends(n_in: Any, n_out: Any) -> dict[str, RawNode | RawGraph]:
    return {
        "input": _node("input", "Input", shape=np.atleast_1d(n_in)),
        "output": _node("output", "Output", shape=np.atleast_1d(n_out)),
    }


@cache
def graphs() -> tuple[RawGraph, ...]:
    """Small graphs that are right, with every type of node among them."""
    rng = np.random.default_rng(1)
    two = np.array([2, 2])
    conv = _node("c", "Conv2d", weight=rng.normal(size=(3, 2, 3, 3)), stride=two, padding=two - 1,
                 dilation=two - 1, groups=1, bias=np.ones(3))  # fmt: skip
    pool = _node("p", "AvgPool2d", kernel_size=two, stride=two, padding=two - 2)
    flat = _node("f", "Flatten", start_dim=0, end_dim=-1)
    fc = _node("fc", "Affine", weight=rng.normal(size=(4, 12)), bias=np.ones(4))
    images = _ends((2, 8, 8), 4) | {
        "c": conv, "a": _lif("a", (3, 4, 4)), "p": pool, "f": flat, "fc": fc, "b": _lif("b", 4),
    }  # fmt: skip
    inner: dict[str, RawNode | RawGraph] = {
        "input": _node("n/input", "Input", shape=[4]),
        "output": _node("n/output", "Output", shape=[4]),
        "lif": _lif("n/lif", 4, "CubaLIF"), "w": _node("n/w", "Linear", weight=np.eye(4)),
    }  # fmt: skip
    nested = RawGraph("n", inner, (("input", "w"), ("w", "lif"), ("lif", "w"), ("lif", "output")))
    rows = _ends(5, 4) | {
        "fc": _node("fc", "Linear", weight=rng.normal(size=(4, 5))), "n": nested,
        "d": _node("d", "Delay", delay=np.array([0, 1e-4, 2e-4, 0])),
        "s": _node("s", "Scale", scale=np.ones(4)), "b": _lif("b", 4),
    }  # fmt: skip
    one = _node("k", "Conv1d", weight=rng.normal(size=(2, 3, 3)), stride=1, padding=1, dilation=1,
                groups=1, bias=np.zeros(2))  # fmt: skip
    read = _node("li", "LI", tau=np.full((2, 6), 1e-3), r=np.ones((2, 6)), v_leak=np.zeros((2, 6)))
    lines = _ends((3, 6), (2, 6)) | {"k": one, "li": read}
    return (
        RawGraph("", images, _chain("input", "c", "a", "p", "f", "fc", "b", "output")),
        RawGraph("", rows, _chain("input", "fc", "n", "d", "s", "b", "output")),
        RawGraph("", lines, _chain("input", "k", "li", "output")),
    )


def _chain(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple(pairwise(names))


def write(path: Path, graph: RawGraph) -> Path:
    """The graph as a file."""
    import h5py

    def put(group: Any, graph: RawGraph) -> None:
        group["type"] = "NIRGraph"
        group["edges"] = np.array([[a.encode(), b.encode()] for a, b in graph.edges])
        for name, node in graph.nodes.items():
            inner = group.create_group(f"nodes/{name}")
            if isinstance(node, RawGraph):
                put(inner, node)
                continue
            inner["type"] = node.type
            for key, value in node.values.items():
                inner[key] = value

    with h5py.File(path, "w") as file:
        file["version"] = "1.0.8"
        put(file.create_group("node"), graph)
    return path


def changed(graph: RawGraph, chance: random.Random) -> RawGraph:
    """One thing of a graph, or of a graph within it, made another."""
    name = chance.choice(sorted(graph.nodes))
    node = graph.nodes[name]
    nodes, edges = dict(graph.nodes), list(graph.edges)
    what = chance.randrange(8)
    if isinstance(node, RawGraph):
        nodes[name] = changed(node, chance)
    elif what < 4 and node.values:
        key = chance.choice(sorted(node.values))
        nodes[name] = replace(node, values={**node.values, key: _value(node.values[key], chance)})
    elif what == 4:
        nodes[name] = replace(node, type=chance.choice((*KNOWN, "Lapicque", "")))
    elif what == 5 and node.values:
        key = chance.choice(sorted(node.values))
        nodes[name] = replace(node, values={k: v for k, v in node.values.items() if k != key})
    elif what == 6 and edges:
        del edges[chance.randrange(len(edges))]
    else:
        edges.append((chance.choice(sorted(nodes)), chance.choice(sorted(nodes))))
    return replace(graph, nodes=nodes, edges=tuple(sorted(set(edges))))


def _value(value: Any, chance: random.Random) -> Any:
    new = chance.choice(VALUES)
    if isinstance(new, str) or isinstance(value, str):
        return new if isinstance(new, str) else np.array(new)
    what = chance.randrange(5)
    if what == 0:
        return np.array(new)
    if what == 1:
        return value[..., :0] if value.ndim else value
    if what == 2:
        return np.repeat(value[None] if not value.ndim else value, 2, axis=0)
    if what == 3:
        return value.reshape(-1)
    some = np.array(value, np.float64)
    if some.size:
        some.flat[chance.randrange(some.size)] = new
    return some


def read_graph(chance: random.Random) -> bool:
    """Whether a changed graph was understood; anything but an error of ours is a failure."""
    graph = chance.choice(graphs())
    for _ in range(chance.choice((1, 1, 2, 4))):
        graph = changed(graph, chance)
    source = chance.choice(sorted(SOURCES))
    try:
        model = understand(graph, facts(source, WORDS.get(source), dt=1e-4))
        FloatModel(model).step(np.zeros(model.op(model.graph.input).shape))
        quantize_layers(lower(model), chance.choice((16, 8, 4)))
    except GanglionError as error:
        assert error.remedy and "\n" not in str(error), str(error)
        return False
    return True
