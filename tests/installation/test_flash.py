"""flash.py and esptool.py: what can be known of flashing without a board; esptool is the real one.

tests/hardware/test_flashing.py does it to a board.
"""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from littlefs import LittleFS

from ganglion.boards.board import load_board
from ganglion.errors import BoardError, NoDeviceError, ToolError
from ganglion.installation import esptool
from ganglion.installation.flash import plan

BOARD = load_board("esp32")


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A file that has the header of an image for an ESP32, and its hash."""
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "mine.bin"
    path.write_bytes(b"\xe9" + bytes(11) + struct.pack("<H", 0) + os.urandom(5000))
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def silent() -> Iterator[str]:
    """A port at which nobody is."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


def ganglion(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ganglion.cli.main import main; main()", "flash", *words],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_dry_run_prints_commands_that_esptool_understands(image, small_brain, tmp_path):
    brain = tmp_path / "brain.gbn"
    brain.write_bytes(small_brain.blob)
    path, sha = image
    done = ganglion(
        str(brain), "--board", "esp32", "--port", "/dev/ttyUSB7", "--firmware", str(path),
        "--sha256", sha.upper(), "--dry-run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    look, write = done.stdout.splitlines()
    tool, place = r"\S*esptool --chip ", r"--port /dev/ttyUSB7 "
    assert re.fullmatch(rf"{tool}auto {place}flash-id", look)
    found = re.fullmatch(
        rf"{tool}esp32 {place}--baud 460800 write-flash 0x1000 (\S+) 0x200000 (\S+)", write
    )
    assert found
    assert Path(found[1]).read_bytes() == path.read_bytes()
    assert Path(found[2]).stat().st_size % 4096 == 0
    # esptool takes the words, and fails for want of the port alone
    again = subprocess.run(write.split(), capture_output=True, text=True, timeout=60)
    assert "Could not open /dev/ttyUSB7" in again.stdout + again.stderr


def test_the_files_that_are_written_are_a_file_system_with_firmware_and_brain(image, small_brain):
    made = plan(BOARD, *image, blob=small_brain.blob)
    (_, _), (offset, path) = made.parts
    assert BOARD.flash is not None
    assert offset == BOARD.flash.files_offset
    # what was there before, in the blocks that are not written, does no harm
    content = path.read_bytes()
    content += os.urandom(BOARD.flash.files_size - len(content))
    system = LittleFS(block_size=4096, block_count=len(content) // 4096, mount=False)
    system.context.buffer[:] = content
    system.mount()
    with system.open("brain.a", "rb") as file:
        assert file.read() == small_brain.blob
    with system.open("board.json") as file:
        assert json.load(file)["name"] == "esp32"
    names = system.listdir("lib")
    assert {"serve.mpy", "burst.mpy"} <= set(names)
    assert all(name.endswith(".mpy") for name in names)
    with system.open("new", "wb") as file:  # and there is room for more
        file.write(bytes(200_000))
    assert len(system.listdir("lib")) == len(names)


def test_a_port_where_nobody_answers_is_no_device(image, silent):
    path, sha = image
    done = ganglion("--board", "esp32", "--port", silent, "--firmware", str(path), "--sha256", sha)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        f"ganglion: no boot loader answers at {silent} (Failed to connect to Espressif device: "
        "No serial data received); hold the board's BOOT button while you press its RESET button, "
        "then try again"
    )


def test_in_a_fleet_each_failure_has_its_line_and_stops_no_other(image, silent, tmp_path):
    path, sha = image
    nowhere = str(tmp_path / "nowhere")
    done = ganglion(
        "--board", "esp32", "--port", nowhere, "--port", silent, "--port", nowhere,
        "--firmware", str(path), "--sha256", sha, "--json",
    )  # fmt: skip
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert (first["port"], first["ok"]) == (nowhere, False)
    assert first["error"].startswith(f"{nowhere} cannot be opened (it is busy, or not there); ")
    assert (second["port"], second["ok"]) == (silent, False)
    assert second["error"].startswith(f"no boot loader answers at {silent} (")
    assert done.stderr.splitlines()[-1] == (
        f"ganglion: 2 of 2 boards were not flashed ({nowhere}, {silent}); "
        "see what was said of each, and flash those again"
    )


def test_an_image_that_nobody_vouches_for_is_refused(image):
    path, sha = image
    with pytest.raises(BoardError) as caught:
        plan(BOARD, path)
    assert str(caught.value) == (
        f"{path} has the SHA-256 {sha}, which is none that esp32 knows; "
        "take the official image, or say that you trust this one with --sha256"
    )


def test_an_image_that_reaches_into_the_file_system_is_refused(image):
    path, _ = image
    path.write_bytes(path.read_bytes() + bytes(0x1FF000))
    with pytest.raises(BoardError) as caught:
        plan(BOARD, path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert str(caught.value) == (
        "the image has 2,098,070 bytes and esp32 has room for 2,093,056; "
        "give the image for this board, or raise files_offset in a board file of your own"
    )


def test_a_board_without_flash_is_refused(image):
    with pytest.raises(BoardError) as caught:
        plan(load_board("virtual"), *image)
    assert str(caught.value).startswith("virtual has no flash to write; ")
    done = ganglion("--board", "esp32", "--port", "virtual", "--firmware", str(image[0]),
                    "--sha256", image[1])  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == (
        "ganglion: the virtual device has no flash to write; `ganglion deploy` puts a brain on it\n"
    )


def test_a_brain_for_another_board_is_refused_before_any_port_is_opened(small_brain, tmp_path):
    from dataclasses import replace

    from ganglion.blob.container import encode

    brain = tmp_path / "brain.gbn"
    brain.write_bytes(encode(replace(small_brain.network, board="esp32s3")))
    done = ganglion(str(brain), "--board", "esp32", "--port", "/dev/ttyUSB7")
    assert done.returncode == 1
    assert done.stderr == (
        f"ganglion: {brain} was compiled for esp32s3, not for esp32; "
        "compile it with --board esp32 --only, or for any (without --only)\n"
    )


def test_a_cache_that_cannot_be_written_is_told(image, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path / "file"))
    with pytest.raises(ToolError) as caught:
        plan(BOARD, *image)
    assert str(caught.value).endswith("; name a directory that can in GANGLION_CACHE")


def test_without_esptool_one_is_told_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolError) as caught:
        esptool.identify("/dev/ttyUSB7")
    assert str(caught.value) == "there is no `esptool` program here; `pip install esptool`"


def test_a_port_that_is_not_there_is_no_device(tmp_path):
    with pytest.raises(NoDeviceError) as caught:
        esptool.identify(str(tmp_path / "ttyUSB7"))
    assert caught.value.exit_code == 3
