"""Unusual NIR graphs: right ones that no tool writes, in float32 and as integers.

In:  a count and a seed.
Out: of each kind of graph how many fire in integers exactly as in float32, how many values of the
     rest differ (a tie: the first of them lies within 4e-6 of its threshold on the side that did
     not fire), and what was refused, by its sentence; exit code 1 if more than 1 % of a graph's
     values differ although 16 bits hold its weights, and it is no tie.
Never: a graph that is left out without a word.

python -m tools.search.nir_unusual --count 1000
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from ganglion.compiler import compile_layers
from ganglion.errors import GanglionError
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.file import RawGraph, RawNode
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import understand
from ganglion.reference.integers import Reference

DT, STEPS = 1e-4, 40
TIE = 4e-6
MOST = 0.01  # of a graph's values may differ
KINDS = (
    "chain", "skip", "skip past a layer", "delays", "nested", "nested twice", "recurrent",
    "image", "line", "pools", "dilation and groups", "read-out", "scale", "threshold",
)  # fmt: skip
Nodes = dict[str, RawNode | RawGraph]
Edges = list[tuple[str, str]]


class Maker:
    """A graph, node by node."""

    def __init__(self, seed: str) -> None:
        self.of = random.Random(seed)
        self.numbers = np.random.default_rng(self.of.getrandbits(64))
        self.nodes: Nodes = {}
        self.edges: Edges = []
        self.last = ""

    def node(self, kind: str, after: str = "", **values: Any) -> str:
        """Adds a node behind the last one, or behind `after`."""
        name = f"n{len(self.nodes):02}"
        self.nodes[name] = RawNode(name, kind, {
            k: v if isinstance(v, str) else np.array(v) for k, v in values.items()
        })  # fmt: skip
        if after or self.last:
            self.edges.append((after or self.last, name))
        self.last = name
        return name

    def some(self, low: float, high: float, shape: Any) -> Any:
        """One value for all, as 0-d or as an array, or one for each neuron."""
        if self.of.random() < 0.25:
            return np.array(round(self.of.uniform(low, high), 4))
        if self.of.random() < 0.3:
            return np.full(shape, round(self.of.uniform(low, high), 4))
        return np.round(self.numbers.uniform(low, high, shape), 4)

    def weight(self, *shape: int) -> Any:
        spread = self.numbers.normal(0.15, 1.0, shape) * 1.6 / np.sqrt(np.prod(shape[1:]) + 1)
        return np.clip(np.round(spread * 64), -127, 127) / 64

    def neurons(self, shape: Any, kinds: tuple[str, ...] = ("LIF", "IF", "CubaLIF")) -> str:
        kind = self.of.choice(kinds)
        full = np.ones(shape)  # that one of them says how many there are
        values: dict[str, Any] = {"v_threshold": full * self.some(0.4, 1.5, shape)}
        if self.of.random() < 0.5:
            values["v_reset"] = self.some(-0.3, 0.2, shape)
        if kind == "IF":
            return self.node(kind, r=np.array(1 / DT), **values)
        values["v_leak"] = self.some(-0.3, 0.3, shape) if self.of.random() < 0.5 else 0 * full
        tau = self.some(2, 20, shape) * DT
        values["r"] = tau / DT if self.of.random() < 0.7 else self.some(2, 12, shape)
        if kind == "LIF":
            return self.node(kind, tau=tau, **values)
        syn = self.some(1.5, 9, shape) * DT
        w_in = syn / DT if self.of.random() < 0.6 else self.some(1, 6, shape)
        return self.node(kind, tau_mem=tau, tau_syn=syn, w_in=w_in, **values)

    def dense(self, n: int, m: int, after: str = "") -> str:
        if self.of.random() < 0.5:
            bias = self.weight(m, 1)[:, 0] / 4
            return self.node("Affine", after, weight=self.weight(m, n), bias=bias)
        return self.node("Linear", after, weight=self.weight(m, n))

    def graph(self, shape: Any, out: Any) -> RawGraph:
        """All of it, between an Input and an Output."""
        self.node("Output", shape=np.atleast_1d(out))
        return RawGraph("", self.nodes, tuple(sorted(set(self.edges))))


def made(kind: str, seed: str) -> tuple[RawGraph, tuple[int, ...]]:
    """A graph, and the shape of its input."""
    m = Maker(seed)
    of = m.of
    n, hidden, out = of.choice((1, 4, 9)), of.choice((1, 3, 8)), of.choice((1, 2, 5))
    if kind in ("image", "pools", "dilation and groups", "line"):
        return _convolved(m, kind)
    first = m.node("Input", shape=np.array([n]))
    m.dense(n, hidden)
    if kind == "scale":
        m.node("Scale", scale=np.round(m.numbers.uniform(-1.5, 1.5, hidden) * 16) / 16)
    if kind == "threshold":
        m.node("Threshold", threshold=m.some(0.2, 0.8, hidden) * np.ones(hidden))
    elif kind in ("nested", "nested twice", "recurrent"):
        _nested(m, kind, hidden)
    else:
        m.neurons((hidden,))
    cell = m.last
    if kind == "delays":
        m.node("Delay", delay=m.numbers.integers(0, 5, hidden) * DT)
    if kind == "skip past a layer":
        m.dense(hidden, hidden)
        m.neurons((hidden,))
    weight = m.dense(hidden, out)
    if kind == "read-out":
        m.node("LI", tau=m.some(2, 20, (out,)) * DT * np.ones(out), r=m.some(1, 9, (out,)),
               v_leak=0.0)  # fmt: skip
    else:
        m.neurons((out,))
    last = m.last
    if kind == "skip":  # two ways into the last layer: from the input beside the hidden one
        other = m.dense(n, out, first)
        m.edges.append((other, last))
    if kind == "skip past a layer":
        m.edges.append((cell, weight))
    m.last = last
    return m.graph([n], [out]), (n,)


def _nested(m: Maker, kind: str, n: int) -> None:
    """Neurons in a graph of their own, or in one within it, perhaps with a weight back."""
    name = f"n{len(m.nodes):02}"
    inner = Maker(f"{name} {m.of.random()}")
    inner.node("Input", shape=np.array([n]))
    cell = inner.neurons((n,))
    if kind == "recurrent":
        back = inner.dense(n, n)
        inner.edges.append((back, cell))
        inner.last = cell
    whole = inner.graph([n], [n])

    def named(graph: RawGraph, prefix: str) -> RawGraph:
        nodes: Nodes = {}
        for key, node in graph.nodes.items():
            assert isinstance(node, RawNode)
            nodes[key] = RawNode(f"{prefix}/{key}", node.type, node.values)
        return RawGraph(prefix, nodes, graph.edges)

    if kind == "nested twice":
        ends: Nodes = {
            "input": RawNode(f"{name}/input", "Input", {"shape": np.array([n])}),
            "output": RawNode(f"{name}/output", "Output", {"shape": np.array([n])}),
            "in": named(whole, f"{name}/in"),
        }
        m.nodes[name] = RawGraph(name, ends, (("input", "in"), ("in", "output")))
    else:
        m.nodes[name] = named(whole, name)
    m.edges.append((m.last, name))
    m.last = name


def _convolved(m: Maker, kind: str) -> tuple[RawGraph, tuple[int, ...]]:
    of, dims = m.of, 1 if kind == "line" else 2
    channels = of.choice((2, 4)) if kind == "dilation and groups" else of.choice((1, 2, 3))
    sides = tuple(of.choice((5, 6, 9)) for _ in range(dims))
    shape = (channels, *sides)
    m.node("Input", shape=np.array(shape))
    kernel = tuple(of.choice((1, 2, 3)) for _ in range(dims))
    stride = tuple(of.choice((1, 1, 2, 3)) for _ in range(dims))
    padding = tuple(of.choice((0, 0, 1, 2)) for _ in range(dims))
    dilation = tuple(of.choice((1, 2)) if kind == "dilation and groups" else 1 for _ in sides)
    groups = 2 if kind == "dilation and groups" else 1
    out = of.choice((2, 4))
    values: dict[str, Any] = {
        "weight": m.weight(out, channels // groups, *kernel), "stride": stride,
        "padding": padding, "dilation": dilation, "groups": groups,
        "bias": m.weight(out, 1)[:, 0] / 4,
    }  # fmt: skip
    if of.random() < 0.2 and set(stride) == {1}:
        values["padding"] = "same"
        spans = [s for s in sides]
    else:
        spans = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in
                 zip(sides, padding, dilation, kernel, stride, strict=True)]  # fmt: skip
    m.node(f"Conv{dims}d", **values)
    now = (out, *(max(n, 1) for n in spans))  # of nothing that is left: refused by its name
    m.neurons(now)
    if kind == "pools":
        k = of.choice((2, 3))
        s, p = of.choice((1, k)), of.choice((0, 1))
        m.node(of.choice(("AvgPool2d", "SumPool2d")), kernel_size=(k, k), stride=(s, s),
               padding=(p, p))  # fmt: skip
        now = (out, *(max((n + 2 * p - k) // s + 1, 1) for n in now[1:]))
        if of.random() < 0.5:
            m.neurons(now)
    m.node("Flatten", start_dim=0, end_dim=-1)
    n = of.choice((2, 5))
    m.dense(int(np.prod(now)), n)
    m.neurons((n,))
    return m.graph(shape, [n]), shape


def compared(kind: str, seed: str, bits: int) -> tuple[int, int, bool]:
    """Values that differ, values, and whether the first difference is a tie. Raises
    GanglionError."""
    graph, shape = made(kind, seed)
    chance = np.random.default_rng(random.Random(seed + " input").getrandbits(64))
    model = understand(graph, facts("nir", {"reset": "value"}, dt=DT))
    floats = FloatModel(model)
    brain = compile_layers(lower(model), bits)
    layers, notes = brain.connectome.layers, brain.quantization.notes
    number = {layer.name: i for i, layer in enumerate(layers)}
    reference = Reference(brain.network)
    wrong = total = 0
    tie = False
    for x in chance.random((STEPS, *shape)) < 0.4:
        floats.step(x)
        some = np.flatnonzero(x.reshape(-1)[layers[0].order])
        reference.step(None, (some, np.ones(len(some), np.int64)))
        for op in model.ops:
            if op.name not in model.rules or op.name not in number:
                continue
            i = number[op.name]
            here = slice(brain.network.layers[i].first, brain.network.layers[i].stop)
            want = floats.z[op.name].reshape(-1)[layers[i].order]
            if layers[i].threshold is None:
                have = reference.potential[here] * notes[i].unit + layers[i].start
                wrong += int((np.abs(have - want) > 1e-2 * np.abs(want).max(initial=1)).sum())
            else:
                other = reference.counts[here] != want
                if other.any() and not wrong:
                    ours = reference.potential[here] * notes[i].unit + layers[i].start
                    theirs = floats.v[op.name].reshape(-1)[layers[i].order]
                    v, top = np.where(want > 0, ours, theirs)[other], layers[i].threshold[other]
                    tie = bool((np.abs(v - top) <= TIE * np.maximum(1, np.abs(top))).all())
                wrong += int(other.sum())
            total += want.size
    return wrong, total, tie


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weights", type=int, choices=(8, 16), default=16, help="bits")
    given = parser.parse_args()
    told: dict[str, Counter[str]] = defaultdict(Counter)
    sentences: Counter[str] = Counter()
    bad = False
    for number in range(given.count):
        kind = KINDS[number % len(KINDS)]
        seed = f"{given.seed} {number}"
        try:
            wrong, total, tie = compared(kind, seed, given.weights)
        except GanglionError as error:
            told[kind]["refused"] += 1
            sentences[f"{kind}: {error}"] += 1
            continue
        far = wrong > MOST * total
        told[kind]["exact" if not wrong else "a tie" if tie else "far" if far else "near"] += 1
        if wrong:
            share = f"{wrong} of {total} values ({100 * wrong / total:.2f} %)"
            print(f"{kind}, seed {seed}: {share}{', a tie' if tie else ''}")
        bad |= far and not tie and given.weights == 16
    for kind, counts in told.items():
        print(f"{kind}: {', '.join(f'{n} {word}' for word, n in sorted(counts.items()))}")
    for sentence, n in sentences.most_common(10):
        print(f"refused {n}: {sentence}")
    whole = sum(told.values(), Counter())
    print(f"seed {given.seed}, {given.weights} bits: {dict(whole)}")
    sys.exit(bad)


if __name__ == "__main__":
    main()
