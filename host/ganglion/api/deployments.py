"""Deployments: a brain onto a board that runs, tried there before the one before is let go.

In:  a brain and a device; the board that it is, where our firmware is not yet.
Out: what was done; or why the old brain runs on.
Never: leaves a device without the brain that it had.
"""

from pathlib import Path

from ..boards.board import Board, load_board
from ..device.installation.deploy import Deployed
from ..device.installation.deploy import deploy as _deploy
from .brains import Source, open_brain
from .progress import Progress, Tell, silent, unheard
from .robots import with_robot

__all__ = ["Deployed", "deploy", "deploy_with"]


def deploy(
    source: Source, device: str = "auto", *, board: str | Board | None = None, force: bool = False,
    keep_firmware: bool = False,
) -> Deployed:  # fmt: skip
    """Puts a brain, and our firmware if it is another version's, onto a board that runs.

    The brain is tried at a new start before the one that was there is let go. `board`: what it is,
    needed where our firmware is not yet. `force`: also if it is older, or there already. Raises
    what the device refused it for; then the old brain runs.
    """
    return deploy_with(source, device, board=board, force=force, keep_firmware=keep_firmware)


def deploy_with(
    source: Source, device: str = "auto", *, board: str | Board | None = None,
    robot: Path | None = None, force: bool = False, keep_firmware: bool = False,
    progress: Progress = silent, tell: Tell = unheard,
) -> Deployed:  # fmt: skip
    """As `deploy`, with a robot file whose tables and own drivers go with the brain.

    `tell` is told of drivers that are not beside that file.
    """
    brain = open_brain(source)
    blob, drivers = with_robot(brain, robot, tell)
    described = load_board(board) if isinstance(board, str) else board
    return _deploy(
        device, blob, progress, board=described, force=force, keep_firmware=keep_firmware,
        drivers=drivers,
    )  # fmt: skip
