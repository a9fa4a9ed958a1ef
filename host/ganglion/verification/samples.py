"""Samples: a classifier's answers, in integers and on a device that is proved equal.

In:  a brain of layers, samples as spikes of its inputs, a device if there is one.
Out: of each sample what its output layer sent in all bursts, or what was read out at each.
Never: takes a device's word: each burst of each sample is verified, counts of spikes among it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..compiler import LayeredBrain
from ..errors import MismatchError
from ..reference.inputs import FedInputs
from ..reference.integers import Reference
from .verify import Target, verify

Real = NDArray[np.float64]
Fed = tuple[NDArray[np.int64], NDArray[np.float32]]


def answers(
    brain: LayeredBrain,
    samples: NDArray[np.integer],
    device: Target | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Real:
    """(S, outputs) sums over the bursts, of samples (S, T, inputs as the file has them).

    With a device, which has the brain already, each sample is run there too, from zero. Raises
    MismatchError if one of its bursts is not the reference's.
    """
    real, made = brain.connectome.layers, brain.network.layers
    source, out = made[0].first, made[brain.connectome.output]
    layer, note = (
        real[brain.connectome.output], brain.quantization.notes[brain.connectome.output]
    )  # fmt: skip
    reference = Reference(brain.network)
    result = np.zeros((len(samples), out.count))
    for s, sample in enumerate(samples):
        reference.reset()
        fed: list[Fed] = []
        for row in sample:
            x = row.reshape(-1)[real[0].order].astype(np.int64)
            some = np.flatnonzero(x)
            reference.step(None, (source + some, x[some]))
            fed.append((source + some, x[some].astype(np.float32)))
            counts = reference.counts[out.first : out.stop].astype(np.float64)
            if layer.threshold is None:
                counts = reference.potential[out.first : out.stop] * note.unit + layer.start
            result[s, layer.order] += counts
        if device is not None:
            inputs = FedInputs(f"sample {s}", brain.network, _each(fed))
            verdict = verify(brain.network, device, len(sample), None, injected=inputs)
            if not verdict.identical:
                raise MismatchError(
                    f"sample {s}: the device and the reference part: {verdict.divergence}",
                    "deploy the brain again; if they part again, send this line to its makers",
                )
        progress(s + 1)
    return result


def _each(fed: list[Fed]) -> Callable[[int], Fed]:
    """What enters in a burst; bursts count from 1."""
    return lambda burst: fed[burst - 1]
