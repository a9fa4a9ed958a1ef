"""Ports: which serial ports there are, and how one is opened.

In:  a port's name, id:SERIAL, auto, or a URL that pyserial knows.
Out: an open port with a read timeout; what there is, in words.
Never: talks to a device; opens a port twice.
"""

from typing import Protocol

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from ..errors import NoDeviceError

# Makers of ESP32s and of the USB bridges on their boards.
_MAKERS = {0x303A: "Espressif", 0x10C4: "CP210x", 0x1A86: "CH34x", 0x0403: "FTDI"}


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


def describe_port(port: ListPortInfo) -> str:
    """A port in words: path, maker, serial number."""
    serial_number = f", id:{port.serial_number}" if port.serial_number else ""
    return f"{port.device} ({_MAKERS.get(port.vid, 'unknown maker')}{serial_number})"


def usb_ports() -> list[ListPortInfo]:
    """The serial ports that can be an ESP32's, by path."""
    ports = [port for port in list_ports.comports() if port.vid in _MAKERS]
    return sorted(ports, key=lambda port: str(port.device))


def find_port(spec: str) -> str:
    """The path that `auto` or `id:SERIAL` stands for; any other spec is a path or a URL itself."""
    if spec == "auto":
        found = usb_ports()
        wanted = "an ESP32 or a USB bridge that one hangs on"
    elif spec.startswith("id:"):
        found = [port for port in list_ports.comports() if port.serial_number == spec[3:]]
        wanted = f"serial number {spec[3:]}"
    else:
        return spec
    if not found:
        raise NoDeviceError(
            f"no serial port is {wanted}",
            "plug a board in, or use the virtual device; `ganglion devices` lists what is there",
        )
    if len(found) > 1:
        listed = ", ".join(describe_port(port) for port in found)
        raise NoDeviceError(
            f"{len(found)} serial ports are {wanted}: {listed}", "name one with --device"
        )
    return str(found[0].device)


def open_port(path: str, baud: int) -> Port:
    """An open port: a path, socket:// or rfc2217://."""
    try:
        port: Port = serial.serial_for_url(
            path, baudrate=baud, timeout=0.1, write_timeout=5, exclusive=True
        )
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise NoDeviceError(
            f"{path} cannot be opened ({_reason(error)})",
            "see `ganglion devices`; on Linux your user may have to be in the group dialout",
        ) from None
    return port
