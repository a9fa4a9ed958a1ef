"""Faults: what is done to the link, the flash, the blobs and the loop, and what comes of it.

In:  a seed, and how many trials.
Out: a Row per fault: trials, how many were survived, and for each that was not, the way to see it
     again. `python -m tools.faults` prints them as a table.
Never: a mock of our protocol: the parts are the shipped firmware in a real MicroPython, and our
       host.
"""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ganglion import examples as genomes
from ganglion.boards.programs import firmware_dir
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.device.virtual import micropython_command
from ganglion.frontends.read import connectome_of
from ganglion.link.messages import Done
from ganglion.reference.run import reference_run
from ganglion.reference.stimulus import RandomStimulus, parameters

STIMULUS = RandomStimulus.at_rate(5, 0.2)
BURSTS = 30


@dataclass
class Row:
    """One kind of fault, and what its trials came to."""

    program: str  # the module: what to run again
    fault: str
    seed: int
    trials: int = 0
    seen: dict[str, int] = field(default_factory=dict)  # the ways in which trials were survived
    lost: list[str] = field(default_factory=list)  # what went wrong

    def survive(self, how: str, count: int = 1) -> None:
        self.trials += count
        self.seen[how] = self.seen.get(how, 0) + count

    def lose(self, what: str, count: int = 1) -> None:
        self.trials += count
        again = f"python -m tools.faults {self.program} --seed {self.seed}"
        self.lost += [f"{self.fault}: {what}; again: {again}"] * count

    def check(self, right: bool, how: str, what: str) -> None:
        """Survived as `how` if it went right, else lost as `what`."""
        if right:
            self.survive(how)
        else:
            self.lose(what)


Program = Callable[[int, float], list[Row]]
"""A seed, and a factor: 5 is what the table shows; the tests run less than 1."""


def at_once(*rows: Callable[[], Row]) -> list[Row]:
    """Several that each have a device of their own, and wait more than they compute."""
    robot(0), robot(1), _truth()  # what all of them need
    with ThreadPoolExecutor(len(rows)) as pool:
        return [row.result() for row in [pool.submit(row) for row in rows]]


def micropython(program: str, directory: Path, heap: str = "64M", patience: float = 600) -> bytes:
    """What a program prints under the real MicroPython, with the firmware's modules."""
    done = subprocess.run(
        [*micropython_command(), "-X", f"heapsize={heap}", "-c", program],
        cwd=directory,
        env={"MICROPYPATH": f".frozen:{firmware_dir() / 'lib'}"},
        capture_output=True,
        timeout=patience,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout


def alter(
    place: Path, module: str, after: str = "", before: str = "", instead: tuple[str, str] = ("", "")
) -> None:
    """Puts text behind and before that of a module of the firmware which lies in a directory, and
    in it the second text instead of the first."""
    path = place / "lib" / "ganglion" / f"{module}.py"
    text = path.read_text()
    assert instead[0] in text
    path.write_text(before + text.replace(*instead, 1) + after)


@cache
def robot(counter: int = 0) -> Brain:
    """The example robot's brain; another number makes another blob."""
    return compile_connectome(connectome_of(genomes.path("wall_avoider"))[0], counter=counter)


@cache
def _truth() -> tuple[int, int]:
    host = reference_run(robot().network, STIMULUS)
    for _ in range(BURSTS):
        reference, _ = next(host)
    return reference.chain, reference.spikes


def runs_right(device: Device) -> bool:
    """Whether the robot's brain on a device does what the reference does."""
    device.configure(stimulus=parameters(STIMULUS), lossless=True)
    device.start(BURSTS)
    *_, last = device.events()
    return isinstance(last, Done) and (last.chain, last.spikes) == _truth()
