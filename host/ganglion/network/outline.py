"""Outline: a network of which only the shape is known: areas and their neurons, no synapses.

In:  areas and the places of their neurons; or nothing but a number of neurons.
Out: a QuantizedNetwork that pictures and monitors can speak of by area and voxel.
Never: is run.
"""

import numpy as np
from numpy.typing import NDArray

from .model import AreaInfo, Population, QuantizedNetwork

Ints = NDArray[np.int64]


def outline(areas: list[tuple[AreaInfo, Ints]]) -> QuantizedNetwork:
    """Neurons in the order given; an area without any is left out."""
    some = [(info, places) for info, places in areas if len(places)]
    populations, first = [], 0
    for i, (_, places) in enumerate(some):
        populations.append(
            Population(
                first=first, count=len(places), area=i, threshold=1, high=0, low=0, input_max=0
            )
        )
        first += len(places)
    none = np.zeros(0, dtype=np.int64)
    return QuantizedNetwork(
        storage=32,
        state=32,
        populations=tuple(populations),
        classes=(),
        inputs=(),
        areas=tuple(info for info, _ in some),
        offset=np.zeros(first, dtype=np.int8),
        place=np.concatenate([none, *(places for _, places in some)]),
        source=none.astype(np.uint16),
        target=none.astype(np.uint16),
        klass=none.astype(np.uint16),
        weight=none.astype(np.int8),
    )


def unknown(neurons: int) -> QuantizedNetwork:
    """A brain that nobody has the file of: all its neurons in one area, in a row."""
    info = AreaInfo("unknown", "unknown brain", "CUSTOM", (neurons, 1, 1), 1, (0, 0, 0), 1.0)
    return outline([(info, np.arange(neurons))])
