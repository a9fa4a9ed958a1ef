"""First words: what a board says that does not greet us, and what that means.

In:  the text that came from a port.
Out: the fact that it tells, and the remedy for that; or nothing, where it tells neither.
Never: opens a port; takes what was said before the last reset for what is now.

The phrases are those of the ROM's and of ESP-IDF's boot loaders, and of MicroPython's inisetup.py.
"""

import re
from dataclasses import dataclass

FLASH = "put this version's firmware on it with `ganglion flash`"
_RESETS = re.compile(r"rst:0x[0-9a-f]+ \((\w+)\)", re.IGNORECASE)
# Each chip has words of its own for the reason of a reset, and the same numbers for these.
_BROWN_OUT = re.compile(r"brown.?out|rst:0xf \(", re.IGNORECASE)
_CRASHES = re.compile(
    r"Guru Meditation|abort\(\) was called|Backtrace:|WDT_SYS_RESET|rst:0x(7|8|9|10|12) \("
)
_NOTHING = re.compile(
    r"invalid header: 0x|flash read err|No bootable app|is not bootable|has invalid magic byte"
    r"|Failed to verify partition table|partition table.*(fail|inval)",
    re.IGNORECASE,
)
_LOCKED = re.compile(
    r"secure boot (check fail|verification fail)|Sig block \d+ invalid", re.IGNORECASE
)
_OTHER_CHIP = re.compile(r"mismatch chip ID|Image requires (chip|efuse blk) rev", re.IGNORECASE)
_NO_PSRAM = re.compile(r"PSRAM ID read error|Failed to init external RAM", re.IGNORECASE)
_BOOTED = re.compile(r"^.*rst:0x[0-9a-f]+ \(", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`fact` follows the name of a port; `certain`: waiting will not change it."""

    fact: str
    remedy: str
    certain: bool = True


def meaning(text: str) -> Meaning | None:
    """What the text says of a board that does not answer."""
    resets = len(_RESETS.findall(text))
    if _BROWN_OUT.search(text):
        again = f", {resets} times while we listened" if resets > 1 else ""
        return Meaning(
            f"resets because its supply voltage breaks down (brown-out{again})",
            "use a short cable and another USB port, or a stronger supply; motors need their own",
            certain=resets > 1,
        )
    last = _since_reset(text)
    if re.search(r"filesystem[^.]*appears to be\s+corrupted", last):
        return Meaning(
            "cannot mount its file system: what is in its flash is damaged, or of another size",
            "flash it anew with `ganglion flash`; what its files held is lost",
        )
    if found := re.search(r"Detected size\s*\((\w+)\) smaller than .*?header\s*\((\w+)\)", text):
        return Meaning(
            f"cannot start: its flash has {found[1]}, and its image is for {found[2]}",
            "flash an image for this size of flash with `ganglion flash`",
        )
    if _LOCKED.search(text):
        return Meaning(
            "does not start what is in its flash: Secure Boot finds no signature of its key there",
            "take another board: only who has that key can make this one start something",
        )
    if _OTHER_CHIP.search(text):
        return Meaning(
            "cannot start: the image in its flash is for another chip, or another revision of it",
            "flash it as the board that it is (`ganglion flash --board`), or another --micropython",
        )
    if _NO_PSRAM.search(text):
        return Meaning(
            "cannot start: its image wants a PSRAM that it does not have, or one of another kind",
            "flash it as another board of this chip, such as one without PSRAM; `ganglion boards` "
            "lists them",
        )
    if re.search(r"waiting for download|DOWNLOAD\(|DOWNLOAD_BOOT", last):
        return Meaning(
            "waits in its boot loader (download mode) and runs no program",
            "let go of its BOOT button and press RESET; if that repeats itself, its pin 0 is held "
            "low, perhaps by the lines of this port: try --dtr off --rts off",
        )
    if _NOTHING.search(text):
        return Meaning(
            "has nothing to start in its flash",
            FLASH,
            certain=resets > 1,
        )
    if _CRASHES.search(text):
        return Meaning(
            f"runs a program that crashes ({_quote(text)})",
            FLASH,
            certain=resets > 2,
        )
    return None


def something(text: str) -> Meaning:
    """What is to be said of a board that is not understood at all."""
    if (found := meaning(text)) is not None:
        return found
    if not text.strip():
        return Meaning(
            "says nothing, and answers neither as Ganglion nor as a MicroPython",
            f"check the port and the cable, or {FLASH}; a board whose RESET hangs on a line of the "
            "port may need --dtr off --rts off",
        )
    if not re.search(r"[A-Za-z]{3}", text):
        return Meaning(
            f"sends {len(text):,} bytes that are no text",
            "see that nothing else talks there at another rate, reset it, and try again; or "
            + FLASH,
        )
    return Meaning(f"runs another program than MicroPython (it says {_quote(text)})", FLASH)


def _since_reset(text: str) -> str:
    last = 0
    for found in _BOOTED.finditer(text):
        last = found.start()
    return text[last:]


def _quote(text: str) -> str:
    """The last line that has something to read, at most 60 characters of it."""
    lines = [re.sub(r"[^ -~]+", " ", line).strip() for line in text.splitlines()]
    telling = [line for line in lines if re.search(r"[A-Za-z]{3}", line)]
    return repr((telling or lines or [""])[-1][:60])
