"""What is exported is read by the format's own reader, and equal to what was recorded."""

import csv
import importlib.util
import re
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import brain_id
from ganglion.compiler import compile_connectome
from ganglion.device.open import open_device
from ganglion.errors import GanglionError, ToolError, UsageError
from ganglion.export.material import FORMATS, export
from ganglion.recording.file import Recorder
from ganglion.recording.material import RecordedRun
from ganglion.recording.replay import open_run
from tests.support.brains import small_connectome
from tests.support.recordings import BURSTS, Recorded, record_run


@pytest.fixture(scope="module")
def material(recorded: Recorded) -> RecordedRun:
    return RecordedRun(*open_run(recorded.path, 1))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    """A run of 40 neurons, for NIX, whose library takes 50 ms for each."""
    brain = compile_connectome(small_connectome(10))
    path = tmp_path_factory.mktemp("few") / "few.gbr"
    with open_device("virtual") as device:
        device.put(brain.blob)
        with Recorder(path, brain.blob, {"device": "virtual"}) as recorder:
            record_run(device, recorder, "random:1", 60)
    return RecordedRun(*open_run(path, 1))


def needs(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed: `pip install '.[all]'` brings it")


def pairs(material: RecordedRun) -> list[tuple[int, int]]:
    run = material.run
    return list(zip(run.spike_burst.tolist(), run.spike_neuron.tolist(), strict=True))


def burst_at(material: RecordedRun, time: np.ndarray) -> np.ndarray:
    return np.floor(np.asarray(time) / material.seconds).astype(int) + 1


def test_csv_holds_every_spike_with_its_place(material: RecordedRun, tmp_path: Path):
    export(material, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["burst"]), int(row["neuron"])) for row in rows] == pairs(material)
    assert burst_at(material, [float(row["time_s"]) for row in rows]).tolist() == [
        int(row["burst"]) for row in rows
    ]
    for row in rows[::100]:
        area, voxel, inner = material.network.describe(int(row["neuron"]))
        place = tuple(int(row[key]) for key in ("x", "y", "z", "in_voxel"))
        assert (row["area"], place) == (area, (*voxel, inner))


@pytest.mark.parametrize("table", ["bursts", "stats"])
def test_csv_holds_the_other_tables(material: RecordedRun, tmp_path: Path, table: str):
    export(material, tmp_path / "a.csv", table)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    run = material.run
    if table == "stats":
        assert [int(row["heap_free_bytes"]) for row in rows] == [s.heap_free for _, s in run.stats]
    else:
        assert [int(row["digest"], 16) for row in rows] == run.digest.tolist()
        assert [int(row["fired"]) for row in rows] == run.fired.tolist()
        assert {row["complete"] for row in rows} == {"True"}


def test_parquet_is_read_by_pyarrow(material: RecordedRun, tmp_path: Path):
    needs("pyarrow")
    import pyarrow.parquet

    export(material, tmp_path / "a.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    read = list(zip(table["burst"].to_pylist(), table["neuron"].to_pylist(), strict=True))
    assert read == pairs(material)
    assert table["area"].to_pylist()[0] == material.network.describe(pairs(material)[0][1])[0]
    assert float(table.schema.metadata[b"ganglion.seconds_per_burst"]) == material.seconds


def test_hdf5_is_read_by_nir(material: RecordedRun, tmp_path: Path):
    needs("nir", "h5py")
    import h5py
    import nir

    export(material, tmp_path / "a.h5")
    graph = nir.read_data(tmp_path / "a.h5")
    found = []
    areas = material.network.per_neuron("area")
    for index, area in enumerate(material.network.areas):
        events = graph.nodes[area.id].observables["spikes"]
        assert events.t_max == pytest.approx(BURSTS * material.seconds)
        gridded = events.to_time_gridded(material.seconds)
        assert gridded.data.sum() == events.idx.size
        neurons = np.flatnonzero(areas == index)[events.idx[0]]
        found += zip(burst_at(material, events.time[0]).tolist(), neurons.tolist(), strict=True)
    assert sorted(found) == pairs(material)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["ganglion/blob"][()].tobytes() == material.recording.blob
        assert file["ganglion/bursts/fired"][()].tolist() == material.run.fired.tolist()


def test_nwb_is_read_by_pynwb_and_valid(material: RecordedRun, tmp_path: Path):
    needs("pynwb")
    import pynwb

    path = tmp_path / "a.nwb"
    export(material, path)
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        found = []
        for neuron in range(material.network.n_neurons):
            times = file.units["spike_times"][neuron]
            found += [(burst, neuron) for burst in burst_at(material, times).tolist()]
        assert sorted(found) == pairs(material)
        area, voxel, _ = material.network.describe(250)
        assert (file.units["area"][250], file.units["x"][250]) == (area, voxel[0])
        bursts = file.processing["ganglion"]["bursts"]
        assert bursts["fired"][:].tolist() == material.run.fired.tolist()
        assert file.session_start_time == material.started
    assert pynwb.validate(path=path) == []


def test_nix_is_read_by_neo(few: RecordedRun, tmp_path: Path):
    needs("neo", "nixio")
    import neo

    material = few
    export(material, tmp_path / "a.nix")
    with neo.NixIO(str(tmp_path / "a.nix"), mode="ro") as io:
        block = io.read_block()
    found = []
    for train in block.segments[0].spiketrains:
        neuron = int(train.annotations["neuron"])
        bursts = burst_at(material, train.rescale("s").magnitude)
        found += [(burst, neuron) for burst in bursts.tolist()]
    assert sorted(found) == pairs(material)
    assert len(block.segments[0].spiketrains) == material.network.n_neurons
    assert block.annotations["brain_id"] == brain_id(material.recording.blob).hex()


def test_a_suffix_that_is_no_format_is_refused(material: RecordedRun, tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        export(material, tmp_path / "a.xlsx")
    assert str(caught.value).endswith(
        "a.xlsx names no kind of file that can be written here; "
        "end it in .csv or .parquet or .h5 or .hdf5 or .nwb or .nix"
    )


def test_a_table_that_is_none_is_refused(material: RecordedRun, tmp_path: Path):
    with pytest.raises(UsageError, match="there is no table 'x'; use one of spikes, bursts, stats"):
        export(material, tmp_path / "a.csv", "x")


def test_a_missing_library_is_named_with_its_extra(
    material: RecordedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    monkeypatch.setitem(sys.modules, "hdmf.common", None)
    monkeypatch.delitem(sys.modules, "ganglion.export.nwb", raising=False)
    with pytest.raises(ToolError) as caught:
        export(material, tmp_path / "a.nwb")
    assert re.fullmatch(
        r"\.nwb files need (pynwb|hdmf(\.common)?), which is not installed; "
        r"`pip install 'ganglion\[nwb\]'`",
        str(caught.value),
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_place_that_cannot_be_written_is_one_sentence(
    material: RecordedRun, tmp_path: Path, suffix: str
):
    needs("pyarrow", "nir", "pynwb", "nixio")
    with pytest.raises(GanglionError, match=r"there is no directory .*; make it first"):
        export(material, tmp_path / "none" / f"a{suffix}")


def test_parquet_columns_have_one_type_whether_there_are_spikes_or_not(
    material: RecordedRun, tmp_path: Path
):
    needs("pyarrow")
    import pyarrow
    from pyarrow import dataset, parquet

    none = np.zeros(0, dtype=np.int64)
    silent = replace(material, run=replace(material.run, spike_burst=none, spike_neuron=none))
    empty = replace(silent, run=replace(
        silent.run, number=none, time=none, digest=none, fired=none, micros=none,
        complete=np.zeros(0, dtype=np.bool_), stats=(),
    ))  # fmt: skip
    for table in ("spikes", "bursts", "stats"):
        folder = tmp_path / table
        folder.mkdir()
        export(empty, folder / "0.parquet", table)
        export(material, folder / "1.parquet", table)
        schemas = [parquet.read_schema(folder / f"{i}.parquet") for i in (0, 1)]
        assert schemas[0].equals(schemas[1]), table
        assert not any(pyarrow.types.is_null(kind) for kind in schemas[0].types)
    read = dataset.dataset(tmp_path / "spikes").to_table()
    assert read.num_rows == len(material.run.spike_burst)
    assert None not in read.column("area").to_pylist()


@pytest.mark.parametrize("suffix", [".nwb", ".nix", ".h5", ".csv", ".parquet"])
def test_a_run_in_which_no_burst_came_is_exported_too(
    material: RecordedRun, few: RecordedRun, tmp_path: Path, suffix: str
):
    needs("pyarrow", "nir", "pynwb", "nixio")
    none = np.zeros(0, dtype=np.int64)
    material = few if suffix == ".nix" else material
    empty = replace(material, run=replace(
        material.run, spike_burst=none, spike_neuron=none, number=none, time=none, digest=none,
        fired=none, micros=none, complete=np.zeros(0, dtype=np.bool_), stats=(), asked=0,
    ))  # fmt: skip
    for table in ("spikes", "bursts"):
        path = tmp_path / f"{table}{suffix}"
        export(empty, path, table)
        assert path.stat().st_size > 0


def test_neo_is_told_the_fraction_of_the_second_at_which_a_run_began(material: RecordedRun):
    """NIX keeps whole seconds of rec_datetime only."""
    needs("nixio")
    from ganglion.export.neo import block

    assert datetime.fromisoformat(block(material).annotations["started"]) == material.started
