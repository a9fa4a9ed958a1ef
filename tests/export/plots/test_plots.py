"""Pictures are made of every kind, whole, and the same each time."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from ganglion.cli.main import cli
from ganglion.errors import GanglionError, RecordingError, UsageError
from ganglion.export.plots.kinds import histogram, intervals
from ganglion.export.plots.rasters import raster, rows_of
from ganglion.export.plots.traces import potentials
from ganglion.recording.file import Recorder, Recording
from ganglion.recording.material import RecordedRun
from ganglion.recording.replay import open_run
from tests.support.recordings import BURSTS, Recorded

KINDS = ("raster", "rates", "isi", "times", "trace")


@pytest.fixture(scope="module")
def material(recorded: Recorded) -> RecordedRun:
    return RecordedRun(*open_run(recorded.path, 1))


def draw(file: Path, output: Path, *more: str) -> None:
    words = ["plot", str(file), "-o", str(output), "--run", "1", *more]
    done = CliRunner().invoke(cli, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_with_labelled_axes(recorded: Recorded, tmp_path: Path, kind: str):
    neuron = ["--neuron", "310"] if kind == "trace" else []
    draw(recorded.path, tmp_path / "a.svg", "--kind", kind, *neuron)
    text = (tmp_path / "a.svg").read_text()
    for label in {
        "raster": (
            "neurons by area",
            "firing (%)",
            "burst",
            "out (200)",
            "sensors (IPU)",
            "motors (OPU)",
            "stimulus ",
            "brain ",
        ),
        "rates": ("area (number of neurons)", "burst", "firing (% of the area, per burst)"),
        "isi": ("inter-spike interval (bursts)", "how many intervals", "half of them up to"),
        "times": ("burst time by the device's own clock (µs", "bursts", "the longest, burst "),
        "trace": ("membrane potential", "threshold", "refractory", "neuron 310", "is reset"),
    }[kind]:
        assert label in text, f"{kind} does not say {label!r}"


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_run_gives_the_same_bytes(recorded: Recorded, tmp_path: Path, suffix: str):
    draw(recorded.path, tmp_path / f"a{suffix}", "--title", "x")
    draw(recorded.path, tmp_path / f"b{suffix}", "--title", "x")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_no_area_is_light_in_black_and_white(material: RecordedRun, tmp_path: Path):
    run = material.run
    for area in range(len(material.network.areas)):
        mine = material.network.per_neuron("area")[run.spike_neuron] == area
        raster(
            tmp_path / "a.png", run.spike_burst[mine], run.spike_neuron[mine], material.network,
            last=BURSTS,
        )  # fmt: skip
        pixels = imread(tmp_path / "a.png")[..., :3] @ (0.299, 0.587, 0.114)
        assert pixels.min() < 0.45


def test_every_area_has_height_and_none_overlaps(material: RecordedRun):
    rows = rows_of(material.network)
    assert [row.first for row in rows] == [0, 100, 300]
    assert all(row.high > row.low for row in rows)
    assert all(a.high == b.low for a, b in pairwise(rows))


def test_intervals_are_the_gaps_between_a_neurons_spikes():
    burst = np.array([1, 1, 3, 4, 9])
    neuron = np.array([5, 7, 5, 7, 5])
    gap, of = intervals(burst, neuron)
    assert list(zip(of.tolist(), gap.tolist(), strict=True)) == [(5, 2), (5, 6), (7, 3)]


def test_a_trace_rises_to_its_threshold_and_falls_to_zero_with_each_spike(material: RecordedRun):
    (one,) = potentials(material, [310], BURSTS)
    assert np.flatnonzero(one.fired).tolist() == (material.run.spikes_of(310) - 1).tolist()
    assert len(material.run.spikes_of(310)) > 2
    assert (one.reached[one.fired] >= material.network.threshold[310]).all()
    assert (one.kept[one.fired] == 0).all()
    assert (one.countdown[one.fired] == 2).all()
    free = ~one.fired & (np.concatenate([[0], one.countdown[:-1]]) == 0)
    assert (one.reached[free] < material.network.threshold[310]).all()
    assert one.kept.max() > 0


def test_several_neurons_by_place_and_by_number_share_a_picture(recorded: Recorded, tmp_path: Path):
    words = ["--kind", "trace", "--neuron", "310", "--neuron", "out:0,0,0"]
    draw(recorded.path, tmp_path / "a.svg", *words)
    text = (tmp_path / "a.svg").read_text()
    assert "neuron 310: " in text
    assert "neuron 100: out (0, 0, 0)" in text


def test_seconds_are_said_for_what_they_are(material: RecordedRun):
    def clock(period_us: int, timestep_us: int) -> str:
        network = replace(material.network, timestep_us=timestep_us)
        told = replace(material.run.configuration, period_us=period_us)
        run = replace(material.run, configuration=told)
        return RecordedRun(material.recording, network, run).clock

    assert clock(10_000, 20_000) == "time (s): burst × 10 ms"
    assert clock(0, 20_000) == (
        "time as the genome counts it (s): burst × 20 ms; this run went as fast as it could"
    )
    assert clock(0, 0) == ""


def test_one_long_burst_does_not_hide_the_others(material: RecordedRun):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    micros = np.array([8, 9, 9, 9, 10, 10, 11, 12, 9_548])
    assert histogram(axes, micros) == ", logarithmic"
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == len(micros)
    assert sum(height > 0 for height in heights) >= 5
    assert axes.get_xscale() == "log"


def test_a_trace_ends_where_device_and_reference_part(recorded: Recorded):
    material = RecordedRun(*open_run(recorded.path, 1))
    digest = material.run.digest.copy()
    digest[41] ^= 1
    object.__setattr__(material.run, "digest", digest)
    potentials(material, [310], 41)
    with pytest.raises(RecordingError) as caught:
        potentials(material, [310], BURSTS)
    assert str(caught.value) == (
        "the device and the reference part in burst 42, so that its potentials are not known "
        "from there on; draw bursts up to 41, or ask `ganglion replay --to verify`"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "trace"], "of one neuron or of some; name them with --neuron AREA:X,Y,Z"),
        (
            ["--kind", "trace", "--neuron", "400"],
            "the brain has 400 neurons, and no number 400; give a number",
        ),
        (["--bursts", "400:500"], r"bursts 400 to 300 are none; the run has bursts 1 to 300"),
        (["--run", "3"], "holds 2 runs, and run 3 was asked for; choose one of 1 to 2"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(
    recorded: Recorded, tmp_path: Path, words: list[str], said: str
):
    with pytest.raises(UsageError, match=re.escape(said)):
        draw(recorded.path, tmp_path / "a.png", *words)
    assert not list(tmp_path.iterdir())


def test_a_suffix_that_is_no_picture_is_refused(recorded: Recorded, tmp_path: Path):
    with pytest.raises(UsageError, match=r"a\.gif names no kind of file .*; end it in \.p"):
        draw(recorded.path, tmp_path / "a.gif")


def test_a_place_that_cannot_be_written_is_refused(recorded: Recorded, tmp_path: Path):
    with pytest.raises(GanglionError, match="cannot be written"):
        draw(recorded.path, tmp_path / "none" / "a.png")


def test_a_recording_without_its_brain_is_refused(tmp_path: Path):
    Recorder(tmp_path / "a.gbr", b"").close()
    with pytest.raises(RecordingError, match="does not hold the brain that it is of; record again"):
        draw(tmp_path / "a.gbr", tmp_path / "a.png")
    assert Recording(tmp_path / "a.gbr").blob == b""


def test_a_neuron_without_a_trace_is_refused_before_anything_is_drawn(
    recorded: Recorded, tmp_path: Path
):
    with pytest.raises(UsageError) as caught:
        draw(recorded.path, tmp_path / "a.svg", "--neuron", "310")
    assert str(caught.value) == (
        "--neuron chooses the neurons of a trace, and the picture is of kind raster; "
        "add --kind trace, or leave out --neuron"
    )
    assert not (tmp_path / "a.svg").exists()
