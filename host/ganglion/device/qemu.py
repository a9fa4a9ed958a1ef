"""Qemu: an ESP32 that is a process: MicroPython's official image in Espressif's QEMU.

In:  the program `qemu-system-xtensa` on PATH, and a flash image (or none: one is made).
Out: the URL of a serial port that behaves as a board's does; a reset; a power cut; download mode.
Never: ends a process but its own, or leaves it running when this one is gone, however that went.
"""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..boards.board import Board, load_board
from ..boards.image import firmware_files, flash_image
from ..boards.official import official_image
from ..boards.programs import find_program
from ..closing import Closing
from ..errors import DeviceError, ToolError

HOW_TO_GET = "take qemu-xtensa from github.com/espressif/qemu/releases and put it on PATH"
# The clock counts instructions, 8 ns each: a busy machine makes it slower, not its timers earlier.
_CLOCK = ("-icount", "shift=3,align=off,sleep=on")
# Its two processors take turns, and a turn ends when some timer does. A read of the flash takes
# four turns, so here is a timer for nothing but that: its flash is as fast as a real one, by its
# own clock.
_TURNS = (
    "-netdev", "hubport,id=none,hubid=0",
    "-object", "filter-buffer,id=turns,netdev=none,interval=200",
)  # fmt: skip
_DOWNLOAD = ("-global", "driver=esp32.gpio,property=strap_mode,value=0x0f")
# The shell becomes the emulator, and leaves a watcher: it ends the emulator when the pipe that was
# its stdin closes without a word, as it does if we are killed.
_LEASH = 'exec 3<&0 0</dev/null; (read _ <&3 || kill -9 $$) & exec 3<&- && exec "$@"'
_PATIENCE = 20.0  # seconds for the emulator's own answers


def find_qemu() -> Path:
    """The emulator. Raises ToolError if there is none."""
    program = find_program("qemu-system-xtensa")
    if program is None:
        raise ToolError("there is no `qemu-system-xtensa` program here", HOW_TO_GET)
    return program


class QemuDevice(Closing):
    """An emulated board, off until power() is called. Use it as a context manager."""

    def __init__(self, flash: Path | None = None, *, board: Board | None = None) -> None:
        """`flash`: an image of the whole chip, kept; it is made with our firmware if absent."""
        self.board = board or load_board("qemu-esp32")
        self._program = find_qemu()
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary = Path(tempfile.mkdtemp(prefix="ganglion-"))
        self.flash = flash or self._temporary / "flash.bin"
        self.path = ""  # of the serial port, once the power is on
        try:
            if not self.flash.exists():
                image = official_image(self.board).data
                content = flash_image(self.board, image, firmware_files(self.board))
                self.flash.write_bytes(content)
        except OSError as error:
            self.close()
            raise DeviceError(
                f"{self.flash} cannot be written ({error.strerror})",
                "name a file in a directory that can",
            ) from None
        except BaseException:
            self.close()
            raise

    def power(self, *, download: bool = False) -> str:
        """Turns it on, held before the first instruction; the path of its port.

        `download`: it starts in the boot loader that esptool talks to, not in the firmware.
        """
        self.cut()
        control = self._temporary / "control"
        control.unlink(missing_ok=True)
        command = [
            "/bin/sh", "-c", _LEASH, "sh", str(self._program),
            "-nodefaults", "-display", "none", "-machine", "esp32", "-S", *_CLOCK, *_TURNS,
            "-drive", f"file={self.flash},if=mtd,format=raw",
            "-serial", "tcp:127.0.0.1:0,server=on,wait=off,nodelay=on",
            "-qmp", f"unix:{control},server=on,wait=off",
            *(_DOWNLOAD if download else ()),
        ]  # fmt: skip
        with (self._temporary / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in our terminal is not meant for it
            )
        chardevs = self._ask("query-chardev")
        (serial,) = (one for one in chardevs if one["label"] == "serial0")
        address = serial["filename"].split("tcp:")[1].split(",")[0]
        self.path = f"socket://{address}"
        return self.path

    def go(self) -> None:
        """Lets it run: called once somebody listens at its port, who then misses nothing."""
        self._ask("cont")

    def reset(self) -> None:
        """The reset button. The port stays."""
        self._ask("system_reset")

    def cut(self) -> None:
        """Takes the power away, wherever it is just now. The port is gone."""
        if self._process is not None:
            self._process.kill()
            with suppress(BrokenPipeError):
                self._process.communicate(b"\n")  # the watcher's work is done
            self._process = None

    def close(self) -> None:
        self.cut()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _ask(self, command: str) -> Any:
        """The emulator's answer to a command of its control protocol (QMP)."""
        until = time.monotonic() + _PATIENCE
        while True:
            assert self._process is not None
            try:
                with socket.socket(socket.AF_UNIX) as control:
                    control.settimeout(_PATIENCE)
                    control.connect(str(self._temporary / "control"))
                    return _converse(control, command)
            except (OSError, ValueError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise self._failure(command) from None
                time.sleep(0.02)

    def _failure(self, command: str) -> ToolError:
        log = (self._temporary / "qemu.log").read_text(errors="replace").strip()
        said = log.splitlines()[-1] if log else "it said nothing"
        return ToolError(f"{self._program} does not answer {command} ({said})", HOW_TO_GET)


def _converse(control: socket.socket, command: str) -> Any:
    with control.makefile("rw", encoding="utf-8") as stream:
        stream.readline()  # its greeting
        for one in ("qmp_capabilities", command):
            stream.write(json.dumps({"execute": one}) + "\n")
            stream.flush()
            while "return" not in (answer := json.loads(stream.readline())):
                if "error" in answer:
                    raise ValueError(answer["error"])
    return answer["return"]
