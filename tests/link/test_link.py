"""link.py over a real device: noise, silence, slow hosts, pulled cables; how ports are found."""

import contextlib
import os
import random
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from ganglion.api.installations import ports_of
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError, NoDeviceError, UsageError
from ganglion.link import link as link_module
from ganglion.link.codes import Refused
from ganglion.link.frame import Type
from ganglion.link.handshake import greet
from ganglion.link.link import Link
from ganglion.link.messages import Burst, Doing, Done
from ganglion.link.ports import find_port, open_port
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.faults.noise import NoisyPort

SEED = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
OFTEN = (0.05,) * 200  # patience for a line on which nearly everything is damaged


@pytest.fixture
def noisy(small_brain) -> Iterator[tuple[Device, NoisyPort]]:
    """A device with the small brain at the end of a cable that is still good."""
    with VirtualDevice() as virtual:
        port = NoisyPort(virtual.path, random.Random(SEED))
        link = Link(port, "the noisy device")
        with Device(link, greet(link)) as device:
            device.put(small_brain.blob)
            yield device, port


@pytest.mark.parametrize(("rate", "steps"), [(1e-4, 300), (1e-3, 100), (4e-3, 20)])
def test_over_a_noisy_line_every_command_is_executed_exactly_once(noisy, rate, steps):
    device, port = noisy
    device.configure(stepped=True)
    device.start()
    port.rate = rate
    for _ in range(steps):
        device.link.command(Type.STEP, patience=OFTEN)
    port.rate = 0.0
    device.stop()
    (done,) = (record for record in device.events() if isinstance(record, Done))
    assert done.burst == steps, f"GANGLION_SEED={SEED}"
    assert port.flipped


def test_telemetry_over_a_noisy_line_is_lost_in_part_but_never_wrong(noisy, small_brain):
    device, port = noisy
    stimulus = RandomStimulus.at_rate(9, 0.3)
    chosen = (stimulus.seed, stimulus.group_bits, stimulus.chance)
    device.configure(stimulus=chosen, stepped=True)
    device.start()
    port.rate = 1e-3
    for _ in range(100):
        device.link.command(Type.STEP, patience=OFTEN)
    port.rate = 0.0
    device.stop()
    reference = Reference(small_brain.network)
    stream = StimulusStream(small_brain.network, stimulus)
    truth = [reference.step(stream.draw()).tolist() for _ in range(100)]
    bursts = [record for record in device.events() if isinstance(record, Burst)]
    for burst in bursts:
        fired = truth[burst.number - 1]
        assert burst.fired == len(fired), f"GANGLION_SEED={SEED}"
        if burst.complete:
            assert burst.neurons.tolist() == fired, f"GANGLION_SEED={SEED}"
        else:
            assert set(burst.neurons.tolist()) < set(fired), f"GANGLION_SEED={SEED}"
    assert len(bursts) + device.losses.missing == 100
    assert device.losses.lost


def test_a_device_that_stops_answering_is_an_error_that_says_so(robot):
    assert robot.virtual is not None
    assert robot.virtual._process is not None
    robot.virtual._process.send_signal(signal.SIGSTOP)
    robot.link.slowness = 0.2
    with pytest.raises(DeviceError) as caught:
        robot.start(10)
    robot.virtual._process.send_signal(signal.SIGCONT)
    assert str(caught.value) == (
        "the virtual device does not answer PING (4 tries in 0.6 s); "
        "reset it or unplug it, then try again"
    )


def test_a_device_that_falls_silent_during_a_run_is_an_error(robot, monkeypatch):
    monkeypatch.setattr("ganglion.device.device._QUIET", 0.2)
    robot.configure(period_us=1000)
    robot.start()
    events = robot.events()
    next(events)
    assert robot.virtual is not None
    assert robot.virtual._process is not None
    robot.virtual._process.send_signal(signal.SIGSTOP)
    robot.link.slowness = 0.2
    with pytest.raises(DeviceError) as caught:
        list(events)
    robot.virtual._process.send_signal(signal.SIGCONT)
    assert str(caught.value).startswith("the virtual device does not answer QUERY")


def test_a_pulled_cable_is_told_at_once(robot):
    assert robot.virtual is not None
    robot.virtual.unplug()
    with pytest.raises(DeviceError) as caught:
        robot.hello()
    assert str(caught.value).startswith("the virtual device is gone (")
    assert str(caught.value).endswith("; plug it in again, then try again")


def test_a_lossless_device_waits_for_a_host_that_takes_nothing(robot, monkeypatch):
    monkeypatch.setattr(link_module, "_AHEAD", 100)
    robot.configure(stimulus=(4, 0, 20000), lossless=True)
    robot.start(20_000)
    time.sleep(0.5)  # nothing is taken
    assert len(robot.link._frames) < 5000
    *bursts, done = robot.events()
    assert [burst.number for burst in bursts] == list(range(1, 20_001))
    assert done.dropped == 0
    assert robot.losses.none


# Behind brain.py: the real Brain, which leaves a note.
NOTES_THE_END = """
_Brain = Brain
class Brain(_Brain):
    def step(self):
        if self.burst == 49999:
            open("ended", "w").close()
        return super().step()
"""


def test_a_device_that_is_not_lossless_runs_on_drops_and_says_how_much(
    small_brain, tmp_path, monkeypatch, alter_firmware
):
    monkeypatch.setattr(link_module, "_AHEAD", 100)
    alter_firmware("brain", NOTES_THE_END)
    with open_device(f"virtual:{tmp_path}") as device:
        device.put(small_brain.blob)
        device.configure()
        device.start(50_000)
        while not (tmp_path / "ended").exists():  # nothing is taken, and yet it ends
            time.sleep(0.01)
        *bursts, done = device.events()
        assert done.burst == 50_000
        assert done.dropped > 0
        assert len(bursts) + done.dropped == 50_000
        losses = device.losses
        assert (losses.missing, losses.dropped) == (done.dropped, done.dropped)
        assert (losses.lost, losses.damaged, losses.incomplete) == (0, 0, 0)


def test_a_command_gets_through_while_nobody_takes_the_telemetry(robot, monkeypatch):
    monkeypatch.setattr(link_module, "_AHEAD", 100)
    robot.configure(lossless=True)
    robot.start()
    time.sleep(0.2)
    robot.link.command(Type.PING)
    robot.stop()
    assert isinstance(list(robot.events())[-1], Done)


def test_what_the_device_prints_is_shown_and_does_no_harm(alter_firmware):
    alter_firmware("runner", "\nprint('a long line of text ' * 40)\nprint('é\\x03\\x04')\n")
    shown: list[str] = []
    with open_device("virtual", on_text=shown.append) as device:
        assert device.greeting.doing == Doing.NO_BRAIN
        assert "a long line of text " * 40 in "".join(shown)


def test_a_refusal_names_command_code_and_remedy(device):
    with pytest.raises(Refused) as caught:
        device.start(1)
    assert str(caught.value) == (
        "the device refused START: not now: running, or no brain; "
        "stop the run, or put a brain first"
    )


def test_two_threads_may_not_confuse_each_others_answers(robot):
    failures: list[Exception] = []

    def ping() -> None:
        try:
            for _ in range(100):
                robot.link.command(Type.PING)
        except DeviceError as error:
            failures.append(error)

    threads = [threading.Thread(target=ping) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


class FakeUsb:
    def __init__(self, device: str, vid: int | None, serial_number: str | None) -> None:
        self.device, self.vid, self.serial_number = device, vid, serial_number


@pytest.fixture
def plugged(monkeypatch) -> list[FakeUsb]:
    ports: list[FakeUsb] = [FakeUsb("/dev/ttyS0", None, None)]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ports)
    return ports


def test_auto_is_the_one_port_that_can_be_an_esp32(plugged):
    plugged.append(FakeUsb("/dev/ttyUSB3", 0x1A86, None))
    plugged.append(FakeUsb("/dev/ttyACM0", 0x1546, None))  # a receiver of GPS
    assert find_port("auto") == "/dev/ttyUSB3"
    assert find_port("auto?dtr=off") == "/dev/ttyUSB3?dtr=off"


@pytest.mark.parametrize("maker", [0x067B, 0x239A, 0x2341])
def test_auto_knows_the_makers_of_boards_and_bridges(plugged, maker):
    plugged.append(FakeUsb("/dev/ttyACM0", maker, None))
    assert find_port("auto") == "/dev/ttyACM0"


def test_auto_offers_the_port_of_an_unknown_maker_and_does_not_take_it(plugged):
    plugged.append(FakeUsb("/dev/ttyACM0", 0x1546, "G1"))
    with pytest.raises(NoDeviceError) as caught:
        find_port("auto")
    assert str(caught.value) == (
        "no serial port is an ESP32 or a USB bridge that one hangs on as a rule; there is "
        "/dev/ttyACM0 (USB maker 1546, id:G1); if that is your board, name it in place of auto"
    )


def test_all_are_those_that_can_be_one_and_it_is_told_what_is_left_out(plugged):
    plugged.append(FakeUsb("/dev/ttyUSB3", 0x1A86, None))
    plugged.append(FakeUsb("/dev/ttyUSB4", 0x10C4, None))
    plugged.append(FakeUsb("/dev/ttyACM0", 0x1546, "G1"))
    told: list[str] = []
    assert ports_of(["all"], told.append) == ["/dev/ttyUSB3", "/dev/ttyUSB4"]
    assert told == [
        "/dev/ttyACM0 (USB maker 1546, id:G1): no ESP32's port as a rule, and left out of all; "
        "name it with --port if it is one"
    ]


def test_auto_without_a_board_says_what_was_looked_for(plugged):
    with pytest.raises(NoDeviceError) as caught:
        find_port("auto")
    assert str(caught.value) == (
        "no serial port is an ESP32 or a USB bridge that one hangs on; plug a board in, "
        "or use the virtual device; `ganglion devices` lists what is there"
    )
    assert caught.value.exit_code == 3


def test_auto_with_several_boards_lists_them_and_guesses_nothing(plugged):
    plugged.append(FakeUsb("/dev/ttyUSB0", 0x10C4, "A7"))
    plugged.append(FakeUsb("/dev/ttyACM0", 0x303A, None))
    with pytest.raises(NoDeviceError) as caught:
        find_port("auto")
    assert str(caught.value) == (
        "2 serial ports are an ESP32 or a USB bridge that one hangs on: /dev/ttyACM0 (Espressif), "
        "/dev/ttyUSB0 (CP210x, id:A7); name one of them"
    )


def test_a_serial_number_finds_its_port_whoever_made_it(plugged):
    plugged.append(FakeUsb("/dev/ttyUSB1", 0x9999, "XYZ"))
    assert find_port("id:XYZ") == "/dev/ttyUSB1"
    with pytest.raises(NoDeviceError) as caught:
        find_port("id:ABC")
    assert str(caught.value).startswith("no serial port is serial number ABC; ")


def test_a_path_and_a_url_are_taken_as_they_are(plugged):
    for spec in ("/dev/ttyUSB9", "socket://localhost:1", "rfc2217://localhost:1", "COM7"):
        assert find_port(spec) == spec


def test_a_port_that_cannot_be_opened_is_no_device(tmp_path):
    for spec in (str(tmp_path / "nothing"), "socket://127.0.0.1:1"):
        with pytest.raises(NoDeviceError) as caught:
            open_port(spec, 115200)
        refused = f"{spec} cannot be reached (Connection refused)"
        why = refused if ":" in spec else "there is no port"
        assert str(caught.value).startswith(why)
        assert "dialout" not in str(caught.value)
        assert caught.value.exit_code == 3


@pytest.mark.parametrize("spec", ["socket://localhost", "rfc2217://localhost", "socket://[::1]"])
def test_an_address_without_a_port_is_usage(spec: str):
    with pytest.raises(UsageError, match=r"names no port; write \w+://HOST:PORT"):
        open_port(spec, 115200)


def test_what_is_no_serial_port_is_said_to_be_none():
    with pytest.raises(NoDeviceError, match="/dev/null is no serial port; `ganglion devices`"):
        open_port("/dev/null", 115200)


def test_a_socket_whose_other_end_is_gone_is_closed_all_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", 115_200)
        other, _ = server.accept()
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        other.close()  # at once, as when an emulated board's power goes
    held = port._socket  # type: ignore[attr-defined]
    with contextlib.suppress(OSError):
        port.read(1)
    Link(port, "nobody").close()
    assert held.fileno() == -1
