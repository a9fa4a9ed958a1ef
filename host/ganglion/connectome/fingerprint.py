"""Fingerprint: eight bytes that name a connectome (SPEC.md 6.1).

In:  a connectome.
Out: the first 8 bytes of a SHA-256 over all that has an effect.
Never: depends on the machine, on names of areas or on where they are drawn.
"""

import hashlib
import json

from .model import Connectome


def fingerprint(connectome: Connectome) -> bytes:
    """8 bytes that name a connectome: every array and flag that has an effect."""
    sha = hashlib.sha256()
    for a in connectome.areas:
        flags = (a.mp_charge_accumulation, a.mp_driven_psp, a.psp_uniform, a.dynamics.value)
        sha.update(repr((a.id, a.dimensions, a.neurons_per_voxel, a.first, flags)).encode())
    sha.update(repr(connectome.power_neuron).encode())
    for name in (
        "area", "threshold", "threshold_limit", "leak", "refractory_period",
        "consecutive_fire_limit", "snooze", "excitability", "source", "target", "weight", "psp",
        "inhibitory",
    ):  # fmt: skip
        array = getattr(connectome, name)
        sha.update(name.encode() + array.astype(array.dtype.newbyteorder("<")).tobytes())
    if connectome.learning:
        sha.update(json.dumps(connectome.learning.plain(), sort_keys=True).encode())
    return sha.digest()[:8]
