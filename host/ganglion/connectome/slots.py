"""Slots: the places of memory neurons, as areas of a connectome.

In:  a connectome, what it is to learn, how many places each memory area gets.
Out: the connectome with that learning, an area of places for each memory area behind the others.
Never: changes the number of a neuron that was there.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import ConnectomeError
from .learning import Learning
from .model import Area, Connectome

MOST_SLOTS = 65_535


def with_slots(c: Connectome, learning: Learning, slots: int) -> Connectome:
    """The connectome that learns. Raises ConnectomeError unless slots is 1 to 65,535.

    A place is a neuron that fires whenever it gets something and keeps nothing.
    """
    if not 0 < slots <= MOST_SLOTS:
        raise ConnectomeError(
            f"each memory area would have {slots} places", f"give it 1 to {MOST_SLOTS}"
        )
    memory, areas = [], list(c.areas)
    n = c.n_neurons
    taken = {area.id for area in areas}
    for number, described in enumerate(learning.memory_areas):
        area = c.areas[described.area]
        name = f"M{area.id[1:8]}"
        if name in taken or len(name.encode()) > 8:
            name = f"M{number:_>7}"
        taken.add(name)
        memory.append(replace(described, first=n, slots=slots))
        areas.append(
            Area(
                id=name,
                name=f"{area.name} (memory)",
                group="MEMORY",
                dimensions=(slots, 1, 1),
                neurons_per_voxel=1,
                position=area.position,
                first=n,
                count=slots,
                mp_charge_accumulation=False,
                mp_driven_psp=False,
                psp_uniform=True,
            )
        )
        n += slots
    more = n - c.n_neurons
    added = {
        "area": np.repeat(np.arange(len(c.areas), len(areas), dtype=np.int32), slots),
        "threshold": np.ones(more, np.float32),
        "threshold_limit": np.zeros(more, np.float32),
        "leak": np.zeros(more, np.float32),
        "refractory_period": np.zeros(more, np.uint16),
        "consecutive_fire_limit": np.zeros(more, np.uint16),
        "snooze": np.zeros(more, np.uint16),
        "excitability": np.ones(more, np.float32),
    }
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(c, name), new]) for name, new in added.items()
    }
    return replace(
        c, areas=tuple(areas), learning=replace(learning, memory_areas=tuple(memory)), **columns
    )
