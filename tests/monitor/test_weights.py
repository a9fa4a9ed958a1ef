"""Monitors show weights as they change: those that the device's digests vouch for, no others."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from ganglion.compiler import compile_connectome
from ganglion.device.device import Device
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.monitor.replayed import Replayed
from ganglion.monitor.state import MonitorState
from ganglion.monitor.terminal import View
from ganglion.recording.file import Recorder
from ganglion.recording.replay import open_run
from ganglion.reference.stimulus import RandomStimulus, parameters
from tests.support.recordings import Recorded

BURSTS = 60


@pytest.fixture
def state(device: Device, tmp_path: Path) -> tuple[MonitorState, bytes]:
    """A monitor that has seen a run of a brain that learns, and the device's state after it."""
    brain = compile_connectome(connectome_of(example("pairing"))[0])
    device.put(brain.blob)
    with Recorder(tmp_path / "run.gbr", brain.blob) as recorder:
        device.link.tap = recorder.tap
        device.configure(stimulus=parameters(RandomStimulus.parse("random:3:0.4")), lossless=True)
        device.start(BURSTS)
        list(device.events())
        device.link.tap = None
    learnt = device.learnt()
    _, network, run = open_run(tmp_path / "run.gbr", 1)
    source = Replayed("run.gbr", network, run, speed=1e9)
    seen = MonitorState(network, source)
    for event in source.events():
        seen.see(event)
    return seen, learnt


def test_the_last_weights_that_are_shown_are_those_of_the_device(
    state: tuple[MonitorState, bytes],
) -> None:
    seen, learnt = state
    assert seen.weights is not None and seen.source.reference is not None
    columns = seen.weights.told(seen.source.reference, 0)
    assert columns[0][0] == 1 and not any(columns[0][1])
    burst, last = columns[-1]
    assert len(last) == seen.weights.places == 16
    if burst == BURSTS:
        assert last == list(learnt[8 : 8 + 16])
    assert seen.weights.told(seen.source.reference, burst) == []


@pytest.mark.parametrize(("width", "height"), [(80, 24), (30, 12), (20, 6)])
def test_a_terminal_has_a_line_for_each_projection_that_learns(
    state: tuple[MonitorState, bytes], width: int, height: int
) -> None:
    seen, _ = state
    lines = View(seen).lines(width, height, colour=False)
    assert len(lines) == height
    assert max(sum(cell_len(s.text) for s in line) for line in lines) <= width
    text = "\n".join("".join(s.text for s in line) for line in lines)
    if height == 24:
        assert "of 16 weights changed, mean" in text
        assert "i_tone to o_echo" in text and "most" in text


def test_a_brain_that_does_not_learn_shows_none(recorded: Recorded) -> None:
    _, network, run = open_run(recorded.path, 1)
    assert MonitorState(network, Replayed("x", network, run)).weights is None


def test_without_a_reference_no_weight_is_claimed(state: tuple[MonitorState, bytes]) -> None:
    seen, _ = state
    assert seen.weights is not None
    assert seen.weights.lines(None, 80, 5) == ["weights  not known without the reference"]
    assert seen.weights.told(None, 0) == [] and seen.weights.said(None) == ""
