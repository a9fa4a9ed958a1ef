"""A monitor shows the robot: its track, its sensors, its motors; and no track that nobody saw."""

import json

import numpy as np

from ganglion.link.drive import Drive
from ganglion.link.messages import Burst
from ganglion.link.telemetry import NO_LOSSES
from ganglion.monitor.robot import RobotView
from ganglion.monitor.source import RunNotice
from ganglion.monitor.state import MonitorState
from ganglion.monitor.terminal import View
from ganglion.monitor.web.messages import Reader, brain
from ganglion.recording.file import Recorder
from ganglion.robot.loop import RoomWorld
from ganglion.robot.world import BUILT_IN
from tests.support.robots import driven_network, robot_file

NETWORK = driven_network()
PROGRAM = NETWORK.robot
assert PROGRAM is not None


class Nothing:
    title, period_us, reference, bytes_received, losses = "a drive", 20_000, None, 0, NO_LOSSES
    recorder: Recorder | None = None


def burst(number: int, driven: tuple[int, ...], state: int = 1) -> Burst:
    drive = Drive((state, 1), (1234, 60000), driven)
    return Burst(number, 0, 0, np.zeros(0, np.uint16), 50, drive)


def drove(numbers: range) -> MonitorState:
    view = RobotView(PROGRAM, lambda: RoomWorld(BUILT_IN, robot_file(), PROGRAM, 20_000))
    state = MonitorState(NETWORK, Nothing(), robot=view)  # type: ignore[arg-type]
    state.see(RunNotice("began", "began"))
    for number in numbers:
        state.see(burst(number, (1023, 1023, 9000)))
    return state


def test_the_terminal_shows_sensors_motors_and_the_way_through_the_room() -> None:
    state = drove(range(1, 101))
    lines = ["".join(s.text for s in line) for line in View(state).lines(100, 40, False)]
    text = "\n".join(lines)
    assert "sensors  left range 1,234  right eye 60,000" in text
    assert "motors  left wheel +1,023  right wheel +1,023  neck +9,000" in text
    assert " 0 collisions" in text
    assert any(0x2800 < ord(c) < 0x2900 for c in text)
    assert "→" in text or "↗" in text
    assert len(lines) == 40


def test_the_page_is_told_the_room_once_and_each_pose_once() -> None:
    state = drove(range(1, 51))
    told = json.loads(json.dumps(brain(state)))["robot"]
    assert told["sensors"] == ["left range", "right eye"]
    assert len(told["walls"]) == 13
    reader = Reader(state)
    first = json.loads(json.dumps(reader.tick()))["robot"]
    assert len(first["track"]) == first["poses"] == 50
    assert first["states"] == ["fresh", "fresh"]
    state.see(burst(51, (1023, -1023, 0), 2))
    second = reader.tick()["robot"]
    assert isinstance(second, dict)
    assert (len(second["track"]), second["states"][0]) == (1, "failed")
    assert second["driven"] == [1023, -1023, 0]


def test_a_burst_that_is_missing_ends_the_track_not_the_figures() -> None:
    state = drove(range(1, 11))
    state.see(burst(12, (1, 2, 3)))
    view = state.robot
    assert view is not None
    assert view.world is None
    assert view.poses == 10
    assert view.told(0)["driven"] == [1, 2, 3]
    assert len(view.lines(80, 20)) == 2


def test_a_brain_without_a_robot_has_no_lines_of_one() -> None:
    state = MonitorState(NETWORK, Nothing())  # type: ignore[arg-type]
    assert brain(state)["robot"] is None
    assert Reader(state).tick()["robot"] is None
