"""NIR: the spikes of each area as EventData, in the HDF5 layout of `nir.read_data`.

In:  a Material, a path.
Out: one node per area (its id), with one observable, `spikes`: one sample, times in seconds,
     events numbered from 0 within the area. Beside them, in the group `ganglion`, what NIR has
     no place for: bursts, neuron numbers, the blob.
Never: writes a file that `nir.read_data` does not read.
"""

from pathlib import Path

import h5py
import nir
import numpy as np

from ..blob.container import brain_id
from ..recording.material import RecordedRun
from .tables import columns


def write(material: RecordedRun, path: Path, table: str) -> None:
    """The whole run; `table` plays no part."""
    nodes = {}
    area_of = material.network.per_neuron("area")
    run = material.run
    for index, area in enumerate(material.network.areas):
        members = np.flatnonzero(area_of == index)
        if not len(members):
            continue
        mine = np.isin(run.spike_neuron, members)
        events = nir.EventData(
            idx=np.searchsorted(members, run.spike_neuron[mine])[None, :],
            time=material.time_of(run.spike_burst[mine])[None, :],
            n_neurons=len(members),
            t_max=material.duration,
        )
        # HDF5 would take a slash for a group.
        nodes[area.id.replace("/", "|")] = nir.NIRNodeData(observables={"spikes": events})
    nir.write_data(path, nir.NIRGraphData(nodes=nodes))
    with h5py.File(path, "a") as file:
        own = file.create_group("ganglion")
        for key, value in material.recording.meta.items():
            own.attrs[key] = str(value)
        own.attrs["seconds_per_burst"] = material.seconds
        own.attrs["brain_id"] = brain_id(material.recording.blob).hex()
        own.create_dataset("blob", data=np.frombuffer(material.recording.blob, np.uint8))
        own.create_dataset("spike_burst", data=run.spike_burst, compression="gzip")
        own.create_dataset("spike_neuron", data=run.spike_neuron, compression="gzip")
        for name, values in columns(material, "bursts").items():
            text = isinstance(values, list)
            data = np.array(values, dtype="S8") if text else values
            own.create_dataset(f"bursts/{name}", data=data, compression="gzip")
