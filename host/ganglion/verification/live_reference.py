"""LiveReference: the reference, running beside a device, burst for burst.

In:  the network, the stimulus, what is injected, and each burst as it comes from the device.
Out: a verdict that is always up to date; the potentials and weights that the digests vouch for.
Never: holds the device up: a reference that cannot keep pace says so and stops.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ..link.messages import Burst
from ..network.model import QuantizedNetwork
from ..reference.engine import reference_of, stream_of
from ..reference.integers import Reference, Sensed
from ..reference.stimulus import RandomStimulus
from .verdict import Divergence, judge, judge_drive

_BEHIND = 5_000  # bursts that may wait for the reference
_KEPT = 2_000  # potentials of the neuron that is looked at
_WEIGHTS_EVERY = 0.1  # seconds from one look at the weights to the next
_WEIGHTS_KEPT = 600


class LiveState(StrEnum):
    """What is known of a run so far."""

    WAITING = "waiting"
    IDENTICAL = "identical"
    DIFFERS = "differs"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class LiveVerdict:
    """What the reference knows."""

    state: LiveState = LiveState.WAITING
    compared: int = 0  # bursts
    divergence: Divergence | None = None
    why: str = ""  # it is off

    def __str__(self) -> str:
        match self.state:
            case LiveState.IDENTICAL:
                return f"identical {self.compared:,}"
            case LiveState.DIFFERS:
                return f"differs: {self.divergence}"
            case LiveState.OFF:
                return f"not compared: {self.why}"
        return "waiting"


class LiveReference:
    """One run of the reference, in a thread of its own. `close()` ends it."""

    def __init__(
        self,
        network: QuantizedNetwork,
        stimulus: RandomStimulus | None,
        *,
        drives: bool = False,
    ) -> None:
        """`drives`: bursts bring along what a robot sensed; it ends at one that does not."""
        self.network = network
        self._drives = drives
        self.verdict = LiveVerdict()
        self.looked_at: int | None = None  # a neuron
        self.trace: deque[tuple[int, int, bool, int]] = deque(maxlen=_KEPT)
        """Of that neuron: burst, potential after it, whether it fired, potential before a reset"""
        self.weights: deque[tuple[int, NDArray[np.int16]]] = deque(maxlen=_WEIGHTS_KEPT)
        """Of a brain that learns: a burst, and (places,) signed weights, ten times a second."""
        self._look = 0.0
        self._stream = stream_of(network, stimulus) if stimulus else None
        self._changed = threading.Condition()
        self._bursts: deque[Burst] = deque()
        self._injected: dict[int, list[tuple[int, int]]] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="live reference", daemon=True)
        self._thread.start()

    def look_at(self, neuron: int | None) -> None:
        """Has the trace follow another neuron."""
        with self._changed:
            self.looked_at = neuron
            self.trace.clear()

    def inject(self, burst: int, neuron: int, amount: int) -> None:
        """What the device was given, too: before that burst is fed."""
        with self._changed:
            self._injected.setdefault(burst, []).append((neuron, amount))

    def feed(self, burst: Burst) -> None:
        """A burst as the device told it. Bursts that were lost are simply not compared."""
        with self._changed:
            if self.verdict.state in (LiveState.DIFFERS, LiveState.OFF):
                return
            if len(self._bursts) >= _BEHIND:
                self._end("this host is too slow for the reference")
                return
            self._bursts.append(burst)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Until everything fed is compared, at most so long; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._bursts, seconds)

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _end(self, why: str) -> None:
        if self.verdict.state != LiveState.DIFFERS:
            self.verdict = LiveVerdict(LiveState.OFF, self.verdict.compared, None, why)
        self._bursts.clear()
        self._changed.notify_all()

    def _run(self) -> None:
        reference = reference_of(self.network, drives=self._drives)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._bursts or self._closing)
                if self._closing:
                    return
                burst = self._bursts[0]
            divergence = self._compare(reference, burst)
            with self._changed:
                if self._bursts and self._bursts[0] is burst:
                    self._bursts.popleft()
                if divergence:
                    self.verdict = LiveVerdict(LiveState.DIFFERS, self.verdict.compared, divergence)
                    self._bursts.clear()
                elif self.verdict.state != LiveState.OFF:
                    self._keep_weights(reference)
                    self.verdict = LiveVerdict(LiveState.IDENTICAL, self.verdict.compared + 1)
                self._changed.notify_all()
                if divergence:
                    return

    def _compare(self, reference: Reference, burst: Burst) -> Divergence | None:
        slots = self.network.robot.slots if self.network.robot else 0
        sensed: Sensed | None = None
        if self._drives:
            drive = burst.drive
            if drive is None or len(drive.raw) != slots or burst.number != reference.burst + 1:
                with self._changed:
                    self._end("what the robot sensed did not all come")
                return None
            sensed = drive.states, drive.raw
        while reference.burst < burst.number:
            self._step(reference, sensed)
        return judge_drive(reference, burst.drive) or judge(reference, burst)

    def _keep_weights(self, reference: Reference) -> None:
        now = time.monotonic()
        if reference.learns and reference.learns.projections and now >= self._look:
            self._look = now + _WEIGHTS_EVERY
            self.weights.append((reference.burst, reference.learns.signed_weights()))

    def _step(self, reference: Reference, sensed: Sensed | None) -> None:
        with self._changed:
            pairs = self._injected.pop(reference.burst + 1, None)
            neuron = self.looked_at
        injected = np.array(pairs, dtype=np.int64).T if pairs else None
        reference.watched = np.array([] if neuron is None else [neuron], dtype=np.int64)
        reference.step(
            self._stream.draw() if self._stream else None,
            (injected[0], injected[1]) if injected is not None else None,
            sensed,
        )
        if neuron is not None:
            fired = bool(np.isin(neuron, reference.fired))
            kept, reached = int(reference.potential[neuron]), int(reference.reached[0])
            if self.network.populations[int(self.network.population_of[neuron])].layer:
                # its update is another (SPEC 12.2): known is that it got this far
                reached = max(kept, int(self.network.threshold[neuron])) if fired else kept
            with self._changed:
                if self.looked_at == neuron:
                    self.trace.append((reference.burst, kept, fired, reached))
