"""Torch runtime: a batch of one as a device, so that verify says whether a GPU here is exact.

In:  a network; torch's word for a device (cpu, cuda, cuda:1, mps, xpu).
Out: a Runtime: state, spikes and digests as that device computes them.
Never: a device that torch does not have.
"""

import numpy as np
from numpy.typing import NDArray

from ...network.model import QuantizedNetwork
from .runtime_device import Ints, Maker, Runtime
from .torch_batch import Batch, torch_package


def maker(words: str = "") -> Maker:
    """`words` is torch's name of a device; nothing means cpu. Raises ToolError without torch."""
    torch_package()

    def make(network: QuantizedNetwork) -> Runtime:
        return TorchRuntime(network, words or "cpu")

    return make


class TorchRuntime:
    """One brain in a batch of one."""

    def __init__(self, network: QuantizedNetwork, device: str) -> None:
        self._batch = Batch.of(network, 1, device)

    def reset(self) -> None:
        self._batch.reset()

    def step(self, stimulus: Ints, injected: Ints, hit: NDArray[np.bool_]) -> int:
        self._batch.step(stimulus[None], injected[None], hit[None])
        return int(self._batch.digests()[0])

    @property
    def potential(self) -> Ints:
        return self._one("potential")

    @property
    def countdown(self) -> Ints:
        return self._one("countdown")

    @property
    def consecutive(self) -> Ints:
        return self._one("consecutive")

    @property
    def fired(self) -> Ints:
        result: Ints = np.flatnonzero(self._one("fired"))
        return result

    def _one(self, name: str) -> Ints:
        result: Ints = getattr(self._batch, name)[0].cpu().numpy().astype(np.int64)
        return result
