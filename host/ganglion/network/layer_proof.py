"""Proof of layers: no sum that a burst forms in a layer leaves 32 bits (SPEC 12.6).

In:  the layers of a network, from quantization/layers.py or from anybody's blob.
Out: nothing, or a BlobError that names the layer.
Never: trusts what the compiler said.
"""

import numpy as np

from ..errors import BlobError
from .layers import LIMIT, Ints, Layer, Path

REMEDY = "compile it again, with weights and thresholds closer together"


def prove_layers(layers: tuple[Layer, ...]) -> None:
    """Raises BlobError if what arrives at a neuron in one burst could leave 32 bits."""
    for number, layer in enumerate(layers):
        reach = np.abs(layer.spread(layer.bias)).astype(np.int64)
        for path in layer.paths:
            reach = reach + largest(path, layers[path.source].most, layer)
        worst = int(reach.max(initial=0))
        if worst > 2**31 - 1:
            raise BlobError(
                f"layer {number} could gather {worst} in one burst, beyond 32 bits", REMEDY
            )


def largest(path: Path, most: int, layer: Layer) -> Ints:
    """(count,) a bound of what a path can bring to each neuron, with either sign."""
    sizes = np.abs(path.weight.astype(np.int64))
    inside = path.pool[0] * path.pool[1]
    if path.conv:
        sums = np.tile(sizes.sum(axis=(0, 1, 2)), layer.count // path.target_dims[2])
    else:
        sums = sizes.sum(axis=0)
    result: Ints = sums * most * inside * layer.spread(path.multiplier)
    return result


def rules(layer: Layer) -> bool:
    """Whether every number of a layer is within its range."""
    vectors = (layer.threshold, layer.size, layer.reset_to, layer.bias, layer.drift)
    return all(int(np.abs(v).max(initial=0)) <= LIMIT for v in vectors)
