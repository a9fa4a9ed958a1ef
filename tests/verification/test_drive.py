"""A drive is proved burst by burst; what is lost is asked for again; what goes wrong stops it."""

import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.blob.container import encode
from ganglion.blob.learnt import learnt_in
from ganglion.brains import open_brain
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError, RecordingError
from ganglion.export.plots.weights import weights
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import Type
from ganglion.link.messages import Burst
from ganglion.network.model import QuantizedNetwork
from ganglion.recording.file import Recorder, Recording
from ganglion.recording.material import RecordedRun
from ganglion.recording.replay import open_run
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import RobotFile, parse_robot, read_robot
from ganglion.robot.loop import RoomWorld
from ganglion.robot.world import BUILT_IN, for_machine
from ganglion.verification.drive import DRIVERS, HOST, Driver, Settings
from ganglion.verification.recorded import check
from tests.support import EXAMPLES
from tests.support.cable import LossyCable
from tests.support.robots import ROBOT, robot_file, wired_brain


def brain_with(robot: RobotFile, network: QuantizedNetwork) -> QuantizedNetwork:
    return replace(network, robot=compile_robot(robot, network))


@contextmanager
def driving(
    robot: RobotFile, network: QuantizedNetwork, *, share: float = 0.0, seed: int = 0,
    more: dict[str, object] | None = None, files: dict[str, str] | None = None,
) -> Iterator[tuple[Device, RoomWorld, LossyCable | None]]:  # fmt: skip
    """A virtual device with that brain in the built-in room, and the host's own room."""
    program = network.robot
    assert program is not None
    machine = {**for_machine(BUILT_IN, robot, program, program.period_us), **(more or {})}
    with ExitStack() as stack:
        virtual = stack.enter_context(VirtualDevice(machine=machine))
        for name, text in (files or {}).items():
            (virtual.flash / "lib" / name).write_text(text)
        device = stack.enter_context(open_device(virtual.path))
        device.put(encode(network))
        cable = None
        if share:
            device.close()
            cable = stack.enter_context(LossyCable(virtual.path, share, seed))
            device = stack.enter_context(open_device(cable.path))
        device.flash = virtual.flash  # type: ignore[attr-defined]
        device.virtual = virtual  # type: ignore[attr-defined]
        yield device, RoomWorld(BUILT_IN, robot, program, program.period_us), cable


@pytest.mark.parametrize("name", ["wall_avoider", "two_eyes", "three_infrared"])
def test_our_robots_drive_as_the_reference_does_and_avoid_the_walls(name: str) -> None:
    robot, _ = read_robot(EXAMPLES / f"{name}.toml")
    network = brain_with(robot, open_brain(EXAMPLES / f"{name}.json")[0])
    with driving(robot, network) as (device, world, _):
        result = Driver(network, device, world, Settings(700)).run()
    assert result.identical, result.divergence
    assert (result.bursts, result.failed, result.still, result.collisions) == (700, 0, 0, 0)
    assert result.distance_mm > 700
    assert result.driven > 500


def test_a_robot_that_learns_drives_as_the_reference_does_and_its_weights_can_be_drawn(
    tmp_path: Path,
) -> None:
    robot, _ = read_robot(EXAMPLES / "wall_learner.toml")
    network = brain_with(robot, open_brain(EXAMPLES / "wall_learner.json")[0])
    path = tmp_path / "drive.gbr"
    with driving(robot, network) as (device, world, _), Recorder(path, encode(network)) as recorder:
        device.link.tap = recorder.tap
        result = Driver(network, device, world, Settings(600)).run()
        device.link.tap = None
        state = device.learnt()
    assert (result.identical, result.bursts) == (True, 600)
    assert result.collisions > 0
    recording, brain, run = open_run(path)
    verdict = check(brain, run)
    assert (verdict.identical, verdict.bursts) == (True, 600)
    found = weights(RecordedRun(recording, brain, run), 600)
    assert found[:, 0].tolist() == [1] * 60
    learnt = learnt_in(network, state)
    assert found[:, -1].tolist() == learnt.weights[0].tolist() != [1] * 60


def test_a_device_that_the_host_senses_for_drives_the_same_way() -> None:
    robot, _ = read_robot(EXAMPLES / "two_eyes.toml")
    network = brain_with(robot, open_brain(EXAMPLES / "two_eyes.json")[0])
    ends = []
    for mode in (DRIVERS, HOST):
        with driving(robot, network) as (device, world, _):
            result = Driver(network, device, world, Settings(300, mode)).run()
        assert result.identical, result.divergence
        ends.append((result.spikes, result.sensed, result.track[-1], result.distance_mm))
    assert ends[0] == ends[1]


def test_a_recorded_drive_is_recomputed_and_one_changed_reading_is_found(tmp_path: Path) -> None:
    robot = robot_file()
    network = brain_with(robot, wired_brain())
    path = tmp_path / "drive.gbr"
    with (
        driving(robot, network) as (device, world, _),
        Recorder(path, encode(network), {"robot": ROBOT}) as recorder,
    ):
        device.link.tap = recorder.tap
        result = Driver(network, device, world, Settings(200)).run()
    assert result.identical
    _, brain, run = open_run(path)
    verdict = check(brain, run)
    assert (verdict.identical, verdict.bursts) == (True, 200)
    drive = run.drives[77]
    raw = (drive.raw[0] + 900, *drive.raw[1:])
    run.drives[77] = replace(drive, raw=raw, states=(1, *drive.states[1:]))
    found = check(brain, run).divergence
    assert found is not None
    assert found.burst in (77, 78)
    run.drives[77] = replace(drive, driven=(drive.driven[0] + 1, *drive.driven[1:]))
    found = check(brain, run).divergence
    assert str(found).startswith(f"burst 77: the order to left wheel is {drive.driven[0] + 1} on")
    del run.drives[77]
    with pytest.raises(RecordingError, match="what the robot sensed in burst 77 is not in"):
        check(brain, run)


def test_a_link_that_loses_a_twentieth_of_its_frames_still_gives_a_whole_log(
    tmp_path: Path,
) -> None:
    seed = 1505
    robot = parse_robot(ROBOT.replace("ring = 16", "ring = 500"), "robot.toml")
    network = brain_with(robot, wired_brain())
    path = tmp_path / "lossy.gbr"
    with driving(robot, network, share=0.05, seed=seed) as (device, world, cable):
        assert cable is not None
        with Recorder(path, encode(network), {}) as recorder:
            device.link.tap = recorder.tap
            settings = Settings(300, period_us=5000, lossless=False)
            result = Driver(network, device, world, settings).run()
    assert result.identical, f"seed {seed}: {result.divergence}"
    assert result.bursts == 300
    assert result.asked_again > 10, f"seed {seed}: {cable.lost} frames lost"
    _, brain, run = open_run(path)
    verdict = check(brain, run)
    assert verdict.identical, f"seed {seed}: {verdict.divergence}"
    assert run.missing > 0


def test_motors_stop_when_the_host_is_silent_and_go_on_when_it_is_there_again() -> None:
    robot = parse_robot("contact_ms = 100\n" + ROBOT, "robot.toml")
    network = brain_with(robot, wired_brain())
    with driving(robot, network, more={"contact": True}) as (device, _, _):
        device.configure(lossless=True, period_us=5000)
        device.drives(DRIVERS)
        device.start()
        still = []
        while len(still) < 60:  # three tenths of a second, without a word
            for event in device.poll(0.5):
                still.append(event.drive.still)  # type: ignore[union-attr]
        device.link.command(Type.PING)
        while len(still) < 70 or still[-1]:
            for event in device.poll(0.5):
                still.append(event.drive.still)  # type: ignore[union-attr]
        device.stop()
        list(device.events())
    assert not still[0]
    assert True in still
    assert not still[-1]


BROKEN = """
class Driver:
    def __init__(self, params):
        self._left = params[0]

    def read(self, out, at):
        self._left -= 1
        if self._left < 0:
            raise ERROR
        out[at] = self._left
        return True
"""


def with_own_driver(params: int) -> tuple[RobotFile, QuantizedNetwork]:
    text = ROBOT.replace(
        'driver = "analog"\npins = { pin = 35 }',
        f"""driver = "user:broken"
params = [{params}]
senses = "nothing\"""",
    )
    robot = parse_robot(text, "robot.toml")
    return robot, brain_with(robot, wired_brain())


def test_a_driver_that_raises_ends_the_drive_in_one_sentence_and_the_log_is_whole(
    tmp_path: Path,
) -> None:
    robot, network = with_own_driver(50)
    path = tmp_path / "drive.gbr"
    files = {"broken.py": BROKEN.replace("ERROR", 'ValueError("no such gauge")')}
    with driving(robot, network, files=files) as (device, _, _):
        recorder = Recorder(path, encode(network), {})
        device.link.tap = recorder.tap
        with pytest.raises(DeviceError) as failed, recorder:
            Driver(network, device, None, Settings(100)).run()
        assert "(burst 50): ValueError: no such gauge" in str(failed.value)
        assert device.hello().fault
    recording, brain, run = open_run(path)
    verdict = check(brain, run)
    assert (verdict.identical, verdict.bursts) == (True, 50)
    assert recording.end is not None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("'7'", "TypeError"), ("0.5", "TypeError"), ("None", "TypeError"), ("1 << 40", "")],
)
def test_what_is_no_integer_of_32_bits_ends_the_drive_or_is_a_reading_like_any(
    tmp_path: Path, value: str, sentence: str
) -> None:
    robot, network = with_own_driver(50)
    wrong = f"out[at] = {value} if self._left < 48 else 1"  # at the third reading
    source = BROKEN.replace("raise ERROR", "pass").replace("out[at] = self._left", wrong)
    path = tmp_path / "drive.gbr"
    with driving(robot, network, files={"broken.py": source}) as (device, _, _):
        recorder = Recorder(path, encode(network), {})
        device.link.tap = recorder.tap
        told = ""
        with recorder:
            try:
                result = Driver(network, device, None, Settings(5)).run()
                assert result.identical
            except DeviceError as error:
                told = str(error)
    assert sentence in told
    assert check(*open_run(path)[1:]).identical


def test_a_sensor_that_does_not_answer_is_stale_and_the_drive_goes_on() -> None:
    robot, network = with_own_driver(30)
    files = {"broken.py": BROKEN.replace("ERROR", "OSError(19)")}
    with driving(robot, network, files=files) as (device, _, _):
        result = Driver(network, device, None, Settings(60)).run()
    assert result.identical, result.divergence
    assert result.failed == 30
    assert result.bursts == 60


def test_a_driver_that_is_not_there_is_said() -> None:
    robot, network = with_own_driver(1)
    with (
        driving(robot, network) as (device, _, _),
        pytest.raises(DeviceError, match="cannot make the robot's drivers: ImportError: no mod"),
    ):
        Driver(network, device, None, Settings(10)).run()


def test_motors_are_at_rest_after_every_end(tmp_path: Path) -> None:
    """The driver of this test writes down what its motor is told."""
    text = ROBOT.replace('driver = "servo"\npins = { pin = 13 }', 'driver = "user:diary"')
    robot = parse_robot(text, "robot.toml")
    network = brain_with(robot, wired_brain())
    diary = """
class Driver:
    def __init__(self, params):
        self._file = open("diary", "w")
    def _note(self, what):
        self._file.write(what)
        self._file.flush()
    def write(self, value):
        self._note("w")
    def stop(self):
        self._note("S")
"""
    with driving(robot, network, files={"diary.py": diary}) as (device, _, _):
        diary_file = device.flash / "diary"  # type: ignore[attr-defined]
        device.drives(DRIVERS)
        device.configure(lossless=True)
        device.start(5)
        list(device.events())
        assert diary_file.read_text() == "SS" + 5 * "w" + "S"
        device.start()
        next(event for event in device.events() if isinstance(event, Burst))
        device.stop()
        list(device.events())
        assert diary_file.read_text().endswith("wS")


DIARY = """
class Driver:
    def __init__(self, params):
        self._file = open("diary", "w")
        self._stubborn = params[0]
    def _note(self, what):
        self._file.write(what)
        self._file.flush()
    def write(self, value):
        self._note("w")
    def stop(self):
        if self._stubborn and self._stubborn < 3:
            self._stubborn += 1
            if self._stubborn == 3:
                raise OSError(19)
        self._note("S")
"""


@contextmanager
def with_a_diary(*, stubborn: int = 0, contact_ms: int = 500) -> Iterator[tuple[Device, Path]]:
    """A robot whose servo's driver writes down what it is told, and raises at the second stop if it
    is `stubborn`; its wheels come after it."""
    text = ROBOT.replace(
        'driver = "servo"\npins = { pin = 13 }', f'driver = "user:diary"\nparams = [{stubborn}]'
    )
    robot = parse_robot(f"contact_ms = {contact_ms}\n" + text, "robot.toml")
    network = brain_with(robot, wired_brain())
    with driving(robot, network, files={"diary.py": DIARY}, more={"contact": True}) as (
        device,
        _,
        _,
    ):
        yield device, device.flash / "diary"  # type: ignore[attr-defined]


def until(diary: Path, words: str) -> None:
    """The driver writes when it is told: the test waits for that, however long it takes."""
    end = time.monotonic() + 60
    while not diary.exists() or diary.read_text() != words:
        assert time.monotonic() < end, diary.exists() and diary.read_text()
        time.sleep(0.02)


def test_a_host_that_falls_silent_between_two_bursts_stops_the_motors_between_them() -> None:
    with with_a_diary(contact_ms=100) as (device, diary):
        device.drives(DRIVERS)
        device.configure(lossless=True, period_us=250_000_000)  # four minutes
        device.start()
        until(diary, "SSwS")
        device.stop()
        list(device.events())
        until(diary, "SSwSS")


def test_a_run_step_by_step_stops_the_motors_when_no_step_comes() -> None:
    with with_a_diary(contact_ms=100) as (device, diary):
        device.drives(DRIVERS)
        device.configure(lossless=True, stepped=True)
        device.start()
        device.step()
        until(diary, "SSwS")
        device.step()
        until(diary, "SSwSwS")


def test_a_power_cut_in_a_drive_stops_the_motors_at_the_next_start_and_in_safe_mode() -> None:
    """A chip beside the processor, as a PCA9685, goes on with what it was told."""
    with with_a_diary() as (device, diary):
        virtual = device.virtual  # type: ignore[attr-defined]
        device.drives(DRIVERS)
        device.start()
        next(device.events())
        assert diary.read_text().startswith("SSw")
        virtual.reset()
        until(diary, "S")
        diary.unlink()
        record = bytes((0x47, 3, 0, 0))  # three starts that came to nothing
        (virtual.flash / "guard.bin").write_bytes(record + zlib.crc32(record).to_bytes(4, "little"))
        virtual.reset()
        until(diary, "S")


def test_another_brain_makes_the_board_forget_the_motors_of_the_one_before() -> None:
    with with_a_diary() as (device, diary):
        device.drives(DRIVERS)
        device.start(1)
        list(device.events())
        motors = diary.parent / "motors.json"
        assert "diary" in motors.read_text()
        device.put(encode(wired_brain()))
        assert not motors.exists()


def test_a_motor_that_will_not_stop_is_a_fault_and_drives_again_when_it_does() -> None:
    with with_a_diary(stubborn=1) as (device, diary):
        device.drives(DRIVERS)
        with pytest.raises(Refused) as refused:
            device.start(3)
        assert refused.value.code == Code.CRASH
        faults = [str(event) for event in device.poll(0.5)]
        assert "OSError: [Errno 19] ENODEV" in faults[0]
        device.start(3)  # it does now
        list(device.events())
        assert diary.read_text() == "S" + "SwwwS"


def test_a_recording_of_a_drive_says_what_it_was_of(tmp_path: Path) -> None:
    robot = robot_file()
    network = brain_with(robot, wired_brain())
    path = tmp_path / "drive.gbr"
    with (
        driving(robot, network) as (device, world, _),
        Recorder(path, encode(network), {"robot": ROBOT, "mode": 1}) as recorder,
    ):
        device.link.tap = recorder.tap
        Driver(network, device, world, Settings(10)).run()
    recording = Recording(path)
    assert recording.meta["robot"] == ROBOT


def test_a_cable_pulled_in_a_drive_is_one_sentence_and_the_log_is_whole_up_to_there(
    tmp_path: Path,
) -> None:
    robot = robot_file()
    network = brain_with(robot, wired_brain())
    program = network.robot
    assert program is not None
    path = tmp_path / "drive.gbr"
    machine = for_machine(BUILT_IN, robot, program, program.period_us)
    with VirtualDevice(machine=machine) as virtual, open_device(virtual.path) as device:
        device.put(encode(network))
        recorder = Recorder(path, encode(network), {})
        device.link.tap = recorder.tap

        def pull(burst: object, pose: object) -> None:
            if driver.result.bursts == 100:
                virtual.unplug()

        driver = Driver(network, device, None, Settings(100_000), pull)
        with pytest.raises(DeviceError) as failed, recorder:
            driver.run()
    assert virtual.path in str(failed.value) or "device" in str(failed.value)
    _, brain, run = open_run(path)
    verdict = check(brain, run)
    assert verdict.identical
    assert verdict.bursts >= 100
