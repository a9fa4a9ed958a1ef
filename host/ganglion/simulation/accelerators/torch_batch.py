"""Torch batch: many runs at once, as PyTorch tensors; each equal to its reference in every bit.

In:  B networks with the same synapses (one brain B times, or variants of it that differ in
     thresholds, leaks, weights, ...), and what reaches each of them.
Out: state (B, N); who fired, digests and chains per run. CPU and CUDA by the same code.
Never: a number in which a float could round: where a matrix product is used its sums stay below
       2^24. Sums of integers do not depend on their order, so neither atomics nor tiles matter.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError, UsageError
from ...network.model import QuantizedNetwork
from ...reference.stimulus import RandomStimulus, StimulusStream
from .features import require_known
from .onnx_delivery import parts_of
from .parameters import MULTIPLIER, Ints, Parameters
from .torch_delivery import Matrices, Rows

MASK = 0xFFFFFFFF
DELIVERIES = ("event", "dense")


def torch_package() -> Any:
    """The package torch. Raises ToolError, with what to install, if it is not there."""
    try:
        return import_module("torch")
    except ImportError:
        raise ToolError(
            "the package torch is not installed", "run pip install 'ganglion[torch]'"
        ) from None


class Batch:
    """B brains, running. Tensors are (B, N) unless said otherwise; `device` is torch's word."""

    def __init__(
        self, networks: Sequence[QuantizedNetwork], device: str = "cpu", delivery: str = "event"
    ) -> None:
        """Raises UsageError for networks of other shapes, a device that torch does not have, or a
        delivery that is unknown or not exact for these networks; ToolError without torch."""
        self.torch = torch_package()
        if not networks:
            raise UsageError("a batch of no networks was asked for", "give one or more")
        if delivery not in DELIVERIES:
            raise UsageError(
                f"the delivery {delivery!r} is unknown", f"use {' or '.join(DELIVERIES)}"
            )
        _require_alike(networks)
        self.device = self.require(device)
        self.networks = tuple(networks)
        self.neurons = networks[0].n_neurons
        parameters = [Parameters(network) for network in networks]
        self._p = {name: self.stack([getattr(p, name) for p in parameters]) for name in _NAMES}
        self._has = {name: any(getattr(p, name) for p in parameters) for name in _FEATURES}
        self._hashes = not all(p.always.all() for p in parameters)
        self._weights = self._digest_weights(parameters)
        self._wrap = 0xFFFF if networks[0].storage == 16 else MASK
        self._power = self.stack([_power(network) for network in networks])
        self._touched_anyway = self._p["every_burst"] | self.stack(
            [np.arange(self.neurons) == (-1 if w.power_neuron is None else w.power_neuron)
             for w in networks]
        )  # fmt: skip
        parts = [parts_of(network) for network in networks]
        self._synapses = [
            Rows(self, [part[i] for part in parts]) for i in (0, 1) if len(parts[0][i])
        ]
        if delivery == "dense":
            plain = [rows for rows in self._synapses if not rows.driven]
            self._synapses = [rows for rows in self._synapses if rows.driven]
            self._dense = [Matrices(self, [part[0] for part in parts])] if plain else []
        else:
            self._dense = []
        self.reset()

    @staticmethod
    def require(device: str) -> Any:
        """torch's device of that name. Raises UsageError without it, ToolError without torch."""
        torch = torch_package()
        try:
            found = torch.device(device)
            torch.zeros(1, device=found)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            raise UsageError(
                f"torch has no device {device!r} here: {str(error).splitlines()[0]}", "use cpu"
            ) from None
        return found

    @classmethod
    def of(cls, network: QuantizedNetwork, count: int, device: str = "cpu") -> "Batch":
        """One brain `count` times."""
        return cls([network] * count, device)

    def reset(self) -> None:
        """Everything to zero, as START does."""
        torch, shape = self.torch, (len(self.networks), self.neurons)
        self.burst = 0
        self.potential = torch.zeros(shape, dtype=torch.int32, device=self.device)
        self.fired = torch.zeros(shape, dtype=torch.bool, device=self.device)
        self.countdown = torch.zeros_like(self.potential)
        self.consecutive = torch.zeros_like(self.potential)
        self.psp = torch.zeros_like(self.potential)
        self.chain = torch.zeros(shape[0], dtype=torch.int64, device=self.device)
        self.spikes = torch.zeros(shape[0], dtype=torch.int64, device=self.device)

    def step(self, stimulus: Any = None, injected: Any = None, hit: Any = None) -> Any:
        """One burst; who fired, bool (B, N).

        `stimulus` is R3 and `injected` the sums of R4 before their clamp, i32 (B, N); `hit` says
        who got either: if it is left out, those who got something that is not 0.
        """
        torch, p = self.torch, self._p
        self.burst += 1
        v = self.potential.clone()
        touched = self._touched_anyway.expand_as(self.fired).clone()
        deliveries: list[Rows | Matrices] = [*self._synapses, *self._dense]
        for delivery in deliveries:
            delivery.add(v, touched)
        v += self._power.to(torch.int32)
        for given, most in ((stimulus, None), (injected, p["input_max"])):
            if given is None:
                continue
            amount = self.tensor(given)
            touched |= amount != 0
            if most is not None:
                amount = torch.minimum(torch.maximum(amount, -most), most)
            v += amount.to(torch.int32)
        if hit is not None:
            touched |= self.tensor(hit).to(torch.bool)
        self._update(v, touched)
        self.spikes += self.fired.sum(1)
        return self.fired

    def digests(self) -> NDArray[np.int64]:
        """(B,) the digests of the state now; the chains take them up."""
        total = self.torch.zeros_like(self.chain)
        for name, weights in self._weights.items():
            values = getattr(self, name).to(self.torch.int64) & MASK
            if name == "potential":
                values &= self._wrap
            total += _times(values, weights).sum(1)
        total &= MASK
        self.chain = (_times(self.chain, self.torch.full_like(total, MULTIPLIER)) + total) & MASK
        result: NDArray[np.int64] = total.cpu().numpy()
        return result

    def run(self, stimuli: Sequence[RandomStimulus], bursts: int) -> NDArray[np.int64]:
        """From zero, each run under a random stimulus of its own: the chains, (B,).

        Raises UsageError unless there is one stimulus per run.
        """
        if len(stimuli) != len(self.networks):
            raise UsageError(
                f"{len(stimuli)} stimuli were given for {len(self.networks)} runs",
                "give one for each",
            )
        self.reset()
        streams = [StimulusStream(n, s) for n, s in zip(self.networks, stimuli, strict=True)]
        for _ in range(bursts):
            stimulus = np.zeros((len(streams), self.neurons), dtype=np.int64)
            hit = np.zeros(stimulus.shape, dtype=bool)
            for i, stream in enumerate(streams):
                neurons, amounts = stream.draw()
                stimulus[i, neurons], hit[i, neurons] = amounts, True
            self.step(stimulus, None, hit)
            self.digests()
        result: NDArray[np.int64] = self.chain.cpu().numpy()
        return result

    # ---- how

    def _update(self, v: Any, touched: Any) -> None:
        torch, p = self.torch, self._p
        active = touched
        resting = torch.zeros_like(touched)
        rested = self.countdown
        if self._has["has_countdown"]:
            resting = touched & (self.countdown > 0)
            rested = self.countdown - resting.to(torch.int32)
            active = touched & ~resting
        window = active & (v >= p["threshold"]) & (v <= p["upper"])
        limited = p["limit"] > 0
        full = limited & (self.consecutive >= p["limit"])
        tired = window & full
        fire = window & ~tired
        if self._hashes:
            fire &= p["always"] | (self._hash() < p["excitability"])
        wide = v.to(torch.int64)
        kept = torch.where(tired, wide, self._leaked(wide))
        kept = torch.minimum(torch.maximum(kept, p["low"]), p["high"]).to(torch.int32)
        kept = torch.where(touched, kept, v)
        self.potential = kept.masked_fill_(fire | resting, 0)
        if self._has["has_psp"]:
            bits = p["psp_bits"]
            raised = (wide + ((1 << bits) >> 1)) >> bits
            size = raised.clamp(0, 255).to(torch.int32)
            self.psp = torch.where(fire & p["mp_driven"], size, self.psp)
        more = torch.clamp(self.consecutive + 1, max=65_535)
        spent = limited & (more >= p["limit"])
        if self._has["has_limit"]:
            again = (active & ~fire) | (resting & full & (rested == 0))
            kept_count = self.consecutive.masked_fill(again, 0)
            self.consecutive = torch.where(fire & limited, more, kept_count)
        if self._has["has_countdown"]:
            rest = torch.where(spent, p["snoozed"], p["refractory"]).to(torch.int32)
            self.countdown = torch.where(fire, rest, rested)
        self.fired = fire

    def _hash(self) -> Any:
        """SPEC.md 2's hash of (identity, burst), i64 (B, N)."""
        x = _times(self._p["identity"] & MASK, 2654435761)
        x = (x + self.burst * 1597334677) & MASK
        a = (_times(x, 747796405) + 2891336453) & MASK
        y = _times((a >> ((a >> 28) + 4)) ^ a, 277803737)
        return (y >> 22) ^ y

    def _leaked(self, v: Any) -> Any:
        """U6 in 64 bits."""
        torch, p = self.torch, self._p
        size = v.abs()
        loss = size * p["leak"] + (size >> 15) * p["leak_fine"] + (1 << (p["shift"] - 1))
        loss = torch.maximum(loss >> p["shift"], ((p["leak"] > 0) & (size > 0)).to(torch.int64))
        return torch.where(v < 0, v + loss, v - loss)

    def stack(self, arrays: "Sequence[NDArray[Any]]") -> Any:
        """(B, N), or (1, N) if all are the same."""
        same = all(np.array_equal(arrays[0], array) for array in arrays[1:])
        return self.tensor(np.stack(arrays[:1] if same else arrays))

    def tensor(self, values: Any) -> Any:
        if isinstance(values, np.ndarray) and values.dtype != np.bool_:
            values = np.ascontiguousarray(values, dtype=np.int64)
        return self.torch.as_tensor(values, device=self.device)

    def _digest_weights(self, parameters: list[Parameters]) -> dict[str, Any]:
        none = np.zeros(self.neurons, dtype=np.int64)
        each = [p.digest_weights for p in parameters]
        names = sorted({name for weights in each for name in weights})
        return {
            name: self.stack([w.get(name, none).astype(np.int64) for w in each]) for name in names
        }


_NAMES = (
    "threshold", "low", "high", "upper", "leak", "leak_fine", "shift", "refractory", "snoozed",
    "limit", "input_max", "always", "excitability", "identity", "every_burst", "mp_driven",
    "psp_bits",
)  # fmt: skip
_FEATURES = ("has_limit", "has_countdown", "has_psp")


def kind_of(network: QuantizedNetwork) -> tuple[object, ...]:
    """Equal for networks that one batch takes."""
    arrays = network.source, network.target, parts_of(network)[1].source
    marks = [sha256(np.ascontiguousarray(array, dtype=np.int64).tobytes()) for array in arrays]
    return network.n_neurons, network.storage, *(mark.hexdigest() for mark in marks)


def _times(a: Any, b: Any) -> Any:
    """a·b modulo 2^32 of numbers below 2^32, without leaving 49 bits."""
    return ((a & 0xFFFF) * b + ((((a >> 16) * b) & 0xFFFF) << 16)) & MASK


def _power(network: QuantizedNetwork) -> Ints:
    result = np.zeros(network.n_neurons, dtype=np.int64)
    if network.power_neuron is not None:
        result[network.power_neuron] = network.power_amount
    return result


def _require_alike(networks: Sequence[QuantizedNetwork]) -> None:
    first = networks[0]
    seen: set[int] = set()
    for i, network in enumerate(networks):
        if id(network) in seen:
            continue
        seen.add(id(network))
        require_known(network, "the torch engine")
        pairs = (
            (network.n_neurons, first.n_neurons, "neurons"),
            (network.n_synapses, first.n_synapses, "synapses"),
            (network.storage, first.storage, "bits of storage"),
        )
        for mine, theirs, what in pairs:
            if mine != theirs:
                raise UsageError(
                    f"network {i} of the batch has {mine:,} {what}, and the first {theirs:,}",
                    "give variants of one brain",
                )
        driven = [parts_of(w)[1] for w in (network, first)]
        same = np.array_equal(network.source, first.source) and np.array_equal(
            network.target, first.target
        )
        if not same or not np.array_equal(driven[0].source, driven[1].source):
            raise UsageError(
                f"network {i} of the batch has other synapses than the first",
                "give variants of one brain",
            )
