"""mpremote.py: the real mpremote, at the prompt of the real MicroPython, over a real pty."""

import os
import shutil
from collections.abc import Iterator

import pytest

from ganglion.blob.container import brain_id
from ganglion.boards.board import load_board
from ganglion.device.installation import mpremote
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import BoardError, DeviceError
from tests.support.deploying import BOARD, has_our_firmware, put
from tools.faults import alter

PATIENCE = 4.0  # seconds


@pytest.fixture
def board(tmp_path) -> Iterator[VirtualDevice]:
    with VirtualDevice(tmp_path / "flash") as virtual:
        yield virtual


def leave_bare(board: VirtualDevice) -> None:
    """Takes our firmware from it."""
    shutil.rmtree(board.flash / "lib")
    for name in ("main.py", "boot.py", "board.json", "firmware.id"):
        (board.flash / name).write_text("")
    board.reset()


def test_a_bare_micropython_is_given_the_firmware_by_mpremote(board, small_brain):
    leave_bare(board)
    with pytest.raises(BoardError) as caught:
        put(board, small_brain.blob)
    assert str(caught.value) == (
        f"{board.path} is a MicroPython without firmware that fits, and does not say which board; "
        "name it with --board; `ganglion boards` lists them"
    )
    with pytest.raises(BoardError) as caught:
        put(board, small_brain.blob, board=load_board("esp32"))
    assert str(caught.value) == (
        f"the board at {board.path} runs x64 code, and esp32 has xtensawin; "
        "name the board that you have with --board"
    )
    done = put(board, small_brain.blob, board=BOARD)
    assert (done.installed, done.updated, done.replaced) == (True, False, True)
    assert has_our_firmware(board)


@pytest.mark.parametrize(
    "broken",
    [{"after": "\n1 // 0\n"}, {"instead": ("_SPEC = const(1)", "_SPEC = const(2)")}],
    ids=["does not start", "of another specification"],
)
def test_firmware_that_cannot_be_talked_to_is_replaced_by_mpremote(board, small_brain, broken):
    put(board, small_brain.blob)
    alter(board.flash, "server", **broken)
    board.reset()
    done = put(board, small_brain.blob, board=BOARD)
    assert done.installed
    assert done.hello.brain_id == brain_id(small_brain.blob)
    assert has_our_firmware(board)


def test_a_board_that_stops_in_the_midst_of_a_copy_is_told_and_mpremote_is_ended(board):
    leave_bare(board)
    os.mkfifo(board.flash / "stops")  # who opens it for writing waits for one who reads
    files = {"whole": b"1", "stops": b"2", "never": b"3"}
    with pytest.raises(DeviceError) as caught:
        mpremote.copy(board.path, files, PATIENCE)
    assert str(caught.value) == (
        f"mpremote has not come to an end in 4 s at {board.path}; "
        "reset the board and try again, or flash it with `ganglion flash`"
    )
    assert not (board.flash / "never").exists()
    (board.flash / "stops").unlink()
    board.reset()
    mpremote.copy(board.path, files)
    assert {name: (board.flash / name).read_bytes() for name in files} == files
