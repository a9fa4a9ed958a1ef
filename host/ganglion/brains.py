"""Brains: any file that a person names, as a brain.

In:  the path of a blob, a genome or a connectome.
Out: a network in integers, and its blob.
Never: guesses what a file is but by its suffix and its first bytes.
"""

from pathlib import Path

from .blob.container import decode
from .compiler import compile_connectome
from .files import read_bytes
from .frontends.read import connectome_of
from .network.model import QuantizedNetwork


def network_of(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The network of a blob, and the blob. Raises BlobError."""
    blob = read_bytes(path)
    return decode(blob), blob


def open_brain(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The brain of a .gbn file; a genome or a connectome is compiled first."""
    if path.suffix in (".json", ".npz"):
        brain = compile_connectome(connectome_of(path)[0])
        return brain.network, brain.blob
    blob = read_bytes(path)
    return decode(blob), blob
