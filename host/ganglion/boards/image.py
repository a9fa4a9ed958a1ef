"""Image: the files that a board's flash holds, and their file system as bytes.

In:  a Board; perhaps a brain, perhaps a public key.
Out: each file by its name on the board, firmware as machine code for it; a littlefs image.
Never: writes to a device or to a disk; puts a .py and an .mpy of one module on a board.
"""

import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from littlefs import LittleFS

from ..blob.signature import PINNED
from ..errors import BoardError, DoesNotFitError
from .board import Board, Flash
from .mpy import compile_mpy
from .programs import firmware_dir

# As MicroPython's vfs_lfs2 expects them: bytes.
_BLOCK, _READ, _PROGRAM, _LOOKAHEAD, _DISK_VERSION = 4096, 32, 128, 32, 0x00020000
_COMPACT = 512  # bytes of directory log at most: each import reads the log of /lib several times
MANIFEST = "firmware.id"


@cache
def _compiled(path: Path, architecture: str) -> bytes:
    return compile_mpy(path, architecture)


def firmware_files(board: Board, root: Path | None = None) -> dict[str, bytes]:
    """Our firmware for a board, by name. boot.py and main.py stay text: MicroPython asks for it."""
    root = root or firmware_dir()
    files = {path.name: path.read_bytes() for path in sorted(root.glob("*.py"))}
    for path in sorted((root / "lib").glob("*.py")):
        if board.architecture == "host":
            files[f"lib/{path.name}"] = path.read_bytes()
        else:
            files[f"lib/{path.stem}.mpy"] = _compiled(path, board.architecture)
    files["board.json"] = board.on_device().encode()
    files[MANIFEST] = f"{firmware_build(files):08x}\n".encode()
    return files


def build(files: Mapping[str, bytes]) -> int:
    """What a device with this firmware says in its HELLO."""
    return int(files[MANIFEST], 16)


def firmware_build(files: Mapping[str, bytes]) -> int:
    """A number that changes with any byte of the firmware."""
    crc = 0
    for name in sorted(files):
        crc = zlib.crc32(name.encode() + b"\0" + files[name], crc)
    return crc


def brain_files(blob: bytes) -> dict[str, bytes]:
    """A brain as firmware/lib/slots.py keeps one that is confirmed."""
    return {"brain.a": blob, "brain.ptr": b"ac"}


def pinned_files(key: bytes) -> dict[str, bytes]:
    """A public key (signature.read_public) on a board, which then runs nothing else."""
    return {PINNED: key}


def littlefs(files: dict[str, bytes], size: int) -> bytes:
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
            "choose a smaller brain, or a board file with a lower files_offset",
        ) from None
    system.unmount()
    return bytes(system.context.buffer)


def flash_image(board: Board, micropython: bytes, files: dict[str, bytes]) -> bytes:
    """Everything that the flash chip of a board holds, from its first byte to its last."""
    flash = board.flash
    assert flash is not None
    check_room(flash, micropython, board.name)
    content = bytearray(b"\xff" * flash.size)
    content[flash.image_offset : flash.image_offset + len(micropython)] = micropython
    content[flash.files_offset :] = littlefs(files, flash.files_size)
    return bytes(content)


def check_room(flash: Flash, micropython: bytes, name: str) -> None:
    """Raises BoardError if an image of MicroPython would reach into the file system."""
    room = flash.files_offset - flash.image_offset
    if len(micropython) > room:
        raise BoardError(
            f"the image has {len(micropython):,} bytes and {name} has room for {room:,}",
            "give the image for this board, or raise files_offset in a board file of your own",
        )
