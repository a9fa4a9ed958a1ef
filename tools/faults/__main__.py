"""The table of faults: every program of this package, or those that are named.

In:  names, a seed, a factor.
Out: a table in Markdown; below it each loss with the way to see it again, and exit code 1.
Never: hides a loss, or repeats a trial that went wrong.
"""

import argparse
import importlib
import random
import sys
import time

from ganglion.errors import GanglionError

from . import Program, Row

PROGRAMS = ("link", "frames", "deploy", "power", "blobs", "loop", "drive", "heaps")


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.faults", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "programs", nargs="*", choices=(*PROGRAMS, []), help="all, if none is named"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--scale", type=float, default=5.0, help="a test runs less than 1")
    options = parser.parse_args(words)
    print(f"seed {options.seed}, scale {options.scale:g}\n")
    print("| fault | trials | survived | lost | how |\n|---|---:|---:|---:|---|", flush=True)
    rows: list[Row] = []
    begun = time.monotonic()
    for name in options.programs or PROGRAMS:
        program: Program = importlib.import_module(f"{__package__}.{name}").run
        try:
            found = program(options.seed, options.scale)
        except GanglionError as error:  # a device that was lost for good
            found = [Row(name, name, options.seed)]
            found[0].lose(str(error))
        rows += found
        for row in found:
            print(_line(row), flush=True)
    trials, lost = sum(row.trials for row in rows), [loss for row in rows for loss in row.lost]
    print(f"\n{trials:,} trials, {len(lost):,} lost, {time.monotonic() - begun:.0f} s")
    for loss in lost[:20]:
        print(loss)
    return 1 if lost else 0


def _line(row: Row) -> str:
    how = ", ".join(f"{count:,} {name}" for name, count in sorted(row.seen.items()))
    survived = row.trials - len(row.lost)
    return f"| {row.fault} | {row.trials:,} | {survived:,} | {len(row.lost):,} | {how} |"


if __name__ == "__main__":
    sys.exit(main())
