"""Open: the device that a name stands for, greeted and idle.

In:  `virtual`, `virtual:DIR`, `qemu`, `qemu:FILE`, `auto`, a path, `id:SERIAL`, socket:// or
     rfc2217://; perhaps a board, a heap, a machine behind the pins, and who installs firmware.
Out: a Device.
Never: guesses between several ports; installs anything unasked; leaves a process behind if nobody
       greets.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..boards.board import Board, board_names, load_board
from ..errors import BoardError, NoDeviceError, ToolError
from ..link.frame import Type
from ..link.handshake import NoFirmware, greet
from ..link.link import Link
from ..link.messages import Hello
from ..link.ports import find_port, open_port
from .device import Device

if TYPE_CHECKING:  # what needs a pty or a qemu is imported where it is started
    from .qemu import QemuDevice
    from .virtual import VirtualDevice


def open_device(
    spec: str = "virtual",
    *,
    board: Board | None = None,
    heap: int | None = None,
    on_text: Callable[[str], None] | None = None,
    install: Callable[[str], None] | None = None,
    machine: Mapping[str, object] | None = None,
) -> Device:
    """The device that `spec` names, greeted and idle. Use it as a context manager.

    `install` is called with the path of the port if a MicroPython is there and no firmware that
    this version can talk to; it has the port for itself, and puts some there.

    `machine` is what is behind the pins of a virtual one (robot.world.for_machine).
    """
    kind, _, place = spec.partition(":")
    if kind.startswith("virtual-") and kind in board_names():
        kind, board = "virtual", board or load_board(kind)
    flash = Path(place) if place else None
    virtual: VirtualDevice | QemuDevice | None = None
    emulated: QemuDevice | None = None
    with ExitStack() as undo:
        try:
            if kind == "virtual":
                from . import virtual as here

                virtual = undo.enter_context(
                    here.VirtualDevice(flash, heap=heap, board=board, machine=machine)
                )
                name, path = "the virtual device", virtual.path
            elif kind == "qemu":
                from . import qemu

                virtual = emulated = undo.enter_context(qemu.QemuDevice(flash, board=board))
                name, path = "the emulated ESP32", emulated.power()
            else:
                name = path = find_port(spec)
        except ToolError as error:  # the program that it is made of is not here
            raise NoDeviceError(error.fact, error.remedy) from None
        baud = (board or load_board("esp32")).link.baud
        # The emulator takes its time for its flash, and all of it when the machine is busy.
        slowness = 5.0 if kind == "qemu" else 1.0

        def attach(fresh: bool) -> tuple[Link, Hello]:
            link = Link(open_port(path, baud), name, on_text, slowness)
            try:
                if fresh and emulated:
                    emulated.go()
                return link, greet(link, fresh)
            except BaseException as error:
                if install and isinstance(error, NoFirmware) and error.serving:
                    link.command(Type.REPL)
                link.close()
                raise

        try:
            link, hello = attach(virtual is not None)
        except NoFirmware:
            if install is None:
                raise
            install(path)
            link, hello = attach(False)
        device = Device(link, hello, virtual)
        undo.pop_all()
    with suppress(BoardError):  # one of somebody's own
        device.speed_up((board or load_board(hello.board)).link)
    return device
