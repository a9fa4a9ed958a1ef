"""ganglion devices: what a brain can be put on, here and now.

In:  the serial ports that the system knows, and whether there is a MicroPython program.
Out: what to give to --device, and what each is.
Never: opens a port: on many boards that is a reset.
"""

import json

import rich_click as click
from rich.table import Table

from ...api.ports import all_devices
from ..options.tables import show


@click.command(name="devices")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(as_json: bool) -> None:
    """List the virtual device, the emulated one and the serial ports on USB."""
    found = all_devices()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("--device", "what it is")
    for device in found:
        table.add_row(str(device["device"]), str(device["what"]))
    show(table)
    if all(str(device["device"]).startswith(("virtual", "qemu")) for device in found):
        print("No serial port is here on USB.")
