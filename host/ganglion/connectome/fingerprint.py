"""Fingerprint: eight bytes that name a connectome (SPEC.md 6.1).

In:  a connectome.
Out: the first 8 bytes of a SHA-256 over all that has an effect.
Never: depends on the machine, on names of areas or on where they are drawn.
"""

import hashlib
import struct
from collections.abc import Iterator

from .learning import Learning
from .model import Connectome, Dynamics

NONE = 0xFFFFFFFF
ARRAYS = {
    "area": "<i4", "threshold": "<f4", "threshold_limit": "<f4", "leak": "<f4",
    "refractory_period": "<u2", "consecutive_fire_limit": "<u2", "snooze": "<u2",
    "excitability": "<f4", "source": "<i4", "target": "<i4", "weight": "u1", "psp": "u1",
    "inhibitory": "u1",
}  # fmt: skip


def fingerprint(connectome: Connectome) -> bytes:
    """8 bytes that name a connectome: every array and flag that has an effect."""
    sha = hashlib.sha256()
    for part in _parts(connectome):
        sha.update(part)
    return sha.digest()[:8]


def _parts(c: Connectome) -> Iterator[bytes]:
    power = NONE if c.power_neuron is None else c.power_neuron
    yield struct.pack("<4I", len(c.areas), c.n_neurons, c.n_synapses, power)
    for a in c.areas:
        text = a.id.encode()
        every = a.dynamics is Dynamics.EVERY_BURST
        flags = a.mp_charge_accumulation | a.mp_driven_psp << 1 | a.psp_uniform << 2 | every << 3
        yield bytes([len(text)]) + text
        yield struct.pack("<5IB", *a.dimensions, a.neurons_per_voxel, a.first, flags)
    for name, dtype in ARRAYS.items():
        yield getattr(c, name).astype(dtype).tobytes()
    if c.learning:
        yield from _learned(c.learning)


def _learned(learning: Learning) -> Iterator[bytes]:
    fatigue = NONE if learning.fatigue_area is None else learning.fatigue_area
    yield struct.pack(
        "<5I", len(learning.rules), len(learning.memory_areas), len(learning.twins),
        learning.memory_capacity, fatigue,
    )  # fmt: skip
    for rule in learning.rules:
        yield struct.pack("<3I", rule.source, rule.target, rule.window)
        flags = rule.associative | rule.inhibitory << 1
        yield bytes([rule.strengthen, rule.weaken, rule.psp, flags])
    for memory in learning.memory_areas:
        yield struct.pack(
            "<7I", memory.area, memory.depth, memory.init_lifespan, memory.growth,
            memory.longterm_threshold, memory.first, memory.slots,
        )  # fmt: skip
        yield struct.pack(f"<I{len(memory.upstream)}I", len(memory.upstream), *memory.upstream)
    for twin in learning.twins:
        yield struct.pack("<3If", twin.memory_area, twin.upstream, twin.twin, twin.potential)
        yield struct.pack("<I", len(twin.shown))
        yield twin.shown.astype("<u4").tobytes() + twin.played.astype("<u4").tobytes()
