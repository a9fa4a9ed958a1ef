"""Random connectomes with every feature of the contract at once, for tests of equality."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ganglion.blob import encode
from ganglion.compiler import Brain, golden
from ganglion.connectome import Area, Connectome, Dynamics

STATES = ("int8", "int16", "int32")


def random_connectome(seed: int, neurons: int = 60, fan_out: int = 6) -> Connectome:
    """Five areas of unlike kinds; parameters vary inside an area; weights of both signs."""
    rng = np.random.default_rng(seed)
    ids = ("___power", "cacc____", "cplain__", "i_in____", "omotor__")
    counts = (1, *(int(n) for n in rng.integers(neurons // 8, neurons // 2, 4)))
    total = sum(counts)
    area = np.repeat(np.arange(5), counts).astype(np.int32)
    dynamics = [Dynamics.EVERY_BURST if rng.random() < 0.4 else Dynamics.ON_INPUT for _ in ids]
    areas = tuple(
        Area(
            id=name,
            name=name.strip("_"),
            group="CORE" if k == 0 else "IPU" if k == 3 else "CUSTOM",
            dimensions=(counts[k], 1, 1),
            neurons_per_voxel=1,
            position=(k, 0, 0),
            first=sum(counts[:k]),
            count=counts[k],
            mp_charge_accumulation=k in (1, 4) or bool(rng.random() < 0.3),
            mp_driven_psp=k == 4 and bool(rng.random() < 0.5),
            psp_uniform=bool(rng.random() < 0.5),
            dynamics=dynamics[k],
        )
        for k, name in enumerate(ids)
    )

    def some(values: list[float], share: float, dtype: type) -> NDArray[np.generic]:
        picked = rng.choice(values, total)
        return np.where(rng.random(total) < share, picked, 0).astype(dtype)

    source = np.sort(rng.integers(0, total, total * fan_out)).astype(np.int32)
    excitability = np.where(rng.random(total) < 0.2, rng.random(total), 1.0).astype(np.float32)
    return Connectome(
        genome_id=f"random-{seed}",
        title=f"random network {seed}",
        precision="int8",
        timestep=0.01,
        areas=areas,
        power_neuron=0,
        area=area,
        threshold=rng.choice([0.0, 1.0, 5.0, 12.5, 40.0], total).astype(np.float32),
        threshold_limit=some([20.0, 60.0, 400.0], 0.15, np.float32),
        leak=some([0.02, 0.1, 0.5, 1.0], 0.6, np.float32),
        refractory_period=some([1, 2, 5], 0.4, np.uint16),
        consecutive_fire_limit=some([1, 2, 3], 0.4, np.uint16),
        snooze=some([1, 4], 0.4, np.uint16),
        excitability=excitability,
        source=source,
        target=rng.integers(0, total, len(source)).astype(np.int32),
        weight=rng.integers(0, 12, len(source)).astype(np.uint8),
        psp=rng.integers(0, 4, len(source)).astype(np.uint8),
        inhibitory=rng.random(len(source)) < 0.3,
        projection=np.zeros(len(source), dtype=np.int32),
    )


def with_one_weight_changed(brain: Brain) -> tuple[bytes, int]:
    """A brain whose self-test passes, and the neuron that its one wrong weight reaches."""
    network = brain.network
    klass = network.klass.copy()
    uniform = [k for k, c in enumerate(network.classes) if c.weight and c.multiplier]
    reached = np.isin(network.source, np.flatnonzero(network.per_neuron("area") == 0))
    synapse = int(np.flatnonzero(np.isin(klass, uniform) & reached)[0])
    extra = replace(network.classes[klass[synapse]], multiplier=1)
    classes = sorted(
        {*network.classes, extra},
        key=lambda c: (c.mp_driven, c.weight, c.multiplier, c.cap, c.shift),
    )
    where = {c: i for i, c in enumerate(classes)}
    klass = np.array([where[network.classes[k]] for k in klass], dtype=np.uint16)
    klass[synapse] = where[extra]
    order = np.lexsort((network.weight, network.target, klass, network.source))
    changed = replace(
        network,
        classes=tuple(classes),
        klass=klass[order],
        target=network.target[order],
        weight=network.weight[order],
    )
    changed = replace(changed, golden=golden(changed))
    return encode(changed), int(network.target[synapse])
