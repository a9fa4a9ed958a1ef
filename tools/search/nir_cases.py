"""NIR cases: what all generators of random networks share: chances, and the three files of a case.

In:  a generator of a tool: from Dice to a graph, its input, and what the tool computed.
Out: NAME.nir as the tool wrote it, NAME.npz with what the tool computed, NAME.json with what its
     user knows, in the form of nir_conformance.py.
Never: imports Ganglion, or a tool.
"""

import argparse
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np

STEPS, MOST_SPIKES = 60, 63  # more than so many of one neuron in a step are in no brain
Seen = dict[str, list[Any]]


class Chances:
    """A case's own chances, for shapes and for values."""

    def __init__(self, seed: str) -> None:
        self.of = random.Random(seed)
        self.numbers = np.random.default_rng(self.of.getrandbits(64))
        self.real = self.of.random() < 0.25  # weights that no 8 bits hold

    def weights(self, *shape: int) -> np.ndarray:
        spread = self.numbers.normal(0.15, 1.0, shape) * 1.6 / np.sqrt(np.prod(shape[1:]) + 1)
        if not self.real:
            spread = np.clip(np.round(spread * 64), -127, 127) / 64
        return spread.astype(np.float32)

    def values(self, low: float, high: float, *shape: int) -> np.ndarray:
        if self.of.random() < 0.5:
            return np.full(shape, round(self.of.uniform(low, high), 3), np.float32)
        values = np.round(self.numbers.uniform(low, high, shape), 3)
        return values.astype(np.float32)

    def spikes(self, *shape: int) -> np.ndarray:
        """(STEPS, …) whether each input fires."""
        rate = self.of.uniform(0.1, 0.6)
        found: np.ndarray = self.numbers.random((STEPS, *shape)) < rate
        return found


Made = dict[str, Any]  # graph, input, seen, semantics, options, dt


def rows(values: list[Any]) -> np.ndarray:
    """(T, …) without the batch."""
    return np.stack([np.asarray(v.detach() if hasattr(v, "detach") else v)[0] for v in values])


def write(folder: Path, name: str, tool: str, made: Made) -> None:
    """The three files of a case."""
    path = folder / f"{name}.nir"
    arrays = {"input": made["input"].astype(np.uint8)}
    for key, values in made["seen"].items():
        array = values if isinstance(values, np.ndarray) else rows(values)
        spikes = key.startswith("s/") or (key == "out" and not (array % 1).any())
        if spikes and array.max(initial=0) > MOST_SPIKES:
            raise ValueError(f"a neuron fires more than {MOST_SPIKES} times in a step")
        arrays[key] = array.astype(np.uint8) if spikes else array.astype(np.float32)
    nir.write(path, made["graph"])
    np.savez_compressed(path.with_suffix(".npz"), **arrays)
    meta = {
        "name": name, "tool": tool, "dt": made["dt"], "semantics": made["semantics"],
        "semantics_options": made["options"],
    }  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(meta, indent=1))


def run(
    words: str, tools: dict[str, Callable[[Any], Made]], chances: Callable[[str], Any],
    seeded: Callable[[int], Any],
) -> None:  # fmt: skip
    """The command line of a generator. `seeded` is told a number for the tool's own chances."""
    parser = argparse.ArgumentParser(description=words.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100, help="of each tool")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--tool", action="append", choices=sorted(tools))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    refused: dict[str, int] = {}
    for tool in given.tool or sorted(tools):
        for number in range(given.count):
            seeded(zlib.crc32(f"{tool} {given.seed} {number}".encode()))
            try:
                made = tools[tool](chances(f"{tool} {given.seed} {number}"))
                write(given.folder, f"{tool}_{given.seed}_{number:05}", tool, made)
            except Exception as error:  # the tool's own: it does not export all that it runs
                first = [*str(error).splitlines(), ""][0][:100]
                why = f"{tool}: {type(error).__name__}: {first}"
                refused[why] = refused.get(why, 0) + 1
    for why, count in sorted(refused.items()):
        print(f"not written, {count} times: {why}")
    print(f"seed {given.seed}: {len(list(given.folder.glob('*.nir')))} files in {given.folder}")
