"""device.py: a session with a device, and letting it go."""

import signal
import subprocess
import sys

import pytest
import serial

from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.link.messages import Burst, Doing, Done


def prompt_of(virtual: VirtualDevice) -> None:
    """Fails unless the board is at its REPL."""
    with serial.Serial(virtual.path, timeout=20) as port:
        port.write(b"\rprint(6 * 7)\r")
        assert b"\n42" in port.read_until(b"\n42")


def test_a_device_that_is_running_is_stopped_and_its_old_telemetry_forgotten(board):
    first = open_device(board.path)
    first.configure(stimulus=(1, 0, 20000))
    first.start()
    first.link.close()  # as if the host had died
    with open_device(board.path) as device:
        device.configure(stimulus=(1, 0, 20000), lossless=True)
        device.start(5)
        *bursts, done = device.events()
        assert [burst.number for burst in bursts] == [1, 2, 3, 4, 5]
        assert isinstance(done, Done)
        assert device.losses.none


def test_after_repl_there_is_a_prompt_and_mpremote_can_use_it(board):
    with open_device(board.path) as device:
        device.configure()
        device.start()
        device.repl()
    command = [sys.executable, "-m", "mpremote", "connect", board.path, "resume"]
    done = subprocess.run(
        [*command, "exec", "print(6 * 7)"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "42", done.stdout + done.stderr


def test_letting_go_leaves_the_application_serving(board):
    with open_device(board.path) as device:
        device.configure()
        device.start()
    with open_device(board.path) as device:
        assert device.greeting.doing == Doing.READY


def test_an_error_during_a_run_stops_the_run(board):
    with pytest.raises(ZeroDivisionError), open_device(board.path) as device:
        device.configure()
        device.start()
        raise ZeroDivisionError
    with open_device(board.path) as device:
        assert device.greeting.doing == Doing.READY


INTERRUPTED = """
import sys
from ganglion.device.open import open_device
with open_device(sys.argv[1]) as device:
    device.configure(stimulus=(1, 0, 20000), stats_every=1000)
    device.start()
    for number, event in enumerate(device.events()):
        if number == 100:
            print("running", flush=True)
"""


def test_ctrl_c_during_a_run_leaves_the_device_at_its_repl(board):
    host = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, board.path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert host.stdout is not None
    assert host.stdout.readline() == b"running\n"
    host.send_signal(signal.SIGINT)
    _, errors = host.communicate(timeout=60)
    assert errors.decode().rstrip().endswith("KeyboardInterrupt")
    prompt_of(board)


def test_progress_is_told_from_the_first_byte_to_the_last(device, small_brain):
    told: list[tuple[int, int]] = []
    device.put(small_brain.blob, lambda *both: told.append(both))
    size = len(small_brain.blob)
    assert [total for _, total in told] == [size] * len(told)
    sent = [sent for sent, _ in told]
    assert sent == sorted(set(sent))
    assert sent[-1] == size


def test_a_state_longer_than_one_frame_is_read_in_one_piece(robot):
    state = robot.read_state(0, 400)
    assert len(state.potential) == len(state.countdown) == len(state.consecutive) == 400
    assert not state.potential.any()


def test_more_inputs_than_one_frame_holds_are_sent_in_several(robot):
    robot.configure(stepped=True)
    robot.start()
    robot.inject([(neuron, 1 << 22) for neuron in range(64)])
    (burst,) = robot.step()
    assert isinstance(burst, Burst)
    assert burst.neurons.tolist() == list(range(64))


def test_asking_during_a_run_loses_no_telemetry(robot):
    robot.configure(lossless=True)
    robot.start(5000)
    for _ in range(10):
        robot.hello()
    *bursts, _ = robot.events()
    assert [burst.number for burst in bursts] == list(range(1, 5001))
    assert robot.losses.none


def ended(device: Device, bursts: int) -> None:
    """A run that is over before anybody listened."""
    device.configure(lossless=True)
    device.start(bursts)
    while device.hello().doing == Doing.RUNNING:
        pass


def test_who_stops_listening_halfway_gets_the_rest_of_the_run_from_another_call(robot: Device):
    ended(robot, 5)
    first = next(event for event in robot.events() if isinstance(event, Burst))
    rest = list(robot.events())
    assert first.number == 1
    assert [event.number for event in rest if isinstance(event, Burst)] == [2, 3, 4, 5]
    assert isinstance(rest[-1], Done)


def test_a_run_whose_end_was_lost_on_the_way_ends(robot: Device, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ganglion.device.device._QUIET", 0.1)
    ended(robot, 5)
    robot._take(0)
    assert list(robot.events()) == []
