"""Host runtime: an engine of this computer as the device, beside another one as the reference.

In:  a network; in each burst what a runtime is given.
Out: what a runtime gives.
Never: is compared with itself: against numba stands numpy, against numpy numba.
"""

import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from ...network.model import QuantizedNetwork
from ...reference.engine import MISSING, engine_of, reference_of

Ints = NDArray[np.int64]


class HostRuntime:
    """See runtime_device.Runtime."""

    def __init__(self, network: QuantizedNetwork, engine: str) -> None:
        self.reference = reference_of(network, engine=engine)

    @property
    def potential(self) -> Ints:
        return self.reference.potential

    @property
    def countdown(self) -> Ints:
        return self.reference.countdown

    @property
    def consecutive(self) -> Ints:
        return self.reference.consecutive

    @property
    def fired(self) -> Ints:
        return self.reference.fired

    def reset(self) -> None:
        self.reference.reset()

    def step(self, stimulus: Ints, injected: Ints, hit: NDArray[np.bool_]) -> int:
        neurons = np.flatnonzero(hit)
        given = np.flatnonzero(injected)
        self.reference.step((neurons, stimulus[neurons]), (given, injected[given]))
        return self.reference.digest()


class HostMaker:
    """Makes runtimes of one engine."""

    def __init__(self, engine: str) -> None:
        self.engine = engine

    def __call__(self, network: QuantizedNetwork) -> HostRuntime:
        """Raises ToolError where numba is missing, UsageError where the reference would be the
        same engine."""
        if self.engine == "numpy" == engine_of(network):
            raise UsageError(
                "numpy computes the reference of this brain, and would be compared with itself",
                f"name another device, or install numba: {MISSING}",
            )
        return HostRuntime(network, self.engine)
