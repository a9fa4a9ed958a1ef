"""Codes: why a device refuses, in words (SPEC.md 7.3).

In:  the code and the detail of an ACK or a FAULT.
Out: a sentence, a remedy; Refused, the error that has both.
Never: reads a frame.
"""

from enum import IntEnum

from ..errors import DeviceError
from .frame import Type


class Code(IntEnum):
    """Why a device refused. Each has a sentence in SENTENCES."""

    OK = 0
    UNKNOWN = 1
    LENGTH = 2
    VALUE = 3
    STATE = 4
    STORAGE = 5
    HASH = 6
    OFFSET = 7
    MEMORY = 8
    LATE = 9
    FULL = 10
    ROOM = 11
    PINNED = 12
    MAGIC = 16
    VERSION = 17
    SIZE = 18
    CRC = 19
    SHA = 20
    FIELD = 21
    INDEX = 22
    GOLDEN = 23
    BOARD = 24
    OLDER = 25
    SIGNATURE = 26
    CRASH = 32
    WATCHDOG = 33


SENTENCES = {
    Code.OK: "done",
    Code.UNKNOWN: "the device does not know this command",
    Code.LENGTH: "the payload has the wrong length",
    Code.VALUE: "a field is out of range",
    Code.STATE: "not now: running, or no brain",
    Code.STORAGE: "the file system refused",
    Code.HASH: "what was stored is not what was sent",
    Code.OFFSET: "a piece is missing",
    Code.MEMORY: "not enough heap",
    Code.LATE: "that burst has already run",
    Code.FULL: "too many inputs are waiting",
    Code.ROOM: "the file system has no room for it",
    Code.PINNED: "a board that has pinned a key takes no firmware over the link, and gives no REPL",
    Code.MAGIC: "not a blob",
    Code.VERSION: "a blob version that this firmware does not run",
    Code.SIZE: "the length field, a section's bounds or padding is wrong",
    Code.CRC: "a section's CRC-32 is wrong",
    Code.SHA: "the SHA-256 is wrong",
    Code.FIELD: "a header field or a record breaks a rule",
    Code.INDEX: "an index in a section is out of range",
    Code.GOLDEN: "the golden vector was not reproduced",
    Code.BOARD: "the blob is for another board",
    Code.OLDER: "the blob's counter is below that of the brain it would replace",
    Code.SIGNATURE: "the blob is not signed by the pinned key",
    Code.CRASH: "an exception in the burst loop",
    Code.WATCHDOG: "the last run ended by the watchdog",
}

# What the detail of a code is, where it says something.
_DETAILS = {
    Code.VALUE: "field {}",
    Code.STORAGE: "errno {}",
    Code.OFFSET: "offset {} expected",
    Code.ROOM: "{} bytes are free",
    Code.MEMORY: "{} bytes asked for",
    Code.VERSION: "version {}",
    Code.CRC: "section {}",
    Code.FIELD: "section {}",
    Code.INDEX: "section {}",
    Code.GOLDEN: "{:08x} came out",
}


def sentence(code: int, detail: int = 0) -> str:
    """A code and its detail in words."""
    if code not in SENTENCES:
        return f"code {code}, which this version does not know (detail {detail})"
    known = Code(code)
    if known not in _DETAILS or (known == Code.MEMORY and not detail):
        return SENTENCES[known]
    return f"{SENTENCES[known]} ({_DETAILS[known].format(detail)})"


REMEDIES = {
    3: "give values that SPEC.md 7.2 allows",
    4: "stop the run, or put a brain first",
    5: "free some space on it, or format it with `ganglion flash`",
    6: "put it again; if that repeats itself, the flash is worn out",
    8: "choose a smaller brain, or a board with more memory",
    9: "send inputs earlier, or run slower",
    10: "send fewer inputs at a time",
    11: "choose a smaller brain, or a board with more flash",
    12: "flash it, or press Ctrl-C while it starts",
    17: "compile it with the ganglion that matches the firmware, or flash the firmware anew",
    23: "tell us: this board computes something else than SPEC.md says",
    24: "compile it for this board, or for any (without --only)",
    25: "compile it anew, or force it",
    26: "sign it with the key that the board knows",
    **dict.fromkeys((16, 18, 19, 20, 21, 22), "compile it again; the file was damaged or altered"),
}


class Refused(DeviceError):
    """The device answered a command with a code other than OK."""

    def __init__(self, command: Type, code: int, detail: int) -> None:
        super().__init__(
            f"the device refused {command.name}: {sentence(code, detail)}",
            REMEDIES.get(code, "see SPEC.md 7.3 for what the code means"),
        )
        self.code = code
        self.detail = detail
