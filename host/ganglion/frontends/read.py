"""Loading: whatever file a person names, as the stage that a command needs.

In:  the path of a genome (.json), a developed connectome (.npz) or a blob (.gbn).
Out: a connectome with its notices, or a network with its blob.
Never: decides anything: reading, developing and decoding are other modules'.
"""

from pathlib import Path

from ..connectome import npz
from ..connectome.model import Connectome, Dynamics
from . import feagi as genome
from .feagi import Notice, Policy
from .feagi.develop import develop_with_notices


def connectome_of(
    path: Path, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> tuple[Connectome, tuple[Notice, ...]]:
    """The connectome of a genome or of a connectome file, and what was odd.

    Raises GenomeError or ConnectomeError.
    """
    if path.suffix == ".npz":
        return npz.load(path), ()
    developed = develop_with_notices(genome.read(path, policy), policy, dynamics)
    return developed.connectome, developed.notices
