"""Compare: a device against the reference, burst by burst, bit by bit.

In:  a network, a device that runs it (or claims to), a stimulus, a number of bursts.
Out: a Verdict; if it is not "identical", the first divergence: burst, neuron, both values, rule.
Never: a tolerance; a verdict over telemetry that was lost.
"""

import time
from array import array
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..device.device import Device, Event
from ..errors import DeviceError
from ..link.messages import Burst, Done, Fault, Stats
from ..network.model import QuantizedNetwork
from ..reference.inputs import FedInputs, Injection
from ..reference.integers import RULES
from ..reference.run import reference_run
from ..reference.stimulus import RandomStimulus, parameters
from ..simulation.accelerators.runtime_device import RuntimeDevice
from .verdict import Divergence, Verdict, judge

Target = Device | RuntimeDevice


def inject(device: Target, injected: Mapping[int, Injection] | None) -> None:
    """Send what is injected to a device whose run has not begun."""
    for burst, extra in (injected or {}).items():
        device.inject(zip(extra.neurons.tolist(), extra.amounts.tolist(), strict=True), burst)


def events_of(
    device: Target,
    bursts: int,
    injected: Mapping[int, Injection] | FedInputs | None = None,
    period_us: int = 0,
) -> Iterator[Event]:
    """Starts a run of a configured device; its events. What a host feeds makes it a stepped run,
    whose pace of `period_us` this host keeps as well as it can."""
    if not isinstance(injected, FedInputs) or isinstance(device, RuntimeDevice):
        inject(device, injected.all(bursts) if isinstance(injected, FedInputs) else injected)
        device.start(bursts)
        yield from device.events()
        return
    device.start(bursts)
    due = time.monotonic()
    for burst in range(1, bursts + 1):
        inject(device, {burst: extra} if (extra := injected.get(burst)) else None)
        time.sleep(max(0.0, due - time.monotonic()))
        due += period_us / 1e6
        for record in device.step():
            if isinstance(record, Event):
                yield record
                if isinstance(record, Done | Fault):
                    return


def verify(
    network: QuantizedNetwork,
    device: Target,
    bursts: int,
    stimulus: RandomStimulus | None,
    on_burst: Callable[[Burst], None] | None = None,
    injected: Mapping[int, Injection] | FedInputs | None = None,
    period_us: int = 0,
) -> Verdict:
    """Run `bursts` bursts from zero on both sides and compare each.

    The device has its brain already. Raises DeviceError if it falls silent, reports a fault or
    loses telemetry: then there is no verdict.
    """
    _configure(device, stimulus, injected, max(1, min(1000, bursts // 2)), period_us)
    coming = events_of(device, bursts, injected, period_us)
    host = reference_run(network, stimulus, injected, _other(device), bursts)
    spikes = 0
    micros = array("I")
    told: list[Stats] = []
    differs: int | None = None
    for event in coming:
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
            if judge(reference, event, digest):
                differs = event.number
                break
        elif isinstance(event, Done):
            break
    losses = device.losses
    divergence = None
    if differs is not None:
        _halt(device)
        divergence = locate(network, device, differs, stimulus, injected)
    elif len(micros) != bursts:
        raise DeviceError(
            f"telemetry was lost after burst {len(micros)} of {bursts}: {losses}",
            "look at the cable, or lower the baud rate, and verify again",
        )
    return Verdict.of(divergence, spikes, micros, told, losses)


def _other(device: Target) -> str | None:
    """The engine of the reference: the fastest, but never the one that is verified."""
    numba = isinstance(device, RuntimeDevice) and device.name == "numba"
    return "numpy" if numba else None


def _configure(
    device: Target,
    stimulus: RandomStimulus | None,
    injected: Mapping[int, Injection] | FedInputs | None,
    stats_every: int = 0,
    period_us: int = 0,
) -> None:
    settings = parameters(stimulus)
    if isinstance(device, RuntimeDevice) or not isinstance(injected, FedInputs):
        device.configure(
            stimulus=settings, lossless=True, stats_every=stats_every, period_us=period_us
        )
    else:  # the host steps it
        device.configure(stimulus=settings, lossless=True, stats_every=stats_every, stepped=True)


def _halt(device: Target) -> None:
    """Stop the run and let what is on its way pass."""
    device.stop()
    for _ in device.events():
        pass


def locate(
    network: QuantizedNetwork,
    device: Target,
    burst: int,
    stimulus: RandomStimulus | None,
    injected: Mapping[int, Injection] | FedInputs | None = None,
) -> Divergence:
    """Run both sides to `burst` again and name the first neuron that differs."""
    _configure(device, stimulus, injected)
    fired: set[int] = set()
    digest = None
    for event in events_of(device, burst, injected):
        if isinstance(event, Burst) and event.number == burst:
            fired, digest = set(event.neurons.tolist()), event.digest
    host = reference_run(network, stimulus, injected, _other(device))
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
