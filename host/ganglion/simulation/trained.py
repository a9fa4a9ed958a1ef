"""Trained: a NIR file in the float32 of the tool that means it, as an engine.

In:  the Model of a NIR file and the brain that it became; potentials by the brain's numbers.
Out: the neurons that fired, in the brain's numbers.
Never: rounds to the brain's integers; runs a NIR file in float16: no tool is held to that.
"""

import numpy as np
from numpy.typing import NDArray

from ..compiler import LayeredBrain
from ..connectome.layered import RealLayer
from ..errors import UsageError
from ..frontends.nir.floats import FloatModel
from ..frontends.nir.lower import node_of
from ..frontends.nir.model import Model
from ..quantization.layers import MOST_INPUTS
from ..reference.real import RealStimulus
from .engines import Indices, Potentials, canonical

ONLY = "a trained network is run in fp32, as its tool does, or in int8"


def is_float(precision: str | None) -> bool:
    """Whether a NIR file is to be run in float32. Raises UsageError for float16."""
    chosen = canonical(precision or "int8")
    if chosen == "fp16":
        raise UsageError(f"{ONLY}, and fp16 was asked for", "use fp32 or int8")
    return chosen == "fp32"


class TrainedEngine:
    """One burst is one step of the tool. What enters a layer of inputs is how often it fires."""

    precision = "fp32"
    state = None

    def __init__(self, model: Model, brain: LayeredBrain) -> None:
        self.network = brain.network
        self.burst = 0
        self._model = FloatModel(model)
        self._layers = brain.connectome.layers
        self._nodes = [node_of(model, layer) for layer in self._layers]
        self._first = [layer.first for layer in brain.network.layers]
        longest = max((layer.late for layer in self._layers), default=0)
        self._past: list[dict[str, NDArray[np.float32]]] = []  # what fired, the last step first
        self._kept = max(1, longest)

    def step(
        self, inputs: Potentials | None = None, fired_before: Indices | None = None
    ) -> Indices:
        """One burst; returns the neurons that fired, ascending."""
        if fired_before is not None:
            raise UsageError("a trained network has no open loop", "compare it as it fires")
        self.burst += 1
        arrived = np.zeros(self._layers[0].count)
        if inputs is not None:
            arrived = self._enter(*inputs)
        entry = self._layers[0]
        x = np.empty(entry.count)
        x[entry.order] = np.clip(np.floor(arrived), 0, MOST_INPUTS)
        self._model.step(x.reshape(entry.shape))
        self._past = [dict(self._model.z), *self._past][: self._kept]
        fired = [
            first + np.flatnonzero(self.counts(number) > 0)
            for number, first in enumerate(self._first)
        ]
        return np.concatenate(fired).astype(np.int64)

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices:
        """One burst with what the stimulus has for it."""
        return self.step(stimulus.inputs(self.burst + 1), fired_before)

    def counts(self, number: int) -> NDArray[np.float32]:
        """How often each neuron of a layer fired in the last burst; never, in what is read out."""
        layer = self._layers[number]
        if layer.threshold is None:
            return np.zeros(layer.count, np.float32)
        if not layer.late:
            return self._in_order(layer, self._past[0][self._nodes[number]])
        if not layer.repeats:
            return np.full(layer.count, float(self.burst >= layer.late), np.float32)
        if len(self._past) < layer.late:
            return np.zeros(layer.count, np.float32)
        return self._in_order(layer, self._past[layer.late - 1][layer.repeats])

    def look(self, neuron: int) -> tuple[float, float | None]:
        """The potential of a neuron above where it starts, and its threshold, as the tool has them;
        of what only sends on, how often it fired, and 1."""
        number = int(np.searchsorted(self._first, neuron, side="right")) - 1
        layer, at = self._layers[number], neuron - self._first[number]
        if layer.name not in self._model.v:
            return float(self.counts(number)[at]) if self._past else 0.0, 1.0
        v = float(self._in_order(layer, self._model.v[layer.name])[at] - layer.start[at])
        return v, None if layer.threshold is None else float(layer.threshold[at] - layer.start[at])

    def _enter(self, neurons: Indices, sizes: NDArray[np.float32]) -> NDArray[np.float64]:
        """What enters the inputs; what enters other neurons is added to their potentials."""
        entry = self._layers[0]
        here = neurons < entry.count
        arrived = np.zeros(entry.count)
        np.add.at(arrived, neurons[here], sizes[here])
        for neuron, size in zip(neurons[~here].tolist(), sizes[~here].tolist(), strict=True):
            number = int(np.searchsorted(self._first, neuron, side="right")) - 1
            layer = self._layers[number]
            if layer.name in self._model.v:
                at = int(layer.order[neuron - self._first[number]])
                self._model.v[layer.name].reshape(-1)[at] += np.float32(size)
        return arrived

    @staticmethod
    def _in_order(layer: RealLayer, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return values.reshape(-1)[layer.order]
