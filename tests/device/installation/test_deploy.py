"""deploy.py and the board's update.py on the virtual device, whatever its state."""

import dataclasses
import struct
from collections.abc import Iterator

import pytest

from ganglion.blob.container import brain_id, encode
from ganglion.boards.image import build, firmware_files
from ganglion.compiler import compile_connectome
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import BoardError, DeviceError
from ganglion.link.codes import Code, Refused
from ganglion.link.frame import Type
from ganglion.link.messages import Doing
from tests.support.brains import small_connectome
from tests.support.command import ganglion
from tests.support.deploying import BOARD, Interrupted, Progress, has_our_firmware, put

FILES = len(firmware_files(BOARD)) - 1  # that are put: not boot.py


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
