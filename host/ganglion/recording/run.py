"""Run: what fired in which burst, wherever it was run, as arrays, as a table, as Neo has it.

In:  spikes by burst and neuron, and the areas in which the neurons lie.
Out: numpy arrays; a table of columns; a neo.Block.
Never: holds potentials; leaves out a neuron because it is silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..errors import ToolError
from ..network.model import AreaInfo, QuantizedNetwork
from ..network.outline import outline

if TYPE_CHECKING:
    from neo import Block

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Run:
    """B bursts of N neurons, with S spikes. Spikes ascend by burst, within one by neuron."""

    shape: QuantizedNetwork
    """Areas, and the place of each neuron in its area. Its synapses may be left out."""
    bursts: int
    burst: Ints
    """(S,) from 1"""
    neuron: Ints
    """(S,) 0..N-1, as `shape` numbers them"""
    seconds: float
    """per burst, as the run was configured or its genome asks"""
    source: Path | None = None
    """the recording it was read from"""

    @classmethod
    def of(
        cls,
        shape: QuantizedNetwork,
        fired: Sequence[NDArray[np.integer[Any]]],
        seconds: float,
    ) -> Self:
        """From the neurons that fired in burst 1, 2, ..., numbered as in `shape`."""
        counts = np.array([len(neurons) for neurons in fired], dtype=np.int64)
        none = np.zeros(0, dtype=np.int64)
        return cls(
            shape, len(fired), np.repeat(np.arange(1, len(fired) + 1), counts),
            np.concatenate([none, *fired]).astype(np.int64), seconds,
        )  # fmt: skip

    @property
    def neurons(self) -> int:
        """N"""
        return self.shape.n_neurons

    @property
    def time(self) -> NDArray[np.float64]:
        """(S,) seconds from the beginning of burst 1 to the middle of each spike's burst."""
        return (self.burst.astype(np.float64) - 0.5) * self.seconds

    @cached_property
    def raster(self) -> NDArray[np.bool_]:
        """(B, N) whether a neuron fired in a burst."""
        result = np.zeros((self.bursts, self.neurons), dtype=np.bool_)
        result[self.burst - 1, self.neuron] = True
        return result

    def train(self, neuron: int) -> Ints:
        """(k,) the bursts in which one neuron fired."""
        found: Ints = self.burst[self.neuron == neuron]
        return found

    def table(self) -> dict[str, NDArray[Any]]:
        """A column each of (S,): burst, time_s, neuron, area, x, y, z. `pandas.DataFrame` and
        `pyarrow.table` take it as it is."""
        area = self.shape.per_neuron("area")[self.neuron]
        names = np.array([info.id for info in self.shape.areas] or [""], dtype=object)
        sizes = np.array(
            [(*info.dimensions, info.neurons_per_voxel) for info in self.shape.areas] or [(1,) * 4],
            dtype=np.int64,
        )[area]
        voxel = self.shape.place[self.neuron] // sizes[:, 3]
        return {
            "burst": self.burst, "time_s": self.time, "neuron": self.neuron, "area": names[area],
            "x": voxel // (sizes[:, 1] * sizes[:, 2]), "y": voxel // sizes[:, 2] % sizes[:, 1],
            "z": voxel % sizes[:, 2],
        }  # fmt: skip

    def to_neo(self) -> "Block":
        """A neo.Block with one Segment and a SpikeTrain per neuron, silent ones too.

        Raises ToolError if neo is not installed.
        """
        try:
            import neo
            import quantities as pq
        except ModuleNotFoundError as error:
            raise ToolError(
                f"a Block needs {error.name}, which is not installed",
                "`pip install 'ganglion[neo]'`",
            ) from None
        block, segment = neo.Block(name="ganglion"), neo.Segment(name="run")
        block.segments.append(segment)
        stop = max(self.bursts, 1) * self.seconds
        order = np.argsort(self.neuron, kind="stable")
        starts = np.searchsorted(self.neuron[order], np.arange(self.neurons + 1))
        times = self.time[order]
        for n in range(self.neurons):
            area, voxel, inner = self.shape.describe(n)
            train = neo.SpikeTrain(
                times[starts[n] : starts[n + 1]], units=pq.s, t_start=0 * pq.s,
                t_stop=stop * pq.s, name=f"neuron {n}", neuron=n, area=area,
                x=voxel[0], y=voxel[1], z=voxel[2], in_voxel=inner,
            )  # fmt: skip
            segment.spiketrains.append(train)
        return block


def outline_of(connectome: Connectome) -> QuantizedNetwork:
    """The areas of a connectome and the places of all its neurons, in its own numbers."""
    return outline([
        (
            AreaInfo(
                a.id, a.name, a.group, a.dimensions, a.neurons_per_voxel, a.position, 1.0
            ),
            np.arange(a.count),
        )
        for a in connectome.areas
    ])  # fmt: skip
