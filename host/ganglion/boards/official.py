"""Official: MicroPython's own image for a board: from a file, the cache, or the network.

In:  a Board with flash; perhaps a file of the user's, perhaps a SHA-256 that the user trusts.
Out: the bytes of an image whose hash somebody vouches for, and which is for that chip.
Never: an image that nobody vouches for; a download that is kept before it was checked.
"""

import hashlib
import os
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError, ToolError
from .board import Board, Flash, Official

SITE = "https://micropython.org/resources/firmware/"
_PAGE = "https://micropython.org/download/"
_MAGIC = 0xE9  # of an image as an ESP32's boot loader reads it


@dataclass(frozen=True, slots=True)
class Image:
    """What is written at a board's image_offset."""

    name: str
    data: bytes
    sha256: str


def cache_dir() -> Path:
    """Where images are kept: GANGLION_CACHE, else the user's cache directory."""
    if given := os.environ.get("GANGLION_CACHE"):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ganglion"


def official_image(board: Board, file: Path | None = None, trusted: str | None = None) -> Image:
    """The image to flash. `trusted`: a SHA-256 besides those of the board file."""
    flash = board.flash
    assert flash is not None
    image = _read(file) if file else _find(board, flash)
    _check_chip(image, board, flash)
    pins = {official.sha256 for official in flash.official} | {trusted}
    if image.sha256 in pins or (file and trusted is None and not flash.official):
        return image
    vouched = "that was given" if trusted else f"that {board.name} knows"
    raise BoardError(
        f"{image.name} has the SHA-256 {image.sha256}, which is none {vouched}",
        "take the official image, or say that you trust this one with --sha256",
    )


def _read(file: Path) -> Image:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BoardError(f"{file} cannot be read ({error.strerror})", "check the path") from None
    return Image(str(file), data, hashlib.sha256(data).hexdigest())


def _check_chip(image: Image, board: Board, flash: Flash) -> None:
    data = image.data
    if len(data) < 24 or data[0] != _MAGIC:
        raise BoardError(
            f"{image.name} is no image for an ESP32 ({len(data):,} bytes)",
            f"take the .bin of {_PAGE}{flash.image}",
        )
    number = data[12] | data[13] << 8  # (Espressif's esp_image_header_t)
    if number != flash.chip_number:
        raise BoardError(
            f"{image.name} is for chip number {number}, and {board.chip} is {flash.chip_number}",
            f"take the .bin of {_PAGE}{flash.image}, or name the board that you have with --board",
        )


def _find(board: Board, flash: Flash) -> Image:
    if not flash.official:
        raise BoardError(
            f"the file for {board.name} names no image of MicroPython that was tried",
            f"get {flash.image} from {_PAGE}{flash.image} and give it with --firmware",
        )
    official = flash.official[0]
    kept = cache_dir() / official.file
    if kept.is_file() and (image := _read(kept)).sha256 == official.sha256:
        return image
    image = _download(official)
    if image.sha256 == official.sha256:
        _keep(kept, image.data)
    return image


def _download(official: Official) -> Image:
    address = SITE + official.file
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            data: bytes = answer.read()
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise ToolError(
            f"{address} cannot be had ({reason})",
            f"download it elsewhere, and give it with --firmware or put it into {cache_dir()}",
        ) from None
    return Image(address, data, hashlib.sha256(data).hexdigest())


def _keep(path: Path, data: bytes) -> None:
    """Into the cache, whole or not at all. A cache that cannot be written is no error."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
