"""A NIR file with a meaning: its operations, and the rule of each layer of neurons.

In:  the path of a file, and Facts.
Out: a Model, which floats.py runs and layers.py makes integers of.
Never: runs a file whose meaning is open: each open fact is a question to the user.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .facts import Facts
from .file import NirError, RawGraph, read
from .graph import NEURONS, Graph, flatten
from .rule import Rule
from .shapes import Op, infer
from .tools import rule_of


@dataclass(frozen=True)
class Model:
    """Operations in the order of a step; `late` edges bring what was sent one step before."""

    graph: Graph
    ops: tuple[Op, ...]
    rules: dict[str, Rule]
    facts: Facts
    flattens: dict[str, NDArray[np.int64]]  # of each Flatten, the order in which it takes values
    delays: dict[str, NDArray[np.int64]]  # of each Delay, whole steps

    @property
    def neurons(self) -> tuple[str, ...]:
        """The layers of neurons, in the order of a step."""
        return tuple(op.name for op in self.ops if op.type in NEURONS)

    def op(self, name: str) -> Op:
        return next(op for op in self.ops if op.name == name)


def load(path: Path, facts: Facts) -> Model:
    """The model of a file. Raises NirError."""
    return understand(read(path), facts)


def understand(raw: RawGraph, facts: Facts) -> Model:
    """The model of a graph. Raises NirError, which names the node."""
    graph = flatten(raw)
    ops = infer(graph)
    for node in (*facts.of, *facts.sources):
        if node not in graph.nodes:
            raise NirError(
                f"a fact is given for node {node}, and the file has none of that name",
                f"its layers are {', '.join(op.name for op in ops if op.type in NEURONS)}",
            )
    rules = {
        op.name: rule_of(op, facts, op.name in graph.recurrent) for op in ops if op.type in NEURONS
    }
    for op in ops:
        if op.type == "Output":
            continue
        if not graph.leads_to(op.name):
            raise NirError(f"node {op.name} leads nowhere", "remove it, or connect it")
    flattens = {op.name: _order(op, facts, ops) for op in ops if op.type == "Flatten"}
    delays = {op.name: _steps(op, facts) for op in ops if op.type == "Delay"}
    return Model(graph, ops, rules, facts, flattens, delays)


def _order(op: Op, facts: Facts, ops: tuple[Op, ...]) -> NDArray[np.int64]:
    """C, H, W as everywhere; Spyx's weights after a convolution are in H, W, C, whatever the node
    says."""
    want = facts.choice("flatten", op.name, "chw")
    if want == "auto":
        want = "hwc" if any(o.type == "Conv" for o in ops) else "chw"
    index = np.arange(op.units).reshape(op.into)
    if want == "hwc" and len(op.into) == 3:
        index = index.transpose(1, 2, 0)
    return index.reshape(-1)


def _steps(op: Op, facts: Facts) -> NDArray[np.int64]:
    steps = op.arrays["delay"] / facts.dt
    whole = np.round(steps)
    if (np.abs(steps - whole) > 1e-3).any() or (whole > 255).any():
        worst = float(steps.flat[int(np.argmax(np.abs(steps - whole)))])
        raise NirError(
            f"node {op.name}: a delay is {worst:g} steps of {facts.dt:g}",
            "use whole steps, at most 255: another --dt, or another delay",
        )
    return whole.astype(np.int64)
