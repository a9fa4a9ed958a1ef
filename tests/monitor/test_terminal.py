"""The terminal view fills what it is given, shows every area, and draws what fired."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from ganglion.export.plots.rasters import raster
from ganglion.link.messages import Burst
from ganglion.monitor.aim import inject_voxel
from ganglion.monitor.replayed import Replayed
from ganglion.monitor.state import _KEPT, BurstView, MonitorState
from ganglion.monitor.terminal import Band, View, bands_of, bursts_per_column, grids
from ganglion.recording.replay import open_run
from tests.support.recordings import BURSTS, Recorded


@pytest.fixture(scope="module")
def state(recorded: Recorded) -> MonitorState:
    """A monitor that has seen a whole run."""
    _, network, run = open_run(recorded.path, 1)
    source = Replayed("two runs.gbr", network, run, speed=1e9)
    state = MonitorState(network, source)
    for event in source.events():
        state.see(event)
    return state


@given(width=st.integers(20, 220), height=st.integers(6, 70), colour=st.booleans())
@settings(max_examples=60, deadline=None)
def test_it_fills_any_terminal_exactly(state: MonitorState, width: int, height: int, colour: bool):
    lines = View(state).lines(width, height, colour)
    assert len(lines) == height
    widths = [sum(cell_len(segment.text) for segment in line) for line in lines]
    assert max(widths) <= width, (width, height, widths)


def test_80_columns_show_every_area_verdict_counters_and_keys(state: MonitorState):
    lines = View(state).lines(80, 24, colour=False)
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    for area in state.network.areas:
        assert area.name in text
    for word in ("identical 300", "burst 300", "late 0", "lost 0 bursts", "KiB", "q quit", "▶in"):
        assert word in text, text


def test_a_screenshot_is_made(state: MonitorState, tmp_path: Path):
    directory = Path(os.environ.get("GANGLION_SCREENSHOTS", tmp_path))
    with (tmp_path / "out").open("w") as out:
        console = Console(
            width=80, height=24, force_terminal=True, color_system="truecolor", record=True,
            file=out,
        )  # fmt: skip
        console.print(View(state), end="")
        console.save_svg(str(directory / "monitor-terminal.svg"), title="ganglion monitor")
    text = (directory / "monitor-terminal.svg").read_text()
    assert "<svg" in text
    assert "#5fafff" in text.lower()


def test_each_cell_is_the_share_of_its_neurons_that_fired(state: MonitorState):
    seen = list(state.recent)
    bands = [Band(0, 0, 100, 3), Band(1, 100, 300, 1), Band(2, 300, 400, 2)]
    columns, each = 20, 4
    drawn = grids(seen, bands, 400, columns, each)
    newest = BURSTS // each
    for band, cells in zip(bands, drawn, strict=True):
        rows, count = 2 * band.rows, band.stop - band.first
        assert cells.shape == (rows, columns)
        expected = np.zeros((rows, columns))
        for burst in seen:
            column = columns - 1 - newest + burst.number // each
            if column >= 0:
                for n in burst.neurons[(burst.neurons >= band.first) & (burst.neurons < band.stop)]:
                    expected[(int(n) - band.first) * rows // count, column] += 1
        assert np.allclose(cells, expected / (count / rows * each))


def test_an_area_of_one_neuron_fills_its_line(state: MonitorState):
    seen = [BurstView(8, np.array([5], np.uint16), np.zeros(1, np.int64), 0)]
    (cells,) = grids(seen, [Band(0, 5, 6, 2)], 10, 4, 1)
    assert cells[:, -1].tolist() == [1, 1, 1, 1]
    assert not cells[:, :-1].any()


def test_without_room_the_selected_area_stays(state: MonitorState):
    before = state.selected
    for area in range(3):
        state.select(area)
        bands, left_out = bands_of(state, 2)
        assert [band.area for band in bands] == [area]
        assert left_out == 2
    state.select(before)


def test_the_picture_moves_at_most_about_25_columns_a_second():
    for pace in (0, 1, 25, 40, 100, 500, 20_000):
        each = bursts_per_column(pace)
        assert each & (each - 1) == 0
        assert pace / each <= 25 * 2**0.5 + 1e-9


def test_it_does_not_grow_however_long_it_runs(state: MonitorState, recorded: Recorded):
    _, network, run = open_run(recorded.path, 1)
    fresh = MonitorState(network, Replayed("x", network, run))
    neurons = np.arange(200, dtype=np.uint16)
    for number in range(1, 3 * _KEPT):
        fresh.see(Burst(number, None, 200, neurons, 10))
    assert len(fresh.recent) == _KEPT
    assert fresh._kept_spikes == 200 * _KEPT
    assert fresh.bursts == 3 * _KEPT - 1
    for number in range(1000):
        fresh.say(str(number))
    assert len(fresh.said) == 200


def test_paused_the_picture_stays_and_the_stream_goes_on(recorded: Recorded):
    _, network, run = open_run(recorded.path, 1)
    fresh = MonitorState(network, Replayed("x", network, run))
    none = np.zeros(0, np.uint16)
    fresh.see(Burst(1, None, 0, none, 10))
    fresh.pause()
    fresh.see(Burst(2, None, 0, none, 10))
    assert [seen.number for seen in fresh.visible()] == [1]
    assert fresh.last == 2
    fresh.pause()
    assert [seen.number for seen in fresh.visible()] == [1, 2]


def test_every_area_that_run_injects_into_takes_input_and_only_during_a_run(recorded: Recorded):
    _, network, run = open_run(recorded.path, 1)
    fresh = MonitorState(network, Replayed("x", network, run))
    for area in range(3):
        fresh.select(area)
        fresh.inject()
        assert fresh.said[-1].text == "nothing runs: input needs a run"
    none = tuple(replace(p, input_max=0) for p in network.populations)
    closed = MonitorState(replace(network, populations=none), Replayed("x", network, run))
    closed.inject()
    assert closed.said[-1].text.endswith(" takes no input; select another area")


def test_from_the_start_a_neuron_is_followed_and_an_area_with_input_selected(recorded: Recorded):
    _, network, run = open_run(recorded.path, 1)
    fresh = MonitorState(network, Replayed("x", network, run))
    assert fresh.neuron is not None
    assert fresh.takes_input(fresh.selected)
    assert network.areas[fresh.selected].group == "IPU"


@pytest.mark.parametrize(
    ("voxel", "amount", "said"),
    [
        ((0, 0, 0), 1.0, "nothing runs: input needs a run"),
        ((9999, 0, 0), 1.0, "voxel (9999, 0, 0) lies outside"),
        ((-1, 0, 0), 1.0, "voxel (-1, 0, 0) lies outside"),
        ((0, 0, 0), float("nan"), "there is no such area or amount"),
    ],
)
def test_a_voxel_and_an_amount_that_cannot_be_are_told(
    recorded: Recorded, voxel: tuple[int, int, int], amount: float, said: str
):
    _, network, run = open_run(recorded.path, 1)
    fresh = MonitorState(network, Replayed("x", network, run))
    inject_voxel(fresh, 0, voxel, amount)
    assert said in fresh.said[-1].text


def test_a_voxel_gets_the_amount_that_was_said(recorded: Recorded):
    _, network, run = open_run(recorded.path, 1)
    source = Replayed("x", network, run)
    fresh = MonitorState(network, source)
    fresh.running = True
    asked: list[tuple[int, ...]] = []
    source.request = lambda kind, *words: asked.append(words)  # type: ignore[method-assign]
    amount = float(network.threshold[3]) * network.areas[0].unit
    inject_voxel(fresh, 0, network.describe(3)[1], amount)
    assert asked == [(3, int(network.threshold[3]))]


def test_a_name_that_holds_anything_harms_no_terminal_and_no_picture(
    recorded: Recorded, tmp_path: Path
):
    _, network, run = open_run(recorded.path, 1)
    wild = "\x1b[2J$\\frac{$ 脳脳脳脳脳脳脳脳脳脳脳脳脳脳 <b>&"
    areas = tuple(replace(area, name=wild) for area in network.areas)
    network = replace(network, areas=areas)
    fresh = MonitorState(network, Replayed(wild, network, run))
    fresh.say(wild)
    for width in (24, 40, 80):
        lines = View(fresh).lines(width, 20, colour=True)
        text = "".join(segment.text for line in lines for segment in line)
        assert "\x1b" not in text
        assert max(sum(cell_len(segment.text) for segment in line) for line in lines) <= width
    raster(tmp_path / "a.svg", run.spike_burst, run.spike_neuron, network, title=wild)
    assert "&lt;b&gt;" in (tmp_path / "a.svg").read_text()
