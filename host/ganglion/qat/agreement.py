"""Agreement: a trained model beside the brain that was compiled of it, sample by sample.

In:  a model, its Brain (fit), spikes; a device, or none for the reference.
Out: how many samples, bursts and spikes are equal.
Never: a tolerance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiler import Brain, LayeredBrain
from ..device.device import Device
from ..link.messages import Burst
from ..network.model import QuantizedNetwork
from ..reference.integers import Reference
from ..simulation.accelerators.torch_batch import torch_package
from .model import run

torch = torch_package()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a model and its brain agree, by the neurons of the last layer."""

    samples: int
    equal_counts: int  # samples whose spike counts are all equal
    equal_bursts: int  # samples that fire the same in every burst
    predictions: NDArray[np.int64]  # (samples,) the brain's: the output that fired most

    @property
    def share(self) -> float:
        """The share of samples whose spike counts are equal."""
        return self.equal_counts / self.samples

    def __str__(self) -> str:
        return (
            f"{self.equal_counts} of {self.samples} samples have equal spike counts, "
            f"{self.equal_bursts} are equal in every burst"
        )


def verify(
    model: Any, brain: Brain | LayeredBrain, spikes: Any, device: Device | None = None
) -> Agreement:
    """Runs both on spikes (B, bursts, inputs), 0 or 1, for as many bursts as `run` gives.

    `device` has the brain already, and takes at most 64 spikes in a burst (SPEC.md 7.2). Raises
    UsageError for spikes of another shape.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            ours = run(model, spikes).cpu().numpy().astype(np.int64)
    finally:
        model.train(was_training)
    ours = ours.reshape(*ours.shape[:2], -1)
    if isinstance(brain, LayeredBrain):
        real = brain.connectome.layers[-1]
        column, here = real.order, brain.network.layers[-1]
        mine = np.arange(here.first, here.stop)
        inputs = np.argsort(brain.connectome.layers[0].order)
    else:
        mine, column = _outputs(brain, ours.shape[2])
        inputs = _inputs(brain, spikes.shape[2])
    given = np.asarray(spikes.cpu().numpy(), dtype=bool)
    given = given.reshape(*given.shape[:2], -1)
    counts = bursts = 0
    predictions = []
    for sample in range(len(given)):
        theirs = np.zeros_like(ours[sample])
        run_of = _fired(brain.network, inputs, given[sample], ours.shape[1], device)
        for t, fired in enumerate(run_of):
            at = np.searchsorted(mine, fired)
            hit = (at < len(mine)) & (mine[np.minimum(at, len(mine) - 1)] == fired)
            theirs[t, column[at[hit]]] = 1
        counts += int((theirs.sum(0) == ours[sample].sum(0)).all())
        bursts += int((theirs == ours[sample]).all())
        predictions.append(int(theirs.sum(0).argmax()))
    return Agreement(len(given), counts, bursts, np.array(predictions, dtype=np.int64))


def _outputs(brain: Brain, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The neurons of the last area, and which output each is."""
    areas = brain.network.per_neuron("area")
    outputs = brain.quantization.areas.index(int(max(brain.quantization.areas)))
    mine = np.flatnonzero(areas == outputs)
    # Neurons that nothing reaches are left out of a brain; they never fire in the model either.
    column = brain.quantization.neuron[mine]
    return mine, column - column.min() if len(column) == count else brain.network.place[mine]


def _inputs(brain: Brain, count: int) -> NDArray[np.int64]:
    """The neuron of each input, -1 where there is none."""
    inputs = np.full(count, -1, dtype=np.int64)
    at = np.flatnonzero(brain.network.per_neuron("area") == 0)
    if len(at) and brain.quantization.areas[0] == 0:
        inputs[brain.network.place[at]] = at
    return inputs


def _fired(
    network: QuantizedNetwork, inputs: NDArray[np.int64], spikes: NDArray[np.bool_], bursts: int,
    device: Device | None,
) -> Iterator[NDArray[np.int64]]:  # fmt: skip
    """Who fires in each burst."""
    amount = np.ones_like(network.place) if network.layers else network.per_neuron("input_max")
    reference = Reference(network)
    if device is not None:
        device.configure(stepped=True)
        device.start(bursts)
    for t in range(bursts):
        neurons = inputs[spikes[t]] if t < len(spikes) else inputs[:0]
        neurons = neurons[neurons >= 0]
        if device is None:
            yield reference.step(None, (neurons, amount[neurons]))
            continue
        device.inject(zip(neurons.tolist(), amount[neurons].tolist(), strict=True), t + 1)
        found = [event for event in device.step() if isinstance(event, Burst)]
        yield found[0].neurons.astype(np.int64)
    if device is not None:
        device.stop()
