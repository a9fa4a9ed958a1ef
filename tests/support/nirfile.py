"""Writes small NIR files of any shape, right or wrong, with h5py alone."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Node = dict[str, Any]


def lif(n: int = 2, **changes: Any) -> Node:
    node = {"type": "LIF", "tau": np.full(n, 1e-3), "r": np.full(n, 10.0), "v_leak": np.zeros(n),
            "v_threshold": np.ones(n), "v_reset": np.zeros(n)}  # fmt: skip
    return {k: v for k, v in (node | changes).items() if v is not None}


def linear(weight: Any = ((1.0, 0.0), (0.0, 1.0)), **changes: Any) -> Node:
    return {"type": "Linear", "weight": np.array(weight)} | changes


def ends(n_in: Any = 2, n_out: Any = 2) -> dict[str, Node]:
    return {
        "input": {"type": "Input", "shape": np.atleast_1d(n_in)},
        "output": {"type": "Output", "shape": np.atleast_1d(n_out)},
    }


def chain(*names: str) -> list[tuple[str, str]]:
    return list(pairwise(names))


def write(
    path: Path, nodes: dict[str, Node], edges: list[tuple[str, str]], version: str = "1.0.8"
) -> Path:
    with h5py.File(path, "w") as file:
        file["version"] = version
        _graph(file.create_group("node"), nodes, edges)
    return path


def _graph(group: Any, nodes: dict[str, Node], edges: list[tuple[str, str]]) -> None:
    group["type"] = "NIRGraph"
    group["edges"] = np.array(
        [[a.encode(), b.encode()] for a, b in edges] or np.zeros((0, 2), "S1")
    )
    members = group.create_group("nodes")
    for name, node in nodes.items():
        mine = members.create_group(name)
        if node["type"] == "NIRGraph":
            _graph(mine, node["nodes"], node["edges"])
            continue
        for key, value in node.items():
            mine[key] = value


def small(path: Path, **changes: Any) -> Path:
    """input → linear → lif → output, with changed or added nodes."""
    nodes = {**ends(), "fc": linear(), "lif": lif()} | changes
    return write(path, nodes, chain("input", "fc", "lif", "output"))
