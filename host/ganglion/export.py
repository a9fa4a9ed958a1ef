"""Export: one run of a recording as a file that other programs read.

In:  a Recording, its network, one of its runs, and a path whose suffix names the format.
Out: the file, whole or not at all: CSV, Parquet, HDF5 in NIR's data layout, NWB, or Neo's NIX.
Never: leaves out a spike that was recorded, or says that a burst came which did not.

Burst b of a run spans the time from (b − 1)·dt to b·dt; its spikes are put in the middle of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import GanglionError, ToolError, UsageError
from .network import QuantizedNetwork
from .recording import Recording
from .runs import Run

Ints = NDArray[np.int64]
UNKNOWN_PERIOD = 1.0  # seconds per burst where nobody said: then seconds are bursts


@dataclass(frozen=True)
class Material:
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


# Suffix to module, and the extra of pyproject.toml that brings what it needs.
_FORMATS = {
    ".csv": ("export_tables", ""),
    ".parquet": ("export_tables", "export"),
    ".h5": ("export_nir", "export"),
    ".hdf5": ("export_nir", "export"),
    ".nwb": ("export_nwb", "nwb"),
    ".nix": ("export_neo", "neo"),
}
FORMATS = tuple(_FORMATS)
TABLES = ("spikes", "bursts", "stats")


def export(material: Material, path: Path, table: str = "spikes") -> None:
    """Writes `path` in the format that its suffix names.

    `table` chooses what CSV and Parquet hold; the others hold everything. Raises UsageError for
    a suffix that is none, ToolError if the format's library is missing, GanglionError if the
    file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise UsageError(
            f"{path.name} names no format that can be written",
            f"end it in one of {', '.join(FORMATS)}",
        )
    if table not in TABLES:
        raise UsageError(f"there is no table {table!r}", f"use one of {', '.join(TABLES)}")
    module, extra = _FORMATS[suffix]
    try:
        write: Callable[[Material, Path, str], None] = import_module(f"ganglion.{module}").write
        # Libraries look at the suffix too, so it stays last.
        part = path.with_name(f"{path.stem}.part{path.suffix}")
        try:
            write(material, part, table)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{suffix} files need {error.name}, which is not installed",
            f"`pip install 'ganglion[{extra}]'`",
        ) from None
    except OSError as error:
        raise GanglionError(
            f"{path} cannot be written ({error.strerror or error})",
            "check the path and the free space",
        ) from None
