"""Runtime device: a runtime, or a chip's simulator, as a device that verify compares.

In:  `onnx[:PROVIDER[:DELIVERY]]`, `torch[:DEVICE]`, `akida`, `numba` or `numpy`; a brain; a
     stimulus and injections.
Out: the telemetry of a run, as a board gives it: one Burst per burst with its digest.
Never: repairs what the runtime computed, or asks it less than a board is asked.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...blob.container import decode
from ...closing import Closing
from ...errors import UsageError
from ...link.messages import Burst, Done, Fault, State, Stats
from ...link.telemetry import TelemetryLoss
from ...network.model import QuantizedNetwork, numbered
from ...reference.engine import ENGINES, stream_of
from ...reference.stimulus import RandomStimulus, StimulusStream
from .features import require_known

Ints = NDArray[np.int64]
KINDS = ("onnx", "torch", "akida", *ENGINES)
MASK = 0xFFFFFFFF


class Runtime(Protocol):
    """One brain on one runtime. Arrays are (N,)."""

    @property
    def potential(self) -> Ints: ...

    @property
    def countdown(self) -> Ints: ...

    @property
    def consecutive(self) -> Ints: ...

    @property
    def fired(self) -> Ints:
        """Ascending neurons."""

    def reset(self) -> None:
        """Everything to zero, as START does."""

    def step(self, stimulus: Ints, injected: Ints, hit: NDArray[np.bool_]) -> int:
        """One burst: R3, the sums of R4 before their clamp, and who got either. The digest."""


def is_runtime(spec: str) -> bool:
    """Whether a device's name is one of these."""
    return spec.partition(":")[0] in KINDS


def open_runtime(spec: str) -> "RuntimeDevice":
    """The device that `spec` names; it has no brain yet.

    Raises UsageError for a word that means nothing, ToolError if a package is missing.
    """
    kind, _, rest = spec.partition(":")
    if kind == "onnx":
        from .onnx_runtime import maker
    elif kind == "torch":
        from .torch_runtime import maker
    elif kind == "akida" and not rest:
        from .akida_runtime import maker
    elif kind in ENGINES and not rest:
        from .host_runtime import HostMaker

        return RuntimeDevice(spec, HostMaker(kind))
    else:
        raise UsageError(
            f"the runtime {spec!r} is unknown",
            "use onnx, onnx:PROVIDER, torch, torch:DEVICE, akida, numba or numpy",
        )
    make = maker(rest)
    return RuntimeDevice(spec, make)


class Maker(Protocol):
    """Builds the runtime of a network."""

    def __call__(self, network: QuantizedNetwork) -> Runtime: ...


class RuntimeDevice(Closing):
    """A runtime behind the part of Device that a verification uses."""

    def __init__(self, name: str, make: Maker) -> None:
        self.name = name
        self._make = make
        self._network: QuantizedNetwork | None = None
        self._runtime: Runtime | None = None
        self._stimulus: tuple[int, int, int] | None = None
        self._stats_every = 0
        self._waiting: dict[int, list[tuple[int, int]]] = {}
        self._bursts = 0
        self._stopped = False

    def close(self) -> None:
        self._runtime = None

    def put(self, blob: bytes) -> None:
        """Builds the brain for the runtime. Raises UsageError for one that it cannot hold."""
        network = decode(blob)
        self._network, self._runtime = network, self.runtime_of(network)

    def runtime_of(self, network: QuantizedNetwork) -> Runtime:
        """A network on this runtime, without the device around it. Raises as put does."""
        require_known(network, f"the device {self.name}")
        return self._make(network)

    def configure(
        self, *, stimulus: tuple[int, int, int] | None = None, stats_every: int = 0,
        period_us: int = 0, lossless: bool = True,
    ) -> None:  # fmt: skip
        """As Device.configure; a runtime is as fast as it is. Raises UsageError for a period."""
        if period_us:
            raise UsageError(
                f"a period of {period_us} µs was asked of {self.name}, which has no clock",
                "leave the period out",
            )
        self._stimulus, self._stats_every = stimulus, stats_every

    def inject(self, inputs: Iterable[tuple[int, int]], burst: int = 0) -> None:
        """Adds (neuron, amount) to a burst of the run to come; 0 = the first.

        Raises UsageError if the absolute amounts of that burst reach 2^31.
        """
        mine = self._waiting.setdefault(burst or 1, [])
        mine.extend(inputs)
        total = sum(abs(amount) for _, amount in mine)
        if total >= 2**31:
            raise UsageError(
                f"the injections of burst {burst or 1} add up to {total:,}", "stay below 2^31"
            )

    def start(self, bursts: int = 0) -> None:
        """Runs from a state of all zeros."""
        self._ready()[1].reset()
        self._bursts, self._stopped = bursts, False

    def stop(self) -> None:
        """Ends the run after the current burst."""
        self._stopped = True

    def events(self) -> Iterator[Burst | Stats | Done | Fault]:
        """Runs, burst by burst, up to and with Done."""
        network, runtime = self._ready()
        waiting, self._waiting = self._waiting, {}
        stream = stream_of(network, RandomStimulus(*self._stimulus)) if self._stimulus else None
        number = chain = spikes = 0
        micros: list[int] = []
        while not self._stopped and number != self._bursts:
            number += 1
            fed = _fed(network, stream, waiting.get(number, []))
            begun = time.perf_counter_ns()
            digest = runtime.step(*fed)
            micros.append((time.perf_counter_ns() - begun) // 1000)
            chain = (chain * 16_777_619 + digest) & MASK
            fired = numbered(runtime.fired, network.n_neurons)
            spikes += len(fired)
            yield Burst(number, digest, len(fired), fired, micros[-1])
            if self._stats_every and number % self._stats_every == 0:
                yield Stats(number, sum(micros) // len(micros), max(micros), 0, 0, 0, 0)
                micros = []
        yield Done(number, chain, spikes & MASK, 0)

    def read_state(self, first: int, count: int) -> State:
        """Potentials, countdowns and consecutive fires."""
        _, runtime = self._ready()
        mine = slice(first, first + count)
        return State(
            first,
            runtime.potential[mine].astype(np.int32),
            runtime.countdown[mine].astype(np.uint16),
            runtime.consecutive[mine].astype(np.uint16),
        )

    @property
    def losses(self) -> TelemetryLoss:
        """None: there is no wire."""
        return TelemetryLoss(0, 0, 0, 0, 0)

    def _ready(self) -> tuple[QuantizedNetwork, Runtime]:
        if self._network is None or self._runtime is None:
            raise UsageError(f"{self.name} has no brain", "put one on it first")
        return self._network, self._runtime


def _fed(
    network: QuantizedNetwork, stream: StimulusStream | None, inputs: list[tuple[int, int]]
) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    stimulus = np.zeros(network.n_neurons, dtype=np.int64)
    injected = np.zeros(network.n_neurons, dtype=np.int64)
    hit = np.zeros(network.n_neurons, dtype=bool)
    if stream:
        neurons, amounts = stream.draw()
        stimulus[neurons] = amounts
        hit[neurons] = True
    for neuron, amount in inputs:
        injected[neuron] += amount
        hit[neuron] = True
    return stimulus, injected, hit
