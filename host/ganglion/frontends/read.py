"""Loading: whatever file a person names, as the stage that a command needs.

In:  the path of a genome (.json), a developed connectome (.npz) or a blob (.gbn).
Out: a connectome with its notices, or a network with its blob.
Never: decides anything: reading, developing and decoding are other modules'.
"""

from pathlib import Path

from ..connectome import npz
from ..connectome.model import Connectome, Dynamics
from ..errors import ConnectomeError, GanglionError, GenomeError
from . import feagi as genome
from .feagi import Notice, Policy
from .feagi.develop import develop_with_notices


def connectome_of(
    path: Path, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> tuple[Connectome, tuple[Notice, ...]]:
    """The connectome of a genome or of a connectome file, and what was odd.

    Raises GenomeError or ConnectomeError.
    """
    try:
        if path.suffix == ".npz":
            return npz.load(path), ()
        developed = develop_with_notices(genome.read(path, policy), policy, dynamics)
    except (GenomeError, ConnectomeError) as error:
        raise _named(path, error) from None
    return developed.connectome, developed.notices


def _named(path: Path, error: GanglionError) -> GanglionError:
    """The error, saying of which file; and what the file is, if it is something else of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except (OSError, ValueError):
        return error
    if head.startswith((b"\x89GBN", b"\x89GBR")):
        kind = "a compiled brain" if head.startswith(b"\x89GBN") else "a recording"
        return type(error)(
            f"{path} is {kind}, and a genome is needed", "name the genome that it came from"
        )
    if head.startswith(b"\x89HDF"):
        return type(error)(
            f"{path} is a network in HDF5, as NIR's are, and a genome is needed",
            "compile it (`ganglion compile FILE.nir --source TOOL -o B.gbn`), and name the brain",
        )
    if str(path) in error.fact:
        return error
    return type(error)(f"{path}: {error.fact}", error.remedy)
