"""layout.py, partitions.py and image_header.py: files go where MicroPython will look for them.

Tables from MicroPython's ports/esp32/partitions-*.csv; what is written is mounted by its VfsLfs2.
"""

import hashlib
import os
import random
import struct
import zlib

import pytest

from ganglion.boards.board import board_names, load_board
from ganglion.boards.image import brain_files, layout_of, parts
from ganglion.boards.layout import read_layout
from ganglion.boards.official import cache_dir
from ganglion.boards.partitions import AGAIN, Partition, read_table, table_bytes
from ganglion.boards.programs import firmware_dir
from ganglion.errors import BoardError
from tests.support.images import MB, image, ota, plain

PAGE = "https://micropython.org/download/X"
BOARD = load_board("esp32")

# (published table, flash size of its header) of MicroPython's versions, for its generic images.
OLD = {  # 1.22 to 1.25: the table has a partition for files
    "4MiB": (plain(0x200000), 4),
    "8MiB": (plain(0x600000), 8),
    "16MiB": (plain(0xE00000), 16),
    "4MiB-romfs": (plain(0x200000, factory=0x1D0000, romfs=0x20000), 4),
    "4MiB-ota": (ota(0x180000, 0xF0000), 4),
    "16MiB-ota": (ota(0x270000, 0xB10000), 16),
}
NEW = {  # 1.26 to 1.28: it has none, and they go up to the end of the chip
    "4MiBplus": (plain(), 4),
    "4MiB-romfs": (plain(factory=0x1D0000, romfs=0x20000), 4),
    "4MiB-ota": (ota(0x180000), 4),
    "8MiBplus-ota": (ota(0x270000), 8),
}
CASES = [
    (version, name, table, header, chip)
    for versions, layouts in ((("1.22", "1.23", "1.24", "1.25"), OLD),
                              (("1.26", "1.27", "1.28"), NEW))
    for version in versions
    for name, (table, header) in layouts.items()
    for chip in (4, 8, 16)
    if version >= "1.25" or name != "4MiB-romfs"
]  # fmt: skip

MOUNT = """
import vfs, hashlib, binascii, os
class Chip:
    def __init__(self, offset, size):
        self.file = open("chip", "r+b")
        self.offset, self.size = offset, size
    def readblocks(self, block, buf, offset=0):
        self.file.seek(self.offset + block * 4096 + offset)
        self.file.readinto(buf)
    def writeblocks(self, block, buf, offset=0):
        self.file.seek(self.offset + block * 4096 + offset)
        self.file.write(buf)
    def ioctl(self, op, arg):
        if op == 4:
            return self.size // 4096
        if op == 5:
            return 4096
        if op == 6:
            self.file.seek(self.offset + arg * 4096)
            self.file.write(b"\\xff" * 4096)
            return 0
system = vfs.VfsLfs2(Chip({offset}, {size}))
vfs.mount(system, "/f")
with open("/f/brain.a", "rb") as file:
    print(binascii.hexlify(hashlib.sha256(file.read()).digest()).decode())
with open("/f/board.json") as file:
    print(file.read().strip())
with open("/f/more", "wb") as file:
    file.write(bytes(50000))
print(len(os.listdir("/f")), os.statvfs("/f")[2])
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    brain = bytes(random.Random(7).randbytes(30_000))
    texts = {name: (firmware_dir() / name).read_bytes() for name in ("boot.py", "main.py")}
    return texts | {"board.json": BOARD.on_device().encode()} | brain_files(brain)


def by_micropythons_own_rule(table: list[Partition], chip: int) -> tuple[int, int]:
    """Offset and size of what it mounts: flashbdev.py, and since 1.26 boardctrl_startup()."""
    for partition in table:
        if partition.label == "vfs":
            return partition.offset, partition.size
    end = max(partition.offset + partition.size for partition in table)
    return end, chip * MB - end


@pytest.mark.parametrize(
    ("version", "name", "table", "header", "chip"),
    CASES,
    ids=[f"{case[0]}-{case[1]}-on-{case[4]}MB" for case in CASES],
)
def test_what_is_written_is_mounted_by_micropython_or_refused(
    version, name, table, header, chip, files, tmp_path, micropython
):
    banner = (
        f"MicroPython v{version}.0 on 2026-01-01".encode() if version >= "1.25" else b"MicroPython"
    )
    data = image(table, flash=header * MB, banner=banner)
    layout = layout_of(BOARD, data, "it")
    if header > chip:
        with pytest.raises(BoardError) as caught:
            parts(BOARD, layout, data, files, chip * MB)
        assert str(caught.value) == (
            f"it is for a flash of {header} MB, and the chip has {chip} MB: it would not start; "
            "take an image for this size of flash; nothing was written"
        )
        return
    written = parts(BOARD, layout, data, files, chip * MB)
    content = bytearray(os.urandom(4096)) * (chip * MB // 4096)  # what was there before
    for offset, piece in written.items():
        assert offset + len(piece) <= len(content)
        content[offset : offset + len(piece)] = piece
    (tmp_path / "chip").write_bytes(content)
    offset, size = by_micropythons_own_rule(table, chip)
    told = micropython(MOUNT.format(offset=offset, size=size), tmp_path).decode().splitlines()
    assert told[0] == hashlib.sha256(files["brain.a"]).hexdigest()
    assert told[1] == BOARD.on_device().strip()
    assert told[2] == f"{len(files) + 1} {size // 4096}"
    # No older application is chosen: what names one is empty.
    for partition in table:
        if partition.label == "otadata":
            assert content[partition.offset : partition.end] == b"\xff" * partition.size


def test_a_table_is_read_as_it_was_written_and_an_official_one_too():
    table = ota(0x180000, 0xF0000)
    assert read_table(table_bytes(table), "it") == tuple(table)


def refusal(data: bytes, at: int = 0x1000) -> str:
    with pytest.raises(BoardError) as caught:
        read_layout(data, at, "it", PAGE)
    return str(caught.value)


def test_each_image_that_would_not_start_or_would_harm_is_refused_in_words():
    official = "take MicroPython's official image"
    whole = (
        f"take the whole image of {PAGE}, whose name ends in .bin: not the application alone "
        "(.app-bin), nor an update (.ota)"
    )
    good = image(plain())
    assert (
        refusal(b"\xe9" * 23) == f"it is no image for an ESP32 (23 bytes); take the .bin of {PAGE}"
    )
    assert refusal(b"\x50" + good[1:]).startswith("it is no image for an ESP32 (")
    assert refusal(good[:3] + b"\x80" + good[4:]) == (
        f"the header of it is damaged (flash mode 2, flash size 8); take the .bin of {PAGE}"
    )
    missing = "it has no partition table at 0x8000, so nothing says where its files go; "
    assert refusal(image(plain(), raw=b"\xff" * 64)) == missing + whole
    assert refusal(good[:0x3000]) == missing + whole
    assert refusal(good[: 0x10000 - 0x1000]) == (
        "it has no application at 0x10000, where its table says one is; "
        f"take the whole image of {PAGE}"
    )
    assert refusal(image(plain(0x600000))) == (
        "the partition table of it ends at 0x800000, beyond the 4 MB that its header says: "
        f"no chip would start it; {official}"
    )
    assert refusal(image(plain(), banner=b"MicroPython v1.24.1 on")) == (
        "it has no partition for files, and MicroPython 1.24 finds none without it; " + official
    )
    fat = [*plain(), Partition("ffat", 1, 0x81, 0x200000, 0x200000)]
    assert refusal(image(fat)) == (
        "it keeps its files in FAT (its table has ffat and no vfs), which a power cut damages; "
        + official
    )
    odd = [*plain(), Partition("vfs", 1, 0x81, 0x200000, 0x1FF800)]
    assert refusal(image(odd)) == (
        f"the partition vfs of it is not made of whole blocks of 4,096 bytes; {official}"
    )
    assert refusal(image(plain(0x200000), size=0x1F0001)) == (
        "it has 2,093,057 bytes and its own table has room for 2,093,056 before its files; "
        + official
    )


def test_an_image_that_would_lock_the_chip_is_refused():
    forever = "; take MicroPython's official image"
    table = plain()
    table[2] = Partition("factory", 0, 0, 0x10000, 0x1F0000, encrypted=True)
    assert refusal(image(table)) == (
        "it is made for flash encryption (its table marks factory as encrypted): a chip that "
        "starts it may encrypt itself for ever" + forever
    )
    assert refusal(image([*plain(), Partition("nvs_key", 1, 4, 0x200000, 0x1000)])) == (
        "it is made for flash encryption (its table has a place for keys): a chip that starts it "
        "may encrypt itself for ever" + forever
    )
    block = b"\xe7\x02\0\0" + os.urandom(1192)
    block += struct.pack("<I", zlib.crc32(block))
    signed = image(plain(), size=0x2000)
    assert refusal(signed + block.ljust(4096, b"\xff")) == (
        "it is signed for Secure Boot: a chip that starts it may lock itself for ever" + forever
    )


def test_every_single_bit_flip_of_a_table_is_refused_or_changes_nothing_that_it_says():
    good = table_bytes(plain(0x200000))
    expected = read_table(good, "it")
    used = 32 * 6  # four entries, their MD5, the end
    for bit in range(8 * used):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        try:
            assert read_table(bytes(bad), "it") == expected
        except BoardError as error:
            assert str(error).startswith("the partition table of it is damaged (")
            assert str(error).endswith(f"; {AGAIN}")


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ([*plain(), Partition("x", 1, 0x81, 0x1FF000, 0x2000)], "x lies over factory"),
        ([Partition("x", 1, 0x81, 0x8000, 0x2000), *plain()], "x lies over the table"),
        ([*plain(), Partition("x", 1, 0x81, 0x200000, 0)], "x has no bytes"),
        (plain()[:2], "it has no place for an application"),
    ],
)
def test_a_table_that_cannot_be_is_refused(table, why):
    with pytest.raises(BoardError) as caught:
        read_table(table_bytes(table), "it")
    assert str(caught.value) == f"the partition table of it is damaged ({why}); {AGAIN}"


def test_a_table_without_an_end_and_one_of_other_bytes_are_refused():
    entry = table_bytes(plain())[:32]
    for data, why in (
        (b"".join(entry for _ in range(96)), "it does not end"),
        (entry, "it does not end"),
        (entry + b"\x12" * 32, "entry 1 begins with 1212"),
        (entry + b"\xeb\xeb" + b"\xff" * 14 + bytes(16), "its MD5 is not that of its entries"),
    ):
        with pytest.raises(BoardError) as caught:
            read_table(data, "it")
        assert str(caught.value) == f"the partition table of it is damaged ({why}); {AGAIN}"


def test_a_board_file_of_before_that_says_where_files_go_must_be_right():
    flash = BOARD.flash
    assert flash is not None
    mine = BOARD.model_copy(update={"flash": flash.model_copy(update={"files_offset": 0x300000})})
    with pytest.raises(BoardError) as caught:
        layout_of(mine, image(plain()), "it")
    assert str(caught.value) == (
        "the file for esp32 says that files begin at 0x300000, and it has them at 0x200000; "
        "leave files_offset out: the image says it"
    )
    same = BOARD.model_copy(update={"flash": flash.model_copy(update={"files_offset": 0x200000})})
    assert layout_of(same, image(plain()), "it").files_offset == 0x200000


def test_an_image_that_is_too_old_is_refused():
    with pytest.raises(BoardError) as caught:
        layout_of(BOARD, image(plain(0x200000), banner=b"MicroPython v1.22.2 on"), "it")
    assert str(caught.value) == (
        "it is MicroPython 1.22.2, and esp32 needs 1.25.0; "
        "take a newer one of https://micropython.org/download/ESP32_GENERIC"
    )


def test_what_could_name_an_older_application_is_erased_where_the_image_does_not_cover_it(files):
    table = [*ota(0x180000)]
    table[1] = Partition("otadata", 1, 0, 0x310000, 0x2000)
    data = image(table)
    written = parts(BOARD, layout_of(BOARD, data, "it"), data, files, 4 * MB)
    assert written[0x310000] == b"\xff" * 0x2000
    assert sorted(written) == [0x1000, 0x310000, 0x312000]


def test_a_chip_that_leaves_no_room_for_files_is_refused(files):
    data = image(plain(factory=0x3F0000))
    with pytest.raises(BoardError) as caught:
        parts(BOARD, layout_of(BOARD, data, "it"), data, files, 4 * MB)
    assert str(caught.value) == (
        "it leaves 0 bytes for files on a flash of 4 MB, and the firmware needs 65,536; "
        "take an image with a smaller application, or a larger flash; nothing was written"
    )


def test_the_official_images_say_what_ours_are_made_to_say():
    """Those of the pinned ones that are in the cache: chip, version, flash size, each partition."""
    seen = 0
    for board in map(load_board, board_names()):
        for official in board.flash.official if board.flash else []:
            path = cache_dir() / official.file
            if not official.sha256 or not path.is_file():
                continue
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != official.sha256:
                continue
            seen += 1
            layout = layout_of(board, data, official.file)
            old = official.version == "1.25.0"  # the last with an entry for files
            flash = 8 * MB if old and board.name == "esp32s3-octal" else 4 * MB
            assert layout.partitions == tuple(plain(flash - 2 * MB if old else None)), path
            assert ".".join(map(str, layout.version or ())) == official.version, path
            assert layout.header.flash_size == flash, path
            assert layout.header.chip_number == board.flash.chip_number, path
    if not seen:
        pytest.skip(f"no pinned image of MicroPython in {cache_dir()}")
