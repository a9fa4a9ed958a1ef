"""Mpremote: MicroPython's mpremote, run as the program that it is, to a REPL that waits.

In:  a port whose other end is a MicroPython at its prompt; files by their names on it.
Out: what a program printed there; files that are on its flash, each read back and hashed.
Never: imports it; lets it run for ever; resets the board (whoever wants that does it afterwards).
"""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ...boards.board import Board
from ...boards.programs import find_program
from ...errors import BoardError, DeviceError, ToolError

HOW_TO_GET = "`pip install mpremote`"
PATIENCE = 300.0  # seconds for one call of it; an emulated flash takes one for each kilobyte
_AT_ONCE = 16  # files of one call: a board that has stopped is found before all were tried
# What the high bits of sys.implementation._mpy say (MicroPython's MP_NATIVE_ARCH).
_ARCHITECTURES = {2: "x64", 7: "armv7emsp", 10: "xtensawin", 11: "rv32imc"}

_WHO = """
import sys
i = sys.implementation
print(i.name, *i.version[:3], getattr(i, "_mpy", 0) >> 10)
"""
# What is left over of another firmware goes: modules (a .py hides an .mpy of the same name), and
# what an update that was cut has left.
_PREPARE = """
import os
keep = {names}
def clear(folder, kept):
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            clear(path, kept)
        elif not kept or path not in keep:
            os.remove(path)
for name in {folders}:
    try:
        os.mkdir(name)
    except OSError:
        pass
clear("lib/ganglion", True)
for name in {updates}:
    clear(name, False)
    try:
        os.rmdir(name)
    except OSError:
        pass
for name in {last}:
    try:
        os.remove(name)
    except OSError:
        pass
"""
_UPDATES = ("update.put", "update.ok", "update.old", "update.try", "update.back")
_HASHES = """
import binascii, hashlib, json
told = dict()
for name in {names}:
    h = hashlib.sha256()
    try:
        with open(name, "rb") as file:
            while True:
                piece = file.read(512)
                if not piece:
                    break
                h.update(piece)
    except OSError:
        continue
    told[name] = binascii.hexlify(h.digest()).decode()
print(json.dumps(told))
"""
_LAST = (
    "firmware.id",
    "boot.py",
    "main.py",
)  # with which the board is ours: only when all is there


def install(port: str, board: Board, files: Mapping[str, bytes]) -> None:
    """Puts our firmware on a board that has MicroPython: those files that it has not yet. Cut
    short, it can be done again."""
    _check(port, board)
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents} - {"."}
    prepare = _PREPARE.format(
        folders=sorted(folders), names=sorted(files), updates=_UPDATES, last=(*_LAST, "update.good")
    )
    _run(port, ["exec", prepare])
    names = sorted(files, key=lambda name: (name in _LAST, name))
    has = _hashes(port, names)
    new = [name for name in names if has.get(name) != hashlib.sha256(files[name]).hexdigest()]
    with tempfile.TemporaryDirectory() as directory:
        for some in _pieces(new):
            words: list[str] = []
            for number, name in enumerate(some):
                local = Path(directory) / str(number)
                local.write_bytes(files[name])
                words += [*(["+"] if words else []), "fs", "cp", str(local), f":{name}"]
            _run(port, words)
    has = _hashes(port, new)
    for name in new:
        if has.get(name) != hashlib.sha256(files[name]).hexdigest():
            raise DeviceError(
                f"{name} on the board is not what was copied there",
                "try again; if that repeats itself, the flash is worn out",
            )


def copy(port: str, files: Mapping[str, bytes], patience: float = PATIENCE) -> None:
    """Writes files to the board's flash, in one call. Raises DeviceError if that takes longer than
    `patience`, in seconds: of a board that has stopped there is no other sign."""
    with tempfile.TemporaryDirectory() as directory:
        words: list[str] = []
        for number, (name, data) in enumerate(files.items()):
            local = Path(directory) / str(number)
            local.write_bytes(data)
            words += [*(["+"] if words else []), "fs", "cp", str(local), f":{name}"]
        _run(port, words, patience)


def _hashes(port: str, names: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of those files that the board has."""
    told: dict[str, str] = {}
    for some in _pieces(names):
        told |= json.loads(_run(port, ["exec", _HASHES.format(names=list(some))]))
    return told


def _pieces(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many of them at a time as one call of mpremote is given."""
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]


def _check(port: str, board: Board) -> None:
    """That it is a MicroPython for which the firmware of `board` is."""
    told = _run(port, ["exec", _WHO]).split()
    if len(told) != 5 or told[0] != "micropython":
        raise DeviceError(
            f"what answers at {port} is no MicroPython ({' '.join(told)[:60]})",
            "flash the board with `ganglion flash`",
        )
    version = tuple(int(number) for number in told[1:4])
    if version < tuple(int(number) for number in board.micropython.split(".")):
        raise BoardError(
            f"the board has MicroPython {'.'.join(told[1:4])}, and {board.name} needs "
            f"{board.micropython}",
            "flash it with `ganglion flash`",
        )
    has = _ARCHITECTURES.get(int(told[4]), f"architecture {told[4]}")
    if board.architecture not in ("host", has):
        raise BoardError(
            f"the board at {port} runs {has} code, and {board.name} has {board.architecture}",
            "name the board that you have with --board",
        )


def _run(port: str, words: list[str], patience: float = PATIENCE) -> str:
    program = find_program("mpremote")
    if program is None:
        raise ToolError("there is no `mpremote` program here", HOW_TO_GET)
    command = [str(program), "connect", port, "resume", *words]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience
        )
    except OSError as error:
        raise ToolError(f"{program} does not start ({error.strerror})", HOW_TO_GET) from None
    except subprocess.TimeoutExpired:
        raise DeviceError(
            f"mpremote has not come to an end in {patience:g} s at {port}",
            "reset the board and try again, or flash it with `ganglion flash`",
        ) from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise DeviceError(
            f"mpremote failed at {port} ({lines[-1]})",
            "try again, or flash the board with `ganglion flash`",
        )
    return done.stdout
