"""Branches of layers: which decisions of SPEC 12 a run meets, as branches.py does for the burst.

In:  layers; their update, as it runs.
Out: the branches that the layers have; those that the run meets, told to whoever asks.
Never: changes what the run does.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..network.layer_proof import largest
from ..network.layers import LIMIT, Ints, Layer
from .layers import LayerReference

BRANCHES = (
    "layer sum at LIM", "layer fires", "layer fires again", "layer fires at most",
    "layer resets in the next burst", "layer loses input", "layer at LO", "layer at HI",
)  # fmt: skip
Note = Callable[[str, NDArray[np.bool_]], None]


def branches_of(layers: tuple[Layer, ...]) -> frozenset[str]:
    """The branches that a run of the layers can meet, as far as their parameters tell."""
    found: set[str] = set()
    for layer in layers:
        reach = np.abs(layer.spread(layer.bias)).astype(np.int64)
        for path in layer.paths:
            reach = reach + largest(path, layers[path.source].most, layer)
        has = {
            "layer sum at LIM": bool((reach > LIMIT).any()),
            "layer fires": layer.emit > 0,
            "layer fires again": layer.emit == 2 and layer.most > 1,
            "layer fires at most": layer.emit == 2,
            "layer resets in the next burst": layer.at > 0,
            "layer loses input": layer.loses_input,
            "layer at LO": True,
            "layer at HI": True,
        }
        found.update(name for name, there in has.items() if there)
    return frozenset(found)


class LayerWitness(LayerReference):
    """A LayerReference that tells what it meets."""

    def __init__(self, layers: tuple[Layer, ...], note: Note) -> None:
        super().__init__(layers)
        self._note = note

    def _gathered(self, x: Ints) -> None:
        self._note("layer sum at LIM", np.abs(x) > LIMIT)

    def _counted(self, z: Ints, layer: Layer) -> None:
        self._note("layer fires again", (z > 1) & (layer.most > 1))
        self._note("layer fires at most", z > layer.most)

    def _decided(self, layer: Layer, fires: NDArray[np.bool_], j: Ints, z: Ints, w: Ints) -> None:
        note = self._note
        fires = fires & (layer.emit > 0)
        note("layer fires", fires if layer.from_old else z > 0)
        if layer.at > 0:
            note("layer resets in the next burst", fires)
        if layer.loses_input:
            note("layer loses input", fires & (j != 0))
        note("layer at LO", w < layer.low)
        note("layer at HI", w > layer.high)
