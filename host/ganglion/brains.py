"""Brains: any file that a person names, as a brain.

In:  the path of a blob, a genome or a connectome.
Out: a network in integers, and its blob.
Never: guesses what a file is but by its suffix and its first bytes.
"""

from pathlib import Path

from .blob.container import decode
from .compiler import compile_connectome
from .errors import BlobError
from .files import read_bytes
from .frontends.read import connectome_of
from .network.model import QuantizedNetwork

RECORDING = b"\x89GBR\r\n\x1a\n"  # SPEC.md 8
CONNECTOMES = (".json", ".npz")


def network_of(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The network of a blob, and the blob. Raises BlobError, which names the file."""
    blob = read_bytes(path)
    if blob.startswith(RECORDING):
        raise BlobError(
            f"{path} is a recording, and not a brain",
            "`ganglion replay`, `plot` and `export` read it",
        )
    if blob[:1].strip() == b"{" or blob.startswith(b"PK\x03\x04"):
        kind, end = ("genome", ".json") if blob.startswith(b"{") else ("connectome", ".npz")
        raise BlobError(
            f"{path} looks like a {kind}, and its name does not end in {end}",
            "rename it, and it is compiled",
        )
    try:
        return decode(blob), blob
    except BlobError as error:
        raise BlobError(f"{path}: {error.fact}", error.remedy) from None


def open_brain(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The brain of a .gbn file; a genome or a connectome is compiled first."""
    if path.suffix in CONNECTOMES:
        brain = compile_connectome(connectome_of(path)[0])
        return brain.network, brain.blob
    return network_of(path)
