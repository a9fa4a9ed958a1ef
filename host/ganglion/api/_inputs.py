"""Inputs: what enters a run of a brain: drawn on both sides, or fed by the host.

In:  an opened brain; the words of a stimulus and of injections; how many bursts.
Out: its RunInputs.
Never: lets an input that never arrives pass in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..reference.injection import parse as parse_injections
from ..reference.inputs import FedInputs, Injection
from ..reference.real import Potentials
from ..reference.stimulus import RandomStimulus
from ..simulation.stimuli import Ports, parse
from .brains import OpenedBrain

__all__ = ["RunInputs", "inputs_of"]

_LOOKED_AT = 100_000  # bursts of a stimulus file, for one in which anything arrives


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What enters a run: `stimulus` is made on both sides; anything else the host feeds."""

    stimulus: RandomStimulus | None
    injected: Mapping[int, Injection] | FedInputs
    warnings: tuple[str, ...] = ()

    @property
    def fed(self) -> FedInputs | None:
        """What the host feeds, burst by burst, if it does."""
        return self.injected if isinstance(self.injected, FedInputs) else None

    @property
    def clamped(self) -> str:
        """What was fed so far and cut short, in a sentence; nothing if all was taken whole."""
        if self.fed is None or not self.fed.clamped:
            return ""
        return (
            f"{sum(self.fed.clamped.values()):,} inputs in {len(self.fed.clamped):,} bursts were "
            "larger than the brain takes, and cut: compile it with --max-input"
        )


def inputs_of(
    opened: OpenedBrain, stimulus: str, injections: tuple[str, ...], bursts: int | None
) -> RunInputs:
    """What enters a run of so many bursts. Raises StimulusError."""
    network = opened.network
    injected = parse_injections(injections, network, bursts)
    kind = stimulus.partition(":")[0]
    if kind in ("random", "none"):
        return RunInputs(RandomStimulus.parse(stimulus), injected)
    if opened.connectome is not None:
        ports = Ports.of_connectome(opened.connectome)
    else:
        ports = Ports.of_network(network)
    real = parse(stimulus, ports, network, opened.connectome)
    order = None if opened.neuron is None else np.argsort(opened.neuron)

    def potentials(burst: int) -> Potentials:
        neurons, sizes = real.inputs(burst)
        if order is None or opened.neuron is None:
            return neurons, sizes
        ascending = opened.neuron[order]
        at = np.minimum(np.searchsorted(ascending, neurons), len(ascending) - 1)
        kept = ascending[at] == neurons
        return order[at[kept]], sizes[kept]

    fed = FedInputs(stimulus, network, potentials, injected)
    if bursts is not None and kind == "file":
        some = range(1, min(bursts, _LOOKED_AT) + 1)
        if not any(fed.get(burst) for burst in some):
            said = f"nothing of {stimulus} arrives in bursts 1 to {len(some):,}"
            return RunInputs(None, fed, (said,))
    return RunInputs(None, fed)
