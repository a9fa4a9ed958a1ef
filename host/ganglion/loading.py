"""Loading: whatever file a person names, as the stage that a command needs.

In:  the path of a genome (.json), a developed connectome (.npz) or a blob (.gbn).
Out: a connectome with its notices, or a network with its blob.
Never: decides anything: reading, developing and decoding are other modules'.
"""

from pathlib import Path

from . import genome
from .blob import decode
from .connectome import Connectome, Dynamics
from .development import develop_with_notices
from .errors import BlobError, GanglionError
from .genome import Notice, Policy
from .network import QuantizedNetwork


def connectome_of(
    path: Path, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> tuple[Connectome, tuple[Notice, ...]]:
    """The connectome of a genome or of a connectome file, and what was odd.

    Raises GenomeError or ConnectomeError.
    """
    if path.suffix == ".npz":
        return Connectome.load(path), ()
    developed = develop_with_notices(genome.read(path, policy), policy, dynamics)
    return developed.connectome, developed.notices


def network_of(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The network of a blob, and the blob. Raises BlobError."""
    blob = read_bytes(path)
    return decode(blob), blob


def read_bytes(path: Path) -> bytes:
    """A blob's bytes. Raises BlobError if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BlobError(
            f"{path} cannot be read: {error.strerror}", "check the path, or compile the brain first"
        ) from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there stays until the new one is complete."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise GanglionError(
            f"{path} cannot be written: {error.strerror}", "check the path and the free space"
        ) from None
