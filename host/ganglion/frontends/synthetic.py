"""Synthetic: networks of any size whose activity is known, for benchmarks and tests.

In:  neurons, fan-out, a share that should fire per burst, dynamics, a seed.
Out: a Connectome: an input area of a tenth of the neurons, and a population that it drives.
Never: depends on anything but its arguments: the generator is numpy's PCG64, seeded.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Area, Connectome, Dynamics

KINDS = 4  # parameter classes: threshold, leak and refractory period differ between them


def network(
    neurons: int,
    fan_out: int = 10,
    *,
    dynamics: Dynamics = Dynamics.ON_INPUT,
    gain: float = 1.0,
    seed: int = 1,
) -> Connectome:
    """`neurons` neurons with `fan_out` synapses each, and a tenth as many inputs with as many.

    30 % of the rows inhibit. Weights are 1..127, psp 1; `gain` scales thresholds down. Each
    neuron accumulates, leaks, and is refractory for one to three bursts.
    """
    rng = np.random.default_rng(seed)
    inputs = max(1, neurons // 10)
    total = inputs + neurons
    kind = np.arange(neurons) * KINDS // neurons  # neurons of one class lie together
    thresholds = np.array([150, 200, 250, 300], dtype=np.float32) / np.float32(gain)
    leaks = np.array([0.10, 0.15, 0.20, 0.25], dtype=np.float32)
    refractory = np.array([1, 2, 2, 3], dtype=np.uint16)
    source = np.repeat(np.arange(total, dtype=np.int32), fan_out)
    target = (inputs + rng.integers(0, neurons, len(source))).astype(np.int32)
    inhibitory = np.repeat(rng.random(total) < 0.3, fan_out)
    inhibitory[: inputs * fan_out] = False

    def column(first: float, rest: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([np.full(inputs, first, dtype=rest.dtype), rest])

    areas = (
        Area("i_inputs", "Inputs", "IPU", (inputs, 1, 1), 1, (0, 0, 0), 0, inputs,
             False, False, True, dynamics),
        Area("cpopulat", "Population", "CUSTOM", (neurons, 1, 1), 1, (0, 0, 0), inputs, neurons,
             True, False, True, dynamics),
    )  # fmt: skip
    return Connectome(
        genome_id=f"synthetic-{neurons}-{fan_out}-{dynamics.value}-{gain}-{seed}",
        title=f"{neurons:,} neurons, {neurons * fan_out:,} synapses",
        precision="int8",
        timestep=0.01,
        areas=areas,
        power_neuron=None,
        area=np.repeat(np.array([0, 1], dtype=np.int32), (inputs, neurons)),
        threshold=column(1, thresholds[kind]),
        threshold_limit=np.zeros(total, dtype=np.float32),
        leak=column(0, leaks[kind]),
        refractory_period=column(0, refractory[kind]),
        consecutive_fire_limit=np.zeros(total, dtype=np.uint16),
        snooze=np.zeros(total, dtype=np.uint16),
        excitability=np.ones(total, dtype=np.float32),
        source=source,
        target=target,
        weight=rng.integers(1, 128, len(source)).astype(np.uint8),
        psp=np.ones(len(source), dtype=np.uint8),
        inhibitory=inhibitory,
        projection=np.zeros(len(source), dtype=np.int32),
    )
