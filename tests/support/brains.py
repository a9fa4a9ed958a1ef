"""A small brain that fires, counts and rests, made without a genome.

In:  nothing.
Out: its connectome.
Never: a random number.
"""

import numpy as np

from ganglion.connectome.model import Area, Connectome

N_INPUTS = 100  # each excites two neurons of "out" and one of "slow"


def small_connectome(n_inputs: int = N_INPUTS) -> Connectome:
    """n inputs; 2n neurons that fire with them; n that gather, leak and rest."""
    areas = (
        _area("in", "IPU", 0, n_inputs, accumulates=False),
        _area("out", "OPU", n_inputs, 2 * n_inputs, accumulates=False),
        _area("slow", "CUSTOM", 3 * n_inputs, n_inputs, accumulates=True),
    )
    n = 4 * n_inputs
    area = np.repeat([0, 1, 2], [n_inputs, 2 * n_inputs, n_inputs]).astype(np.int32)
    inputs = np.arange(n_inputs)
    source = np.repeat(inputs, 3)
    first = n_inputs + 2 * inputs
    target = np.stack([first, first + 1, 3 * n_inputs + inputs], axis=1).ravel()
    zeros = np.zeros(n, np.float32)
    return Connectome(
        genome_id="test",
        title="a small brain for tests",
        precision="int8",
        timestep=0.01,
        areas=areas,
        power_neuron=None,
        area=area,
        threshold=np.array([1, 1, 3], np.float32)[area],
        threshold_limit=zeros,
        leak=np.array([0, 0, 0.25], np.float32)[area],
        refractory_period=np.array([0, 0, 2], np.uint16)[area],
        consecutive_fire_limit=np.array([0, 3, 0], np.uint16)[area],
        snooze=np.array([0, 1, 0], np.uint16)[area],
        excitability=np.ones(n, np.float32),
        source=source.astype(np.int32),
        target=target.astype(np.int32),
        weight=np.ones(len(source), np.uint8),
        psp=np.ones(len(source), np.uint8),
        inhibitory=np.zeros(len(source), np.bool_),
        projection=np.zeros(len(source), np.int32),
        projections=((0, 1, "spread"),),
    )


def _area(name: str, group: str, first: int, count: int, accumulates: bool) -> Area:
    return Area(
        id=f"i{name}"[:6].ljust(6, "_"),
        name=name,
        group=group,
        dimensions=(count, 1, 1),
        neurons_per_voxel=1,
        position=(0, 0, 0),
        first=first,
        count=count,
        mp_charge_accumulation=accumulates,
        mp_driven_psp=False,
        psp_uniform=True,
    )
