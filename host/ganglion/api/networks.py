"""Networks: trained ones in NIR's format, as the tool means them that made them.

In:  the path of a .nir file; what such a file does not say.
Out: under `nir_meaning`, whatever reads such a file reads it so.
Never: fills in what its user left open.
"""

from pathlib import Path

from ..brains import NIR_SUFFIX, NirMeaning, nir_meaning
from ..frontends.nir.facts import SOURCES

__all__ = ["SOURCES", "NirMeaning", "is_network", "nir_meaning"]


def is_network(path: Path) -> bool:
    """Whether a file is such a network, by its name."""
    return path.suffix == NIR_SUFFIX
