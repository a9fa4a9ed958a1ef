"""Ids: the many spellings of an area's id, as one.

In:  an id as a file spells it: 6 characters, 8 characters, base64 (3.0), or a legacy name.
Out: AreaId: the eight bytes that FEAGI knows the area by, and a text for people.
Never: decides whether an area is kept (policy.py).
"""

import base64
import binascii
import re
from dataclasses import dataclass

POWER = b"___power"
DEATH = b"___death"
FATIGUE = b"___fatig"
CORE = (DEATH, FATIGUE, POWER)

_CORE_SPELLINGS = {
    "_power": POWER,
    "___pwr": POWER,
    "_death": DEATH,
    "_fatigue": FATIGUE,
}
_LEGACY = {
    "omot00": b"omot\x05\x00\x00\x00",
    "ogaz00": b"ogaz\x02\x00\x00\x00",
}
_LEGACY_VISION = re.compile(r"iic([0-8])00")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{11}=")

GROUP_OF_FIRST_BYTE = {ord("c"): "CUSTOM", ord("m"): "MEMORY", ord("i"): "IPU", ord("o"): "OPU"}


@dataclass(frozen=True, slots=True)
class AreaId:
    """`key` identifies and orders areas; `text` is what people read and write."""

    key: bytes
    text: str

    @property
    def is_core(self) -> bool:
        return self.key in CORE

    @property
    def is_known(self) -> bool:
        """FEAGI loads an area only if the first of exactly eight bytes names its type."""
        return len(self.key) == 8 and (
            self.key[0] in GROUP_OF_FIRST_BYTE or self.key[0] == ord("_")
        )

    @property
    def group(self) -> str:
        """The group that the first byte names."""
        return "CORE" if self.is_core else GROUP_OF_FIRST_BYTE.get(self.key[0], "CUSTOM")

    @property
    def order(self) -> tuple[bool, bytes]:
        """Core areas first, then by id: the order of areas in a connectome."""
        return (not self.is_core, self.key)

    @property
    def io_fault(self) -> str | None:
        """Why FEAGI would refuse this input or output id, if it was written in base64."""
        if self.key[0] not in b"io" or not _BASE64.fullmatch(self.text):
            return None
        configuration = int.from_bytes(self.key[4:6], "little")
        if configuration & 0xFF > 10 or configuration >> 10:
            return f"configuration {configuration:#06x} names no kind of input or output"
        return None


def read(text: str) -> AreaId:
    """The area that `text` names. `text` is not empty."""
    if _BASE64.fullmatch(text):
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:  # bits after the last byte: not an id that FEAGI wrote
            return AreaId(text.encode(), text)
        printable = key.isascii() and key.decode("ascii").isprintable()
        return AreaId(key, key.decode("ascii") if printable else text)
    if text in _CORE_SPELLINGS:
        key = _CORE_SPELLINGS[text]
        return AreaId(key, key.decode())
    if text in _LEGACY:
        return AreaId(_LEGACY[text], text)
    if vision := _LEGACY_VISION.fullmatch(text):
        return AreaId(b"isvi" + bytes([9, 0, int(vision[1]), 0]), text)
    key = text.encode("utf-8", "surrogatepass").ljust(8, b"_")
    return AreaId(key, text if text.isprintable() else base64.b64encode(key).decode())
