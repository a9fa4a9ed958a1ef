"""Flash: MicroPython, our firmware and a brain onto a board, in one pass, until it says HELLO.

In:  a Board, an image of MicroPython, perhaps a brain; a port whose chip may hold anything.
Out: a board that answers, with that brain; the commands that make it so.
Never: writes a byte before image and chip were read and fit each other: kind, size of the flash,
       locks, place of the files; keeps what the flash held.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...blob.container import brain_id
from ...boards.board import Board
from ...boards.image import brain_files, firmware_files, layout_of, parts, pinned_files
from ...boards.layout import Layout
from ...boards.official import cache_dir, official_image
from ...errors import BoardError, DeviceError, GanglionError, ToolError
from ...files import write_bytes
from ...link.codes import sentence
from ...link.handshake import greet
from ...link.link import Link
from ...link.messages import Hello
from ...link.ports import open_port
from ..qemu import QemuDevice
from . import esptool

BAUD = 460_800  # that esptool writes with
_SLOW_START = 120.0  # seconds that an emulated boot loader may take to be there
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FlashPlan:
    """What is to be on a board. Where its files go, the image and the chip say."""

    board: Board
    image: bytes  # of MicroPython
    layout: Layout
    files: Mapping[str, bytes]
    brain: bytes  # its id; empty without one

    def parts(self, flash_size: int) -> tuple[tuple[int, Path], ...]:
        """Offsets in a flash of so many bytes, and files with what is written there.

        Raises BoardError if this image does not fit such a chip.
        """
        assert self.board.flash is not None
        made = parts(self.board, self.layout, self.image, self.files, flash_size)
        named = {
            self.board.flash.image_offset: f"{self.board.flash.image}.bin",
            self.layout.files_offset: f"{self.board.name}-files.bin",
        }
        return tuple(
            (offset, _kept(named.get(offset, "erased.bin"), data))
            for offset, data in sorted(made.items())
        )

    def commands(self, port: str, baud: int = BAUD) -> list[list[str]]:
        """What will be run, in order, on a chip as small as the board may have."""
        assert self.board.flash is not None
        chip = str(self.board.chip)
        size = max(self.board.flash.size, self.layout.header.flash_size)
        return [
            esptool.command(port, ["flash-id"]),
            *esptool.lock_commands(port, chip),
            esptool.write_command(port, chip, baud, self.parts(size)),
        ]


def outline(board: Board, image: Path, port: str, baud: int = BAUD) -> list[list[str]]:
    """What will be run once the image is here: where files go, only the image itself tells."""
    assert board.flash is not None
    return [
        esptool.command(port, ["flash-id"]),
        *esptool.lock_commands(port, str(board.chip)),
        esptool.write_command(port, str(board.chip), baud, [(board.flash.image_offset, image)]),
    ]


@dataclass(frozen=True, slots=True)
class Flashed:
    """What became of one port."""

    port: str
    chip: str
    mac: str
    seconds: float
    error: GanglionError | None = None


def plan(
    board: Board,
    firmware: Path | None = None,
    trusted: str | None = None,
    blob: bytes = b"",
    key: bytes = b"",
    version: str | None = None,
    drivers: Mapping[str, bytes] | None = None,
) -> FlashPlan:
    """Everything that a board needs; `key` is one to pin, `version` MicroPython's, `drivers` are
    files of a robot's maker's own. Touches no port.

    Raises BoardError if the image is not for this board, or would harm it.
    """
    if board.flash is None:
        raise BoardError(
            f"{board.name} has no flash to write",
            "`ganglion deploy` puts a brain on it; `ganglion boards` lists those with a flash",
        )
    image = official_image(board, firmware, trusted, version)
    layout = layout_of(board, image.data, image.name)
    files = firmware_files(board) | (brain_files(blob) if blob else {})
    files |= pinned_files(key) if key else {}
    files |= drivers or {}
    return FlashPlan(board, image.data, layout, files, brain_id(blob) if blob else b"")


def _kept(name: str, data: bytes) -> Path:
    """A file with these bytes, under a name that no other bytes have."""
    path = cache_dir() / "flash" / f"{hashlib.sha256(data).hexdigest()[:12]}-{name}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
    except (OSError, GanglionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.fact
        raise ToolError(
            f"{path} cannot be written ({reason})",
            "name a directory that can in GANGLION_CACHE",
        ) from None
    return path


def flash(
    plan: FlashPlan,
    port: str,
    *,
    baud: int = BAUD,
    tell: Tell = lambda stage: None,
    show: esptool.Show | None = None,
) -> Flashed:
    """Makes the board at `port` what the plan says. Raises what kept it from being so."""
    begun = time.monotonic()
    board = plan.board
    with _at(port, board) as (address, emulated):
        tell("identifying the chip")
        chip = esptool.identify(address, patience=_SLOW_START if emulated else 0.0)
        _check(chip, board, port)
        if locks := esptool.locks(address, chip.name):
            raise esptool.locked(port, locks)
        made = plan.parts(chip.flash)
        tell(f"writing to {chip.name} {chip.mac}".rstrip())
        esptool.write(address, str(board.chip), baud, made, show)
        if address.startswith("socket://") and not emulated:
            tell("press the board's RESET button now: a socket carries no reset")
        tell("waiting for HELLO")
        _check_hello(_hello(address, board, emulated), plan, port)
    return Flashed(port, chip.name, chip.mac, time.monotonic() - begun)


def fleet(
    plan: FlashPlan, ports: list[str], baud: int, tell: Callable[[str, str], None]
) -> list[Flashed]:
    """Several at once. What fails at one port is told in its line, and stops no other."""

    def one(port: str) -> Flashed:
        begun = time.monotonic()
        try:
            return flash(plan, port, baud=baud, tell=lambda stage: tell(port, stage))
        except GanglionError as error:
            tell(port, str(error))
            return Flashed(port, "", "", time.monotonic() - begun, error)

    with ThreadPoolExecutor(len(ports)) as pool:
        return list(pool.map(one, ports))


@contextmanager
def _at(port: str, board: Board) -> Iterator[tuple[str, QemuDevice | None]]:
    """What esptool can be given for a port; an emulated board is one, in its boot loader."""
    kind, _, place = port.partition(":")
    if kind != "qemu":
        yield port, None
        return
    assert board.flash is not None
    chip = Path(place) if place else None
    if chip and not chip.exists():
        try:
            chip.write_bytes(b"\xff" * board.flash.size)
        except OSError as error:
            raise DeviceError(
                f"{chip} cannot be written ({error.strerror})",
                "name a file in a directory that can",
            ) from None
    with QemuDevice(chip, board=board) as emulated:
        address = emulated.power(download=True)
        emulated.go()
        yield address, emulated


def _check(chip: esptool.Chip, board: Board, port: str) -> None:
    flash = board.flash
    assert flash is not None
    if chip.name != board.chip:
        raise BoardError(
            f"the chip at {port} is an {chip.name}, and {board.name} has an {board.chip}",
            "name the board that you have with --board; nothing was written",
        )
    if not chip.flash:
        raise BoardError(
            f"esptool cannot tell how large the flash at {port} is",
            "look at the board's power supply and at the wires of its flash; nothing was written",
        )
    if chip.flash < flash.size:
        raise BoardError(
            f"the flash at {port} has {chip.flash >> 10:,} KiB, and {board.name} has "
            f"{flash.size >> 10:,}",
            "give a board file of your own with its size; nothing was written",
        )


def _hello(address: str, board: Board, emulated: QemuDevice | None) -> Hello:
    """What the new firmware says of itself, once it has booted."""
    if emulated:
        address = emulated.power()
    link = Link(
        open_port(address, board.link.baud), "the flashed board", slowness=5.0 if emulated else 1.0
    )
    try:
        if emulated:
            emulated.go()
        return greet(link, fresh=True)
    finally:
        link.close()


def _check_hello(hello: Hello, plan: FlashPlan, port: str) -> None:
    if hello.board != plan.board.name:
        raise DeviceError(
            f"the board at {port} calls itself {hello.board!r}, not {plan.board.name!r}",
            "flash it again",
        )
    if hello.brain_id != plan.brain:
        why = sentence(hello.fault) if hello.fault else f"it has {hello.brain_id.hex() or 'none'}"
        raise DeviceError(
            f"the board at {port} was flashed, but does not run its brain ({why})",
            "compile the brain for this board (--board), then flash it again",
        )
