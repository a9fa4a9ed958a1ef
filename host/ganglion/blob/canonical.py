"""Canonical: what makes one blob of one network, and is not seen in one record alone (SPEC 5.9).

In:  the network of a blob whose records are each in range.
Out: nothing, or a BlobError that names the rule.
Never: refuses what a compiler of this specification can make: what cannot be told from a blob
       alone, 5.9 says.
"""

import math

import numpy as np

from ..network.model import Population, QuantizedNetwork
from .sections import require

WIDTHS = ((16, 8), (16, 16), (32, 8), (32, 32))  # storage and state
_FARTHEST = 127  # of an offset from B upwards; what is above moves B
_ROOM = 2**32  # places of an area: PLACES names one in 32 bits


def check_one_form(network: QuantizedNetwork) -> None:
    """Raises BlobError for a second way to write a network."""
    for i, p in enumerate(network.populations):
        _check_population(network, i, p)
    require("\0" not in network.board, "the board's name goes on behind a zero byte")
    _check_classes(network)
    _check_areas(network)
    _check_inputs(network)


def _check_population(network: QuantizedNetwork, i: int, p: Population) -> None:
    hashed = not p.always and p.excitability > 0
    require(hashed or p.id == 0, f"population {i} has the id {p.id}, and nothing hashes it")
    if not p.threshold_step:
        return
    offsets = np.unique(network.offset[p.first : p.stop].astype(np.int64))
    require(len(offsets) > 1, f"the thresholds of population {i} vary, and are all the same")
    spread = int(offsets[-1] - offsets[0])
    common = math.gcd(*np.diff(offsets).tolist())
    require(common == 1, f"the threshold offsets of population {i} are multiples of {common}")
    least = -max(0, spread - _FARTHEST)
    require(
        int(offsets[0]) == least,
        f"the least threshold offset of population {i} is {offsets[0]}, not {least}",
    )


def _check_classes(network: QuantizedNetwork) -> None:
    keys = [
        (c.mp_driven, c.weight, c.multiplier, c.cap, c.shift, c.few_bits) for c in network.classes
    ]
    for i in range(1, len(keys)):
        require(keys[i - 1] < keys[i], f"class {i} does not ascend from the one before")
    for i, c in enumerate(network.classes):
        plain = c.weight == -1 and not c.mp_driven
        require(not plain or c.multiplier > 0, f"class {i} takes away 0")
    used = np.zeros(len(keys), dtype=bool)
    used[network.klass] = True
    first = int(np.argmin(np.append(used, False)))  # that is not
    require(first == len(keys), f"no synapse is of class {first}")


def _check_areas(network: QuantizedNetwork) -> None:
    ids = [area.id for area in network.areas]
    require(len(set(ids)) == len(ids), "two areas have one id")
    area_of = network.per_neuron("area")
    for i, area in enumerate(network.areas):
        places = network.place[area_of == i]
        require(len(places) > 0, f"area {area.id} has no population")
        require(len(np.unique(places)) == len(places), f"two neurons of {area.id} are at one place")
        require("\0" not in area.id + area.name, f"area {i} has a zero byte in its id or name")
        room = math.prod(area.dimensions) * area.neurons_per_voxel
        require(room <= _ROOM, f"area {area.id} has {room} places")


def _check_inputs(network: QuantizedNetwork) -> None:
    most = network.per_neuron("input_max")
    for reach in network.inputs:
        allowed = int(most[reach.first : reach.first + reach.count].min())
        require(
            reach.amount <= allowed,
            f"the input from {reach.first} on is {reach.amount}, and {allowed} may enter",
        )
    if network.power_neuron is not None:
        allowed = int(most[network.power_neuron])
        require(
            1 <= network.power_amount <= allowed,
            f"the power is {network.power_amount}, and 1 to {allowed} may enter",
        )
