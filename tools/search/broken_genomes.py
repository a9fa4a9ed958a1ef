"""Fuzz genomes: feeds mutated genomes to reading, development and lint.

In:  a count and a seed; the example genomes, and those of ../shared/genomes if they are there.
Out: the slowest case, the memory, and for each failure the command that runs it again;
     exit code 0 if every case was a connectome or a GenomeError, within a second and 256 MiB.
Never: depends on anything but count, seed and the genomes; stops at the first failure.
"""

import argparse
import copy
import json
import random
import resource
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from ganglion import examples as genomes
from ganglion.connectome import npz
from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi.develop import develop
from ganglion.frontends.feagi.lint import lint

SECONDS = 1.0
"""Of processor time, per case."""
MEBIBYTES = 256
"""Resident memory of the whole process, which bounds every case."""
LINT_EVERY = 8
SHARED = Path(__file__).resolve().parents[3] / "shared" / "genomes"

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 7, 255, 256, -300, 65535, 65536, 10**6, 2**31, 2**32, 10**30,
    0.5, -0.5, 1.0, 1e-45, 3.5e38, 1e308, "", "0.5", "nan", "*", "?", "!", "projector",
    "expander_x", "memory", "associative_memory", "_power", "___pwr", "X19fcG93ZXI=", "iic400",
    "\ud800", "\x1b[31m", "é" * 20, [], {}, [[]], [1, 1, 1], [0, 0, 0], ["*", "?", "!"],
    [["*", "*", "*"], ["*", "*", "*"]], ["projector", [1, 1, 1], -3, False, 1, 1, 1, 1],
    {"morphology_id": "projector", "synapse_attractivity": 50}, [100, 100, 100], [1000, 1000, 1],
    "every_burst", "int8", "FLOAT16",
)  # fmt: skip


def bases() -> list[bytes]:
    """The genomes that are mutated."""
    paths = [genomes.path(name) for name in genomes.names()]
    if SHARED.is_dir():
        paths += sorted(SHARED.glob("*.json"))
    return [path.read_bytes() for path in paths]


def mutated(base: bytes, chance: random.Random) -> bytes:
    """One mutation of a genome: three in four of its structure, the others of its bytes."""
    if chance.random() < 0.25:
        return _raw(base, chance)
    value = json.loads(base)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 30))):
        _mutate(value, chance)
    data = json.dumps(value, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    return _raw(data, chance) if chance.random() < 0.05 else data


def _raw(data: bytes, chance: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(content) + 1)
        length = chance.choice((0, 1, 1, 2, 8, 100))
        match chance.randrange(4):
            case 0:
                content[at : at + length] = chance.randbytes(length)
            case 1:
                del content[at : at + length]
            case 2:
                start = chance.randrange(len(content) + 1)
                content[at:at] = content[start : start + length]
            case 3:
                mark = chance.choice(b'{}[]",:0123456789-+eE.\\u* \x00\xff')
                content[at : at + 1] = bytes([mark]) * chance.choice((1, 1, 1, 3, 5000))
    return bytes(content)


def _mutate(root: Any, chance: random.Random) -> None:
    """Changes one place, chosen so that deep and shallow places are met alike."""
    parent, key = root, None
    while isinstance(parent, dict | list) and parent:
        key = chance.choice(list(parent)) if isinstance(parent, dict) else _index(parent, chance)
        inner = parent[key]
        if not isinstance(inner, dict | list) or not inner or chance.random() < 0.15:
            break
        parent = inner
    if key is None:
        return
    match chance.randrange(8):
        case 0 | 1 | 2:
            parent[key] = copy.deepcopy(chance.choice(VALUES))
        case 3:
            del parent[key]
        case 4 if isinstance(parent, dict):
            parent[_renamed(str(key), chance)] = parent[key]
        case 4:
            parent.extend(parent[:] if len(parent) < 64 else parent[:1])
        case 5 if isinstance(parent[key], int | float):
            scale = chance.choice((-1, 0.5, 2, 10, 1000, 10**6))
            parent[key] = parent[key] * scale
        case 5 | 6:
            other = root
            while isinstance(other, dict | list) and other and chance.random() < 0.7:
                step = list(other) if isinstance(other, dict) else range(len(other))
                other = other[chance.choice(list(step))]
            parent[key] = copy.deepcopy(other)
        case 7:
            for _ in range(chance.choice((1, 10, 70))):
                parent[key] = [parent[key]]


def _index(values: list[Any], chance: random.Random) -> int:
    return chance.randrange(len(values))


def _renamed(key: str, chance: random.Random) -> str:
    parts = key.split("-")
    at = chance.randrange(len(parts))
    parts[at] = chance.choice(
        ("", "_power", "___pwr", "iic400", "c" + parts[at], parts[at][::-1], "___bbx", "dstmap")
    )
    return "-".join(parts)


def run(data: bytes, with_lint: bool) -> str:
    """Reads and develops. Returns what became of it; raises what should not be raised."""
    try:
        connectome = develop(genome.parse(data))
    except GenomeError:
        outcome = "refused"
    else:
        npz.check(connectome)
        del connectome
        outcome = "developed"
    if with_lint:
        lint(data)
    return outcome


def case(sources: list[bytes], seed: int, index: int) -> bytes:
    """The bytes of one case."""
    chance = random.Random(f"{seed}/{index}")
    weights = [1 / (3000 + len(source)) for source in sources]
    return mutated(chance.choices(sources, weights)[0], chance)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="how many cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run this case alone, and print its traceback")
    parser.add_argument("--save", type=Path, help="write each failing case into this directory")
    options = parser.parse_args(arguments)
    sources = bases()
    indices = range(options.count) if options.only is None else [options.only]
    outcomes: Counter[str] = Counter()
    slowest, slowest_case, peak = 0.0, -1, _memory()
    for index in indices:
        data = case(sources, options.seed, index)
        start = time.process_time()
        fault = None
        try:
            outcomes[run(data, with_lint=index % LINT_EVERY == 0)] += 1
        except Exception as error:  # anything but GenomeError is what this looks for
            fault = f"{type(error).__name__}: {error}"
            if options.only is not None:
                traceback.print_exc()
        seconds = time.process_time() - start
        if seconds > slowest:
            slowest, slowest_case = seconds, index
        if fault is None and seconds > SECONDS:
            fault = f"took {seconds:.2f} s"
        memory = _memory()
        if fault is None and memory > max(peak, MEBIBYTES):
            fault = f"took the process to {memory} MiB"
        peak = max(peak, memory)
        if fault is not None:
            outcomes["failed"] += 1
            print(f"case {index}: {fault[:200]}")
            again = f"--seed {options.seed} --only {index}"
            print(f"  again: python -m tools.search.broken_genomes {again}")
            if options.save is not None:
                options.save.mkdir(parents=True, exist_ok=True)
                (options.save / f"{options.seed}-{index}.json").write_bytes(data)
    print(f"slowest: case {slowest_case}, {slowest:.2f} s; memory: {peak} MiB")
    print(", ".join(f"{outcomes[name]} {name}" for name in ("developed", "refused", "failed")))
    return 1 if outcomes["failed"] else 0


def _memory() -> int:
    """The most the process has ever held, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main())
