"""Ports: which serial ports there are, and how one is opened.

In:  a port's name, id:SERIAL, auto, or a URL that pyserial knows; ?dtr=off and ?rts=off behind it.
Out: an open port with a read timeout; what there is, in words.
Never: talks to a device; opens a port twice; takes a port for `auto` that is no ESP32's as a rule.
"""

import errno
import os
import re
import warnings
from typing import TYPE_CHECKING, Protocol

from ..errors import NoDeviceError, UsageError

if TYPE_CHECKING:  # pyserial needs termios on POSIX; recordings and blobs are read without it
    from serial.tools.list_ports_common import ListPortInfo

# Makers of ESP32s, of boards with one, and of the USB bridges on such boards.
_MAKERS = {
    0x303A: "Espressif", 0x10C4: "CP210x", 0x1A86: "CH34x", 0x0403: "FTDI", 0x067B: "Prolific",
    0x239A: "Adafruit", 0x2341: "Arduino", 0x2A03: "Arduino", 0x1B4F: "SparkFun", 0x2886: "Seeed",
    0x04D8: "Microchip", 0x0483: "STMicroelectronics",
}  # fmt: skip
# Behind a port: the levels that its control lines are to have, where a board hangs on them.
_LINES = re.compile(r"[?&](dtr|rts)=(on|off)$")


class Port(Protocol):
    """What is asked of a serial port."""

    @property
    def in_waiting(self) -> int: ...
    def read(self, size: int = 1, /) -> bytes: ...
    def write(self, data: bytes, /) -> int | None: ...
    def close(self) -> None: ...

    baudrate: int


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def describe_port(port: "ListPortInfo") -> str:
    """A port in words: path, maker, serial number."""
    serial_number = f", id:{port.serial_number}" if port.serial_number else ""
    unknown = f"USB maker {port.vid:04x}" if port.vid is not None else "no USB"
    return f"{port.device} ({_MAKERS.get(port.vid, unknown)}{serial_number})"


def _ports() -> "list[ListPortInfo]":
    from serial.tools import list_ports

    return list(list_ports.comports())


def usb_ports() -> "list[ListPortInfo]":
    """The serial ports on USB, of every maker, by path."""
    ports = [port for port in _ports() if port.vid is not None]
    return sorted(ports, key=lambda port: str(port.device))


def likely_ports() -> "list[ListPortInfo]":
    """Those of makers of ESP32s, of boards with one, and of the bridges on such boards."""
    return [port for port in usb_ports() if port.vid in _MAKERS]


def find_port(spec: str) -> str:
    """The path that `auto` or `id:SERIAL` stands for; any other spec is a path or a URL itself."""
    name, lines = split_lines(spec)
    if name == "auto":
        found = likely_ports()
        wanted = "an ESP32 or a USB bridge that one hangs on"
        if not found and (others := usb_ports()):
            listed = ", ".join(describe_port(port) for port in others)
            raise NoDeviceError(
                f"no serial port is {wanted} as a rule; there is {listed}",
                "if that is your board, name it in place of auto",
            )
    elif name.startswith("id:"):
        found = [port for port in _ports() if port.serial_number == name[3:]]
        wanted = f"serial number {name[3:]}"
    else:
        return spec
    if not found:
        raise NoDeviceError(
            f"no serial port is {wanted}",
            "plug a board in, or use the virtual device; `ganglion devices` lists what is there",
        )
    if len(found) > 1:
        listed = ", ".join(describe_port(port) for port in found)
        raise NoDeviceError(f"{len(found)} serial ports are {wanted}: {listed}", "name one of them")
    return with_lines(str(found[0].device), lines)


def split_lines(spec: str) -> tuple[str, dict[str, bool]]:
    """A port without what is said behind it of its lines `dtr` and `rts`, and that."""
    lines: dict[str, bool] = {}
    while found := _LINES.search(spec):
        lines.setdefault(found[1], found[2] == "on")
        spec = spec[: found.start()]
    return spec, lines


def with_lines(spec: str, lines: dict[str, bool]) -> str:
    """The other way round."""
    for name, level in lines.items():
        spec += f"{'&' if '?' in spec else '?'}{name}={'on' if level else 'off'}"
    return spec


def _closed(place: str, error: Exception) -> tuple[str, str]:
    """Why a port cannot be opened, and what to do about just that."""
    text = _reason(error)
    found = re.search(r"\[Errno (\d+)\]|\((\d+), ", text)
    number = getattr(error, "errno", None) or (int(found[1] or found[2]) if found else 0)
    look = "`ganglion devices` lists the ports that are here"
    if "://" in place:
        why = os.strerror(number) if number else text.rpartition(": ")[2]
        return (
            f"{place} cannot be reached ({why})",
            "start what serves the port there, or look at the host and the port",
        )
    if number == errno.ENOENT:
        return f"there is no port {place}", look
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"{place} may not be opened by this user",
            "on Linux join its group: sudo usermod -a -G dialout $USER, then log in again",
        )
    if number == errno.ENOTTY:
        return f"{place} is no serial port", look
    if number in (errno.EBUSY, errno.EAGAIN):
        return f"{place} is in use by another program", "end that program, often another monitor"
    return f"{place} cannot be opened ({text})", look


def open_port(path: str, baud: int) -> Port:
    """An open port: a path, socket:// or rfc2217://. Its lines are set before it is opened."""
    import serial

    place, lines = split_lines(path)
    kind, _, address = place.partition("://")
    if address and not re.search(r":\d+(/|$|\?)", address):
        raise UsageError(f"{place} names no port", f"write {kind}://HOST:PORT")
    # The client of RFC 2217 in pyserial 3.5 takes no write_timeout; its socket has one.
    limits = {} if place.startswith("rfc2217://") else {"write_timeout": 5, "exclusive": True}
    try:
        port = serial.serial_for_url(place, baudrate=baud, timeout=0.1, do_not_open=True, **limits)
        for name, level in lines.items():
            setattr(port, name, level)
        with warnings.catch_warnings():  # the same client calls what Python 3.10 deprecated
            warnings.simplefilter("ignore", DeprecationWarning)
            port.open()
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise NoDeviceError(*_closed(place, error)) from None
    opened: Port = port
    return opened
