"""python -m tools.mutation: see the package."""

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

from . import __doc__ as about
from .board import Board
from .modules import MODULES
from .mutants import difference, explained, mutants
from .pytests import Pytests


def search(name: str, numbers: range | list[int], trace: bool) -> tuple[int, dict[int, str]]:
    """How many of those mutants there are, and those that no test notices."""
    module = MODULES[name]
    source = module.path.read_text()
    reasons = explained().get(name, {})
    survivors = {}
    total = 0
    with tempfile.TemporaryDirectory() as directory:
        board = Board(module.path, module.questions, Path(directory)) if module.questions else None
        tests = Pytests(module.path, module.tests, Path(directory)) if module.tests else None
        for number, changed in enumerate(mutants(source)):
            if number not in numbers:
                continue
            total += 1
            told = board.notice(changed) if board else ""
            change = difference(source, changed)
            if not told and tests and change not in reasons and tests.kill(changed):
                told = "pytest"
            if not told:
                survivors[number] = change
                print(f"    {number} survives: {survivors[number]}", file=sys.stderr, flush=True)
            elif trace:
                print(f"    {number} killed by {told}", file=sys.stderr, flush=True)
    return total, survivors


def main() -> None:
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("module", nargs="+", choices=sorted(MODULES))
    parser.add_argument("--part", default="1/1", help="2/3: the second third of the mutants")
    parser.add_argument("--only", help="67,71: these alone, by their numbers")
    parser.add_argument("--trace", action="store_true", help="say of each what kills it")
    words = parser.parse_args()
    part, parts = map(int, words.part.split("/"))
    numbers = range(part - 1, sys.maxsize, parts)
    if importlib.util.find_spec("cosmic_ray") is None:
        raise SystemExit("cosmic-ray is not here: pip install cosmic-ray")
    survived = False
    for name in words.module:
        only = [int(number) for number in words.only.split(",")] if words.only else numbers
        total, survivors = search(name, only, words.trace)
        reasons = explained().get(name, {})
        for one in survivors.values():
            print(f"{name}: {one}\n    {reasons.get(one, 'no test notices it')}")
            survived |= one not in reasons
        left = sum(one not in reasons for one in survivors.values())
        print(
            f"{name}: {total} mutants, {total - len(survivors)} killed, "
            f"{len(survivors) - left} explained, {left} not", flush=True,
        )  # fmt: skip
    sys.exit(survived)


if __name__ == "__main__":
    main()
