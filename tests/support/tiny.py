"""Connectomes of a few neurons, written down where a test can see all of them at once."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ganglion.connectome.model import Area, Connectome, Dynamics


@dataclass(frozen=True)
class Box:
    """One area: `count` neurons in a row; every parameter is one value, or one per neuron."""

    count: int = 1
    group: str = "CUSTOM"
    threshold: Any = 1.0
    leak: Any = 0.0
    limit: Any = 0.0
    refractory: Any = 0
    consecutive: Any = 0
    snooze: Any = 0
    excitability: Any = 1.0
    keeps: bool = False
    mp_driven: bool = False
    uniform: bool = True
    every: bool = False


@dataclass(frozen=True)
class Wire:
    """One synapse: from and to are (area, neuron); negative weights inhibit."""

    source: tuple[str, int]
    target: tuple[str, int]
    weight: int = 1
    psp: int = 1


@dataclass
class Net:
    """A connectome in the making: areas in the order given."""

    areas: dict[str, Box]
    wires: list[Wire] = field(default_factory=list)
    power: str | None = None

    def build(self) -> Connectome:
        first, described, start = {}, [], 0
        for name, box in self.areas.items():
            first[name] = start
            described.append(
                Area(
                    id=name, name=name, group=box.group, dimensions=(box.count, 1, 1),
                    neurons_per_voxel=1, position=(0, 0, 0), first=start, count=box.count,
                    mp_charge_accumulation=box.keeps, mp_driven_psp=box.mp_driven,
                    psp_uniform=box.uniform,
                    dynamics=Dynamics.EVERY_BURST if box.every else Dynamics.ON_INPUT,
                )
            )  # fmt: skip
            start += box.count
        counts = [box.count for box in self.areas.values()]
        index = {name: i for i, name in enumerate(self.areas)}

        def column(name: str, dtype: DTypeLike) -> NDArray[Any]:
            parts = [np.resize(getattr(b, name), b.count) for b in self.areas.values()]
            return np.concatenate(parts).astype(dtype)

        wires = sorted(self.wires, key=lambda w: first[w.source[0]] + w.source[1])
        pairs = sorted({(index[w.source[0]], index[w.target[0]]) for w in wires})
        return Connectome(
            genome_id="tiny",
            title="tiny",
            precision="int8",
            timestep=0.01,
            areas=tuple(described),
            power_neuron=None if self.power is None else first[self.power],
            area=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
            threshold=column("threshold", np.float32),
            threshold_limit=column("limit", np.float32),
            leak=column("leak", np.float32),
            refractory_period=column("refractory", np.uint16),
            consecutive_fire_limit=column("consecutive", np.uint16),
            snooze=column("snooze", np.uint16),
            excitability=column("excitability", np.float32),
            source=np.array([first[w.source[0]] + w.source[1] for w in wires], dtype=np.int32),
            target=np.array([first[w.target[0]] + w.target[1] for w in wires], dtype=np.int32),
            weight=np.array([abs(w.weight) for w in wires], dtype=np.uint8),
            psp=np.array([w.psp for w in wires], dtype=np.uint8),
            inhibitory=np.array([w.weight < 0 for w in wires], dtype=np.bool_),
            projection=np.array(
                [pairs.index((index[w.source[0]], index[w.target[0]])) for w in wires],
                dtype=np.int32,
            ),
            projections=tuple((a, b, "tiny") for a, b in pairs),
        )


def chain(*weights: int, psp: int = 1, **box: Any) -> Connectome:
    """One input neuron `i_in____` per weight, each with one synapse onto the neuron `c_out___`."""
    net = Net(
        {"i_in____": Box(count=len(weights), group="IPU"), "c_out___": Box(**box)},
        [Wire(("i_in____", i), ("c_out___", 0), weight, psp) for i, weight in enumerate(weights)],
    )
    return net.build()
