"""Records: populations, areas and networks of a few, for tests of what reads and writes each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganglion.network.model import AreaInfo, Population, QuantizedNetwork, SynapseClass


def population(first: int, count: int, area: int = 0, **fields: Any) -> Population:
    """One that keeps nothing."""
    usual = {"threshold": 1, "high": 0, "low": 0, "input_max": 9}
    return Population(first=first, count=count, area=area, **usual | fields)


def area(name: str, places: int, per_voxel: int = 1) -> AreaInfo:
    """One of so many voxels in a row."""
    return AreaInfo(name, name, "CUSTOM", (places, 1, 1), per_voxel, (0, 0, 0), 1.0)


def network_of(
    populations: Sequence[Population],
    areas: Sequence[AreaInfo],
    place: Sequence[int],
    classes: Sequence[SynapseClass] = (),
    synapses: Sequence[tuple[int, int, int, int]] = (),
) -> QuantizedNetwork:
    """`synapses`: source, target, class and weight of each."""
    columns = np.array(synapses, dtype=np.int64).reshape(-1, 4)
    columns = columns[np.lexsort(columns.T[[3, 1, 2, 0]])]
    return QuantizedNetwork(
        storage=32, state=32, populations=tuple(populations), classes=tuple(classes), inputs=(),
        areas=tuple(areas), offset=np.zeros(populations[-1].stop, np.int8),
        place=np.array(place, dtype=np.int64), source=columns[:, 0].astype(np.uint16),
        target=columns[:, 1].astype(np.uint16), klass=columns[:, 2].astype(np.uint16),
        weight=columns[:, 3].astype(np.int8),
    )  # fmt: skip
