"""Xtensa core: the C of this folder, compiled for Xtensa (without windows), in qemu-user.

In:  the same as core.py's Core.
Out: the same. A few instructions stand between MicroPython's call and C's; they are not counted.
Never: part of the product: it is what the kernel is measured by.

Needs qemu-user, and xtensa-lx106-elf-gcc (Debian: gcc-xtensa-lx106) for the code.
"""

import struct

from ganglion.analysis.bench.convention import signatures
from ganglion.analysis.bench.machine import CODE
from ganglion.analysis.bench.xtensa import Xtensa
from ganglion.viper import xtensa_code as isa
from ganglion.viper.assembler import Label, assemble
from tools.bench.baseline.core import compiled


class XtensaCore:
    """See core.Core. All its memory must be put before the first burst."""

    def __init__(self, name: str, *options: str, head: int = 0) -> None:
        self._machine = Xtensa(back_end="ganglion")
        at = CODE + 0x200
        code, entry = compiled(name, *options, isa="xtensawin", at=at)
        self._machine.load("c", {"burst": _between(entry)}, 3, signatures(_SIGNATURE))
        self._machine.write(at, code)
        self._image = bytearray(head)
        self._begun = False
        self.base = self._machine.next_address
        self.instructions = 0

    def put(self, data: bytes) -> int:
        """Where bytes lie from now on."""
        at = self.base + len(self._image)
        self._image += data + bytes(-len(data) % 16)
        return at

    def write(self, at: int, data: bytes) -> None:
        self._image[at - self.base : at - self.base + len(data)] = data

    def read(self, at: int, size: int) -> bytes:
        return bytes(self._image[at - self.base : at - self.base + size])

    def burst(self, context: int | None = None) -> None:
        """Calls `burst`."""
        if not self._begun:
            self._begun = True
            self._machine.count()
            assert self._machine.address(self._image) == self.base
        self._machine.instructions.clear()
        self._machine.call("c.burst", (self.base if context is None else context,))
        self.instructions += self._machine.instructions["c.burst"] - BETWEEN

    def close(self) -> None:
        """Ends the emulator."""
        self._machine.close()


_SIGNATURE = "@micropython.viper\ndef burst(context: int):\n    pass\n"
BETWEEN = 20  # instructions of what stands between


def _between(entry: int) -> bytes:
    """Converts the argument, keeps the return address, which a call without windows overwrites."""
    load = isa.access
    items = [
        Label("start"), isa.wide(4 << 6 | 6), bytes(1), struct.pack("<I", entry),
        isa.wide(64 // 8 << 12 | 1 << 8 | 0x36),
        load("load32", 7, 2, 4), load("load32", 7, 7, 12), load("load32", 7, 7, 12),
        load("load32", 10, 5, 0), isa.narrow(0xC, 2, 11, 0), load("load32", 8, 7, 12), isa.call(8),
        load("store32", 0, 1, 0), load("store32", 7, 1, 4), isa.move(2, 10), isa.literal(8, 4),
        isa.add(1, 1, -32),
        isa.three(0, 0, 8, 0xC),  # callx0, below what windows save under the stack pointer
        isa.add(1, 1, 32),
        load("load32", 0, 1, 0), load("load32", 7, 1, 4), load("load32", 2, 7, 0), b"\x1d\xf0",
    ]  # fmt: skip
    return assemble(items)
