"""NWB: every neuron as a unit with its spike times, as pynwb and DANDI read it.

In:  a Material, a path.
Out: an NWB 2 file: units with area and coordinates; a table of bursts.
Never: claims an animal, an electrode or anything else that is not there.
"""

from pathlib import Path
from typing import Any

import numpy as np
from hdmf.common import DynamicTable, VectorData, VectorIndex
from pynwb import NWBHDF5IO, NWBFile
from pynwb.misc import Units

from ..blob.container import brain_id
from ..recording.material import RecordedRun
from .tables import columns


def write(material: RecordedRun, path: Path, table: str) -> None:
    """The whole run; `table` plays no part."""
    name = brain_id(material.recording.blob).hex()
    file = NWBFile(
        session_description=f"spikes of the brain {name}, recorded by Ganglion",
        identifier=f"{name} {material.started.isoformat()}",
        session_start_time=material.started,
        source_script="ganglion export",
        source_script_file_name="ganglion",
    )
    file.units = _units(material)
    module = file.create_processing_module("ganglion", "what the device said of each burst")
    module.add(_bursts(material))
    with NWBHDF5IO(path, "w") as io:
        io.write(file)


def _units(material: RecordedRun) -> Units:
    bursts, starts = material.by_neuron
    area, x, y, z, inner = material.places
    times = VectorData(
        name="spike_times",
        description="seconds since the run began: the middle of the burst",
        data=material.time_of(bursts),
    )
    index = VectorIndex(name="spike_times_index", data=starts[1:], target=times)
    described = {
        "area": ("cortical area", area),
        "x": ("voxel in the area", x),
        "y": ("voxel in the area", y),
        "z": ("voxel in the area", z),
        "in_voxel": ("number within the voxel", inner),
    }
    more = [
        VectorData(name=name, description=text, data=data)
        for name, (text, data) in described.items()
    ]
    return Units(
        name="units",
        description="one unit per neuron; the id is its number in the brain",
        id=np.arange(material.network.n_neurons),
        columns=[times, index, *more],
        colnames=["spike_times", *described],
        resolution=material.seconds,
    )


def _bursts(material: RecordedRun) -> DynamicTable:
    about = {
        "burst": "number of the burst, from 1",
        "time_s": "seconds since the run began: the middle of the burst",
        "arrived_s": "seconds since the run began when the host had it",
        "fired": "neurons that fired",
        "digest": "digest of the whole state (SPEC.md 3), hexadecimal, or nothing",
        "burst_us": "microseconds that the device took",
        "complete": "whether all its neurons arrived",
    }
    data = columns(material, "bursts")
    return DynamicTable(
        name="bursts",
        description="every burst that arrived",
        columns=[
            VectorData(name=name, description=text, data=_typed(name, data[name]))
            for name, text in about.items()
        ],
        colnames=list(about),
    )


def _typed(name: str, values: Any) -> Any:
    """An empty list says no type to HDF5: then the column says it."""
    if len(values):
        return values
    return np.zeros(0, dtype="S1" if name == "digest" else getattr(values, "dtype", np.float64))
