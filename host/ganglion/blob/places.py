"""Blob places: where the neurons of each population sit in their area (SPEC.md, 5.7).

In:  a QuantizedNetwork, or the bytes of PLACES with populations and areas.
Out: the bytes, or the place of every neuron.
Never: a record for a population whose neurons fill their area from its first place on.
"""

import struct
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from ..network.model import MAX_NEURONS, AreaInfo, Population, QuantizedNetwork
from .sections import require

RUN, COUNT = struct.Struct("<IHH"), struct.Struct("<H")
LARGE_RUN, LARGE_COUNT = struct.Struct("<III"), struct.Struct("<I")  # 5.11
FARTHEST = 0xFFFF  # from one place of a run to the next


def placed(network: QuantizedNetwork) -> list[int]:
    """The populations that do not fill their area from its first place on."""
    own = network.place - (np.arange(network.n_neurons) - network.per_neuron("first"))
    found: list[int] = np.unique(network.population_of[own != 0]).tolist()
    return found


def _runs(place: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(first place, count, step) of the longest possible runs, from the first place on."""
    steps = np.diff(place)
    changes = np.append(np.flatnonzero(np.diff(steps)) + 1, len(steps)).tolist()
    result, at, k = [], 0, 0
    while at < len(place):
        step, count = 1, 1
        if at < len(steps) and 0 < steps[at] <= FARTHEST:
            while changes[k] <= at:
                k += 1
            step, count = int(steps[at]), changes[k] - at + 1
        result.append((int(place[at]), count, step))
        at += count
    return result


def encode_places(network: QuantizedNetwork, populations: Collection[int]) -> bytes:
    result = b""
    count, form = (LARGE_COUNT, LARGE_RUN) if network.host_only else (COUNT, RUN)
    for i in sorted(populations):
        p = network.populations[i]
        runs = _runs(network.place[p.first : p.stop])
        result += count.pack(len(runs)) + b"".join(form.pack(*run) for run in runs)
    return result


def decode_places(
    data: bytes,
    populations: Sequence[Population],
    areas: Sequence[AreaInfo],
    recorded: Collection[int],
) -> NDArray[np.int64]:
    result: list[NDArray[np.int64]] = []
    at = 0
    large = populations[-1].stop > MAX_NEURONS
    head, form = (LARGE_COUNT, LARGE_RUN) if large else (COUNT, RUN)
    for i, p in enumerate(populations):
        require(p.area < len(areas), f"population {i} is of area {p.area} of {len(areas)}")
        area = areas[p.area]
        room = int(np.prod(area.dimensions, dtype=object)) * area.neurons_per_voxel
        runs = [(0, p.count, 1)]
        if i in recorded:
            require(at + head.size <= len(data), f"the places of population {i} are cut")
            (count,) = head.unpack_from(data, at)
            end = at + head.size + form.size * count
            require(end <= len(data), f"the places of population {i} are cut")
            runs = list(form.iter_unpack(data[at + head.size : end]))
            at = end
        for start, size, step in runs:
            last = start + (size - 1) * step
            require(size > 0 and step > 0 and last < room, f"place {last} is outside {area.id}")
        total = sum(size for _, size, _ in runs)
        require(total == p.count, f"population {i} has {total} places for {p.count} neurons")
        result += [start + np.arange(size, dtype=np.int64) * step for start, size, step in runs]
    require(at == len(data), f"{len(data) - at} bytes follow the places")
    return np.concatenate(result)
