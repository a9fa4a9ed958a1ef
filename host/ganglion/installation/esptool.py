"""Esptool: Espressif's esptool, run as the program that it is, and what it says.

In:  a port, and the arguments of one of its commands.
Out: the chip that hangs there; a flash that holds what was given, by esptool's own hash of it.
Never: imports it; lets it run for ever; hides its words from who wants to see them.
"""

import os
import re
import selectors
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..boards.programs import find_program
from ..errors import DeviceError, NoDeviceError, ToolError

HOW_TO_GET = "`pip install esptool`"
_PATIENCE = 900.0  # seconds for one command: four megabytes at 115,200 baud take 400
Show = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Chip:
    """What esptool found at a port."""

    name: str  # as `esptool --chip` calls it
    mac: str
    flash: int  # bytes; 0 if it could not tell


def command(port: str, arguments: Sequence[str], *, chip: str = "auto", baud: int = 0) -> list[str]:
    """The command line of esptool. Raises ToolError if it is not here."""
    program = find_program("esptool")
    if program is None:
        raise ToolError("there is no `esptool` program here", HOW_TO_GET)
    words = [str(program), "--chip", chip, "--port", port]
    if baud:
        words += ["--baud", str(baud)]
    if "://" in port:  # no reset lines there
        words += ["--before", "no-reset", "--after", "no-reset"]
    return [*words, *arguments]


def in_words(words: Sequence[str]) -> str:
    """A command line as one types it in a shell."""
    return shlex.join(words)


def identify(port: str) -> Chip:
    """Which chip hangs at a port, and how much flash it has."""
    told = run(command(port, ["flash-id"]))
    chip = re.search(r"Detecting chip type\.\.\. *(\S+)|Chip type: *(\S+)", told)
    mac = re.search(r"^(?:BASE )?MAC: *([0-9a-f:]+)", told, re.MULTILINE)
    flash = re.search(r"Detected flash size: *(\d+)([KM])B", told)
    if chip is None:
        raise ToolError(
            f"esptool does not say what hangs at {port} ({_last(told)})",
            "use esptool 5 or newer",
        )
    size = int(flash[1]) << (10 if flash[2] == "K" else 20) if flash else 0
    name = (chip[1] or chip[2]).lower().replace("-", "")
    return Chip(name, mac[1] if mac else "", size)


def write(
    port: str, chip: str, baud: int, parts: Sequence[tuple[int, Path]], show: Show | None = None
) -> None:
    """Writes files to their places in the flash. Raises ToolError unless each was verified."""
    told = run(write_command(port, chip, baud, parts), show)
    verified = told.count("Hash of data verified")
    if verified < len(parts):
        raise ToolError(
            f"esptool verified {verified} of {len(parts)} parts of the flash at {port}",
            "flash it again; if that repeats itself, the flash is worn out",
        )


def write_command(port: str, chip: str, baud: int, parts: Sequence[tuple[int, Path]]) -> list[str]:
    """The command line with which write() does so."""
    places = [word for offset, path in parts for word in (f"{offset:#x}", str(path))]
    return command(port, ["write-flash", *places], chip=chip, baud=baud)


def run(words: Sequence[str], show: Show | None = None) -> str:
    """Runs esptool to its end: what it said. Raises what its failure means."""
    try:
        with subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            try:
                told = _listen(process, show)
            except BaseException:
                process.kill()
                raise
    except OSError as error:
        raise ToolError(f"{words[0]} does not start ({error.strerror})", HOW_TO_GET) from None
    if process.returncode:
        raise _failure(told, words[words.index("--port") + 1])
    return told


def _listen(process: subprocess.Popen[bytes], show: Show | None) -> str:
    assert process.stdout is not None
    told = bytearray()
    until = time.monotonic() + _PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if selector.select(left):
                data = os.read(process.stdout.fileno(), 4096)
                if not data:
                    return told.decode("utf-8", "replace")
                told += data
                if show:
                    show(data)
    raise ToolError(
        f"esptool has not come to an end in {_PATIENCE:g} s",
        "unplug the board, plug it in, and try again with --baud 115200",
    )


def _failure(told: str, port: str) -> DeviceError | ToolError:
    reason = _last(told)
    if "Could not open" in reason:
        return NoDeviceError(
            f"{port} cannot be opened (it is busy, or not there)",
            "see `ganglion devices`, and close what else uses the port",
        )
    if "Failed to connect" in reason:
        return NoDeviceError(
            f"no boot loader answers at {port} ({reason})",
            "hold the board's BOOT button while you press its RESET button, then try again",
        )
    return ToolError(f"esptool failed at {port} ({reason})", "try again, with --baud 115200")


def _last(told: str) -> str:
    """The reason that esptool gives, or else its last line."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", told) if line.strip()]
    for line in reversed(lines):
        if found := re.search(r"A fatal error occurred: (.+)", line):
            return found[1].rstrip(".")
    return lines[-1] if lines else "it said nothing"
