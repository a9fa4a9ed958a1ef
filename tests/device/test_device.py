"""device.py and session.py: finding a device in whatever state it is, using it, letting it go."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import serial

from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError, NoDeviceError
from ganglion.link.messages import Burst, Doing, Done

FLASH = "put this version's firmware on it with `ganglion flash`"


@pytest.fixture
def board(small_brain, tmp_path) -> Iterator[VirtualDevice]:
    """A board that has a brain and is on, with nobody at its port."""
    with open_device(f"virtual:{tmp_path}") as device:
        device.put(small_brain.blob)
    with VirtualDevice(tmp_path) as virtual:
        yield virtual


def prompt_of(virtual: VirtualDevice) -> None:
    """Fails unless the board is at its REPL."""
    with serial.Serial(virtual.path, timeout=20) as port:
        port.write(b"\rprint(6 * 7)\r")
        assert b"\n42" in port.read_until(b"\n42")


def test_a_device_named_by_its_path_is_found_while_it_serves(board):
    for _ in range(2):
        with open_device(board.path) as device:
            assert device.greeting.doing == Doing.READY


@pytest.mark.parametrize("typed", [b"", b"x = 1", b"\x01", b"\x01print(1)", b"\x05pasted"])
def test_a_device_at_its_repl_is_found_whatever_was_typed_there(board, typed):
    with open_device(board.path) as device:
        device.repl()
    with serial.Serial(board.path, timeout=1) as port:
        port.write(typed)
    with open_device(board.path) as device:
        assert device.greeting.doing == Doing.READY


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


def test_firmware_of_another_specification_is_refused_before_anything_is_sent(alter_firmware):
    alter_firmware("server", instead=("_SPEC = const(1)", "_SPEC = const(2)"))
    with pytest.raises(DeviceError) as caught:
        open_device("virtual")
    assert str(caught.value) == (
        f"the virtual device speaks version 2 of SPEC.md, this is 1; {FLASH}"
    )


def test_a_micropython_without_our_firmware_is_told_from_silence(monkeypatch, tmp_path):
    (tmp_path / "boot.py").write_text("")
    (tmp_path / "main.py").write_text("")
    monkeypatch.setattr("ganglion.device.virtual.firmware_dir", lambda: tmp_path)
    with pytest.raises(DeviceError) as caught:
        open_device("virtual")
    assert str(caught.value) == (
        f"the virtual device is a MicroPython without Ganglion's firmware; {FLASH}"
    )


def test_a_port_where_nobody_answers_is_given_up(monkeypatch):
    monkeypatch.setattr("ganglion.link.handshake._TRIES", 2)
    master, slave = os.openpty()
    path = os.ttyname(slave)
    with pytest.raises(DeviceError) as caught:
        open_device(path)
    os.close(master)
    os.close(slave)
    assert str(caught.value) == (
        f"{path} says nothing, and answers neither as Ganglion nor as a MicroPython; "
        f"check the port and the cable, or {FLASH}; a board whose RESET hangs on a line of the "
        "port may need --dtr off --rts off"
    )


def test_a_device_that_does_not_exist_is_no_device(tmp_path):
    for spec in ("nonsense", str(tmp_path / "ttyUSB7")):
        with pytest.raises(NoDeviceError) as caught:
            open_device(spec)
        assert str(caught.value).startswith(f"there is no port {spec}; ")
        assert caught.value.exit_code == 3


def bridge(path: str, server: socket.socket) -> None:
    """A serial port as a TCP server, as ser2net makes one."""
    with serial.Serial(path, timeout=0.05) as port:
        client, _ = server.accept()
        client.settimeout(0.05)
        with client:
            while True:
                data = port.read(port.in_waiting or 1)
                if data:
                    client.sendall(data)
                try:
                    data = client.recv(4096)
                    if not data:
                        return
                    port.write(data)
                except TimeoutError:
                    pass
                except ConnectionError:
                    return


def test_a_device_behind_a_socket_is_a_device(board):
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=bridge, args=(board.path, server))
        thread.start()
        with open_device(f"socket://127.0.0.1:{server.getsockname()[1]}") as device:
            assert isinstance(device, Device)
            device.configure(stimulus=(1, 0, 20000), lossless=True)
            device.start(50)
            *bursts, _ = device.events()
            assert len(bursts) == 50
            assert device.losses.none
        thread.join()


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
