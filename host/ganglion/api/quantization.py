"""Quantization: how a connectome becomes integers, and the scale factors that came of it.

In:  what a person asks for; brains, genomes or files of scales.
Out: QuantizeOptions; the scales of a brain, how two differ, what every width would make of them.
Never: changes a brain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..analysis.fidelity.choice import QuantizeChoice, configs_in
from ..blob.container import BLOB_SUFFIX, brain_id
from ..brains import CONNECTOMES, NIR_SUFFIX, network_of
from ..compiler import compile_connectome
from ..files import read_bytes, write_bytes
from ..frontends.read import connectome_of
from ..quantization.description import QuantizationConfig, configs_of
from ..quantization.options import INPUTS, STATES, WEIGHTS, WIDE_WEIGHTS, QuantizeOptions
from ..quantization.scales import Difference, Prospect, compare, prospects, to_bytes

__all__ = [
    "INPUTS", "STATES", "WEIGHTS", "WIDE_WEIGHTS", "Difference", "Prospect", "QuantizationConfig",
    "QuantizeChoice", "QuantizeOptions", "Scales", "compare_scales", "prospects_of", "scales_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scales:
    """The scale factors of a brain, by area."""

    areas: Sequence[QuantizationConfig]
    brain_id: str
    """empty where it is not known"""

    def save(self, path: Path) -> None:
        """Writes a file to edit, and to give back with `QuantizeChoice.scales`."""
        write_bytes(path, to_bytes(self.areas, self.brain_id))


def scales_of(path: Path) -> Scales:
    """The scales of a brain, of what one is compiled from, or of a file of them.

    Raises QuantizeError, BlobError, or what reading raises.
    """
    if path.suffix == NIR_SUFFIX:
        network, blob = network_of(path)
        return Scales(configs_of(network), brain_id(blob).hex())
    if path.suffix in CONNECTOMES and not _is_scales(path):
        brain = compile_connectome(connectome_of(path)[0])
        return Scales(configs_of(brain.network), brain.id)
    name = brain_id(read_bytes(path)).hex() if path.suffix == BLOB_SUFFIX else ""
    return Scales(configs_in(path), name)


def compare_scales(first: Scales, second: Scales) -> list[Difference]:
    """Area by area, how the scales of two brains differ."""
    return list(compare(first.areas, second.areas))


def prospects_of(path: Path) -> list[Prospect]:
    """What each state width would give every area of a genome or connectome; of others nothing."""
    if path.suffix not in CONNECTOMES or _is_scales(path):
        return []
    return prospects(connectome_of(path)[0], QuantizeOptions())


def _is_scales(path: Path) -> bool:
    return path.suffix == ".json" and b'"ganglion scales' in read_bytes(path)[:200]
