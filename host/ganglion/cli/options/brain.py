"""The brain that a command runs, and what enters it: from any file and any stimulus.

In:  a path; the words of --stimulus and --inject.
Out: a network with its blob, the random stimulus or the inputs that the host feeds; warnings.
Never: lets a brain pass in which nothing can happen, or an input that never arrives, in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...brains import CONNECTOMES, network_of
from ...compiler import compile_connectome
from ...connectome.model import Connectome
from ...frontends.read import connectome_of
from ...network.model import QuantizedNetwork
from ...reference.injection import parse as parse_injections
from ...reference.inputs import FedInputs, Injection
from ...reference.real import Potentials
from ...reference.stimulus import RandomStimulus
from ...simulation.stimuli import Ports
from ...simulation.stimuli import parse as parse_stimulus
from .talk import settle, warn

NO_SYNAPSE = (
    "this brain has no synapse: nothing but Brain_Power will fire, so that no run of it proves "
    "anything; see what `ganglion lint` says of its mappings"
)


@dataclass(frozen=True, eq=False)
class Opened:
    """A brain to run; the connectome and its neurons in the network, if it was compiled now."""

    network: QuantizedNetwork
    blob: bytes
    connectome: Connectome | None = None
    neuron: NDArray[np.int64] | None = None  # connectome index of each neuron of the network


def open_brain(path: Path) -> Opened:
    """The brain of a file; a genome or a connectome is compiled. Warns of one that does nothing."""
    if path.suffix in CONNECTOMES:
        connectome, _ = connectome_of(path)
        brain = compile_connectome(connectome)
        opened = Opened(
            brain.network, brain.blob, connectome, brain.quantization.neuron.astype(np.int64)
        )
    else:
        opened = Opened(*network_of(path))
    for warning in silence_of(opened.network):
        warn(f"{path}: {warning}")
    settle()
    return opened


def silence_of(network: QuantizedNetwork) -> list[str]:
    """Why nothing, or next to nothing, can happen in a brain."""
    if network.n_synapses or network.layers:
        return []
    return [NO_SYNAPSE]


def inputs_of(
    opened: Opened, stimulus: str, injections: tuple[str, ...], bursts: int | None
) -> tuple[RandomStimulus | None, Mapping[int, Injection] | FedInputs]:
    """What enters a run of so many bursts: a random stimulus is made on both sides; anything else
    the host feeds. Raises StimulusError."""
    network = opened.network
    injected = parse_injections(injections, network, bursts)
    kind = stimulus.partition(":")[0]
    if kind in ("random", "none"):
        return RandomStimulus.parse(stimulus), injected
    if opened.connectome is not None:
        ports = Ports.of_connectome(opened.connectome)
    else:
        ports = Ports.of_network(network)
    real = parse_stimulus(stimulus, ports, network, opened.connectome)
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
        some = range(1, min(bursts, 100_000) + 1)
        if not any(fed.get(burst) for burst in some):
            warn(f"nothing of {stimulus} arrives in bursts 1 to {len(some):,}")
            settle()
    return None, fed


def tell_clamped(inputs: Mapping[int, Injection] | FedInputs) -> None:
    """Says what was fed and cut short."""
    if isinstance(inputs, FedInputs) and inputs.clamped:
        warn(
            f"{sum(inputs.clamped.values()):,} inputs in {len(inputs.clamped):,} bursts were "
            "larger than the brain takes, and cut: compile it with --max-input"
        )
