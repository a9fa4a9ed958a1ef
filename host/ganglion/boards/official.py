"""Official: MicroPython's own image for a board: from a file, the cache, or the network.

In:  a Board with flash; perhaps a file of the user's or a version, perhaps a SHA-256 that the user
     trusts.
Out: the bytes of an image whose hash somebody vouches for, and which is for that chip.
Never: an image that nobody vouches for; a download that is kept before it was checked.
"""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError, ToolError
from .board import Board, Flash, Official
from .image_header import read_header

SITE = "https://micropython.org/resources/firmware/"
_PAGE = "https://micropython.org/download/"


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


def official_image(
    board: Board, file: Path | None = None, trusted: str | None = None, version: str | None = None
) -> Image:
    """The image to flash: `file`, or the newest of the board file, or the newest of `version`.

    `trusted`: a SHA-256 besides those of the board file. Raises BoardError or ToolError.
    """
    flash = board.flash
    assert flash is not None
    pins: set[str | None]
    if file:
        image = _read(file)
        pins = {official.sha256 for official in flash.official if official.sha256}
    else:
        official = _choose(board, flash, version)
        if official.sha256 is None and trusted is None:
            raise BoardError(
                f"nobody here could check {official.file}",
                f"give the SHA-256 that you trust with --sha256, or another --micropython; it is "
                f"at {SITE}{official.file}",
            )
        pins = {official.sha256} if official.sha256 else set()
        image = _find(official, pins | {trusted})
    _check_chip(image, board, flash)
    if image.sha256 in pins | {trusted} or (file and trusted is None and not flash.official):
        return image
    vouched = "that was given" if trusted else f"that {board.name} knows"
    raise BoardError(
        f"{image.name} has the SHA-256 {image.sha256}, which is none {vouched}",
        "take the official image, or say that you trust this one with --sha256",
    )


def not_here(board: Board, version: str | None = None) -> Path | None:
    """Where the image to flash would be kept, if it has to be downloaded first; else None."""
    if board.flash is None:
        return None
    kept = cache_dir() / _choose(board, board.flash, version).file
    return None if kept.is_file() else kept


def page(flash: Flash) -> str:
    """Where a person finds the images for a board."""
    return _PAGE + flash.image


def _choose(board: Board, flash: Flash, version: str | None) -> Official:
    if not flash.official:
        raise BoardError(
            f"the file for {board.name} names no image of MicroPython",
            f"get {flash.image} from {page(flash)} and give it with --firmware",
        )
    for official in flash.official:
        if version is None or f"{official.version}.".startswith(f"{version}."):
            return official
    known = ", ".join(official.version for official in flash.official)
    raise BoardError(
        f"{board.name} knows no image of MicroPython {version}",
        f"name one of {known}, or give a file with --firmware",
    )


def _read(file: Path) -> Image:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BoardError(f"{file} cannot be read ({error.strerror})", "check the path") from None
    return Image(str(file), data, hashlib.sha256(data).hexdigest())


def _check_chip(image: Image, board: Board, flash: Flash) -> None:
    number = read_header(image.data, image.name, page(flash)).chip_number
    if number != flash.chip_number:
        raise BoardError(
            f"{image.name} is for chip number {number}, and {board.chip} is {flash.chip_number}",
            f"take the .bin of {page(flash)}, or name the board that you have with --board",
        )


def _find(official: Official, trusted: set[str | None]) -> Image:
    kept = cache_dir() / official.file
    if kept.is_file() and (image := _read(kept)).sha256 in trusted:
        return image
    image = _download(official)
    if image.sha256 in trusted:
        _keep(kept, image.data)
    return image


def _download(official: Official) -> Image:
    address = SITE + official.file
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            data: bytes = answer.read()
    except (OSError, http.client.HTTPException) as error:  # such as one that ends too soon
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
