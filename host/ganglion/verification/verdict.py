"""Verdict: whether one burst, and a whole run, equals the reference.

In:  a burst as a device told it, and the reference after the same burst.
Out: a Verdict; the first Divergence with burst, neuron, both values and the rule of SPEC.md 2.
Never: a tolerance; a verdict over what did not come.
"""

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..link.drive import Drive
from ..link.messages import Burst, Stats
from ..link.telemetry import TelemetryLoss
from ..reference.integers import RULES, Reference
from .timing import Timing


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where a device and the reference differ."""

    burst: int
    what: str  # fired, potential, countdown, consecutive fires, or digest
    neuron: int | None
    area: str | None
    voxel: tuple[int, int, int] | None
    device: int | str | None
    host: int | str | None
    rule: str  # the step of SPEC.md 2 that gives the host's value

    def __str__(self) -> str:
        where = f"neuron {self.neuron} of {self.area} at {self.voxel}: " if self.area else ""
        return (
            f"burst {self.burst}: {where}{self.what} is {self.device} on the device "
            f"and {self.host} in the reference ({self.rule})"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found."""

    identical: bool
    bursts: int  # compared
    spikes: int
    micros: int  # the device's own time for these bursts, in total
    timing: Timing | None  # ... and for each; None: there was none
    late: int | None  # bursts that began after they were due, until the last STATS
    heap_free_first: int | None  # bytes, of the first and the last STATS
    heap_free_last: int | None
    losses: TelemetryLoss
    divergence: Divergence | None

    @classmethod
    def of(
        cls, divergence: Divergence | None, spikes: int,
        micros: "array[int] | NDArray[np.int64]", told: Sequence[Stats], losses: TelemetryLoss,
    ) -> Self:  # fmt: skip
        """From the microseconds of each burst that was compared, and every STATS."""
        heaps: list[int | None] = [*(stats.heap_free for stats in told)] or [None]
        return cls(
            divergence is None, len(micros), spikes, int(np.sum(micros, dtype=np.int64)),
            Timing.of(micros), told[-1].late if told else None, heaps[0], heaps[-1], losses,
            divergence,
        )  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return asdict(self)


def judge_drive(reference: Reference, drive: Drive | None) -> Divergence | None:
    """What a robot sensed and was told, against a reference that took what it sensed."""
    robot = reference.robot
    if robot is None or drive is None:
        return None
    program = robot.program
    pairs = (
        ("the value of", program.slot_names, drive.raw, robot.raw, _HELD),
        ("the order to", program.output_names, drive.driven, robot.driven, "SPEC 10.5"),
    )
    for what, names, theirs, ours, rule in pairs:
        for i, (device, host) in enumerate(zip(theirs, ours, strict=False)):
            if device != host:
                name = f"{what} {names()[i]}"
                return Divergence(reference.burst, name, None, None, None, device, host, rule)
    return None


_HELD = "SPEC 10.1: a slot that was not read keeps its value"


def judge(reference: Reference, burst: Burst, digest: int | None = None) -> Divergence | None:
    """A burst as a device told it, against a reference that has just run the same burst.

    `digest` is the reference's, if it has been computed already.
    """
    network = reference.network
    if burst.complete:
        odd = np.setxor1d(burst.neurons.astype(np.int64), reference.fired)
        if len(odd):
            neuron = int(odd[0])
            if neuron >= network.n_neurons:
                return Divergence(
                    burst.number, "fired", neuron, None, None, 1, None,
                    "the brain has no such neuron",
                )  # fmt: skip
            area, voxel, _ = network.describe(neuron)
            fires = int(neuron in reference.fired)
            rule = RULES[int(reference.rule[neuron])]
            return Divergence(burst.number, "fired", neuron, area, voxel, 1 - fires, fires, rule)
    ours = digest
    if burst.digest is not None and ours is None:
        ours = reference.digest()
    if burst.digest is not None and burst.digest != ours:
        return Divergence(
            burst.number, "digest", None, None, None, f"{burst.digest:08x}", f"{ours:08x}",
            "the same neurons fired; a potential or a countdown differs, and telemetry does not "
            "hold those: `ganglion verify` with the device names the neuron",
        )  # fmt: skip
    return None
