"""Bench sweep: what a unit of a sweep costs beside its own work, and what a killed worker costs.

In:  how many units, how many workers.
Out: milliseconds of CPU per unit that does nothing; then as many verifications as units, on virtual
     devices, one of whose workers is killed in the middle: results, and how many ran twice.
Never: a unit without a result, or a worker that was not killed, without exit code 1.

`python -m tools.bench.sweep [--units 200] [--workers 2]`
"""

import argparse
import os
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from ganglion.analysis.sweep.file import plan_of
from ganglion.analysis.sweep.run import run
from ganglion.examples import path as example


def nothing(values: dict[str, Any], settings: dict[str, Any]) -> int:
    """A unit of no work."""
    return int(values["x"])


def spent() -> float:
    """Seconds of CPU of this process and of its workers that ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def cost(place: Path, units: int, workers: int) -> float:
    """Seconds of CPU of a sweep of that many units of no work."""
    facts = {
        "what": "tools.bench.sweep:nothing", "out": f"nothing-{units}",
        "matrix": {"x": list(range(units))},
    }  # fmt: skip
    before = spent()
    outcome = run(plan_of(facts, place), workers)
    assert len(outcome.results) == units
    return spent() - before


def workers_of() -> list[int]:
    """The processes that this one started and that run units."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == os.getpid() and b"spawn_main" in words:
                found.append(int(entry.name))
    return found


def killing(place: Path, units: int, workers: int, bursts: int) -> bool:
    """Verifications, one of whose workers is killed when half are done. Whether all is well."""
    shutil.copy(example("wall_avoider"), place / "robot.json")
    facts = {
        "out": "verified", "settings": {"bursts": bursts},
        "matrix": {"brain": "robot.json", "seed": list(range(units)), "device": "virtual"},
    }  # fmt: skip
    plan = plan_of(facts, place)
    killed: list[int] = []

    def watch(done: int) -> None:
        if done >= units // 2 and not killed:
            killed.append(workers_of()[0])
            os.kill(killed[0], signal.SIGKILL)

    outcome = run(plan, workers, progress=watch)
    found = [facts["result"]["identical"] for facts in outcome.results.values()]
    files = len(list(plan.out.glob("*.json")))
    print(
        f"{units:,} verifications of {bursts:,} bursts, {workers} workers, one killed after "
        f"{units // 2:,}: {len(found):,} results, {sum(found):,} identical, {files:,} files, "
        f"{len(outcome.failed):,} failed, {outcome.deaths:,} units run again"
    )
    return sum(found) == files == units and bool(killed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bursts", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        few = cost(place, options.workers, options.workers)
        many = cost(place, 1000, options.workers)
        each = 1000 * (many - few) / (1000 - options.workers)
        print(f"{each:.2f} ms of CPU per unit besides its own work")
        well = killing(place, options.units, options.workers, options.bursts)
    sys.exit(not well)


if __name__ == "__main__":
    main()
