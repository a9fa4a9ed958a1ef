"""Telemetry: the frames of a run, put together burst by burst, and what of it was lost.

In:  frames that passed their CRC, in the order they came.
Out: records, each Burst with all of its neurons that came; how many bursts did not.
Never: sends anything, or makes up what did not come.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .drive import Driven, DriveParts, Sensed
from .frame import Frame
from .messages import Burst, Done, Record, Spikes, parse


class Collector:
    """Puts the frames of each burst together again, and counts what did not come."""

    def __init__(self, every_burst: bool = True) -> None:
        """`every_burst`: the device sends each burst, so that a gap in the numbers is a loss."""
        self.missing = 0  # bursts that nothing came of
        self.incomplete = 0  # bursts of which some neurons did not come
        self._every_burst = every_burst
        self._last = 0
        self._parts: list[NDArray[np.uint16]] = []
        self._of = 0  # the burst of the parts
        self._drive = DriveParts()

    def add(self, frame: Frame) -> Record | None:
        """The record that `frame` completes, if it does."""
        record = parse(frame)
        if isinstance(record, Spikes):
            if record.number != self._of:
                self._abandon()
                self._of = record.number
            self._parts.append(record.neurons)
            return None
        if isinstance(record, Sensed | Driven) and not record.again:
            self._drive.add(record)
            return None
        if isinstance(record, Burst):
            return self._merge(record)
        if isinstance(record, Done):
            self._abandon()
            self._count(record.burst + 1)
        return record

    def _merge(self, burst: Burst) -> Burst:
        if self._parts and self._of != burst.number:
            self._abandon()
        self._count(burst.number)
        if self._parts:
            neurons = np.concatenate([*self._parts, burst.neurons])
            self._parts.clear()
            burst = replace(burst, neurons=neurons)
        drive = self._drive.of(burst.number)
        if drive is not None:
            burst = replace(burst, drive=drive)
        self.incomplete += not burst.complete
        return burst

    def _abandon(self) -> None:
        """SPIKES whose BURST never came: the burst is missing, and counted as such."""
        self._parts.clear()

    def _count(self, number: int) -> None:
        if self._every_burst:
            self.missing += max(0, number - self._last - 1)
        self._last = number


@dataclass(frozen=True, slots=True)
class TelemetryLoss:
    """What of a run's telemetry did not arrive, and where it was lost."""

    missing: int  # bursts that nothing came of
    incomplete: int  # bursts of which some neurons did not come
    lost: int  # frames lost on the wire
    damaged: int  # strings that reached the host broken
    dropped: int  # frames that the device did not send, since this host was too slow

    @property
    def none(self) -> bool:
        return not (self.missing or self.incomplete or self.lost or self.damaged or self.dropped)


NO_LOSSES = TelemetryLoss(0, 0, 0, 0, 0)
