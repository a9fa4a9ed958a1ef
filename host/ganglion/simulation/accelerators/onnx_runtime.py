"""ONNX runtime: the graph of a brain on onnxruntime, or on ONNX's own reference evaluator.

In:  a network, a provider of onnxruntime (or `reference`) and a delivery.
Out: a Runtime: state, spikes and digests as that runtime computes them.
Never: another provider than the one asked for; onnxruntime itself falls back without an error.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError, UsageError
from ...network.model import QuantizedNetwork
from .onnx_delivery import DELIVERIES
from .onnx_model import FED, KINDS, NEXT, burst_model, state_names
from .runtime_device import Ints, Maker, Runtime

SUFFIX = "ExecutionProvider"
REFERENCE = "reference"


def maker(words: str) -> Maker:
    """PROVIDER[:DELIVERY]; nothing means cpu:event.

    Raises UsageError for words that mean nothing here, ToolError if a package is missing.
    """
    provider, _, delivery = words.partition(":")
    delivery = delivery or "event"
    if delivery not in DELIVERIES:
        raise UsageError(f"the delivery {delivery!r} is unknown", f"use {', '.join(DELIVERIES)}")
    chosen = _provider(provider or "cpu")

    def make(network: QuantizedNetwork) -> Runtime:
        return OnnxRuntime(network, chosen, delivery)

    return make


def providers() -> list[str]:
    """The short names of the providers that onnxruntime has here, and `reference`."""
    names = [name.removesuffix(SUFFIX).lower() for name in _package().get_available_providers()]
    return [*names, REFERENCE]


def _package() -> Any:
    try:
        return import_module("onnxruntime")
    except ImportError:
        raise ToolError(
            "the package onnxruntime is not installed", "run pip install 'ganglion[onnx]'"
        ) from None


def _provider(word: str) -> str:
    """The full name of a provider. Raises UsageError if it is not here."""
    if word == REFERENCE:
        return word
    for name in _package().get_available_providers():
        if word.lower() in (name.lower(), name.removesuffix(SUFFIX).lower()):
            return str(name)
    raise UsageError(
        f"onnxruntime has no provider {word!r} here",
        f"use {', '.join(providers())}, or install the build of onnxruntime that has it",
    )


class OnnxRuntime:
    """A brain in one session."""

    def __init__(self, network: QuantizedNetwork, provider: str, delivery: str) -> None:
        self._names = state_names(network)
        self._n = network.n_neurons
        model = burst_model(network, delivery=delivery)
        if provider == REFERENCE:
            evaluator = import_module("onnx.reference")
            self._session: Any = evaluator.ReferenceEvaluator(model)
        else:
            self._session = session(model.SerializeToString(), provider)
        self._outputs = [*(name + NEXT for name in self._names), "digest"]
        self.reset()

    def reset(self) -> None:
        n = self._n
        self._state: dict[str, NDArray[Any]] = {
            name: np.zeros(1 if name in ("burst", "chain") else n, dtype=KINDS[name])
            for name in self._names
        }
        self._unpack()

    def step(self, stimulus: Ints, injected: Ints, hit: NDArray[np.bool_]) -> int:
        fed = zip(FED.items(), (stimulus, injected, hit), strict=True)
        inputs = {name: values.astype(kind) for (name, kind), values in fed}
        *state, digest = self._session.run(self._outputs, {**self._state, **inputs})
        self._state = dict(zip(self._names, state, strict=True))
        self._unpack()
        return int(digest[0])

    def _unpack(self) -> None:
        none = np.zeros(self._n, dtype=np.int64)
        self.potential = self._state["potential"].astype(np.int64)
        self.countdown = self._state.get("countdown", none).astype(np.int64)
        self.consecutive = self._state.get("consecutive", none).astype(np.int64)
        self.fired = np.flatnonzero(self._state["fired"])


def session(model: bytes, provider: str = "CPUExecutionProvider") -> Any:
    """An onnxruntime session of one thread, on that provider and no other.

    Raises ToolError if onnxruntime does not take the model, or would run it elsewhere.
    """
    package = _package()
    options = package.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        made = package.InferenceSession(model, options, providers=[provider])
    except Exception as error:  # each provider has its own kinds
        first = str(error).strip().splitlines()[0]
        raise ToolError(
            f"onnxruntime does not take the brain on {provider}: {first}",
            "try another provider, or another delivery (onnx:PROVIDER:sparse)",
        ) from None
    if made.get_providers()[0] != provider:
        raise ToolError(
            f"onnxruntime would run the brain on {made.get_providers()[0]} in place of {provider}",
            "install the driver that the provider needs",
        )
    return made
