"""Host update: a chip that can only add up synapses, and the reference for the rest of a burst.

In:  a network, and a function that delivers the synapses of the neurons that fired.
Out: a Runtime.
Never: delivers a synapse itself: the reference here has none.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...network.model import QuantizedNetwork
from ...reference.integers import Reference
from .runtime_device import Ints

Deliver = Callable[[Ints], tuple[Ints, Ints]]  # fired -> who is reached (each once), what it gets


class DeliveredRuntime:
    """R1 by `deliver`, everything else by the reference."""

    def __init__(self, network: QuantizedNetwork, deliver: Deliver) -> None:
        none = slice(0, 0)
        without = replace(
            network, source=network.source[none], target=network.target[none],
            klass=network.klass[none], weight=network.weight[none],
        )  # fmt: skip
        self._reference = Reference(without)
        self._deliver = deliver

    def reset(self) -> None:
        self._reference.reset()

    def step(self, stimulus: Ints, injected: Ints, hit: NDArray[np.bool_]) -> int:
        """The sums of synapses join the stimulus, which like them has no clamp of its own."""
        targets, amounts = self._deliver(self.fired)
        total, touched = stimulus.copy(), hit.copy()
        total[targets] += amounts
        touched[targets] = True
        neurons, extra = np.flatnonzero(touched), np.flatnonzero(injected)
        self._reference.step((neurons, total[neurons]), (extra, injected[extra]))
        return self._reference.digest()

    @property
    def potential(self) -> Ints:
        return self._reference.potential

    @property
    def countdown(self) -> Ints:
        return self._reference.countdown

    @property
    def consecutive(self) -> Ints:
        return self._reference.consecutive

    @property
    def fired(self) -> Ints:
        return self._reference.fired
