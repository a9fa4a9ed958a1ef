"""deploy.py, mpremote.py and the board's update.py on the virtual device, whatever its state."""

import dataclasses
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ganglion.blob.container import brain_id, encode
from ganglion.boards.board import load_board
from ganglion.boards.image import build, firmware_files
from ganglion.compiler import compile_connectome
from ganglion.device.installation.deploy import Deployed, deploy
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import BoardError, DeviceError
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import Type
from ganglion.link.messages import Doing
from tests.support.brains import small_connectome
from tests.support.command import ganglion
from tools.faults import alter

BOARD = load_board("virtual")
FILES = len(firmware_files(BOARD)) - 1  # that are put: not boot.py


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


@pytest.fixture
def board(tmp_path) -> Iterator[VirtualDevice]:
    with VirtualDevice(tmp_path / "flash") as virtual:
        yield virtual


@pytest.fixture
def other() -> bytes:
    """The small brain with another counter: another brain."""
    return compile_connectome(small_connectome(), counter=7).blob


def age(board: VirtualDevice) -> None:
    """Gives the board firmware that is not this version's, and starts it."""
    serve = board.flash / "lib" / "ganglion" / "server.py"
    serve.write_text(serve.read_text() + "\n# of another day\n")
    (board.flash / "firmware.id").write_text("0badcafe\n")
    board.reset()


def has_our_firmware(board: VirtualDevice) -> bool:
    files = firmware_files(BOARD)
    return all((board.flash / name).read_bytes() == data for name, data in files.items())


def test_a_brain_is_deployed_once_and_then_is_there(board, small_brain):
    first = put(board, small_brain.blob)
    assert (first.installed, first.updated, first.replaced) == (False, False, True)
    assert first.hello.brain_id == brain_id(small_brain.blob)
    again = put(board, small_brain.blob)
    assert (again.installed, again.updated, again.replaced) == (False, False, False)
    assert put(board, small_brain.blob, force=True).replaced


def test_firmware_of_another_day_is_replaced_and_the_brain_stays(board, small_brain):
    put(board, small_brain.blob)
    age(board)
    kept = put(board, small_brain.blob, keep_firmware=True)
    assert not kept.updated
    assert kept.hello.build == 0x0BADCAFE
    progress = Progress()
    done = put(board, small_brain.blob, progress)
    assert progress.told == ["updating the firmware"]
    assert done.updated
    assert done.hello.build == build(firmware_files(BOARD))
    assert done.hello.brain_id == brain_id(small_brain.blob)
    assert has_our_firmware(board)
    assert not (board.flash / "update.ok").exists()


@pytest.mark.parametrize("who", ["host", "board"])
@pytest.mark.parametrize("after", [1, 13, FILES, FILES + 3])
def test_a_deploy_that_is_cut_anywhere_is_completed_by_another(
    board, small_brain, other, who, after
):
    """The first pieces are files of the firmware, then there are those of the brain."""
    put(board, small_brain.blob)
    age(board)

    def act() -> None:
        if who == "host":
            raise Interrupted
        board.reset()

    with pytest.raises((Interrupted, DeviceError)):
        put(board, other, Progress(after, act))
    with open_device(board.path) as device:  # and meanwhile the old brain runs
        assert device.greeting.brain_id == brain_id(small_brain.blob)
    done = put(board, other)
    assert done.hello.brain_id == brain_id(other)
    assert has_our_firmware(board)


@pytest.mark.parametrize("moved", [0, 8, FILES - 1])
def test_a_start_that_is_cut_while_it_moves_new_firmware_is_followed_by_one_that_ends_it(
    board, small_brain, moved
):
    put(board, small_brain.blob)
    age(board)
    with open_device(board.path) as device:
        assert device.greeting.build == 0x0BADCAFE
    ready, old = board.flash / "update.ok", board.flash / "update.old"
    ready.mkdir()
    old.mkdir()
    for number, (name, data) in enumerate(sorted(firmware_files(BOARD).items())):
        if name == "boot.py":
            continue
        place, kept = board.flash / name, name.replace("/", "|")
        if number < moved:
            place.rename(old / kept)
        (place if number < moved else ready / kept).write_bytes(data)
    board.reset()
    with open_device(board.path) as device:
        assert device.greeting.build == build(firmware_files(BOARD))
        assert device.greeting.doing == Doing.READY
    assert has_our_firmware(board)
    assert not ready.exists()
    assert not old.exists()


def test_a_bare_micropython_is_given_the_firmware_by_mpremote(board, small_brain):
    shutil.rmtree(board.flash / "lib")
    for name in ("main.py", "boot.py", "board.json", "firmware.id"):
        (board.flash / name).write_text("")
    board.reset()
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


def test_a_refused_brain_leaves_the_old_one_and_one_is_told_so(board, small_brain):
    put(board, small_brain.blob)
    stranger = encode(dataclasses.replace(small_brain.network, board="esp32", counter=9))
    with pytest.raises(DeviceError) as caught:
        put(board, stranger)
    assert str(caught.value) == (
        "the device refused PUT_END: the blob is for another board; the brain "
        f"{brain_id(small_brain.blob).hex()} runs as before; "
        "compile it for this board, or for any (without --only)"
    )


def test_a_board_with_a_pinned_key_keeps_its_firmware_and_one_is_told_so(board, small_brain):
    (board.flash / "pinned.key").write_bytes(bytes(384))
    age(board)
    with pytest.raises(DeviceError) as caught:
        put(board, small_brain.blob)
    assert str(caught.value).endswith(
        "a board that has pinned a key takes no firmware over the link, and gives no REPL; "
        "flash the new firmware, or keep the old with --keep-firmware"
    )


def test_a_board_that_is_none_of_ours_is_named(tmp_path, small_brain):
    mine = BOARD.model_copy(update={"name": "mine"})
    with VirtualDevice(tmp_path, board=mine) as board:
        with pytest.raises(BoardError) as caught:
            put(board, small_brain.blob)
        assert str(caught.value).startswith(
            "the device calls itself 'mine', and there is no such board here; name its file "
        )
        with pytest.raises(BoardError) as caught:
            put(board, small_brain.blob, board=BOARD)
        assert str(caught.value).startswith("the device calls itself 'mine', not 'virtual'; ")
        assert put(board, small_brain.blob, board=mine).replaced


@pytest.mark.parametrize(
    "name",
    [
        "pinned.key",
        "brain.a",
        "boot.py",
        "lib/a/b",
        "/boot.py",
        "../x",
        "lib/" * 16,
        "lib/.py",
        "lib//a.py",
        "lib/a/../b.py",
        "lib/a/b/c/d.py",
        "lib/a.b/c.py",
        "liba.py",
    ],
)
def test_no_file_but_the_firmwares_can_be_put(device, name):
    begin = struct.pack("<I32sI", 5, bytes(32), 0) + name.encode()
    with pytest.raises(Refused) as caught:
        device.link.command(Type.PUT_BEGIN, begin)
    assert (caught.value.code, caught.value.detail) == (Code.VALUE, 4)


def test_the_command_says_what_it_did(board, small_brain, tmp_path):
    brain = tmp_path / "brain.gbn"
    brain.write_bytes(small_brain.blob)
    words = ["deploy", str(brain), "--device", board.path]
    for told in ("deployed", "already there"):
        done = ganglion(*words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(
            f"{told}: {brain_id(small_brain.blob).hex()} on virtual, firmware as it was, "
        )
