"""Board: what one kind of board is, read from a file in boards/ or of the user's own.

In:  a name, or the path of a TOML file.
Out: a Board whose every figure was checked; what the board itself needs to know, as JSON.
Never: knows any board by name. Adding one touches no code.
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .. import toml_files
from ..errors import BoardError, UnknownBoardError
from .programs import boards_dir

Architecture = Literal["xtensawin", "rv32imc", "x64", "armv7emsp", "host"]
Size = Annotated[int, Field(gt=0)]
Offset = Annotated[int, Field(ge=0)]
VERSION = r"^\d+\.\d+(\.\d+)?$"
ABSENT = "`ganglion boards` lists them, or give the path of a file of your own"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Official(_Table):
    """One of MicroPython's official images that fits. Trusted by its hash, where that is known."""

    version: Annotated[str, Field(pattern=VERSION)]
    file: Annotated[str, Field(pattern=r"^[\w.-]+\.bin$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class Flash(_Table):
    """The flash chip. Where MicroPython keeps its files in it, its image says (layout.py)."""

    size: Size  # bytes that a chip of this kind has at least
    image: str = Field(min_length=1)  # the name of MicroPython's official images
    chip_number: Offset  # what an image for this chip has at its byte 12
    image_offset: Offset  # bytes from the beginning of the flash
    # Of board files from before the image was asked: it must be what the image says, or absent.
    files_offset: Offset | None = None
    official: list[Official] = []  # the newest first: it is the one that is used

    @model_validator(mode="after")
    def _in_order(self) -> "Flash":
        if self.size % 4096:
            raise ValueError("size is not a multiple of 4096")
        if self.image_offset >= self.size:
            raise ValueError("image_offset < size does not hold")
        return self


class Memory(_Table):
    """What a brain may use, in bytes, with our firmware loaded."""

    heap: Size
    block: Size  # the largest single piece
    process: Size | None = None  # of a virtual device: its whole heap, firmware and all

    @model_validator(mode="after")
    def _block_fits(self) -> "Memory":
        if self.block > self.heap:
            raise ValueError("block is larger than heap")
        return self


class Line(_Table):
    """The serial stream. `baud` is the one that MicroPython's REPL starts with."""

    kind: Literal["uart", "usb", "pty", "tcp"]
    baud: Size = 115200
    bauds: list[Size] = []  # those that may be tried instead
    divider: Offset = 0  # the address of that UART's clock divider; 0: the rate means nothing

    @property
    def rate(self) -> int:
        """Bytes a second after which a write would block; 0 where a write says so itself."""
        return self.baud // 10 if self.kind == "uart" else 0


class Boot(_Table):
    """How a person gets the REPL in spite of a brain that crashes (firmware/boot.py)."""

    window_ms: Annotated[int, Field(ge=0, le=10_000)] = 2000
    safe_pin: Annotated[int, Field(ge=0, le=48)] | None = None  # low at boot: safe mode
    watchdog_ms: Annotated[int, Field(ge=0, le=600_000)] = 0  # 0 = none


class Pins(_Table):
    """What a board's pins can do, for the check of a robot file."""

    all: list[Offset]
    input_only: list[Offset] = []
    adc1: list[Offset] = []
    adc2: list[Offset] = []  # not while Wi-Fi is on
    strapping: list[Offset] = []  # decide how the chip boots
    taken: dict[str, str] = {}  # by what


class Limits(_Table):
    """The largest brain that it takes at all."""

    neurons: Annotated[int, Field(gt=0, le=65535)] = 65535
    blob: Size = 4 << 20  # bytes


class Board(_Table):
    """One kind of board. Its name is at most 16 bytes, since a blob carries it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
    title: str = Field(min_length=1)
    chip: str | None = None  # as `esptool --chip` calls it; None where esptool has no business
    architecture: Architecture
    micropython: Annotated[str, Field(pattern=VERSION)]  # the oldest that will do
    memory: Memory
    link: Line
    boot: Boot = Boot()
    limits: Limits = Limits()
    flash: Flash | None = None
    pins: Pins | None = None

    @model_validator(mode="after")
    def _chip_has_flash(self) -> "Board":
        if (self.chip is None) != (self.flash is None):
            raise ValueError("chip and [flash] come together")
        return self

    def on_device(self) -> str:
        """board.json as the firmware reads it from its own flash."""
        described = {
            "name": self.name,
            "rate": self.link.rate,
            "baud": self.link.baud,
            "bauds": self.link.bauds,
            "divider": self.link.divider,
            "window_ms": self.boot.window_ms,
            "safe_pin": self.boot.safe_pin,
            "watchdog_ms": self.boot.watchdog_ms,
        }
        return json.dumps(described) + "\n"


def board_names() -> list[str]:
    """The boards that come with ganglion."""
    return sorted(path.stem for path in boards_dir().glob("*.toml"))


def load_board(spec: str | Path) -> Board:
    """The board of that name, or of that file when `spec` ends in .toml."""
    if str(spec).endswith(".toml"):
        return read_board(Path(spec))
    if spec not in board_names():
        raise UnknownBoardError(f"no board is called {str(spec)!r}", ABSENT)
    return read_board(boards_dir() / f"{spec}.toml")


def read_board(path: Path) -> Board:
    """The board described in `path`."""
    text = toml_files.read_text(path, "board", BoardError, ABSENT)
    fields = "boards/esp32.toml in the sources shows each field"
    return toml_files.parse(text, str(path), "board", Board, BoardError, fields)
