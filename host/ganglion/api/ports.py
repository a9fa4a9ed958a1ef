"""Ports: what a brain can be put on, here and now.

In:  the serial ports that the system knows, and whether there is a MicroPython program.
Out: what to give as a device's name, and what each is.
Never: opens a port: on many boards that is a reset.
"""

from ..device.qemu import find_qemu
from ..device.virtual import HOW_TO_GET, find_micropython
from ..errors import ToolError
from ..link.ports import describe_port, usb_ports

__all__ = ["all_devices"]

_SMALL = "; virtual-150k has an ESP32's memory"


def all_devices() -> list[dict[str, str | bool]]:
    """The virtual device, the emulated one if it is here, and each serial port on USB.

    Each has `device`, the name to give, `what` it is, and whether it is `ready`.
    """
    found = [_virtual(), *_emulated()]
    for port in usb_ports():
        found.append({"device": str(port.device), "what": describe_port(port), "ready": True})
    return found


def _virtual() -> dict[str, str | bool]:
    try:
        what, ready = f"MicroPython on this machine ({find_micropython()}){_SMALL}", True
    except ToolError:
        what, ready = f"no `micropython` program here: {HOW_TO_GET}", False
    return {"device": "virtual", "what": what, "ready": ready}


def _emulated() -> list[dict[str, str | bool]]:
    try:
        what = f"an ESP32 in Espressif's QEMU ({find_qemu()}); qemu:FILE keeps its flash"
    except ToolError:
        return []
    return [{"device": "qemu", "what": what, "ready": True}]
