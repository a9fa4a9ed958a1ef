"""flash.py and esptool.py: what can be known of flashing without a board.

esptool is the real one; at the other end of its line support/rom.py speaks its protocol.
tests/hardware/test_flashing.py does it to a board.
"""

import hashlib
import json
import os
import re
import subprocess
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from littlefs import LittleFS

from ganglion.boards.board import board_names, load_board
from ganglion.boards.image import brain_files
from ganglion.boards.official import cache_dir, official_image
from ganglion.compiler import Brain
from ganglion.device.installation import esptool
from ganglion.device.installation.flash import Flashed, FlashPlan, flash, plan
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import BoardError, ToolError
from tests.support import command
from tests.support.images import MB, plain
from tests.support.images import image as image_of
from tests.support.rom import SECURE_BOOT, SECURE_DOWNLOAD, Rom

BOARD = load_board("esp32")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What GANGLION_CACHE names: no image, and the firmware as all tests keep it."""
    firmware = cache_dir() / "firmware"
    place = tmp_path_factory.mktemp("cache")
    with suppress(OSError):
        firmware.mkdir(parents=True, exist_ok=True)
        (place / "firmware").symlink_to(firmware)
    return place


def saved(path: Path, content: bytes) -> tuple[Path, str]:
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


@pytest.fixture
def image(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A file that has header and table of MicroPython 1.25 for an ESP32, and its hash."""
    monkeypatch.setenv("GANGLION_CACHE", str(kept))
    return saved(tmp_path / "mine.bin", image_of(plain(0x200000)))


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A port at which nobody is, and an esptool that asks once there, not seven times."""
    settings = tmp_path / "esptool.cfg"
    settings.write_text("[esptool]\nconnect_attempts = 1\n")
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(settings))
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


ganglion = partial(command.ganglion, "flash")


def test_a_dry_run_prints_commands_that_esptool_understands(image, small_brain, tmp_path):
    brain = tmp_path / "brain.gbn"
    brain.write_bytes(small_brain.blob)
    path, sha = image
    done = ganglion(
        str(brain), "--board", "esp32", "--port", "/dev/ttyUSB7", "--firmware", str(path),
        "--sha256", sha.upper(), "--dry-run",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    look, *fuses, write = done.stdout.splitlines()
    tool, place = r"\S*esptool --chip ", r"--port /dev/ttyUSB7 "
    assert re.fullmatch(rf"{tool}auto {place}flash-id", look)
    for line, address in zip(fuses, ("0x3ff5a000", "0x3ff5a018"), strict=True):
        assert re.fullmatch(rf"{tool}esp32 {place}read-mem {address}", line)
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
    own = {"lib/gauge.py": b"class Driver: ..."}
    made = plan(BOARD, *image, blob=small_brain.blob, drivers=own)
    (_, _), (offset, path) = made.parts(4 * MB)
    assert offset == 0x200000
    # what was there before, in the blocks that are not written, does no harm
    content = path.read_bytes()
    content += os.urandom(2 * MB - len(content))
    system = LittleFS(block_size=4096, block_count=len(content) // 4096, mount=False)
    system.context.buffer[:] = content
    system.mount()
    with system.open("brain.a", "rb") as file:
        assert file.read() == small_brain.blob
    with system.open("board.json") as file:
        assert json.load(file)["name"] == "esp32"
    with system.open("lib/gauge.py", "rb") as file:
        assert file.read() == own["lib/gauge.py"]
    system.remove("lib/gauge.py")
    names = [name for _, _, files in system.walk("lib") for name in files]
    assert {"server.mpy", "trial.mpy", "common.mpy"} <= set(names)
    assert all(name.endswith(".mpy") for name in names)
    assert system.listdir("lib") == ["ganglion"]
    with system.open("new", "wb") as file:  # and there is room for more
        file.write(bytes(200_000))
    assert sum(len(files) for _, _, files in system.walk("lib")) == len(names)


def test_a_port_where_nobody_answers_is_no_device(image, silent):
    path, sha = image
    done = ganglion("--board", "esp32", "--port", silent, "--firmware", str(path), "--sha256", sha)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        f"ganglion: no boot loader answers at {silent} (Failed to connect to Espressif device: "
        "No serial data received); hold the board's BOOT button while you press its RESET button, "
        "then try again"
    )


def test_a_dry_run_without_the_image_touches_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # whoever asked it would fail
    done = ganglion("--board", "esp32", "--port", "auto", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"--port PORT --baud 460800 write-flash 0x1000 \S+ESP32_GENERIC-\S+\.bin$",
        done.stdout.splitlines()[-1],
    )
    assert "is not here yet: flash would download it" in done.stderr


def test_a_port_is_looked_for_before_anything_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    done = ganglion("--board", "esp32", "--port", "id:none-has-this")
    assert done.returncode == 3
    assert done.stderr.startswith("ganglion: no serial port is serial number none-has-this; ")


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
    told = json.loads(done.stderr.splitlines()[-1])["error"]
    assert told["fact"] == f"2 of 2 boards were not flashed ({nowhere}, {silent})"
    assert told["remedy"] == "see what was said of each, and flash those again"


def test_an_image_that_nobody_vouches_for_is_refused(image):
    path, sha = image
    with pytest.raises(BoardError) as caught:
        plan(BOARD, path)
    assert str(caught.value) == (
        f"{path} has the SHA-256 {sha}, which is none that esp32 knows; "
        "take the official image, or say that you trust this one with --sha256"
    )


def test_each_board_file_names_a_newest_image_that_is_pinned_or_asks_for_a_hash(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path))
    seen = {}
    for name in board_names():
        board = load_board(name)
        if board.flash is None or name == "qemu-esp32":
            continue
        assert [official.version for official in board.flash.official] == [
            "1.28.0", "1.27.0", "1.26.1", "1.25.0",
        ]  # fmt: skip
        seen[name] = board.flash.official[0].sha256 is not None
    assert seen == {
        "esp32": True, "esp32-psram": False, "esp32c3": True, "esp32c6": True, "esp32s2": False,
        "esp32s2-psram": False, "esp32s3": True, "esp32s3-octal": True, "esp32s3-psram": True,
    }  # fmt: skip
    with pytest.raises(BoardError) as caught:
        official_image(load_board("esp32s2"))
    assert str(caught.value) == (
        "nobody here could check ESP32_GENERIC_S2-20260406-v1.28.0.bin; give the SHA-256 that you "
        "trust with --sha256, or another --micropython; it is at "
        "https://micropython.org/resources/firmware/ESP32_GENERIC_S2-20260406-v1.28.0.bin"
    )
    with pytest.raises(BoardError) as caught:
        official_image(BOARD, version="1.24")
    assert str(caught.value) == (
        "esp32 knows no image of MicroPython 1.24; "
        "name one of 1.28.0, 1.27.0, 1.26.1, 1.25.0, or give a file with --firmware"
    )


def test_a_version_is_chosen_and_its_hash_may_be_ones_own(tmp_path, monkeypatch):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path))
    data = image_of(plain())
    sha = hashlib.sha256(data).hexdigest()
    (tmp_path / "ESP32_GENERIC-20251209-v1.27.0.bin").write_bytes(data)
    assert official_image(BOARD, trusted=sha, version="1.27").data == data


NOT_WRITTEN = "it would not start what is written, and nothing undoes that; "
BURNT = "take another board: these fuses are burnt for ever; nothing was written"
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {  # by errand: a chip, and what is said of it
    "another kind": (
        {"chip": "esp32s3"},
        "the chip at {port} is an esp32s3, and esp32 has an esp32; name the board that you "
        "have with --board; nothing was written",
    ),
    "a smaller flash": (
        {"flash": 2 * MB},
        "the flash at {port} has 2,048 KiB, and esp32 has 4,096; give a board file of your own "
        "with its size; nothing was written",
    ),
    "a flash without size": (
        {"size_code": 0},
        "esptool cannot tell how large the flash at {port} is; look at the board's power "
        "supply and at the wires of its flash; nothing was written",
    ),
    "encrypted": (
        {"words": {0x3FF5A000: 0b0000111 << 20}},
        "the chip at {port} is locked by flash encryption: " + NOT_WRITTEN + BURNT,
    ),
    "encrypted and signed": (
        {"words": {0x3FF5A018: 1 << 5, 0x3FF5A000: 1 << 20}},
        "the chip at {port} is locked by flash encryption and Secure Boot: " + NOT_WRITTEN + BURNT,
    ),
}
LOCKS: dict[str, dict[str, int]] = {
    "Secure Download Mode": {"flags": SECURE_DOWNLOAD},
    "Secure Boot": {"flags": SECURE_BOOT},
    "flash encryption": {"crypt": 1},
}
# The client of RFC 2217 in pyserial looks every 50 ms for the answer to each change of a setting,
# and esptool changes two for each command: its looks are 2 ms apart here.
SOONER = """
import time
from types import SimpleNamespace
from serial import rfc2217
sleep = time.sleep
rfc2217.time = SimpleNamespace(sleep=lambda s: sleep(0.002 if s == 0.05 else s), time=time.time)
"""


class Errands:
    """What is done with esptool: all at once, since esptool waits more than it computes."""

    def __init__(self, place: Path, brain: bytes) -> None:
        self.brain = brain
        self.mine = saved(place / "mine.bin", image_of(plain(0x200000)))
        self.large = saved(
            place / "large.bin", image_of(plain(0x600000), chip=9, flash=8 * MB, at=0)
        )
        self.made = plan(BOARD, *self.mine, blob=brain)
        s3 = saved(place / "s3.bin", image_of(plain(), chip=9, at=0))
        esp32s3 = load_board("esp32s3")
        unlike = plan(BOARD, *self.mine)
        locked, large = plan(esp32s3, *s3), plan(esp32s3, *self.large)
        errands: dict[str, Callable[[], Any]] = {
            **{name: partial(_refused, Rom(**rom), unlike) for name, (rom, _) in REFUSALS.items()},
            **{lock: partial(_refused, Rom("esp32s3", **rom), locked)
               for lock, rom in LOCKS.items()},
            "a larger image": partial(_refused, Rom("esp32s3", 4 * MB), large),
            "tried again": partial(_found, Rom(garbled=True)),
            # eight attempts of esptool, which by itself makes seven, of five commands
            "slow": partial(_found, Rom(deaf=36)),
            "reset": _reset,
            "socket": partial(self._to_hello, rfc2217=False),
            "rfc2217": partial(self._to_hello, rfc2217=True),
        }  # fmt: skip
        with ThreadPoolExecutor(len(errands)) as pool:
            self._done = {name: pool.submit(errand) for name, errand in errands.items()}

    def __getitem__(self, name: str) -> Any:
        """What came of one. Raises what it raised."""
        return self._done[name].result()

    def _to_hello(self, rfc2217: bool) -> tuple[Rom, Flashed, list[str]]:
        told: list[str] = []
        line = BOARD.link.model_copy(update={"bauds": [], "divider": 0})
        host = BOARD.model_copy(
            update={"architecture": "host", "chip": None, "flash": None, "link": line}
        )
        with Rom(rfc2217=rfc2217) as chip, TemporaryDirectory() as directory:
            for name, data in brain_files(self.brain).items():
                (Path(directory) / name).write_bytes(data)

            def tell(stage: str) -> None:
                told.append(stage)
                if stage.startswith("press"):
                    chip.reset()

            with chip.runs(lambda: VirtualDevice(Path(directory), heap=1 << 20, board=host)):
                return chip, flash(self.made, chip.port, tell=tell), told


def _refused(rom: Rom, made: FlashPlan) -> tuple[Rom, str]:
    with rom as chip, pytest.raises(BoardError) as caught:
        flash(made, chip.port)
    return chip, str(caught.value)


def _found(rom: Rom) -> esptool.Chip:
    with rom as chip:
        return esptool.identify(chip.port)


def _reset() -> tuple[Rom, str]:
    with Rom(rfc2217=True) as chip:
        chip.reset()
        assert not chip.in_loader
        return chip, esptool.run(esptool.command(chip.port, ["--no-stub", "chip-id"]))


@pytest.fixture(scope="module")
def errands(tmp_path_factory: pytest.TempPathFactory, kept: Path, small_brain: Brain) -> Errands:
    place = tmp_path_factory.mktemp("errands")
    (place / "sitecustomize.py").write_text(SOONER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANGLION_CACHE", str(kept))
        patch.setenv("PYTHONPATH", str(place), prepend=os.pathsep)
        return Errands(place, small_brain.blob)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_chip_that_does_not_fit_is_refused_before_a_byte_is_written(errands, name):
    chip, told = errands[name]
    assert told == REFUSALS[name][1].format(port=chip.port)
    assert not chip.written


@pytest.mark.parametrize("lock", LOCKS)
def test_a_locked_chip_is_told_as_such_and_not_as_a_matter_of_the_rate(errands, lock):
    chip, told = errands[lock]
    closed = "it cannot be asked what it holds, nor flashed this way, and nothing undoes that; "
    why = closed if lock == "Secure Download Mode" else NOT_WRITTEN
    assert told == f"the chip at {chip.port} is locked by {lock}: {why}{BURNT}"
    assert not chip.written


def test_an_image_for_more_flash_than_there_is_is_refused_before_a_byte_is_written(errands):
    """MicroPython 1.25 for an S3, whose header says 8 MB, on one with 4: it would never start."""
    chip, told = errands["a larger image"]
    assert told == (
        f"{errands.large[0]} is for a flash of 8 MB, and the chip has 4 MB: it would not start; "
        "take an image for this size of flash; nothing was written"
    )
    assert not chip.written


def test_a_detection_that_is_tried_again_is_understood(errands):
    found = errands["tried again"]
    assert (found.name, found.flash) == ("esp32", 4 * MB)


def test_a_boot_loader_that_is_slow_to_start_is_waited_for(errands):
    assert errands["slow"].name == "esp32"


def test_over_rfc2217_the_chip_is_reset_into_its_boot_loader_and_out_of_it(errands):
    chip, told = errands["reset"]
    assert "Connected to ESP32 on rfc2217://" in told
    assert chip.resets >= 3
    assert not chip.in_loader


@pytest.mark.parametrize("kind", ["socket", "rfc2217"])
def test_a_board_in_the_network_is_flashed_to_its_hello_and_a_person_is_asked_only_over_a_socket(
    errands, kind
):
    """A socket carries no reset; RFC 2217, here by pyserial's own server, does."""
    chip, result, told = errands[kind]
    assert (result.chip, result.error) == ("esp32", None)
    assert told == [
        "identifying the chip",
        "writing to esp32 00:00:00:00:00:00",
        *["press the board's RESET button now: a socket carries no reset"] * (kind == "socket"),
        "waiting for HELLO",
    ]
    for offset, path in errands.made.parts(4 * MB):
        data = path.read_bytes()
        assert chip.flash[offset : offset + len(data)] == data


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
        plan(BOARD, *image).parts(4 * MB)
    assert str(caught.value).endswith("; name a directory that can in GANGLION_CACHE")
