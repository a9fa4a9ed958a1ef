"""Deploying: to a virtual device, by a host that may stop in the midst of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ganglion.boards.board import load_board
from ganglion.boards.image import firmware_files
from ganglion.device.installation.deploy import Deployed, deploy
from ganglion.device.virtual import VirtualDevice

BOARD = load_board("virtual")


class Interrupted(Exception):
    """The host, after `left` pieces of progress."""


class Progress:
    """Runs `act` when `left` pieces have been told, whatever they are of."""

    def __init__(self, left: int = -1, act=None) -> None:
        self.left = left
        self.act = act
        self.told: list[str] = []

    @contextmanager
    def __call__(self, title: str, total: int) -> Iterator:
        self.told.append(title)

        def advance(done: int) -> None:
            self.left -= 1
            if self.left == 0:
                self.act()

        yield advance


def put(
    device: VirtualDevice, blob: bytes, progress: Progress | None = None, **options
) -> Deployed:
    return deploy(device.path, blob, progress or Progress(), **options)


def has_our_firmware(board: VirtualDevice) -> bool:
    files = firmware_files(BOARD)
    return all((board.flash / name).read_bytes() == data for name, data in files.items())
