"""Layers: what a trained network (.nir) becomes, node by node and layer by layer.

In:  the path of such a file, under what its user said of it (networks.nir_meaning).
Out: a verdict on each of its nodes; its layers, before quantization.
Never: hides that a fact is a tool's default.
"""

from pathlib import Path

from ..analysis.nir_verdicts import STATUSES
from ..analysis.nir_verdicts import Verdict as NodeVerdict
from ..analysis.nir_verdicts import verdicts as verdicts_of
from ..brains import nir_model, said_of_nir
from ..connectome.layered import LayeredConnectome
from ..frontends.nir.lower import lower

__all__ = ["STATUSES", "LayeredConnectome", "NodeVerdict", "layers_of", "node_verdicts"]


def node_verdicts(path: Path, bits: int = 8) -> tuple[NodeVerdict, ...]:
    """What becomes of each node with weights of so many bits. Raises NirError."""
    return verdicts_of(path, said_of_nir().facts(), bits)


def layers_of(path: Path) -> LayeredConnectome:
    """The layers that it becomes, as real numbers have them. Raises NirError."""
    return lower(nir_model(path))
