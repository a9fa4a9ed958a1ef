"""open.py: finding a device in whatever state it is, and saying what is there in its place."""

import os
import socket
import threading

import pytest
import serial

from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.errors import DeviceError, NoDeviceError
from ganglion.link.messages import Doing

FLASH = "put this version's firmware on it with `ganglion flash`"


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
