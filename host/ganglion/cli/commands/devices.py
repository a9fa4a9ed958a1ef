"""ganglion devices: what a brain can be put on, here and now.

In:  the serial ports that the system knows, and whether there is a MicroPython program.
Out: what to give to --device, and what each is.
Never: opens a port: on many boards that is a reset.
"""

import json

import rich_click as click
from rich.table import Table

from ...device.qemu import find_qemu
from ...device.virtual import HOW_TO_GET, find_micropython
from ...errors import ToolError
from ...link.ports import describe_port, usb_ports
from ..options.tables import show

SMALL = "; virtual-150k has an ESP32's memory"


@click.command(name="devices")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> None:
    """List the virtual device, the emulated one and the serial ports on USB."""
    devices = [_virtual(), *_emulated()]
    ports = usb_ports()
    for port in ports:
        devices.append({"device": str(port.device), "what": describe_port(port), "ready": True})
    if as_json:
        print(json.dumps(devices, indent=2))
        return
    table = Table("--device", "what it is")
    for device in devices:
        table.add_row(str(device["device"]), str(device["what"]))
    show(table)
    if not ports:
        print("No serial port is here on USB.")


def _virtual() -> dict[str, str | bool]:
    try:
        what, ready = f"MicroPython on this machine ({find_micropython()}){SMALL}", True
    except ToolError:
        what, ready = f"no `micropython` program here: {HOW_TO_GET}", False
    return {"device": "virtual", "what": what, "ready": ready}


def _emulated() -> list[dict[str, str | bool]]:
    try:
        what = f"an ESP32 in Espressif's QEMU ({find_qemu()}); qemu:FILE keeps its flash"
    except ToolError:
        return []
    return [{"device": "qemu", "what": what, "ready": True}]
