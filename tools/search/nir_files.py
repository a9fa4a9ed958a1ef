"""Broken NIR files: damaged bytes, read by HDF5 in processes of their own, many files in each.

In:  a count and a seed; a small file that is right, made here.
Out: how many were read, refused, or sent HDF5 down or round in circles (which a user is told as a
     refusal); exit code 0 if nothing but an error of ours came of any.
Never: runs HDF5 on damaged bytes in this process.

python -m tools.search.nir_files --count 100000
"""

import argparse
import io
import pickle
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from ganglion.errors import GanglionError
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.file import NirError, RawGraph
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import understand
from tools.search.nir_graphs import graphs, write

AT_ONCE, PATIENCE = 50, 5.0  # files of one process; seconds for all of them


def damaged(good: bytes, chance: random.Random) -> bytes:
    """Some bytes made others, or the end cut off."""
    if chance.random() < 0.2:
        return good[: chance.randrange(len(good))]
    data = bytearray(good)
    for _ in range(chance.choice((1, 1, 4, 32))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def outcomes(paths: list[Path]) -> list[object]:
    """Of each file its graph, a fact and a remedy, or None where HDF5 did not come back."""
    found: list[object] = []
    while len(found) < len(paths):
        left = [str(path) for path in paths[len(found) :]]
        words = [sys.executable, "-m", "ganglion.frontends.nir.hdf5", *left]
        try:
            told = subprocess.run(words, capture_output=True, timeout=PATIENCE).stdout
        except subprocess.TimeoutExpired as stopped:
            told = stopped.stdout or b""
        stream = io.BytesIO(told)
        before = len(found)
        while stream.tell() < len(told):
            try:
                found.append(pickle.load(stream))
            except (EOFError, pickle.UnpicklingError):
                break
        if len(found) - before < len(left):
            found.append(None)
    return found[: len(paths)]


def search(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What became of so many files, and the failures in words."""
    seen, failures = Counter[str](), []
    chance = random.Random(f"nir files {seed}")
    with tempfile.TemporaryDirectory() as directory:
        good = write(Path(directory) / "good.nir", graphs()[1]).read_bytes()
        done = 0
        while done < count:
            paths = [Path(directory) / f"{i}.nir" for i in range(min(AT_ONCE, count - done))]
            for path in paths:
                path.write_bytes(damaged(good, chance))
            for i, result in enumerate(outcomes(paths)):
                try:
                    seen[_judged(result)] += 1
                except Exception as error:
                    failures.append(f"seed {seed}, case {done + i}: {error!r}")
            done += len(paths)
    return seen, failures


def _judged(result: object) -> str:
    if result is None:
        return "HDF5 did not come back"
    if not isinstance(result, RawGraph):
        return "refused"
    try:
        model = understand(result, facts("nir", {"reset": "zero"}, dt=1e-4))
        FloatModel(model)
        lower(model)
    except NirError:
        return "refused"
    except GanglionError:
        return "too large"
    return "read"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    seen, failures = search(given.count, given.seed)
    print(f"nir files, seed {given.seed}: {dict(seen)}, {len(failures)} failures")
    print(*failures[:10], sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
