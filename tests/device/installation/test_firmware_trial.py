"""New firmware is tried, and the old one returns by itself (SPEC 7.6); on the virtual device."""

import pytest

from ganglion.blob.container import brain_id
from ganglion.boards.board import load_board
from ganglion.boards.image import build, firmware_files
from ganglion.device.device import Device
from ganglion.device.installation.deploy import deploy
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link.frame import Type
from ganglion.link.handshake import greet
from tests.device.installation.test_deploy import Progress

BOARD = load_board("virtual")
OURS = firmware_files(BOARD)
OTHER = 0x0BADCAFE
SMALL = "lib/ganglion/load/refusal.py"  # so that little is sent


def changed(**files: str) -> dict[str, bytes]:
    """Our firmware with some files changed, and another identity."""
    names = {name.replace("/", "__").replace(".", "_"): name for name in OURS}
    return OURS | {names[k]: text.encode() for k, text in files.items()} | {
        "firmware.id": f"{OTHER:08x}\n".encode()
    }  # fmt: skip


def sent(device: Device, files: dict[str, bytes]) -> int:
    """Puts firmware; how many frames had pieces of a file."""
    count = 0

    def tap(data: bytes, by_host: bool) -> None:
        nonlocal count
        count += by_host and data[3] == Type.PUT_DATA  # behind 00, a code byte and the length

    device.link.tap = tap
    device.put_firmware(files)
    device.link.tap = None
    return count


@pytest.fixture
def board(tmp_path, request):
    # What does not answer has failed after a few seconds here, where a board takes a minute; what
    # never will, sooner.
    trial = 2.0 if "broken" in request.fixturenames else 8.0
    with VirtualDevice(tmp_path / "flash", trial=trial) as virtual:
        yield virtual


@pytest.fixture
def device(board, small_brain):
    with open_device(board.path) as device:
        device.put(small_brain.blob)
        yield device


def test_firmware_that_says_hello_with_its_brain_is_kept_and_only_what_changed_is_sent(
    board, device, small_brain
):
    old = board.flash / "lib/ganglion/load/old.py"
    old.write_text("# of a firmware from before\n")
    new = OURS | {SMALL: OURS[SMALL] + b"# other\n", "firmware.id": b"0badcafe\n"}
    pieces = -(-len(new[SMALL]) // 124) + 1
    assert pieces <= sent(device, new) < 5 * pieces  # a slow machine repeats some
    assert device.greeting.build == OTHER
    assert device.greeting.brain_id == brain_id(small_brain.blob)
    assert not old.exists()
    assert (board.flash / "update.good").exists()
    board.reset()
    assert greet(device.link, fresh=True).build == OTHER
    assert not [path for path in board.flash.iterdir() if path.name.startswith("update")]


@pytest.mark.parametrize(
    "broken",
    [
        {"main_py": "while True:\n    pass\n"},
        {"main_py": "this is no Python\n"},
        {"lib__ganglion__guard_py": "1 // 0\n"},
        {"lib__ganglion__signature_py": "def pinned():\n    return b'nobody'\n"},
    ],
    ids=["hangs", "does not compile", "ends in boot.py", "refuses its brain"],
)
def test_firmware_that_does_not_confirm_itself_is_replaced_by_the_old_without_a_person(
    board, device, small_brain, broken
):
    device.put_firmware(changed(**broken))
    assert device.greeting.build == build(OURS)
    assert device.greeting.brain_id == brain_id(small_brain.blob)
    for name, data in OURS.items():
        assert (board.flash / name).read_bytes() == data
    assert not [path for path in board.flash.iterdir() if path.name.startswith("update")]


def test_deploy_says_that_the_board_went_back(board, small_brain, monkeypatch):
    files = changed(lib__ganglion__guard_py="1 // 0\n")
    monkeypatch.setattr("ganglion.device.installation.deploy.firmware_files", lambda board: files)
    with pytest.raises(DeviceError) as caught:
        deploy(board.path, small_brain.blob, Progress())
    assert str(caught.value) == (
        f"{board.path} tried the new firmware (0badcafe), which did not get as far as HELLO with "
        f"its brain, and runs {build(OURS):08x} again; "
        "deploy again; if that repeats itself, flash it with `ganglion flash`"
    )


def test_a_power_cut_in_the_trial_brings_the_old_firmware_back(board, device):
    kept = OURS["main.py"]
    (board.flash / "update.try").mkdir()
    (board.flash / "update.try" / "main.py").write_bytes(kept)
    (board.flash / "update.try" / "+lib|ganglion|new.py").write_bytes(b"")
    (board.flash / "lib/ganglion/new.py").write_text("")
    (board.flash / "main.py").write_text("while True:\n    pass\n")
    board.reset()
    assert greet(device.link, fresh=True).build == build(OURS)
    assert (board.flash / "main.py").read_bytes() == kept
    assert not (board.flash / "lib/ganglion/new.py").exists()
