"""Guard: what keeps a person able to reach a board whose brain or firmware fails.

In:  board.json, the reset cause, and a record of eight bytes that survives a reset.
Out: whether to start in safe mode, the last fault, and a watchdog fed by those who make progress.
Never: starts the watchdog by itself, feeds it from a timer, or stops a boot because of a record
       that it cannot read.
"""

import binascii
import json
import struct
import time

from micropython import const

try:
    import machine
except ImportError:
    machine = None

_UNCONFIRMED = const(3)  # starts in a row that did not get as far as HELLO: then safe mode
_CODE_WATCHDOG = const(33)
_WATCHDOG_RESET = const(3)  # machine.WDT_RESET on every ESP32
_SOFT_RESET = const(5)
_FILE = "guard.bin"  # where there is no RTC memory: the unix port
_TRIAL = const(60_000)  # ms, as in boot.py
_FOREVER = const(600_000_000)  # ms, a week: a watchdog cannot be stopped

board = {
    "name": "", "rate": 0, "baud": 115200, "bauds": [], "divider": 0, "window_ms": 2000,
    "safe_pin": None, "watchdog_ms": 0,
}  # fmt: skip
cause = 0  # of the reset; 0 = unknown
asked = False  # for safe mode, by a person
safe = False
trial = False  # of new firmware: boot.py says so
build = 0  # of the firmware: a number that its host knows it by; 0 = unknown
boots = 0  # starts in a row before this one that were not confirmed
fault = 0  # the last one, a code of SPEC.md 7.3
_dog = None

try:
    with open("board.json") as _file:
        board.update(json.load(_file))
except (OSError, ValueError, TypeError):
    pass
try:
    with open("firmware.id") as _file:
        build = int(_file.read(8), 16)
except (OSError, ValueError):
    pass
if hasattr(machine, "reset_cause"):
    cause = machine.reset_cause()


def window():
    """Called by boot.py: safe mode if the button is held, or Ctrl-C comes within the window."""
    global asked
    if board["safe_pin"] is not None and hasattr(machine, "Pin"):
        asked = machine.Pin(board["safe_pin"], machine.Pin.IN, machine.Pin.PULL_UP).value() == 0
    elif board["window_ms"] and cause != _SOFT_RESET:
        print("Ganglion: Ctrl-C within", board["window_ms"], "ms gives the REPL")
        try:
            time.sleep_ms(board["window_ms"])
        except KeyboardInterrupt:
            asked = True


def begin():
    """Called by main.py: counts this start, and finds out whether it is to be a safe one."""
    global boots, fault, safe
    boots, fault = _read()
    if cause == _WATCHDOG_RESET:
        fault = _CODE_WATCHDOG
    safe = asked or boots >= _UNCONFIRMED
    if not safe:
        _write(boots + 1, fault)


def confirm():
    """This start is a good one: the application talks."""
    _write(0, fault)


def fail(code):
    """Keeps `code` for the HELLOs to come; 0 forgets the fault."""
    global fault
    if fault != code:
        fault = code
        _write(0, fault)


def watch():
    """Starts the watchdog, if the board is to have one."""
    global _dog
    if hasattr(machine, "WDT"):
        if board["watchdog_ms"]:
            _dog = machine.WDT(timeout=board["watchdog_ms"])
        elif trial:  # boot.py has started one
            _dog = machine.WDT(timeout=_TRIAL)


def feed():
    if _dog:
        _dog.feed()


def tried():
    """The trial of new firmware is over, and went well."""
    global trial
    trial = False
    if _dog and not board["watchdog_ms"]:
        relax()


def restart():
    """Another start: of a board, one that ends its watchdog."""
    if hasattr(machine, "reset"):
        machine.reset()
    raise SystemExit


def relax():
    """For the REPL, where nobody feeds it."""
    if _dog:
        machine.WDT(timeout=_FOREVER)
        _dog.feed()


def _read():
    try:
        if hasattr(machine, "RTC"):
            record = machine.RTC().memory()
        else:
            with open(_FILE, "rb") as file:
                record = file.read()
        mark, count, code, _, crc = struct.unpack("<BBBBI", record)
        if mark == 0x47 and crc == binascii.crc32(record[:4]):
            return count, code
    except (OSError, ValueError):  # none yet, or somebody else's
        pass
    return 0, 0


def _write(count, code):
    record = bytes((0x47, count, code, 0))
    record += struct.pack("<I", binascii.crc32(record))
    try:
        if hasattr(machine, "RTC"):
            machine.RTC().memory(record)
        else:
            with open(_FILE, "wb") as file:
                file.write(record)
    except OSError:
        pass
