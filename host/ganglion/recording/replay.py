"""Replay: a recording as if it were the device it came from.

In:  a Recording, and which of its runs.
Out: the run's events, at the pace in which they came or faster; or a Verdict against the reference.
Never: invents what the recording lacks: a verdict says how far it reaches.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..blob.container import decode
from ..errors import RecordingError, UsageError
from ..link.messages import Burst, Done, Fault, Stats
from ..link.telemetry import TelemetryLoss
from ..network.model import QuantizedNetwork
from ..reference.engine import stream_of
from ..reference.integers import Reference, Sensed
from ..reference.stimulus import RandomStimulus
from .file import Recording
from .runs import Run, longest, runs

Event = Burst | Stats | Done | Fault


def network_of(recording: Recording) -> QuantizedNetwork:
    """The brain of a recording. Raises RecordingError if it was not known when it was made."""
    if not recording.blob:
        raise RecordingError(
            f"{recording.path} does not hold the brain that it is of",
            "record again, naming the brain",
        )
    return decode(recording.blob)


def choose(recording: Recording, number: int | None, found: list[Run]) -> Run:
    """Run `number` of those found in a recording, from 1; without a number the longest."""
    if number is None:
        return longest(recording, found)
    if not 1 <= number <= len(found):
        raise UsageError(
            f"{recording.path} holds {len(found)} runs, and run {number} was asked for",
            f"choose one of 1 to {len(found)}" if found else "record a run",
        )
    return found[number - 1]


def open_run(path: Path, number: int | None = None) -> tuple[Recording, QuantizedNetwork, Run]:
    """A recording, its brain, and one of its runs."""
    recording = Recording(path)
    return recording, network_of(recording), choose(recording, number, runs(recording))


def losses_of(run: Run) -> TelemetryLoss:
    """What of a run is not in its recording."""
    dropped = run.stats[-1][1].dropped if run.stats else 0
    if isinstance(run.end, Done):
        dropped = run.end.dropped
    incomplete = int((~run.complete).sum())
    return TelemetryLoss(run.missing, incomplete, run.lost, run.damaged, dropped)


def events(run: Run, speed: float = 0.0) -> Iterator[Event]:
    """What the device said in this run. `speed` 1 is as it was, 2 twice as fast, 0 at once."""
    ends = np.searchsorted(run.spike_burst, run.number, side="right")
    starts = np.searchsorted(run.spike_burst, run.number, side="left")
    stats = list(run.stats)
    origin, begun = run.began, time.monotonic()

    def wait(until: int) -> None:
        if speed > 0:
            left = (until - origin) / 1e9 / speed - (time.monotonic() - begun)
            if left > 0:
                time.sleep(left)

    for i, number in enumerate(run.number.tolist()):
        while stats and stats[0][1].burst < number:
            at, told = stats.pop(0)
            wait(at)
            yield told
        wait(int(run.time[i]))
        digest = None if run.digest[i] < 0 else int(run.digest[i])
        neurons = run.spike_neuron[starts[i] : ends[i]].astype(np.uint16)
        micros, drive = int(run.micros[i]), run.drive(number)
        yield Burst(number, digest, int(run.fired[i]), neurons, micros, drive)
    yield from (told for _, told in stats)
    if not isinstance(run.end, str):
        yield run.end


class RecordedInputs:
    """What a run was fed, burst by burst, as the reference takes it."""

    def __init__(self, network: QuantizedNetwork, run: Run) -> None:
        """Raises RecordingError where the recording does not say it."""
        if run.inputs_lost:
            raise RecordingError(
                f"the recording is {run.damage[0]}, where commands to the device were kept, so "
                "that it is not known what the run was fed",
                "take another copy of it, or record again",
            )
        if not run.configuration.known:
            raise RecordingError(
                "the recording does not say which stimulus the run had",
                "record with `ganglion record` or --record, which keep the commands too",
            )
        if any(burst == 0 for burst, _, _ in run.injected):
            raise RecordingError(
                "inputs were injected into whichever burst came next, and the recording cannot "
                "tell which that was",
                "inject into bursts by their number",
            )
        chosen: RandomStimulus | None = run.configuration.stimulus
        self._stream = stream_of(network, chosen) if chosen else None
        self._run = run
        self.slots = network.robot.slots if network.robot else 0
        self.drives = bool(run.configuration.drives)
        if self.drives and network.robot is None:
            raise RecordingError(
                "the recording is of a drive, and its brain has no robot", "record the drive again"
            )
        self._injected: dict[int, list[tuple[int, int]]] = {}
        for burst, neuron, amount in run.injected:
            self._injected.setdefault(burst, []).append((neuron, amount))

    def step(self, reference: Reference) -> None:
        """One burst of the reference, fed as the device was."""
        more = self._injected.get(reference.burst + 1)
        pairs = np.array(more, dtype=np.int64).T if more else None
        reference.step(
            self._stream.draw() if self._stream else None,
            (pairs[0], pairs[1]) if pairs is not None else None,
            self._sensed(reference.burst + 1) if self.drives else None,
        )

    def _sensed(self, burst: int) -> Sensed:
        drive = self._run.drive(burst)
        if drive is None or len(drive.raw) != self.slots:
            raise RecordingError(
                f"what the robot sensed in burst {burst} is not in the recording",
                "record a drive with `ganglion drive --record`, which asks again for what is lost",
            )
        return drive.states, drive.raw
