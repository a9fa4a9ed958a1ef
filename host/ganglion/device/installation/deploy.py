"""Deploy: a brain onto a board that runs, and the firmware first if it is not this version's.

In:  a device, a brain; the first time a Board, since a bare MicroPython does not say which it is.
Out: a board that runs that brain, after its trial; or the one before, and why.
Never: leaves it half done: cut anywhere, the same words again complete it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ...blob.container import brain_id
from ...boards.board import Board, load_board
from ...boards.image import build, firmware_files
from ...errors import BoardError, DeviceError
from ...link.codes import Code, Refused
from ...link.messages import Hello
from ...link.ports import split_lines
from ..device import Device
from ..open import open_device
from .mpremote import install

# Shows how far something is: (what, of how many) gives a function to be told how many are done.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was done. `hello` is the device's greeting afterwards."""

    hello: Hello
    installed: bool  # by mpremote
    updated: bool  # the firmware, by frames
    replaced: bool  # the brain
    seconds: float


def deploy(
    spec: str,
    blob: bytes,
    progress: Progress,
    *,
    board: Board | None = None,
    force: bool = False,
    keep_firmware: bool = False,
    drivers: Mapping[str, bytes] | None = None,
) -> Deployed:
    """Makes the device that `spec` names run the brain; `drivers`: files of a robot's maker's own
    (robot.own.own_drivers), which are there before it."""
    begun = time.monotonic()
    installed = []

    def first(path: str) -> None:
        if board is None:
            raise BoardError(
                f"{path} is a MicroPython without firmware that fits, and does not say which board",
                "name it with --board; `ganglion boards` lists them",
            )
        files = firmware_files(board)
        with progress("installing the firmware", len(files)):
            install(split_lines(path)[0], board, files)
        installed.append(path)

    with open_device(spec, board=board, install=None if keep_firmware else first) as device:
        updated = not keep_firmware and _update(device, board, progress)
        if drivers:
            send_drivers(device, drivers)
        replaced = force or device.greeting.brain_id != brain_id(blob)
        if replaced:
            _replace(device, blob, force, progress)
        return Deployed(
            device.greeting, bool(installed), updated, replaced, time.monotonic() - begun
        )


def _update(device: Device, board: Board | None, progress: Progress) -> bool:
    """Gives the device this version's firmware, unless it has it."""
    hello = device.greeting
    try:
        board = board or load_board(hello.board)
    except BoardError:
        raise BoardError(
            f"the device calls itself {hello.board!r}, and there is no such board here",
            "name its file with --board, or leave its firmware alone with --keep-firmware",
        ) from None
    if hello.board not in ("", board.name):
        raise BoardError(
            f"the device calls itself {hello.board!r}, not {board.name!r}",
            "leave out --board, or flash it as the other with `ganglion flash`",
        )
    files = firmware_files(board)
    if hello.build == build(files):
        return False
    try:
        with progress("updating the firmware", sum(map(len, files.values()))) as advance:
            device.put_firmware(files, lambda done, _: advance(done))
    except Refused as refused:
        if refused.code != Code.PINNED:
            raise
        raise DeviceError(
            refused.fact, "flash the new firmware, or keep the old with --keep-firmware"
        ) from None
    if device.greeting.build != build(files):
        raise DeviceError(
            f"{device.link.name} tried the new firmware ({build(files):08x}), which did not get as "
            f"far as HELLO with its brain, and runs {device.greeting.build:08x} again",
            "deploy again; if that repeats itself, flash it with `ganglion flash`",
        )
    return True


def send_drivers(device: Device, files: Mapping[str, bytes]) -> None:
    """Puts the drivers that a robot's maker wrote, all or none of them. Raises DeviceError."""
    try:
        device.put_firmware(files)
    except Refused as refused:
        if refused.code != Code.PINNED:
            raise
        raise DeviceError(
            f"the device has pinned a key, and takes no driver over its link ({', '.join(files)})",
            "`ganglion flash --robot` writes them with the firmware",
        ) from None


def _replace(device: Device, blob: bytes, force: bool, progress: Progress) -> None:
    try:
        with progress("deploying", len(blob)) as advance:
            device.put(blob, lambda done, _: advance(done), force=force)
    except Refused as refused:
        old = device.greeting.brain_id
        now = f"the brain {old.hex()} runs as before" if old else "it has no brain"
        raise DeviceError(f"{refused.fact}; {now}", refused.remedy) from None
