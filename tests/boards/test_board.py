"""board.py and the files in boards/."""

import json
import re

import pytest

from ganglion.boards.board import board_names, load_board
from ganglion.boards.programs import boards_dir
from ganglion.errors import BoardError

MINE = """
name = "mine"
title = "my own"
chip = "esp32"
architecture = "xtensawin"
micropython = "1.25"
[flash]
size = 0x400000
image = "ESP32_GENERIC"
image_offset = 0x1000
chip_number = 0
[memory]
heap = 1000
block = 1000
[link]
kind = "uart"
baud = 921600
"""


@pytest.mark.parametrize("name", board_names())
def test_every_board_file_is_valid_and_named_as_its_file(name):
    board = load_board(name)
    assert board.name == name
    assert len(board.name.encode()) <= 16  # a blob has no more room for it
    assert json.loads(board.on_device())["name"] == name


def test_no_module_knows_a_board_by_name_but_for_the_defaults(request):
    package = boards_dir().parent / "host" / "ganglion"
    if not package.is_dir():
        pytest.skip("only a checkout has the sources beside the board files")
    known = {
        path.name
        for path in package.rglob("*.py")
        for name in set(board_names()) - {"virtual", "qemu-esp32", "esp32"}
        if re.search(rf"[\"']{name}[\"']", path.read_text(encoding="utf-8"))
    }
    assert not known


def test_a_file_of_the_users_own_is_a_board(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    board = load_board(path)
    assert board == load_board(str(path))
    assert board.flash is not None
    assert board.flash.size == 0x400000
    assert json.loads(board.on_device()) == {
        "name": "mine", "rate": 92160, "baud": 921600, "bauds": [], "divider": 0, "window_ms": 2000,
        "safe_pin": None, "watchdog_ms": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("heap = 1000", "heap = 0", "memory.heap: input should be greater than 0"),
        ("heap = 1000", "heap = '1000'", "memory.heap: input should be a valid integer"),
        ("heap = 1000", "heap = 999", "memory: block is larger than heap"),
        ("heap = 1000", "", "memory.heap: field required"),
        ("heap = 1000", "heap = 1000\nhep = 1", "memory.hep: extra inputs are not permitted"),
        ("size = 0x400000", "size = 0x400001", "flash: size is not a multiple of 4096"),
        ("size = 0x400000", "size = 0x1000", "flash: image_offset < size does not hold"),
        ('chip = "esp32"', "", "the file: chip and [flash] come together"),
        ('name = "mine"', 'name = "My Board"', "name: string should match pattern"),
        ('kind = "uart"', 'kind = "pigeon"', "link.kind: input should be 'uart', 'usb'"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(tmp_path, old, new, told):
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(old, new))
    with pytest.raises(BoardError) as caught:
        load_board(path)
    assert str(caught.value).startswith(f"{path}: {told}")
    assert str(caught.value).endswith("; boards/esp32.toml in the sources shows each field")


def test_what_is_no_board_file_is_refused_in_one_sentence(tmp_path):
    remedy = "`ganglion boards` lists them, or give the path of a file of your own"
    with pytest.raises(BoardError) as caught:
        load_board("esp8266")
    assert str(caught.value) == f"no board is called 'esp8266'; {remedy}"
    missing = tmp_path / "missing.toml"
    with pytest.raises(BoardError) as caught:
        load_board(missing)
    assert str(caught.value) == f"{missing} cannot be read (No such file or directory); {remedy}"
    broken = tmp_path / "broken.toml"
    broken.write_text("name = \n")
    with pytest.raises(BoardError) as caught:
        load_board(broken)
    assert str(caught.value).startswith(f"{broken} is not TOML (Invalid value")
    broken.write_bytes(b"\xff")
    with pytest.raises(BoardError) as caught:
        load_board(broken)
    assert str(caught.value) == f"{broken} is not UTF-8 text; give a board file in TOML"
