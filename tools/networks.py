"""Random connectomes with every feature of the contract at once, for tests of equality."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ganglion.blob.container import encode
from ganglion.compiler import Brain, golden
from ganglion.connectome.model import Area, Connectome, Dynamics

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


def camera(side: int = 32) -> Connectome:
    """A picture, what each of its points does to nine of another, eight motors: all by rules."""
    n = side * side
    counts = (n, n, 8)
    names = (("icamera_", "IPU"), ("cedges__", "CUSTOM"), ("omotor__", "OPU"))
    areas = tuple(
        Area(
            id=name, name=name.strip("_"), group=group, dimensions=(count, 1, 1),
            neurons_per_voxel=1, position=(0, 0, k), first=sum(counts[:k]), count=count,
            mp_charge_accumulation=k > 0, mp_driven_psp=False, psp_uniform=True,
        )
        for k, ((name, group), count) in enumerate(zip(names, counts, strict=True))
    )  # fmt: skip
    area = np.repeat([0, 1, 2], counts).astype(np.int32)
    y, x, dy, dx = np.indices((side - 2, side - 2, 3, 3)).reshape(4, -1)
    point = np.arange(n)
    source = np.concatenate([(y + 1) * side + x + 1, n + point])
    target = np.concatenate([n + (y + dy) * side + x + dx, 2 * n + point * 8 // n])
    order = np.lexsort((target, source))
    zeros = np.zeros(len(area), np.float32)
    return Connectome(
        genome_id="camera",
        title="a camera",
        precision="int8",
        timestep=0.01,
        areas=areas,
        power_neuron=None,
        area=area,
        threshold=np.array([1, 3, 20], np.float32)[area],
        threshold_limit=zeros,
        leak=np.array([0, 0.1, 0.5], np.float32)[area],
        refractory_period=np.array([0, 0, 2], np.uint16)[area],
        consecutive_fire_limit=np.array([0, 3, 0], np.uint16)[area],
        snooze=np.array([0, 1, 0], np.uint16)[area],
        excitability=np.ones(len(area), np.float32),
        source=source[order].astype(np.int32),
        target=target[order].astype(np.int32),
        weight=np.ones(len(source), np.uint8),
        psp=np.ones(len(source), np.uint8),
        inhibitory=np.zeros(len(source), np.bool_),
        projection=np.where(source[order] < n, 0, 1).astype(np.int32),
        projections=((0, 1, "3 by 3"), (1, 2, "by row")),
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
