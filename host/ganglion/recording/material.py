"""Material: a recorded run as other programs want it, arrays with their meaning.

In:  a run of a recording and its network.
Out: a RecordedRun: spikes, times, areas, units.
Never: writes a file.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..blob.container import brain_id
from ..network.model import QuantizedNetwork
from .file import Recording
from .runs import Run

UNKNOWN_PERIOD = 1.0  # seconds per burst where nobody said: then seconds are bursts


Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RecordedRun:
    """What every format is made of."""

    recording: Recording
    network: QuantizedNetwork
    run: Run

    @property
    def seconds(self) -> float:
        """dt: seconds per burst, as the run was configured, else as the genome asks."""
        period = self.run.configuration.period_us or self.network.timestep_us
        return period / 1e6 if period else UNKNOWN_PERIOD

    @property
    def clock(self) -> str:
        """What `seconds` are, in words; nothing where nobody said how long a burst lasts."""
        each = f"burst × {self.seconds * 1000:g} ms"
        if self.run.configuration.period_us:
            return f"time (s): {each}"
        if self.network.timestep_us:
            return f"time as the genome counts it (s): {each}; this run went as fast as it could"
        return ""

    @property
    def cited(self) -> str:
        """Brain and stimulus, as a caption needs them."""
        stimulus = self.run.configuration.stimulus
        fed = str(stimulus or "none") if self.run.configuration.known else "not recorded"
        words = self.recording.meta.get("fed_by_host") or fed
        return f"brain {brain_id(self.recording.blob).hex()}, stimulus {words}"

    @property
    def started(self) -> datetime:
        """When the run began, by the wall clock at the recording's start."""
        begun = datetime.fromisoformat(str(self.recording.meta["started"]))
        return datetime.fromtimestamp(begun.timestamp() + self.run.began / 1e9, begun.tzinfo)

    @property
    def duration(self) -> float:
        return self.run.last * self.seconds

    def time_of(self, bursts: Ints) -> NDArray[np.float64]:
        """Seconds since the run began: the middle of each burst."""
        return (bursts.astype(np.float64) - 0.5) * self.seconds

    @cached_property
    def places(self) -> tuple[list[str], Ints, Ints, Ints, Ints]:
        """Per neuron: area id, x, y, z and the number within the voxel."""
        network = self.network
        area = network.per_neuron("area")
        sizes = np.array([(*a.dimensions, a.neurons_per_voxel) for a in network.areas])[area]
        rest, inner = np.divmod(network.place, sizes[:, 3])
        rest, z = np.divmod(rest, sizes[:, 2])
        x, y = np.divmod(rest, sizes[:, 1])
        return [network.areas[a].id for a in area.tolist()], x, y, z, inner

    @cached_property
    def by_neuron(self) -> tuple[Ints, Ints]:
        """The bursts of all spikes sorted by neuron, and (N + 1,) where each neuron's begin."""
        order = np.argsort(self.run.spike_neuron, kind="stable")
        starts = np.searchsorted(
            self.run.spike_neuron[order], np.arange(self.network.n_neurons + 1)
        )
        return self.run.spike_burst[order], starts
