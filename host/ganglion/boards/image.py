"""Image: the files that a board's flash holds, and their file system as bytes.

In:  a Board; perhaps a brain, perhaps a public key.
Out: each file by its name on the board, firmware as machine code for it; a littlefs image.
Never: writes to a device; puts a .py and an .mpy of one module on a board.
"""

import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from littlefs import LittleFS

from ..blob.signature import PINNED
from ..errors import BoardError, DoesNotFitError
from .board import Board
from .compiled import compiled
from .layout import Layout, read_layout
from .official import page
from .programs import firmware_dir

# As MicroPython's vfs_lfs2 expects them: bytes.
_BLOCK, _READ, _PROGRAM, _LOOKAHEAD, _DISK_VERSION = 4096, 32, 128, 32, 0x00020000
_COMPACT = 512  # bytes of directory log at most: each import reads logs of folders several times
MANIFEST = "firmware.id"
LOADER = "boot.py"  # it comes by flashing alone, and so does not tell firmware from firmware


@cache
def _compiled(path: Path, architecture: str) -> bytes:
    return compiled(path, architecture)


def firmware_files(board: Board, root: Path | None = None) -> dict[str, bytes]:
    """Our firmware for a board, by name. boot.py and main.py stay text: MicroPython asks for it."""
    root = root or firmware_dir()
    files = {path.name: path.read_bytes() for path in sorted(root.glob("*.py"))}
    files["board.json"] = board.on_device().encode()
    sources = dict(files)
    for path in sorted((root / "lib").rglob("*.py")):
        name = path.relative_to(root)
        sources[name.as_posix()] = path.read_bytes()
        if board.architecture == "host":
            files[name.as_posix()] = path.read_bytes()
        else:
            files[name.with_suffix(".mpy").as_posix()] = _compiled(path, board.architecture)
    files[MANIFEST] = f"{firmware_build(sources, board.architecture):08x}\n".encode()
    return files


def build(files: Mapping[str, bytes]) -> int:
    """What a device with this firmware says in its HELLO."""
    return int(files[MANIFEST], 16)


def firmware_build(sources: Mapping[str, bytes], architecture: str) -> int:
    """A number that changes with any byte of the firmware's sources, and with what they are
    compiled for; not with the compiler: two computers know a board by the same number (SPEC 7.6).
    """
    crc = zlib.crc32(architecture.encode() + b"\0")
    for name in sorted(sources.keys() - {LOADER}):
        crc = zlib.crc32(name.encode() + b"\0" + sources[name], crc)
    return crc


def brain_files(blob: bytes) -> dict[str, bytes]:
    """A brain as the firmware's slots.py keeps one that is confirmed."""
    return {"brain.a": blob, "brain.ptr": b"ac"}


def pinned_files(key: bytes) -> dict[str, bytes]:
    """A public key (signature.read_public) on a board, which then runs nothing else."""
    return {PINNED: key}


def littlefs(files: Mapping[str, bytes], size: int) -> bytes:
    """A file system of `size` bytes that holds the files. Raises DoesNotFitError."""
    system = LittleFS(
        block_size=_BLOCK, block_count=size // _BLOCK, read_size=_READ, prog_size=_PROGRAM,
        cache_size=_PROGRAM, lookahead_size=_LOOKAHEAD, disk_version=_DISK_VERSION,
        metadata_max=_COMPACT, mount=False,
    )  # fmt: skip
    system.format()
    system.mount()
    try:
        for name in sorted(files):
            if "/" in name:
                system.makedirs(name.rpartition("/")[0], exist_ok=True)
            with system.open(name, "wb") as file:
                file.write(files[name])
    except OSError as error:
        total = sum(map(len, files.values()))
        raise DoesNotFitError(
            f"{len(files)} files of {total:,} bytes do not fit a file system of {size:,} ({error})",
            "choose a smaller brain, or a board with more flash",
        ) from None
    system.unmount()
    return bytes(system.context.buffer)


def layout_of(board: Board, micropython: bytes, name: str) -> Layout:
    """Where an image of MicroPython keeps its files on a board. Raises BoardError."""
    flash = board.flash
    assert flash is not None
    layout = read_layout(micropython, flash.image_offset, name, page(flash))
    if flash.files_offset not in (None, layout.files_offset):
        raise BoardError(
            f"the file for {board.name} says that files begin at {flash.files_offset:#x}, and "
            f"{name} has them at {layout.files_offset:#x}",
            "leave files_offset out: the image says it",
        )
    oldest = tuple(int(number) for number in board.micropython.split("."))
    if layout.version and layout.version < oldest:
        raise BoardError(
            f"{name} is MicroPython {'.'.join(map(str, layout.version))}, and {board.name} needs "
            f"{board.micropython}",
            f"take a newer one of {page(flash)}",
        )
    return layout


def parts(
    board: Board, layout: Layout, micropython: bytes, files: Mapping[str, bytes], size: int
) -> dict[int, bytes]:
    """What is written to a flash chip of `size` bytes, by its offset. Raises BoardError."""
    flash = board.flash
    assert flash is not None
    system = littlefs(files, layout.on_chip(size)).rstrip(b"\xff")
    # Blocks that no file uses are not written: the file system erases each before its first use.
    return {
        flash.image_offset: micropython,
        **{stale.offset: b"\xff" * stale.size for stale in layout.erased},
        layout.files_offset: system + b"\xff" * (-len(system) % _BLOCK),
    }


def flash_image(board: Board, micropython: bytes, files: Mapping[str, bytes]) -> bytes:
    """Everything that the flash chip of a board holds, from its first byte to its last."""
    flash = board.flash
    assert flash is not None
    layout = layout_of(board, micropython, "the image of MicroPython")
    content = bytearray(b"\xff" * flash.size)
    for offset, data in parts(board, layout, micropython, files, flash.size).items():
        content[offset : offset + len(data)] = data
    return bytes(content)
