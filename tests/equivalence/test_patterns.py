"""Synapses that follow rules, between many small areas that are alike: what a robot's brain is.

Here blocks carry what the random networks of test_four_machines leave to rows, neighbours are
merged as they are loaded, and more fires in one burst than the device has room to list.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion.blob.container import sections
from ganglion.compiler import Brain, compile_connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from tests.support.on_core import OnCore
from tests.support.tiny import Box, Net, Wire

SEEDS = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10)  # of whose areas some are merged
BURSTS = 80
STATES = ("int16", "int32")
KINDS: tuple[dict[str, Any], ...] = (
    {"threshold": 1.0},
    {"threshold": 2.0, "keeps": True},
    {"threshold": 3.0, "keeps": True, "leak": 0.25},
    {"threshold": 2.0, "keeps": True, "leak": 0.25, "refractory": 2},
    {"threshold": 1.0, "consecutive": 2, "snooze": 1},
    {"threshold": 2.0, "keeps": True, "consecutive": 3},
    {"threshold": 2.0, "keeps": True, "leak": 0.5, "every": True},
    {"threshold": 1.0, "excitability": 0.7, "mp_driven": True},
)


def patterned(seed: int) -> Net:
    """Twenty small areas and three large ones, of few kinds, wired one by one, from all to one,
    from one to a patch, and in a grid."""
    rng = np.random.default_rng(seed)
    areas = {"ilarge__": Box(count=int(rng.integers(500, 900)), group="IPU")}
    kind = KINDS[0]
    for i in range(22):
        if i > 6 and rng.random() < 0.5:
            kind = KINDS[rng.integers(len(KINDS))]
        count = int(rng.integers(1, 12)) if i % 10 else int(rng.integers(280, 700))
        areas[f"c{i:02}_____"] = Box(count=count, **kind)
    net = Net(areas)
    names = list(areas)
    for target in names[1:]:
        for source in rng.choice(names, 2, replace=False):
            net.wires += wires(rng, source, areas[source].count, target, areas[target].count)
    net.wires += wires(rng, "ilarge__", areas["ilarge__"].count, names[1], areas[names[1]].count)
    return net


def wires(rng: np.random.Generator, source: str, m: int, target: str, n: int) -> list[Wire]:
    weight = int(rng.integers(1, 4)) * int(rng.choice([1, 1, -1]))
    rule = rng.integers(4)
    if rule == 0:  # one by one
        pairs = [(i, i) for i in range(min(m, n))]
    elif rule == 1 and m < 100:  # all to one
        pairs = [(i, n // 2) for i in range(m)]
    elif rule == 2:  # each to a patch that slides
        wide = min(n, int(rng.integers(1, 9)))
        pairs = [
            (i, i % (n - wide + 1) + k) for i in range(min(m, n - wide + 1)) for k in range(wide)
        ]
    else:  # on a grid of uneven rows
        inner = rng.permutation(5)
        pairs = [(i, int(i // 5 * 7 + inner[i % 5])) for i in range(m)]
        pairs = [(i, j) for i, j in pairs if j < n]
    return [Wire((source, i), (target, j), weight) for i, j in pairs]


@functools.cache
def brain_of(seed: int, state: str) -> Brain:
    return compile_connectome(patterned(seed).build(), QuantizeOptions(state=state, anywhere=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_rv32_code_equals_the_reference_where_synapses_follow_rules(
    seed: int, tmp_path: Path
) -> None:
    for state in STATES:
        brain = brain_of(seed, state)
        assert "BLOCKS" in {s.name for s in sections(brain.blob)}
        core = OnCore(tmp_path / f"{state}.gbn", brain.blob)
        device = core.device
        assert device.net.n_populations < len(brain.network.populations), "nothing was merged"
        core.equals_the_reference(
            brain.network, RandomStimulus.at_rate(seed, 0.9), BURSTS,
            f"seed {seed}, {state}; pytest tests/equivalence -k 'rules and {seed}' runs it again",
        )  # fmt: skip
        assert 2 * core.most > device._queues.full - device._queues.begin, (
            "all that fired had room to be listed"
        )


def test_micropython_reproduces_the_golden_vectors_of_patterns_with_little_room_to_list(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    for seed in SEEDS:
        for state in STATES:
            (tmp_path / f"{seed:02}-{state}.gbn").write_bytes(brain_of(seed, state).blob)
    lines = micropython(SELF_TEST, tmp_path).decode().splitlines()
    assert len(lines) == 4 * len(SEEDS) * len(STATES)
    assert [line for line in lines if not line.endswith("equal")] == []


SELF_TEST = """
import os
from ganglion import brain, queues
from ganglion.load.net import load
listed = queues.listed
for name in sorted(os.listdir(".")):
    if name.endswith(".gbn"):
        for queues.listed in (listed, lambda n: 0, lambda n: 3, lambda n: 40):
            result = brain.Brain(load(name)).self_test()
            print(name, "equal" if result is None else hex(result))
"""
