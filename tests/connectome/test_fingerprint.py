"""The fingerprint: as SPEC.md 6.1 lays its bytes out, and of everything that has an effect."""

import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest

from ganglion.connectome.fingerprint import fingerprint
from tests.support.brains import small_connectome
from tools.networks import random_connectome


def test_it_is_the_hash_of_the_bytes_that_the_specification_lists() -> None:
    c = small_connectome()
    told = struct.pack("<4I", len(c.areas), c.n_neurons, c.n_synapses, 0xFFFFFFFF)
    for a in c.areas:
        told += bytes([len(a.id)]) + a.id.encode()
        told += struct.pack("<IIIII", *a.dimensions, a.neurons_per_voxel, a.first)
        told += bytes([a.mp_charge_accumulation + 2 * a.mp_driven_psp + 4 * a.psp_uniform])
    for array in (
        c.area, c.threshold, c.threshold_limit, c.leak, c.refractory_period,
        c.consecutive_fire_limit, c.snooze, c.excitability, c.source, c.target, c.weight, c.psp,
        c.inhibitory,
    ):  # fmt: skip
        told += array.tobytes()
    assert fingerprint(c) == hashlib.sha256(told).digest()[:8]


@pytest.mark.parametrize("name", ["threshold", "leak", "snooze", "weight", "psp", "inhibitory"])
def test_a_change_anywhere_is_another_connectome(name: str) -> None:
    c = random_connectome(1)
    array = getattr(c, name).copy()
    array[-1] = not array[-1] if array.dtype == np.bool_ else array[-1] + 1
    assert fingerprint(replace(c, **{name: array})) != fingerprint(c)


def test_names_of_areas_and_where_they_are_drawn_play_no_part() -> None:
    c = random_connectome(2)
    moved = tuple(replace(a, name=f"other {a.name}", position=(9, 9, 9)) for a in c.areas)
    assert fingerprint(replace(c, areas=moved, title="another")) == fingerprint(c)
