"""Tables: spikes, bursts or statistics as CSV or Parquet, one row each.

In:  a Material, a path, the name of a table.
Out: the file; columns carry their unit in their name.
Never: writes a column whose meaning depends on another file.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from ..recording.material import RecordedRun

_AT_ONCE = 100_000  # rows


def columns(material: RecordedRun, table: str) -> dict[str, Any]:
    """The columns of a table, by name: arrays or lists of one length."""
    return {"spikes": _spikes, "bursts": _bursts, "stats": _stats}[table](material)


def _spikes(material: RecordedRun) -> dict[str, Any]:
    run = material.run
    area, x, y, z, inner = material.places
    neuron = run.spike_neuron
    return {
        "burst": run.spike_burst,
        "time_s": material.time_of(run.spike_burst),
        "neuron": neuron,
        "area": [area[n] for n in neuron.tolist()],
        "x": x[neuron],
        "y": y[neuron],
        "z": z[neuron],
        "in_voxel": inner[neuron],
    }


def _bursts(material: RecordedRun) -> dict[str, Any]:
    run = material.run
    return {
        "burst": run.number,
        "time_s": material.time_of(run.number),
        "arrived_s": (run.time - run.began) / 1e9,
        "fired": run.fired,
        "digest": ["" if d < 0 else f"{d:08x}" for d in run.digest.tolist()],
        "burst_us": run.micros,
        "complete": run.complete,
    }


def _stats(material: RecordedRun) -> dict[str, Any]:
    told = material.run.stats
    arrived = np.array([time for time, _ in told], dtype=np.int64) - material.run.began
    result: dict[str, Any] = {"arrived_s": arrived / 1e9}
    names = {
        "burst": "burst",
        "mean_us": "mean_us",
        "max_us": "max_us",
        "heap_free": "heap_free_bytes",
        "dropped": "dropped_frames",
        "damaged": "damaged_strings",
        "late": "late_bursts",
    }
    for field, name in names.items():
        result[name] = np.array([getattr(stats, field) for _, stats in told], dtype=np.int64)
    return result


def write(material: RecordedRun, path: Path, table: str) -> None:
    """CSV or Parquet, by the suffix."""
    data = columns(material, table)
    if path.suffix.lower() == ".parquet":
        _parquet(material, data, path)
    else:
        _csv(data, path)


def _csv(data: dict[str, Any], path: Path) -> None:
    rows = len(next(iter(data.values())))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(data)
        for at in range(0, rows, _AT_ONCE):
            parts = [values[at : at + _AT_ONCE] for values in data.values()]
            lists = [p.tolist() if isinstance(p, np.ndarray) else p for p in parts]
            writer.writerows(zip(*lists, strict=True))


def _parquet(material: RecordedRun, data: dict[str, Any], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    meta = {f"ganglion.{key}": str(value) for key, value in material.recording.meta.items()}
    meta["ganglion.seconds_per_burst"] = repr(material.seconds)
    # A column's type is its name's, whatever it holds: files of several runs are read as one.
    types = {
        "area": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        "digest": pyarrow.string(), "complete": pyarrow.bool_(), "time_s": pyarrow.float64(),
        "arrived_s": pyarrow.float64(),
    }  # fmt: skip
    arrays = {
        name: pyarrow.array(values, type=types.get(name, pyarrow.int64()))
        for name, values in data.items()
    }
    table = pyarrow.table(arrays).replace_schema_metadata(meta)
    pyarrow.parquet.write_table(table, path)
