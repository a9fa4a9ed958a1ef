"""Neurons: the story of one, from a brain and, if given, the genome it came from.

In:  a .gbn file, a neuron by number or by area and voxel.
Out: sentences, and the same facts JSON-ready.
Never: runs the brain.
"""

from pathlib import Path

from ..analysis.explain import NeuronReport, find, neuron_report
from ..brains import network_of
from ..frontends.feagi import Policy
from ..frontends.read import connectome_of

__all__ = ["NeuronReport", "explain"]


def explain(
    path: Path, neuron: str, genome: Path | None = None, policy: Policy | None = None
) -> NeuronReport:
    """Everything about a neuron: a number, or AREA:X,Y,Z.

    `genome`: what the brain was compiled from, to say how far quantization moved it. Raises
    BlobError, UsageError, MismatchError if the genome is another brain's.
    """
    network, _ = network_of(path)
    connectome = connectome_of(genome, policy)[0] if genome else None
    return neuron_report(network, find(network, neuron), connectome)
