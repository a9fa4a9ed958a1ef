"""Images that are none of MicroPython's official ones: each is right, or refused in true words.

What is refused here was written without a word before, or would not start.
"""

import hashlib
import http.server
import os
import struct
import threading
import zlib

import pytest

from ganglion.boards import official
from ganglion.boards.board import board_names, load_board
from ganglion.boards.image import layout_of
from ganglion.boards.partitions import AGAIN, Partition
from ganglion.errors import BoardError, ToolError
from tests.support.images import MB, header, image, ota, plain, program

BOARD = load_board("esp32")
OFFICIAL = "take MicroPython's official image"
PAGE = "https://micropython.org/download/ESP32_GENERIC"


def refusal(data: bytes) -> str:
    with pytest.raises(BoardError) as caught:
        layout_of(BOARD, data, "it")
    return str(caught.value)


def app(subtype: int, offset: int, size: int = 0x100000) -> Partition:
    return Partition(f"app{subtype}", 0, subtype, offset, size)


@pytest.mark.parametrize(
    ("partition", "files", "size"),
    [
        # MicroPython asks for the type DATA and the label vfs, of whatever subtype.
        (Partition("vfs", 1, 0x82, 0x200000, 0x100000), 0x200000, 0x100000),
        (Partition("vfs", 1, 0x06, 0x280000, 0x40000), 0x280000, 0x40000),
        (Partition("vfs", 0x40, 0x81, 0x200000, 0x100000), 0x300000, 0x100000),
        (Partition("VFS", 1, 0x81, 0x200000, 0x100000), 0x300000, 0x100000),
        (Partition("storage", 1, 0x82, 0x200000, 0x180000), 0x380000, 0x80000),
        (Partition("mine", 0xFE, 0xFE, 0x200000, 0x1000), 0x201000, 0x1FF000),
    ],
)
def test_files_go_where_micropython_looks_for_them_whatever_else_the_table_has(
    partition, files, size
):
    layout = layout_of(BOARD, image([*plain(), partition]), "it")
    assert (layout.files_offset, layout.on_chip(4 * MB)) == (files, size)


def test_a_table_in_whatever_order_gives_the_same_layout():
    table = plain(0x100000)
    for order in (table[::-1], table[2:] + table[:2]):
        layout = layout_of(BOARD, image(order), "it")
        assert (layout.files_offset, layout.files_size) == (0x200000, 0x100000)


@pytest.mark.parametrize(
    ("table", "started"),
    [
        ([app(0x20, 0x10000), app(0, 0x110000)], 0x110000),  # one for tests lies first
        ([app(0x11, 0x10000), app(0x10, 0x110000)], 0x110000),  # the second of two lies first
        ([app(0x10, 0x10000), app(0, 0x110000)], 0x110000),  # factory before any other
    ],
)
def test_the_application_that_is_started_is_the_one_that_is_looked_at(table, started):
    assert layout_of(BOARD, image(table, started=started), "it").files_offset == 0x210000
    assert refusal(image(table)) == (
        f"it has no application at {started:#x}, where its table says one is; "
        f"take the whole image of {PAGE}"
    )


def test_a_table_whose_only_application_is_for_tests_is_refused():
    assert refusal(image([app(0x20, 0x10000)])) == (
        f"the table of it has no application that is started by itself; {OFFICIAL}"
    )


def test_files_never_begin_in_the_midst_of_a_block_nor_where_nothing_can_be_written():
    assert refusal(image([*plain(), Partition("x", 0x40, 0, 0x200000, 0x1800)])) == (
        "the last partition of it ends at 0x201800, and files would begin there, in the midst of a "
        f"block of 4,096 bytes; {OFFICIAL}"
    )
    vfs = Partition("vfs", 1, 0x81, 0x200000, 0x200000, read_only=True)
    assert (
        refusal(image([*plain(), vfs])) == f"the partition vfs of it can only be read; {OFFICIAL}"
    )


def test_a_download_that_ended_anywhere_is_refused():
    whole = image(plain(0x200000), size=0)
    for length in (*range(0, 0xF000, 997), *range(0xF000, len(whole))):
        told = refusal(whole[:length])
        if length > 0xF000:
            assert told == (
                f"the application in it is cut short: the image ends after {length:,} bytes; "
                + AGAIN
            )
    layout_of(BOARD, whole, "it")


def test_every_changed_byte_of_an_application_is_noticed():
    whole = image(plain(0x200000), size=0)
    for at in range(0xF000, len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        refusal(bytes(damaged))


def test_a_boot_loader_that_is_damaged_is_refused_and_one_whose_header_was_set_is_not():
    good = image(plain(0x200000), flash=4 * MB)
    damaged = bytearray(good)
    damaged[60] ^= 4
    assert refusal(bytes(damaged)) == (
        f"the boot loader in it is damaged (its checksum is not that of its segments); {AGAIN}"
    )
    larger = bytearray(good)
    larger[3] = 4 << 4  # what esptool's --flash-size changes: 16 MB
    assert layout_of(BOARD, bytes(larger), "it").header.flash_size == 16 * MB
    for segments in (0, 17):
        bad = program(0, 4 * MB, *[b"1234"] * segments)
        told = refusal(image(plain(), application=bad))
        assert told == f"the application in it is damaged (it has {segments} segments); {AGAIN}"


def test_an_application_of_another_chip_another_program_and_one_without_room_are_refused():
    s3 = program(9, 4 * MB, b"MicroPython")
    assert refusal(image(plain(), application=s3)) == (
        f"the boot loader in it is for chip number 0, and its application for 9; {OFFICIAL}"
    )
    assert refusal(image(plain(), banner=b"ESPHome")) == (
        f"it holds another program than MicroPython; {OFFICIAL}"
    )
    large = program(0, 4 * MB, b"MicroPython" + bytes(0x2000))
    table = [*plain(factory=0x2000), Partition("x", 1, 6, 0x14000, 0x1000)]
    assert refusal(image(table, application=large)) == (
        f"the application in it has {len(large):,} bytes, and its own table has room for 8,192; "
        + OFFICIAL
    )


def test_an_image_that_says_which_application_starts_is_refused():
    data = bytearray(image(ota(0x180000)))
    layout_of(BOARD, bytes(data), "it")
    data[0xD000 - 0x1000] = 1
    assert refusal(bytes(data)) == (
        f"it says by its partition otadata which application is started; {OFFICIAL}"
    )


@pytest.mark.parametrize("key", [2, 3], ids=["RSA", "ECDSA"])
def test_every_mark_of_secure_boot_is_seen(key):
    forever = (
        f"it is signed for Secure Boot: a chip that starts it may lock itself for ever; {OFFICIAL}"
    )
    block = bytes((0xE7, key, 0, 0)) + os.urandom(1192)
    block += struct.pack("<I", zlib.crc32(block))
    good = image(plain(), size=0x2000)
    assert refusal(good + block.ljust(4096, b"\xff")) == forever
    v1 = bytearray(good)
    v1[0x8C00 - 0x1000 :][:68] = v1[0x7C00 : 0x7C00 + 68] = bytes(4) + os.urandom(64)
    assert refusal(bytes(v1)) == forever


@pytest.mark.parametrize(
    ("what", "data", "told"),
    [
        ("ELF", b"\x7fELF" + bytes(9000), "it is no image for an ESP32 (9,004 bytes)"),
        ("zip", b"PK\3\4" + bytes(9000), "it is no image for an ESP32 (9,004 bytes)"),
        ("html", b"<!DOCTYPE html>", "it is no image for an ESP32 (15 bytes)"),
        ("empty", b"", "it is no image for an ESP32 (0 bytes)"),
        ("UF2", b"UF2\n" + bytes(508), "it is no image for an ESP32 (512 bytes)"),
        ("merged", b"\xff" * 4096 + image(plain(), size=0),
         "it is an image of a flash from its first byte on, and not from 0x1000 on ("),
        ("ESP8266", header(0, 4 * MB) + bytes(70_000), "it has no partition table at 0x8000, so"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_told_as_what_it_is(what, data, told):
    assert refusal(data).startswith(told)
    assert PAGE in refusal(data)


class Short(http.server.BaseHTTPRequestHandler):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(image(plain(), size=0)[:5000])

    def log_message(self, *words: object) -> None:
        pass


def test_a_download_that_breaks_off_is_told_and_nothing_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("GANGLION_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Short) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(official, "SITE", f"http://127.0.0.1:{server.server_port}/")
        try:
            with pytest.raises(ToolError) as caught:
                official.official_image(BOARD)
        finally:
            server.shutdown()
            thread.join()
    assert "cannot be had (IncompleteRead(5000 bytes read, 95000 more expected)); " in str(
        caught.value
    )
    assert not list(tmp_path.iterdir())


FLASHED = [board for board in map(load_board, board_names()) if board.flash]


@pytest.mark.parametrize("board", FLASHED, ids=lambda board: board.name)
def test_an_image_is_taken_for_its_own_chip_alone_on_every_flash_that_is_large_enough(
    board, tmp_path
):
    for other in FLASHED:
        path = tmp_path / f"{other.name}.bin"
        path.write_bytes(
            image(
                plain(), chip=other.flash.chip_number, flash=8 * MB, at=other.flash.image_offset,
                banner=b"MicroPython v1.28.0 on",
            )
        )  # fmt: skip
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        if other.chip != board.chip:
            with pytest.raises(BoardError) as caught:
                official.official_image(board, path, sha)
            assert str(caught.value) == (
                f"{path} is for chip number {other.flash.chip_number}, and {board.chip} is "
                f"{board.flash.chip_number}; take the .bin of "
                f"https://micropython.org/download/{board.flash.image}, or name the board that "
                "you have with --board"
            )
            continue
        taken = official.official_image(board, path, sha)
        layout = layout_of(board, taken.data, taken.name)
        for size in (8, 16, 32):
            assert layout.files_offset + layout.on_chip(size * MB) == size * MB
        with pytest.raises(BoardError) as caught:
            layout.on_chip(4 * MB)
        assert "is for a flash of 8 MB, and the chip has 4 MB: " in str(caught.value)
