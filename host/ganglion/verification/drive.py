"""Drive: a robot on a device, in a world or in the field, compared burst by burst as it goes.

In:  a brain with its robot, a device that has it, perhaps a world, a number of bursts.
Out: a DriveResult: whether all was identical; what was sensed, told, hit; the track.
Never: a verdict over a burst whose readings did not come: they are asked for again, or it fails.
"""

import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

import numpy as np

from ..device.device import Device
from ..errors import DeviceError, RobotError
from ..link.codes import Code, Refused
from ..link.drive import Drive, Kept
from ..link.frame import Type
from ..link.messages import Burst, Doing, Done, Fault, Stats
from ..network.model import QuantizedNetwork
from ..reference.integers import Reference
from ..reference.robot import Read
from ..robot.loop import Pose, World
from .timing import Timing
from .verdict import Divergence, judge, judge_drive

DRIVERS, HOST = 1, 2
ORIGINS = {DRIVERS: "the device's own drivers", HOST: "the host's world"}
_TRIES = 20
_SILENT = 2.0  # seconds, after which a device is asked whether it still runs
_POWER = "look at its power and its cable, then drive again"


@dataclass(slots=True)
class DriveResult:
    """What came of a drive."""

    bursts: int = 0
    spikes: int = 0
    sensed: int = 0  # readings
    failed: int = 0  # readings that did not come
    driven: int = 0  # orders to a motor other than "rest"
    still: int = 0  # bursts in which the motors were held
    asked_again: int = 0  # bursts whose report was lost and asked for again
    collisions: int = 0
    contact_bursts: int = 0
    distance_mm: float = 0.0
    late: int = 0
    seconds: float = 0.0
    divergence: Divergence | None = None
    timing: Timing | None = None
    track: list[Pose] = field(default_factory=list)
    fired: list[tuple[int, "np.ndarray[tuple[int], np.dtype[np.uint16]]"]] = field(
        default_factory=list
    )

    @property
    def identical(self) -> bool:
        return self.divergence is None

    def as_dict(self) -> dict[str, object]:
        """JSON-ready, without the track."""
        kept = {
            name: getattr(self, name)
            for name in (
                "identical", "bursts", "spikes", "sensed", "failed", "driven", "still",
                "asked_again", "collisions", "contact_bursts", "late",
            )
        }  # fmt: skip
        return {
            **kept,
            "distance": round(self.distance_mm, 1),
            "seconds": round(self.seconds, 3),
            "divergence": asdict(self.divergence) if self.divergence else None,
            "timing": asdict(self.timing) if self.timing else None,
        }


@dataclass(frozen=True, slots=True)
class Settings:
    """How to drive."""

    bursts: int
    mode: int = DRIVERS
    period_us: int = 0
    keep_track: bool = True
    lossless: bool = True


class Driver:
    """One drive. `result` grows as it goes."""

    def __init__(
        self,
        network: QuantizedNetwork,
        device: Device,
        world: World | None,
        settings: Settings,
        on_burst: Callable[[Burst, Pose | None], None] | None = None,
    ) -> None:
        if network.robot is None:
            raise RobotError("this brain has no robot", "give one with --robot")
        self.program = network.robot
        self.device = device
        self.world = world
        self.settings = settings
        self.result = DriveResult()
        self._reference = Reference(network, drives=True)
        self._on_burst = on_burst
        self._micros = array("I")
        self._contact = time.monotonic()

    def run(self) -> DriveResult:
        """Drives, and compares. Raises DeviceError if the device fails or a log has a hole."""
        settings = self.settings
        hosted = settings.mode == HOST
        self.device.configure(
            lossless=settings.lossless or hosted, stepped=hosted, stats_every=100,
            period_us=0 if hosted else settings.period_us,
        )  # fmt: skip
        self.device.drives(settings.mode)
        begun = time.monotonic()
        try:
            self._start()
            if hosted:
                self._hosted()
            else:
                self._free()
        finally:
            self._close(time.monotonic() - begun)
        return self.result

    def _start(self) -> None:
        """The device makes its drivers now: what goes wrong there, it tells in a FAULT."""
        try:
            self.device.start(self.settings.bursts)
        except Refused as refused:
            if refused.code != Code.CRASH:
                raise
            told = [event for event in self.device.poll(0.5) if isinstance(event, Fault)]
            why = told[0].text if told else "it does not say why"
            raise DeviceError(
                f"{self.device.link.name} cannot make the robot's drivers: {why}",
                "look at the driver's name, its pins and its file",
            ) from None

    def _close(self, seconds: float) -> None:
        result = self.result
        result.seconds = seconds
        result.timing = Timing.of(self._micros)
        if self.world is not None:
            result.collisions = self.world.collisions
            result.distance_mm = self.world.distance_mm

    # ---- the device senses by itself

    def _free(self) -> None:
        for event in self._events():
            if isinstance(event, Stats):
                self.result.late = event.late
            elif isinstance(event, Fault):
                raise DeviceError(f"the device failed: {event}", _POWER)
            elif isinstance(event, Burst):
                self._fill(event.number - 1)
                if not self._whole(event.drive):
                    self._fill(event.number)
                else:
                    self._compare(event, event.drive)
            elif isinstance(event, Done):
                self._fill(event.burst)
            if self.result.divergence:
                self.device.stop()
                return

    def _events(self) -> Iterator[Burst | Stats | Done | Fault]:
        """The device's, while it is told often enough that its host is there."""
        wait = self.program.contact_ms / 3000 or 1.0
        heard = time.monotonic()
        while True:
            for event in self.device.poll(min(wait, 0.5)):
                yield event
                heard = time.monotonic()
                if time.monotonic() - self._contact > wait:
                    self.device.link.command(Type.PING)
                    self._contact = time.monotonic()
                if isinstance(event, Done | Fault):
                    return
            if time.monotonic() - self._contact > wait:
                self.device.link.command(Type.PING)
                self._contact = time.monotonic()
            if time.monotonic() - heard > _SILENT:
                heard = time.monotonic()
                if self.device.hello().doing != Doing.RUNNING:  # its DONE was lost
                    self._fill(self.settings.bursts)
                    return

    def _whole(self, drive: Drive | None) -> bool:
        return (
            drive is not None
            and len(drive.raw) == self.program.slots
            and len(drive.driven) == len(self.program.outputs)
        )

    def _fill(self, last: int) -> None:
        """Asks for the bursts up to `last` that did not come."""
        while self._reference.burst < last and not self.result.divergence:
            number = self._reference.burst + 1
            found = None
            for _ in range(_TRIES):  # on a bad link an answer may lack a frame
                found = self.device.report(number)
                if found is None or self._whole(found[1]):
                    break
            if found is None or not self._whole(found[1]):
                raise DeviceError(
                    f"the report of burst {number} was lost, and the device no longer keeps it",
                    "drive slower with --period, or give the robot file a larger ring",
                )
            self.result.asked_again += 1
            self._again(*found)

    def _again(self, kept: Kept, drive: Drive) -> None:
        none = np.zeros(0, dtype=np.uint16)
        self._compare(Burst(kept.burst, kept.digest, kept.fired, none, 0, drive), drive)

    # ---- the host senses for it

    def _hosted(self) -> None:
        if self.world is None:
            raise RobotError("a device that is sensed for needs a world", "give one with --world")
        for number in range(1, self.settings.bursts + 1):
            states, raw = self.world.readings(number)
            self.device.sense(number, states, raw)
            burst = None
            for event in self.device.poll(0):
                if isinstance(event, Fault):
                    raise DeviceError(f"the device failed: {event}", _POWER)
                if isinstance(event, Burst) and event.number == number:
                    burst = event
            if burst is None or not self._whole(burst.drive):
                self._fill(number)
            else:
                self._compare(burst, burst.drive)
            if self.result.divergence:
                self.device.stop()
                return

    # ---- both

    def _compare(self, burst: Burst, drive: Drive | None) -> None:
        assert drive is not None
        result, reference = self.result, self._reference
        expected = None
        if self.world is not None and self.settings.mode == DRIVERS:
            expected = self.world.readings(burst.number)
        reference.step(sensed=(drive.states, drive.raw))
        result.divergence = (
            self._differs(burst.number, drive, expected)
            or judge_drive(reference, drive)
            or judge(reference, burst)
        )
        if result.divergence:
            return
        result.bursts += 1
        result.spikes += burst.fired
        result.sensed += drive.states.count(Read.FRESH)
        result.failed += drive.states.count(Read.FAILED)
        result.driven += sum(value != 0 for value in drive.driven)
        result.still += drive.still
        if burst.micros:
            self._micros.append(burst.micros)
        pose = None
        if self.world is not None:
            pose = self.world.move([0] * len(drive.driven) if drive.still else drive.driven)
            result.contact_bursts += pose.contact
            if self.settings.keep_track:
                result.track.append(pose)
        if self.settings.keep_track:
            result.fired.append((burst.number, reference.fired.astype(np.uint16)))
        if self._on_burst:
            self._on_burst(burst, pose)

    def _differs(
        self, burst: int, drive: Drive, expected: tuple[list[int], list[int]] | None
    ) -> Divergence | None:
        """Where the world on the device and the one here part: they are the same integers."""
        if expected is None:
            return None
        for i, (state, raw) in enumerate(zip(*expected, strict=True)):
            if (drive.states[i], drive.raw[i]) != (state, raw) and state == Read.FRESH:
                name = f"the reading of {self.program.slot_names()[i]}"
                return Divergence(burst, name, None, None, None, drive.raw[i], raw, "the world")
        return None


def without_brain(world: World, bursts: int, driven: list[int]) -> tuple[int, int]:
    """Collisions, and bursts in contact, of a robot that is told the same in every burst."""
    contact = 0
    for burst in range(1, bursts + 1):
        world.readings(burst)
        contact += world.move(driven).contact
    return world.collisions, contact
