"""Installations: MicroPython, our firmware and a brain onto one board or many, by esptool.

In:  a brain, boards and their ports, perhaps an image of MicroPython.
Out: boards that answer; what was done to each; or only the commands that would do it.
Never: guesses between several ports; writes to the wrong chip; lets one failure stop the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..blob.signature import check, read_public
from ..boards.board import Board, load_board
from ..boards.memory import refuse_host_only
from ..boards.official import not_here
from ..device.installation import esptool
from ..device.installation.flash import BAUD, Flashed, FlashPlan, fleet, outline, plan
from ..device.installation.flash import flash as _flash
from ..errors import BoardError, NoDeviceError, UsageError
from ..link.ports import describe_port, find_port, likely_ports, usb_ports
from .brains import OpenedBrain, Place, Source, open_brain
from .progress import Tell, unheard
from .robots import with_robot

__all__ = [
    "BAUD", "Flashed", "Flashing", "flash", "flashing", "ports_of"
]  # fmt: skip


def flash(
    source: Source, board: str | Board, port: str = "auto", *, firmware: Place | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> Flashed:  # fmt: skip
    """Writes MicroPython, our firmware and a brain onto a board, and waits until it says HELLO.

    What the board held is lost. `firmware`: an official MicroPython image; without it the one that
    the board file names is downloaded. `tell` is called with each stage. Raises BoardError before
    anything is written if image, chip and brain do not fit each other.
    """
    job = flashing(board, open_brain(source), firmware=Path(firmware) if firmware else None)
    return _flash(job.plan(), find_port(port), tell=tell)


@dataclass(frozen=True)
class Flashing:
    """What is to be written onto boards of one kind. Nothing is downloaded before it must be."""

    board: Board
    blob: bytes = b""
    drivers: Mapping[str, bytes] = field(default_factory=dict)
    key: bytes = b""
    """public, to be pinned"""
    firmware: Path | None = None
    version: str | None = None
    """of MicroPython; None: the newest that the board file names"""
    trusted: str | None = None
    """another hash of an image that is trusted"""
    baud: int = BAUD

    def plan(self) -> FlashPlan:
        """Everything that a board needs. Raises BoardError if the image is not for it."""
        return plan(
            self.board, self.firmware, self.trusted, self.blob, self.key, self.version, self.drivers
        )

    def commands(self, specs: Sequence[str]) -> tuple[list[str], str]:
        """The commands that would be run at these ports, and which image is not here yet.

        Touches no port and no network.
        """
        missing = None if self.firmware else not_here(self.board, self.version)
        lines: list[str] = []
        for spec in specs:
            port = "PORT" if spec in ("auto", "all") else spec
            if missing:
                found = outline(self.board, missing, port, self.baud)
            else:
                found = self.plan().commands(port, self.baud)
            lines += [esptool.in_words(words) for words in found]
        return lines, str(missing) if missing else ""

    def write(
        self, ports: Sequence[str], tell: Callable[[str, str], None],
        show: Callable[[bytes], None] | None = None,
    ) -> list[Flashed]:  # fmt: skip
        """Writes them all. `tell` is told port and stage; `show` takes esptool's own output.

        What keeps a single board from being flashed is raised; of several it is in their results.
        """
        made = self.plan()
        if len(ports) > 1:
            return fleet(made, list(ports), self.baud, tell)
        port = ports[0]
        return [_flash(made, port, baud=self.baud, tell=lambda s: tell(port, s), show=show)]


def flashing(
    board: str | Board, brain: OpenedBrain | None = None, *, name: str = "the brain",
    robot: Path | None = None, pin: Path | None = None, firmware: Path | None = None,
    version: str | None = None, sha256: str | None = None, baud: int = BAUD, tell: Tell = unheard,
) -> Flashing:  # fmt: skip
    """What is to be written; `pin`: the public key without whose signature no brain will run.

    Raises UsageError, BoardError or BlobError if board, brain, robot and key do not fit each other.
    """
    described = load_board(board) if isinstance(board, str) else board
    blob, drivers = b"", dict[str, bytes]()
    if robot and brain is None:
        raise UsageError("a robot is compiled with a brain", "name the brain too")
    if brain is not None:
        refuse_host_only(brain.blob)
        if brain.network.board not in ("", described.name):
            raise BoardError(
                f"{name} was compiled for {brain.network.board}, not for {described.name}",
                f"compile it with --board {described.name} --only, or for any (without --only)",
            )
        blob, drivers = with_robot(brain, robot, tell)
    key = read_public(pin) if pin else b""
    if key and blob:
        check(blob, key)
    trusted = sha256.lower() if sha256 else None
    return Flashing(described, blob, drivers, key, firmware, version, trusted, baud)


def ports_of(specs: Sequence[str], tell: Tell = unheard) -> list[str]:
    """The ports that are meant: `all` on USB, `auto` the only one, or by name; each once.

    `tell` is told which ports on USB are not among `all`, being no ESP32's as a rule. Raises
    NoDeviceError, or UsageError where several could be meant.
    """
    found: list[str] = []
    for spec in specs:
        if spec == "all":
            likely = [str(port.device) for port in likely_ports()]
            found += likely or [find_port("auto")]
            others = [port for port in usb_ports() if str(port.device) not in likely]
            if others:
                tell(
                    f"{', '.join(map(describe_port, others))}: no ESP32's port as a rule, and left "
                    "out of all; name it with --port if it is one"
                )
        elif spec.startswith("virtual"):
            raise NoDeviceError(
                "the virtual device has no flash to write", "`ganglion deploy` puts a brain on it"
            )
        else:
            found.append(find_port(spec))
    return list(dict.fromkeys(found))
