"""NIR graph: a brain's integers as nodes that other tools can import.

In:  a network, of neurons and synapses or of layers.
Out: a `.nir` file: whole numbers as weights, thresholds and decays, dt and what they are of as
     metadata; for all that NIR has no words for, a sentence.
Never: changes a number; leaves out in silence what cannot be said.

FEAGI's synapses all take one burst, and so does recurrence through one layer of NIR, everywhere: a
brain of synapses becomes one layer of neurons with one recurrent matrix. v ≥ T is written as
v > T − ½, which is the same for whole numbers, whichever of the two a tool compares.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..files import replacing
from ..network.model import QuantizedNetwork
from .nir_layers import layer_nodes

MOST_NEURONS = 16_384  # whose matrix takes 1 GiB of float32, as a tool that reads it holds it
ROWS = 256  # of a matrix that are made at once
STAYS = 2.0**30  # time constant in steps of what does not leak: 1 − 1/STAYS is 1 in float32
EXACT = 1 << 24  # up to which float32 holds every whole number
VERSION = "1.0.8"  # of nir, whose reader is meant
Real = NDArray[np.float64]


@dataclass(frozen=True)
class Sparse:
    """A matrix of which little is not 0; in a file it is whole, and compressed."""

    shape: tuple[int, int]
    row: NDArray[np.int64]  # ascending
    column: NDArray[np.int64]
    value: NDArray[np.int64]

    @classmethod
    def of(
        cls, shape: tuple[int, int], row: NDArray[Any], column: NDArray[Any], value: NDArray[Any]
    ) -> "Sparse":
        """Values at one place add up."""
        place, where = np.unique(
            row.astype(np.int64) * shape[1] + column.astype(np.int64), return_inverse=True
        )
        total = np.zeros(len(place), np.int64)
        np.add.at(total, where, value.astype(np.int64))
        return cls(shape, place // shape[1], place % shape[1], total)

    def write(self, group: Any, name: str) -> None:
        """As float32, some rows at a time."""
        rows, columns = self.shape
        data = group.create_dataset(
            name, self.shape, "f4", chunks=(min(ROWS, rows), columns), compression="gzip",
            compression_opts=1, fillvalue=0,
        )  # fmt: skip
        for first in range(0, rows, ROWS):
            here = slice(*np.searchsorted(self.row, (first, first + ROWS)))
            if here.start == here.stop:
                continue
            part = np.zeros((min(ROWS, rows - first), columns), np.float32)
            part[self.row[here] - first, self.column[here]] = self.value[here]
            data[first : first + len(part)] = part


@dataclass
class Graph:
    """Nodes by name, edges, and sentences on what the nodes do not say."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)

    def chain(self, *names: str) -> None:
        self.edges += pairwise(names)


def write_graph(network: QuantizedNetwork, brain: str, path: Path) -> tuple[str, ...]:
    """Writes the file; returns what it could not say. Raises UsageError for a brain too large."""
    graph = Graph()
    dt = (network.timestep_us or 1000) / 1e6
    if network.layers:
        layer_nodes(network, dt, graph)
    else:
        _synapses(network, dt, graph)
    meta = {
        "ganglion_brain": brain, "dt": dt, "unsaid": "\n".join(graph.unsaid),
        "units": "\n".join(f"{a.id}={a.unit!r}" for a in network.areas),
    }  # fmt: skip
    with replacing(path) as whole, h5py.File(whole, "w") as file:
        file["version"] = VERSION
        node = file.create_group("node")
        node["type"] = "NIRGraph"
        node["edges"] = np.array([[a.encode(), b.encode()] for a, b in graph.edges])
        for name, values in graph.nodes.items():
            for key, value in values.items():
                if isinstance(value, Sparse):
                    value.write(node, f"nodes/{name}/{key}")
                else:
                    node[f"nodes/{name}/{key}"] = value
        for key, text in meta.items():
            node[f"metadata/{key}"] = text
    return tuple(graph.unsaid)


def _synapses(network: QuantizedNetwork, dt: float, graph: Graph) -> None:
    n = network.n_neurons
    if n > MOST_NEURONS:
        raise UsageError(
            f"the brain has {n:,} neurons, and NIR has no sparse matrix: their synapses would be "
            f"one of {n * n:,} weights, {4 * n * n / 2**30:.1f} GiB in the memory of whoever reads "
            "it",
            f"export a brain of at most {MOST_NEURONS:,} neurons",
        )
    graph.unsaid += list(_unsaid(network))
    weight = Sparse.of((n, n), network.target, network.source, network.contribution)
    entries = [(r.first + i, r.amount) for r in network.inputs for i in range(r.count)]
    into = Sparse.of(
        (n, max(len(entries), 1)), np.array([e[0] for e in entries], np.int64),
        np.arange(len(entries)), np.array([e[1] for e in entries], np.int64),
    )  # fmt: skip
    beyond = int((np.abs(weight.value) > EXACT).sum())
    if beyond:
        graph.unsaid.append(f"{beyond:,} weights have more than the 24 bits of a float32")
    bias = np.zeros(n)
    if network.power_neuron is not None:
        bias[network.power_neuron] = network.power_amount
    leak = np.array([p.leak_share for p in network.populations])[network.population_of]
    keeps = np.where(network.per_neuron("accumulates") > 0, 1 - leak, 0.0)
    threshold = network.threshold - 0.5
    neurons: dict[str, Any]
    if (keeps == 1).all():
        neurons = {"type": "IF", "r": np.full(n, 1 / dt)}
    else:
        steps = np.where(keeps == 1, STAYS, 1 / np.maximum(1 - keeps, 1 / STAYS))
        neurons = {"type": "LIF", "tau": dt * steps, "r": steps, "v_leak": np.zeros(n)}
    graph.nodes |= {
        "input": {"type": "Input", "shape": np.array([into.shape[1]])},
        "inputs": {"type": "Affine", "weight": into, "bias": bias.astype("f4")},
        "neurons": neurons | {"v_threshold": threshold, "v_reset": np.zeros(n)},
        "synapses": {"type": "Linear", "weight": weight},
        "output": {"type": "Output", "shape": np.array([n])},
    }
    graph.chain("input", "inputs", "neurons", "synapses", "neurons")
    graph.chain("neurons", "output")


def _unsaid(network: QuantizedNetwork) -> list[str]:
    """What NIR's neurons do not do, each with how many of these do."""
    found: list[str] = []

    def say(counts: NDArray[np.bool_], words: str) -> None:
        if counts.any():
            found.append(f"{int(counts.sum()):,} neurons {words}")

    spread = network.per_neuron
    keeps = spread("accumulates") > 0
    leaks = keeps & (spread("leak") > 0)
    every = spread("every_burst") > 0
    say(leaks, "leak by whole numbers: the tool's decay is not rounded")
    say(leaks & ~every, "leak only in bursts in which something reaches them")
    say((spread("refractory") > 0) | (spread("snoozed") > 0), "have a refractory period")
    say(spread("limit") > 0, "rest after firing often in a row")
    upper = np.array([p.upper is not None for p in network.populations])[network.population_of]
    say(upper, "do not fire above an upper threshold")
    say(spread("always") == 0, "fire with a probability (excitability)")
    say(spread("mp_driven") > 0, "send as much as their potential was")
    say(network.threshold <= 0, "have a threshold of 0 or less, and fire only when reached")
    down = np.zeros(network.n_neurons, np.int64)
    up = np.zeros(network.n_neurons, np.int64)
    np.add.at(down, network.target, np.minimum(network.contribution, 0))
    np.add.at(up, network.target, np.maximum(network.contribution, 0))
    say(keeps & (down < 0), "do not fall below a least potential")
    say(keeps & (spread("high") < network.threshold - 1), "do not rise above a largest potential")
    if network.learning:
        found.append("the brain learns: its weights are those that it begins with")
    if network.robot is not None:
        found.append("the robot of the brain is not in the file")
    return found
