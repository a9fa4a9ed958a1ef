"""Compare: a device against the reference, burst by burst, bit by bit.

In:  a network, a device that runs it (or claims to), a stimulus, a number of bursts.
Out: a Verdict; if it is not "identical", the first divergence: burst, neuron, both values, rule.
Never: a tolerance; a verdict over telemetry that was lost.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .device import Device, Losses
from .errors import DeviceError
from .inputs import Injection
from .network import QuantizedNetwork
from .reference import RULES, Reference
from .stimulus import RandomStimulus, StimulusStream
from .telemetry import Burst, Done, Fault, Stats
from .timing import Timing


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where a device and the reference part."""

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
    losses: Losses
    divergence: Divergence | None

    @classmethod
    def of(
        cls, divergence: Divergence | None, spikes: int,
        micros: "array[int] | NDArray[np.int64]", told: Sequence[Stats], losses: Losses,
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


def simulate(
    network: QuantizedNetwork,
    stimulus: RandomStimulus | None,
    injected: Mapping[int, Injection] | None = None,
) -> Iterator[tuple[Reference, int]]:
    """The reference after each burst, and the digest; without end."""
    reference = Reference(network)
    stream = StimulusStream(network, stimulus) if stimulus else None
    injected = injected or {}
    while True:
        extra = injected.get(reference.burst + 1)
        reference.step(
            stream.draw() if stream else None, (extra.neurons, extra.amounts) if extra else None
        )
        yield reference, reference.digest()


def inject(device: Device, injected: Mapping[int, Injection] | None) -> None:
    """Send what is injected to a device whose run has not begun."""
    for burst, extra in (injected or {}).items():
        device.inject(zip(extra.neurons.tolist(), extra.amounts.tolist(), strict=True), burst)


def parameters(stimulus: RandomStimulus | None) -> tuple[int, int, int] | None:
    """A stimulus as Device.configure takes it."""
    return (stimulus.seed, stimulus.group_bits, stimulus.chance) if stimulus else None


def verify(
    network: QuantizedNetwork,
    device: Device,
    bursts: int,
    stimulus: RandomStimulus | None,
    on_burst: Callable[[Burst], None] | None = None,
    injected: Mapping[int, Injection] | None = None,
    period_us: int = 0,
) -> Verdict:
    """Run `bursts` bursts from zero on both sides and compare each.

    The device has its brain already. Raises DeviceError if it falls silent, reports a fault or
    loses telemetry: then there is no verdict.
    """
    device.configure(
        stimulus=parameters(stimulus), lossless=True, stats_every=max(1, min(1000, bursts // 2)),
        period_us=period_us,
    )  # fmt: skip
    inject(device, injected)
    device.start(bursts)
    host = simulate(network, stimulus, injected)
    spikes = 0
    micros = array("I")
    told: list[Stats] = []
    parted: int | None = None
    for event in device.events():
        if isinstance(event, Stats):
            told.append(event)
        elif isinstance(event, Fault):
            raise DeviceError(f"the device failed: {event}", "look at its power, then deploy again")
        elif isinstance(event, Burst):
            reference, digest = next(host)
            if event.number != reference.burst or not event.complete or event.digest is None:
                break
            spikes += event.fired
            micros.append(event.micros)
            if on_burst:
                on_burst(event)
            if digest != event.digest or not np.array_equal(event.neurons, reference.fired):
                parted = event.number
                break
        elif isinstance(event, Done):
            break
    losses = device.losses
    divergence = None
    if parted is not None:
        _halt(device)
        divergence = locate(network, device, parted, stimulus, injected)
    elif len(micros) != bursts:
        raise DeviceError(
            f"telemetry was lost after burst {len(micros)} of {bursts}: {losses}",
            "look at the cable, or lower the baud rate, and verify again",
        )
    return Verdict.of(divergence, spikes, micros, told, losses)


def _halt(device: Device) -> None:
    """Stop the run and let what is on its way pass."""
    device.stop()
    for _ in device.events():
        pass


def locate(
    network: QuantizedNetwork,
    device: Device,
    burst: int,
    stimulus: RandomStimulus | None,
    injected: Mapping[int, Injection] | None = None,
) -> Divergence:
    """Run both sides to `burst` again and name the first neuron that differs."""
    device.configure(stimulus=parameters(stimulus), lossless=True)
    inject(device, injected)
    device.start(burst)
    fired: set[int] = set()
    digest = None
    for event in device.events():
        if isinstance(event, Burst) and event.number == burst:
            fired, digest = set(event.neurons.tolist()), event.digest
    host = simulate(network, stimulus, injected)
    for _ in range(burst):
        reference, expected = next(host)
    state = device.read_state(0, network.n_neurons)
    ours = np.zeros(network.n_neurons, dtype=bool)
    ours[reference.fired] = True
    theirs = np.zeros(network.n_neurons, dtype=bool)
    theirs[[n for n in fired if n < network.n_neurons]] = True
    checks = (
        ("fired", theirs.astype(np.int64), ours.astype(np.int64)),
        ("potential", state.potential.astype(np.int64), reference.potential),
        ("countdown", state.countdown.astype(np.int64), reference.countdown),
        ("consecutive fires", state.consecutive.astype(np.int64), reference.consecutive),
    )
    differing = [(int(np.flatnonzero(a != b)[0]), i) for i, (_, a, b) in enumerate(checks)
                 if (a != b).any()]  # fmt: skip
    if not differing:
        same = digest == expected
        return Divergence(
            burst, "digest", None, None, None, None if digest is None else f"{digest:08x}",
            f"{expected:08x}",
            "it did not happen again: the device was disturbed" if same else
            "only the postsynaptic potentials differ",
        )  # fmt: skip
    neuron, check = min(differing, key=lambda found: (found[1] != 0, found[0]))
    what, device_values, host_values = checks[check]
    area, voxel, _ = network.describe(neuron)
    return Divergence(
        burst, what, neuron, area, voxel, int(device_values[neuron]), int(host_values[neuron]),
        RULES[int(reference.rule[neuron])],
    )  # fmt: skip
