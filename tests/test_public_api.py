"""The public API: these names and no others, typed, loaded on demand, and what each gives."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ganglion
from ganglion.errors import GenomeError
from tests.support import EXAMPLES
from tests.support.nirfile import small

GENOME = EXAMPLES / "wall_avoider.json"
NAMES = [
    *("Board", "Brain", "Comparison", "Connectome", "Device", "Divergence", "Dynamics", "Genome"),
    *("Policy", "QuantizeOptions", "RandomStimulus", "Run", "StoredBrain", "Verdict", "compare"),
    *("compile", "deploy", "develop", "flash", "load", "load_board", "open_device", "plot", "read"),
    *("read_genome", "read_run", "record", "save", "simulate", "verify"),
]


def test_the_api_is_these_names() -> None:
    assert list(ganglion.__all__) == sorted(NAMES)
    assert set(NAMES) <= set(dir(ganglion))
    from ganglion import api

    assert sorted(api.__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_described_and_each_function_typed(name: str) -> None:
    found = getattr(ganglion, name)
    assert inspect.getdoc(found)
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert signature.return_annotation is not inspect.Signature.empty
        for parameter in signature.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, parameter


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ganglion' has no attribute 'nothing'"):
        _ = ganglion.nothing  # type: ignore[attr-defined]


def test_importing_ganglion_loads_no_numpy() -> None:
    program = "import sys, ganglion; assert 'numpy' not in sys.modules; print(ganglion.__version__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ganglion.__version__), done.stderr


def test_a_genome_is_read_compiled_saved_loaded_and_simulated(tmp_path: Path) -> None:
    connectome = ganglion.read(GENOME)
    brain = ganglion.compile(connectome)
    ganglion.save(brain, tmp_path / "robot.gbn")
    stored = ganglion.load(tmp_path / "robot.gbn")
    assert (stored.blob, stored.id) == (brain.blob, brain.id)
    run = ganglion.simulate(stored, bursts=50, stimulus="random:7:0.1")
    assert run.raster.shape == (50, brain.network.n_neurons)
    assert run.raster.sum() == len(run.burst) == len(run.time) > 0
    again = ganglion.simulate(tmp_path / "robot.gbn", bursts=50, stimulus="random:7:0.1")
    assert np.array_equal(run.burst, again.burst) and np.array_equal(run.neuron, again.neuron)


def test_integers_and_floats_of_one_genome_fire_alike() -> None:
    connectome = ganglion.read(GENOME)
    exact = ganglion.simulate(connectome, 60, "whole:1", "fp32")
    integer = ganglion.simulate(connectome, 60, "whole:1", "int8")
    assert exact.neurons == integer.neurons == connectome.n_neurons
    assert np.array_equal(exact.raster, integer.raster)


def test_a_table_names_each_spike_by_area_and_voxel() -> None:
    run = ganglion.simulate(ganglion.compile(GENOME), 20, "random:1:0.2")
    table = run.table()
    assert list(table) == ["burst", "time_s", "neuron", "area", "x", "y", "z"]
    for at in (0, len(run.burst) - 1):
        area, voxel, _ = run.shape.describe(int(run.neuron[at]))
        assert table["area"][at] == area
        assert tuple(int(table[axis][at]) for axis in "xyz") == voxel


def test_a_run_is_a_block_of_spike_trains_for_neo() -> None:
    pytest.importorskip("neo", reason="neo is not installed (pip install 'ganglion[neo]')")
    run = ganglion.simulate(ganglion.compile(GENOME), 30, "random:1:0.2")
    trains = run.to_neo().segments[0].spiketrains
    assert len(trains) == run.neurons
    assert sum(len(train) for train in trains) == len(run.burst)
    busiest = int(np.bincount(run.neuron).argmax())
    assert np.allclose(trains[busiest].magnitude, (run.train(busiest) - 0.5) * run.seconds)


def test_a_device_is_verified_recorded_and_its_recording_compared(tmp_path: Path) -> None:
    brain = ganglion.compile(GENOME)
    verdict = ganglion.verify(brain, "virtual", 100, "random:7:0.1")
    assert verdict.identical and verdict.bursts == 100
    run = ganglion.record(brain, tmp_path / "a.gbr", "virtual", 80, "random:7:0.1")
    here = ganglion.simulate(brain, 80, "random:7:0.1")
    assert np.array_equal(run.burst, here.burst) and np.array_equal(run.neuron, here.neuron)
    ganglion.save(brain, tmp_path / "robot.gbn")
    both = ganglion.compare(str(tmp_path / "a.gbr"), f"sim:{tmp_path / 'robot.gbn'}")
    assert both.identical and both.spikes_a == len(run.burst)
    ganglion.plot(run, tmp_path / "a.png", title="two seconds")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_errors_of_the_api_have_one_root(tmp_path: Path) -> None:
    with pytest.raises(ganglion.errors.GanglionError, match="cannot be read"):
        ganglion.load(tmp_path / "none.gbn")
    with pytest.raises(ganglion.errors.UsageError, match="fp32 was asked for"):
        ganglion.simulate(ganglion.compile(GENOME), 5, "none", "fp32")


def test_a_nir_network_is_no_genome_and_the_remedy_is_the_command(tmp_path: Path) -> None:
    path = small(tmp_path / "net.nir")
    with pytest.raises(GenomeError) as caught:
        ganglion.read(path)
    assert str(caught.value) == (
        f"{path} is a network in HDF5, as NIR's are, and a genome is needed; compile it "
        "(`ganglion compile FILE.nir --source TOOL -o B.gbn`), and name the brain"
    )
