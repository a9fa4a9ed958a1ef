"""Akida runtime: synapses on the software backend of BrainChip's Akida, the update on this host.

In:  a network without mp-driven synapses; the package akida, which has a licence of its own.
Out: a Runtime whose R1 is what Akida's layers gave, and whose U1 to U7 are the reference's.
Never: the chip itself: a mapped model does not run without one. `fits` says what the vendor's own
       mapper says of it.

A contribution is a sum of digits of base 15, in −7..7, which are the 4-bit weights of one
FullyConnected layer each; spikes are its 1-bit inputs, and without an activation it gives raw i32
sums. One more layer of ones says who was reached.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError, UsageError
from ...network.model import QuantizedNetwork
from .host_update import DeliveredRuntime
from .onnx_delivery import digits_of, parts_of
from .runtime_device import Ints, Maker, Runtime

BASE = 15
MOST_WEIGHTS = 1 << 24  # of one layer


def maker(words: str = "") -> Maker:
    """Raises UsageError for any word, ToolError if the package is missing."""
    if words:
        raise UsageError(f"akida has no provider {words!r}", "write akida")
    _package()

    def make(network: QuantizedNetwork) -> Runtime:
        return DeliveredRuntime(network, AkidaDelivery(network))

    return make


def _package() -> Any:
    try:
        return import_module("akida")
    except ImportError:
        raise ToolError(
            "the package akida is not installed",
            "run pip install akida (mind its licence), or use another device",
        ) from None


class AkidaDelivery:
    """R1 as layers: of the S sources and D targets that have synapses."""

    def __init__(self, network: QuantizedNetwork) -> None:
        plain, driven = parts_of(network)
        if len(driven):
            raise UsageError(
                f"{len(driven):,} synapses are driven by the potential of their source, which "
                "no layer of Akida computes",
                "use the device onnx for this brain",
            )
        self._akida = _package()
        self._n = network.n_neurons
        self._sources, row = np.unique(plain.source, return_inverse=True)
        self._targets, column = np.unique(plain.target, return_inverse=True)
        shape = len(self._sources), len(self._targets)
        if shape[0] * shape[1] > MOST_WEIGHTS:
            raise UsageError(
                f"{shape[0]:,} sources and {shape[1]:,} targets make a layer of "
                f"{shape[0] * shape[1]:,} weights",
                f"use the device onnx, or a brain of at most {MOST_WEIGHTS:,}",
            )
        self.models: list[Any] = []
        if not len(plain):
            return
        sums = np.zeros(shape, dtype=np.int64)
        np.add.at(sums, (row, column), plain.contribution)
        reached = np.zeros(shape, dtype=np.int8)
        reached[row, column] = 1
        self.models = [self._layer(m) for m in (reached, *digits_of(sums, BASE))]

    def __call__(self, fired: Ints) -> tuple[Ints, Ints]:
        """The neurons that synapses reached, ascending, and what each got."""
        none = np.zeros(0, dtype=np.int64)
        if not self.models or not len(fired):
            return none, none
        spikes = np.zeros(self._n, dtype=np.uint8)
        spikes[fired] = 1
        inputs = spikes[self._sources].reshape(1, 1, 1, -1)
        touches, *digits = (m.forward(inputs).astype(np.int64).ravel() for m in self.models)
        total = np.zeros(len(self._targets), dtype=np.int64)
        for power, digit in enumerate(digits):
            total += digit * BASE**power
        return self._targets[touches > 0], total[touches > 0]

    def fits(self, device: Any) -> str:
        """What the vendor's mapper says of each layer on a virtual device, in one sentence."""
        try:
            for model in self.models:
                model.map(device, hw_only=True)
        except RuntimeError as error:
            return f"does not fit: {str(error).strip().splitlines()[0]}"
        return f"each of its {len(self.models)} layers fits"

    def _layer(self, weights: NDArray[np.int8]) -> Any:
        sources, targets = weights.shape
        model = self._akida.Model()
        model.add(self._akida.InputData(input_shape=(1, 1, sources), input_bits=1))
        model.add(self._akida.FullyConnected(targets, weights_bits=4, activation=False))
        model.layers[1].set_variable("weights", weights.reshape(1, 1, sources, targets))
        return model
