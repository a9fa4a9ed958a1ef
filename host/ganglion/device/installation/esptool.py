"""Esptool: Espressif's esptool, run as the program that it is, and what it says.

In:  a port, and the arguments of one of its commands.
Out: the chip that hangs there, and what keeps it from being flashed; a flash that holds what was
     given, by esptool's own hash of it.
Never: imports it; lets it run for ever; hides its words from who wants to see them.
"""

import os
import re
import selectors
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...boards.programs import find_program
from ...errors import BoardError, DeviceError, NoDeviceError, ToolError
from ...link.ports import split_lines

HOW_TO_GET = "`pip install esptool`"
HOW_TO_UPDATE = "`pip install --upgrade esptool`"
CONFIG = "ESPTOOL_CFGFILE"  # where esptool looks for its settings
OLDEST = 5  # the version whose commands and words these are
_PATIENCE = 900.0  # seconds for one command: four megabytes at 115,200 baud take 400
# How often one asks a boot loader that nobody can reset from here, and that may be slow to start:
# each time takes a second or less.
_ATTEMPTS = 40
# What esptool waits for one answer, else 3 s: behind a socket is a network, or an emulator that
# shares its processor with others.
_FAR = "[esptool]\ntimeout = 30\n"
# Fuses of an ESP32, which has no command that tells them (ESP32 Technical Reference Manual 20.5):
# addresses of words of block 0, and what in them is a lock.
_FUSES = {0x3FF5A000: 0x7F << 20, 0x3FF5A018: 0b11 << 4}
ENCRYPTED, SECURE_BOOT, DOWNLOAD = "flash encryption", "Secure Boot", "Secure Download Mode"
_FINAL = "take another board: these fuses are burnt for ever; nothing was written"
Show = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Chip:
    """What esptool found at a port."""

    name: str  # as `esptool --chip` calls it
    mac: str
    flash: int  # bytes; 0 if it could not tell


def version(program: Path) -> str:
    """The version of an esptool; empty if it does not say."""
    try:
        done = subprocess.run(
            [str(program), "version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"v?(\d+\.\d+[\w.-]*)", done.stdout + done.stderr)
    return found[1] if found else ""


def is_new_enough(told: str) -> bool:
    """Whether a version, as version() tells it, has the commands that are used here."""
    return bool(told) and int(told.split(".")[0]) >= OLDEST


@cache
def _checked(program: Path) -> Path:
    told = version(program)
    if not is_new_enough(told):
        raise ToolError(
            f"{program} is version {told or 'unknown'}, and {OLDEST} or newer is needed",
            HOW_TO_UPDATE,
        )
    return program


def command(port: str, arguments: Sequence[str], *, chip: str = "auto", baud: int = 0) -> list[str]:
    """The command line of esptool. Raises ToolError if it is not here, or too old."""
    program = find_program("esptool")
    if program is None:
        raise ToolError("there is no `esptool` program here", HOW_TO_GET)
    port, _ = split_lines(port)  # it sets the lines itself
    words = [str(_checked(program)), "--chip", chip, "--port", port]
    if baud:
        words += ["--baud", str(baud)]
    if port.startswith("socket://"):  # bytes alone: no reset lines there, as rfc2217:// has them
        words += ["--before", "no-reset", "--after", "no-reset"]
        words += ["--connect-attempts", str(_ATTEMPTS)]
    return [*words, *arguments]


def in_words(words: Sequence[str]) -> str:
    """A command line as one types it in a shell."""
    return shlex.join(words)


def identify(port: str, patience: float = 0.0) -> Chip:
    """Which chip hangs at a port, and how much flash it has.

    `patience`: seconds in which its boot loader may still be starting. Raises NoDeviceError if
    nothing answers, and BoardError if the chip is locked so that not even this can be asked.
    """
    told = _until(command(port, ["flash-id"]), time.monotonic() + patience)
    # "Autodetection failed, trying again..." may come between.
    chips = re.findall(r"(?:Detecting chip type\.\.\.|Connected to) *(ESP[\w-]+)", told)
    mac = re.search(r"^(?:BASE )?MAC: *([0-9a-f:]+)", told, re.MULTILINE)
    flash = re.search(r"Detected flash size: *(\d+)([KM])B", told)
    if not chips:
        raise ToolError(f"esptool does not say what hangs at {port} ({_last(told)})", HOW_TO_UPDATE)
    size = int(flash[1]) << (10 if flash[2] == "K" else 20) if flash else 0
    name = str(chips[-1]).lower().replace("-", "")
    return Chip(name, mac[1] if mac else "", size)


def _until(words: Sequence[str], end: float) -> str:
    """run(), again and again until then if a boot loader is not yet there or talks at random."""
    while True:
        try:
            return run(words)
        except (NoDeviceError, ToolError):
            if time.monotonic() > end:
                raise


def lock_commands(port: str, chip: str) -> list[list[str]]:
    """The command lines that ask the fuses of a chip what is locked."""
    if chip == "esp32":
        return [command(port, ["read-mem", f"{at:#x}"], chip=chip) for at in _FUSES]
    return [command(port, ["get-security-info"], chip=chip)]


def locks(port: str, chip: str) -> tuple[str, ...]:
    """What keeps a chip from running what is written to it. Raises ToolError if that is unclear."""
    told = "".join(run(words) for words in lock_commands(port, chip))
    words = {int(at, 16): int(is_, 16) for at, is_ in re.findall(r"(0x\w+) = (0x\w+)", told)}
    if _FUSES.keys() <= words.keys():
        crypt, boot = (words[at] & mask for at, mask in _FUSES.items())
        encrypted, signed = crypt.bit_count() % 2 == 1, boot != 0
    elif "Flash Encryption:" in told and "Secure Boot:" in told:
        encrypted = "Flash Encryption: Enabled" in told
        signed = "Secure Boot: Enabled" in told
    else:
        raise ToolError(
            f"esptool does not say how the chip at {port} is locked ({_last(told)})", HOW_TO_UPDATE
        )
    return (ENCRYPTED,) * encrypted + (SECURE_BOOT,) * signed


def locked(port: str, found: Sequence[str]) -> BoardError:
    """The refusal of a chip that is locked."""
    what = "it would not start what is written, and nothing undoes that"
    if DOWNLOAD in found:
        what = "it cannot be asked what it holds, nor flashed this way, and nothing undoes that"
    return BoardError(f"the chip at {port} is locked by {' and '.join(found)}: {what}", _FINAL)


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
    port = words[words.index("--port") + 1]
    try:
        with (
            _settings(port) as environment,
            subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=environment,
            ) as process,
        ):  # fmt: skip
            try:
                told = _listen(process, show)
            except BaseException:
                process.kill()
                raise
    except OSError as error:
        raise ToolError(f"{words[0]} does not start ({error.strerror})", HOW_TO_GET) from None
    if process.returncode:
        raise _failure(told, port)
    return told


@contextmanager
def _settings(port: str) -> Iterator[dict[str, str]]:
    """The environment of esptool: more patient with what is far, unless the user has set that."""
    if "://" not in port or CONFIG in os.environ:
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="ganglion-") as directory:
        path = Path(directory) / "esptool.cfg"
        path.write_text(_FAR)
        yield dict(os.environ, **{CONFIG: str(path)})


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


def _failure(told: str, port: str) -> BoardError | DeviceError | ToolError:
    reason = _last(told)
    said = re.sub(r"\s+", " ", told)  # its long lines may be broken
    if "Could not open" in said:
        return NoDeviceError(
            f"{port} cannot be opened (it is busy, or not there)",
            "see `ganglion devices`, and close what else uses the port",
        )
    if "Secure Download Mode" in said or "secure download mode enabled" in said:
        return locked(port, [DOWNLOAD])
    if "Secure Boot" in reason:
        return locked(port, [SECURE_BOOT])
    if "flash encryption" in reason.lower():
        return locked(port, [ENCRYPTED])
    if "chip revision" in reason:
        return BoardError(
            f"the image is not for this revision of the chip at {port} ({reason})",
            "take an older or newer image of MicroPython, as it says; nothing was written",
        )
    if "Failed to connect" in reason:
        how = "hold the board's BOOT button while you press its RESET button, then try again"
        if port.startswith("socket://"):
            how += "; a socket carries no reset, rfc2217:// does"
        return NoDeviceError(f"no boot loader answers at {port} ({reason})", how)
    return ToolError(f"esptool failed at {port} ({reason})", "try again, with --baud 115200")


def _last(told: str) -> str:
    """The reason that esptool gives, or else its last line."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", told) if line.strip()]
    for line in reversed(lines):
        if found := re.search(r"A fatal error occurred: (.+)", line):
            return found[1].rstrip(".")
    return lines[-1] if lines else "it said nothing"
