"""Brains: what is read, compiled, kept as a file, and opened to be run.

In:  paths of genomes (.json), connectomes (.npz), NIR files (.nir) and brains (.gbn); or values.
Out: Connectome, Brain, StoredBrain; an OpenedBrain for whatever runs one; .gbn files.
Never: runs a brain; lets one pass in silence in which nothing can happen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..blob.container import decode
from ..brains import CONNECTOMES, network_of
from ..compiler import Brain, StoredBrain, compile_connectome
from ..connectome.model import Connectome
from ..files import read_bytes, write_bytes
from ..frontends.feagi import Policy
from ..frontends.read import connectome_of
from ..network.model import QuantizedNetwork
from ..quantization.options import QuantizeOptions

__all__ = [
    "Brain", "Connectome", "OpenedBrain", "Place", "Source", "StoredBrain", "compile", "load",
    "open_brain", "read", "save",
]  # fmt: skip

NO_SYNAPSE = (
    "this brain has no synapse: nothing but Brain_Power will fire, so that no run of it proves "
    "anything; see what `ganglion lint` says of its mappings"
)
Place = str | Path
Source = Place | Connectome | StoredBrain
"""A brain, what it is compiled from, or the path of either."""


@dataclass(frozen=True, slots=True)
class OpenedBrain(StoredBrain):
    """A brain to run; the connectome and its neurons in the network, if it was compiled now."""

    connectome: Connectome | None = None
    neuron: NDArray[np.int64] | None = None
    """(N,) the connectome's index of each neuron of the network"""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why nothing, or next to nothing, can happen in it."""
        return silence_of(self.network)


def read(path: Place, policy: Policy | None = None) -> Connectome:
    """The connectome of a genome (.json) or of a connectome file (.npz).

    `policy` says what to do where a genome is ambiguous. Raises GenomeError or ConnectomeError.
    """
    return connectome_of(Path(path), policy)[0]


def compile(
    source: Place | Connectome,
    options: QuantizeOptions | None = None,
    *,
    board: str = "",
    counter: int = 0,
) -> Brain:
    """The brain of a connectome, in integers, with its overflow proof and golden vector.

    The same connectome and options give the same bytes on every machine. `board`: the name of the
    only board that may run it, "" = any. `counter`: a device refuses to go back to a lower one.
    Raises QuantizeError, DoesNotFitError, or what `read` raises.
    """
    connectome = source if isinstance(source, Connectome) else read(source)
    return compile_connectome(connectome, options, board=board, counter=counter)


def load(path: Place) -> StoredBrain:
    """The brain in a .gbn file, checked and proved. Raises BlobError."""
    blob = read_bytes(Path(path))
    return StoredBrain(decode(blob), blob)


def save(brain: StoredBrain, path: Place) -> None:
    """Writes a brain as a .gbn file, whole or not at all. Raises GanglionError."""
    write_bytes(Path(path), brain.blob)


def open_brain(source: Source) -> OpenedBrain:
    """A brain to be run: as it is, or compiled from its genome, connectome or network.

    Its `warnings` say why next to nothing can happen in it. Raises what reading or compiling does.
    """
    if isinstance(source, OpenedBrain):
        return source
    if isinstance(source, StoredBrain):
        return OpenedBrain(source.network, source.blob)
    if not isinstance(source, Connectome):
        path = Path(source)
        if path.suffix not in CONNECTOMES:
            return OpenedBrain(*network_of(path))
        source = read(path)
    brain = compile_connectome(source)
    neuron = brain.quantization.neuron.astype(np.int64)
    return OpenedBrain(brain.network, brain.blob, source, neuron)


def silence_of(network: QuantizedNetwork) -> tuple[str, ...]:
    """Why nothing, or next to nothing, can happen in a brain."""
    return () if network.n_synapses or network.layers else (NO_SYNAPSE,)
