"""The float reference is FEAGI's engine, and the tool that says so can also say no."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion.errors import RecordingError
from ganglion.frontends import learning_trace as golden_learning
from ganglion.frontends import trace as golden_trace
from tests.support import SHARED
from tools.conformance import feagi_conformance as tool

TRACES = SHARED / "feagi-golden" / "dev"
PLASTIC = SHARED / "feagi-golden" / "plastic-dev"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="../shared/feagi-golden is not there")


def raw(name: str, directory: Path = TRACES) -> dict[str, Any]:
    value = json.loads(gzip.decompress((directory / f"{name}.json.gz").read_bytes()))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("directory", [TRACES, PLASTIC], ids=lambda path: path.name)
def test_every_golden_trace_is_met(capsys: pytest.CaptureFixture[str], directory: Path) -> None:
    assert tool.main([str(directory)]) == 0
    assert capsys.readouterr().out == f"{len(list(directory.glob('*.gz')))} passed, 0 failed\n"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda t: t["fired"][3].append(0),
            "burst 4 of 60: 0 fired and 1 should; extra [], missing [0]",
        ),
        (
            lambda t: t["final_potential"].__setitem__(1, 39.5),
            "after burst 60: potential of neuron 1 is 39 and should be 39.5; "
            "neurons that differ: 1",
        ),
        (
            lambda t: t["final_consecutive_fires"].__setitem__(0, 3),
            "after burst 60: consecutive fires of neuron 0 is",
        ),
        (
            lambda t: t["final_refractory_countdown"].__setitem__(0, 3),
            "after burst 60: countdown of neuron 0 is",
        ),
        (lambda t: t["fired"].pop(), "is not a golden trace: ValueError fired has 59 bursts of 60"),
        (
            lambda t: t["synapses"]["target"].__setitem__(0, 2),
            "is not a golden trace: ValueError a synapse joins neurons outside 0 to 1",
        ),
        (lambda t: t.pop("neurons"), "is not a golden trace: KeyError 'neurons'"),
    ],
)
def test_a_changed_trace_fails_by_its_first_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, text: str
) -> None:
    trace = raw("01_plain_00")
    change(trace)
    (tmp_path / "changed.json").write_text(json.dumps(trace))
    shutil.copy(TRACES / "02_leak_00.json.gz", tmp_path)
    assert tool.main([str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("changed.json: ") and text in lines[0]
    assert lines[1] == "1 passed, 1 failed"


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        (
            "01_stdp_window_00",
            lambda t: t["weight_changes"][4][0].__setitem__(1, 77),
            "burst 5 of 80: weights are [0, ",
        ),
        (
            "01_stdp_window_00",
            lambda t: t["final_weights"].__setitem__(3, 256),
            "after burst 80: weights are ",
        ),
        (
            "04_assoc_00",
            lambda t: next(c for c in t["created_synapses"] if c).pop(),
            "created synapses are 1 and should be 0: they should not hold [3, ",
        ),
        (
            "06_mem_life_00",
            lambda t: next(e for e in t["memory_events"] if e["created"])["created"][0].__setitem__(
                2, "0" * 16
            ),
            "memory neurons created are [50000000, ",
        ),
        (
            "06_mem_life_00",
            lambda t: next(e for e in t["memory_events"] if e["died"])["died"].clear(),
            "memory neurons died are 1 and should be 0: they should not hold 500000",
        ),
        (
            "07_mem_edge_02",
            lambda t: t["memory_final"][0].__setitem__(2, 5_000),
            "after burst 50: living memory neurons are [500000",
        ),
        (
            "11_fatigue_00",
            lambda t: t["fatigue"].clear(),
            "fired and",
        ),
        (
            "09_mem_twin_00",
            lambda t: t["twins"][0].__setitem__("potential", 1.0),
            "fired and",
        ),
        (
            "03_stdp_multi_00",
            lambda t: t["plasticity"].append({**t["plasticity"][0], "window": 0}),
            "is not a golden trace: ValueError a plastic rule has a window of 0",
        ),
        (
            "03_stdp_multi_00",
            lambda t: t["weight_changes"].pop(),
            "is not a golden trace: ValueError weight_changes has 59 bursts of 60",
        ),
        (
            "08_mem_multi_00",
            lambda t: t["memory_areas"][0].__setitem__("area", 999),
            "is not a golden trace: KeyError 999",
        ),
    ],
)
def test_a_changed_trace_of_a_brain_that_learns_fails_too(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: Any,
    text: str,
) -> None:
    trace = raw(name, PLASTIC)
    change(trace)
    (tmp_path / "changed.json").write_text(json.dumps(trace))
    assert tool.main([str(tmp_path)]) == 1
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith("changed.json: ") and text in line
    assert last == "0 passed, 1 failed"


def test_a_negative_zero_is_a_difference_where_traces_are_exact(tmp_path: Path) -> None:
    trace = raw("01_plain_00")
    trace["stimulus"] = {}
    trace["fired"] = [[] for _ in trace["fired"]]
    trace["final_potential"] = [-0.0, 0.0]
    trace["final_consecutive_fires"] = [0, 0]
    (tmp_path / "changed.json").write_text(json.dumps(trace))
    assert tool.main([str(tmp_path)]) == 1


def test_an_empty_directory_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main([str(tmp_path)]) == 2
    assert "holds no trace" in capsys.readouterr().err


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    for name, data in (("a.json", b"{}"), ("b.json.gz", b"\x00"), ("c.json", b"\xff")):
        (tmp_path / name).write_bytes(data)
        for read in (golden_trace.read, golden_learning.read):
            with pytest.raises(RecordingError):
                read(tmp_path / name)
    for read in (golden_trace.read, golden_learning.read):
        with pytest.raises(RecordingError):
            read(tmp_path / "none.json")


def test_the_connectome_of_a_trace_has_the_traces_neurons_and_synapses() -> None:
    trace = raw("11_mixed_06")
    connectome = golden_trace.connectome_of_trace(trace)
    assert connectome.n_neurons == len(trace["neurons"]["area"])
    assert connectome.power_neuron == trace["power_neuron"]
    names = ("source", "target", "weight", "psp")
    ours = zip(*(getattr(connectome, name).tolist() for name in names), strict=True)
    theirs = zip(*(trace["synapses"][name] for name in names), strict=True)
    assert sorted(ours) == sorted(theirs)
    assert (np.diff(connectome.source) >= 0).all()
    for synapse in range(0, connectome.n_synapses, 100):
        source, target, _ = connectome.projections[connectome.projection[synapse]]
        assert connectome.area[connectome.source[synapse]] == source
        assert connectome.area[connectome.target[synapse]] == target
