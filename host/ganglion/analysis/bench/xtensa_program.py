"""Xtensa_program: what runs in the emulated core: a loader, and MicroPython's two conversions.

In:  nothing.
Out: an ELF of a few KB: one segment of memory with a loop that takes commands, and stubs.
Never: an assembler or a compiler: the instructions come from viper/xtensa_code.py.

A command is four words: what, address, length, 0. WRITE is followed by the bytes to write, READ
sends memory, CALL calls (FUNCTION, length, 0, ARGS) at the address and sends the result and a word
more.

The stubs are as unkind as MicroPython's functions may be: each writes over every register of its
caller that a call may lose, and calls itself ten deep, so that all windows overflow and what the
caller keeps is restored from its stack.
"""

import struct

from ...viper import xtensa_code as isa
from ...viper.assembler import Item, Label, assemble
from ...viper.code import Imm
from .convention import FROM_OBJECT, MARK, TO_OBJECT, signed
from .machine import ARGS, BASE, BOXES, FUNCTION, SIZE, STACK, TABLE, stub_of

# below the table of functions: the stubs, the loader, and what the stubs lead to
LOADER, FATAL_AT, CONVERT_AT, BOX_AT, DEEP_AT = (
    BASE + k for k in (0x800, 0xA00, 0xB00, 0xC80, 0xE00)
)
COMMAND, REPLY, LOG = BASE + 0xB_0000, BASE + 0xB_0100, BASE + 0xB_1000
FATAL = 0x0FA7_A100  # a reply in place of a result: a stub that must not be called, and which
WRITE, READ, CALL = 1, 2, 3
MACHINE = 94  # of an ELF file
SYS_READ, SYS_WRITE, SYS_EXIT = 12, 13, 118


class Code:
    """A little assembler: literals first, as in viper's own code."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.literals: list[int] = []

    def put(self, *items: Item) -> None:
        self.items += items

    def constant(self, register: int, k: int) -> None:
        k = signed(k)
        if k not in self.literals:
            self.literals.append(k)
        self.put(isa.literal(register, 4 + 4 * self.literals.index(k)))

    def assembled(self) -> bytes:
        pool = b"".join(struct.pack("<i", k) for k in self.literals)
        across = isa.wide((len(pool) & 0x3FFFF) << 6 | 6)
        return assemble([Label("start"), across + b"\0", pool, *self.items])


ENTRY = isa.wide(64 // 8 << 12 | 1 << 8 | 0x36)
RETW = b"\x1d\xf0"
SYSCALL = isa.wide(0x5000)


def elf() -> bytes:
    """The ELF: one segment that may be read, written and run, with stubs, loader and no more."""
    image = bytearray(TABLE - BASE)
    parts = {LOADER: _loader(), FATAL_AT: _fatal(), CONVERT_AT: _convert(), BOX_AT: _box()}
    parts[DEEP_AT] = _deepest()
    for slot in range(1, 128):
        to = {FROM_OBJECT: CONVERT_AT, TO_OBJECT: BOX_AT}.get(slot, FATAL_AT)
        here = stub_of(slot)
        number = isa.wide((slot & 255) << 16 | 0xA << 12 | 8 << 4 | 2)  # movi a8, slot
        parts[here] = ENTRY + number + isa.wide((to - here - 10 & 0x3FFFF) << 6 | 6)
    for at, code in parts.items():
        image[at - BASE : at - BASE + len(code)] = code
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)
    header = identity + struct.pack(
        "<HHIIIIIHHHHHH", 2, MACHINE, 1, LOADER, 52, 0, 0, 52, 32, 1, 40, 0, 0
    )
    segment = struct.pack("<8I", 1, 0x1000, BASE, BASE, len(image), SIZE, 7, 0x1000)
    return (header + segment).ljust(0x1000, b"\0") + bytes(image)


def _syscall(code: Code, number: int) -> None:
    """Arguments in a6, a3, a4; the result in a2."""
    code.constant(2, number)
    code.put(SYSCALL)


def _transfer(code: Code, name: str, number: int, fd: int) -> None:
    """Reads or writes a12 bytes at a13, all of them."""
    put = code.put
    put(Label(name), isa.leap("eq", 12, Imm(0), f"{name} done"))
    code.constant(6, fd)
    put(isa.move(3, 13), isa.move(4, 12))
    _syscall(code, number)
    put(isa.leap("lt", 2, Imm(1), "exit"))
    put(isa.plain("add", 13, 13, 2), isa.plain("sub", 12, 12, 2), isa.jump(name))
    put(Label(f"{name} done"))


def _loader() -> bytes:
    code = Code()
    put = code.put
    code.constant(1, STACK)
    put(Label("next"))
    code.constant(13, COMMAND)
    code.constant(12, 16)
    _transfer(code, "command", SYS_READ, 0)
    code.constant(14, COMMAND)
    put(isa.access("load32", 15, 14, 0))
    put(isa.access("load32", 13, 14, 4), isa.access("load32", 12, 14, 8))
    put(isa.leap("eq", 15, Imm(CALL), "call"), isa.leap("eq", 15, Imm(READ), "send"))
    _transfer(code, "receive", SYS_READ, 0)
    put(isa.jump("next"), Label("send"))
    _transfer(code, "sending", SYS_WRITE, 1)
    put(isa.jump("next"), Label("call"))
    put(isa.move(7, 13), isa.move(11, 12))
    code.constant(10, FUNCTION)
    code.constant(12, 0)
    code.constant(13, ARGS)
    put(isa.call(7))
    code.constant(13, REPLY)
    put(isa.access("store32", 10, 13, 0))
    code.constant(12, 8)
    _transfer(code, "reply", SYS_WRITE, 1)
    put(isa.jump("next"), Label("exit"))
    code.constant(6, 0)
    _syscall(code, SYS_EXIT)
    return code.assembled()


def _fatal() -> bytes:
    """Sends FATAL and the number of the slot, and ends."""
    code = Code()
    put = code.put
    code.constant(9, FATAL)
    code.constant(13, REPLY)
    put(isa.access("store32", 9, 13, 0), isa.access("store32", 8, 13, 4))
    code.constant(12, 8)
    _transfer(code, "reply", SYS_WRITE, 1)
    put(Label("exit"))
    code.constant(6, 0)
    _syscall(code, SYS_EXIT)
    return code.assembled()


def _noted(code: Code) -> None:
    """Adds slot (a8), first argument (a2) and type (a3) to the log."""
    put = code.put
    code.constant(13, LOG)
    put(isa.access("load32", 12, 13, 0), isa.plain("add", 14, 13, 12))
    put(isa.access("store32", 8, 14, 4), isa.access("store32", 2, 14, 8))
    put(isa.access("store32", 3, 14, 12), isa.add(12, 12, 12), isa.access("store32", 12, 13, 0))


def _convert() -> bytes:
    """mp_native_from_obj: a tagged word, or a box."""
    code = Code()
    put = code.put
    _noted(code)
    put(isa.leap("nobit", 2, Imm(1), "boxed"))
    put(isa.three(0x21, 2, 1, 2), isa.jump("done"))  # srai a2, a2, 1
    put(Label("boxed"))
    code.constant(12, MARK)
    code.constant(14, BASE)
    put(isa.leap("ltu", 2, 14, "fatal"))
    put(isa.access("load32", 13, 2, 0), isa.leap("ne", 13, 12, "fatal"))
    put(isa.access("load32", 2, 2, 4), Label("done"))
    _deep(code)
    put(Label("fatal"))
    code.constant(9, FATAL_AT)
    put(isa.wide(9 << 8 | 0xA0))  # jx a9
    return code.assembled()


def _box() -> bytes:
    """mp_native_to_obj: a tagged word if it is small, else a box."""
    code = Code()
    put = code.put
    _noted(code)
    put(isa.plain("add", 12, 2, 2))
    put(isa.three(0x30, 13, 12, 2))  # xor: the sign changed if it is not small
    put(isa.leap("lt", 13, Imm(0), "large"))
    put(isa.add(2, 12, 1), isa.jump("done"), Label("large"))
    code.constant(14, MARK)
    code.constant(15, BOXES)
    put(isa.access("store32", 14, 15, 0), isa.access("store32", 2, 15, 4), isa.move(2, 15))
    put(Label("done"))
    _deep(code)
    return code.assembled()


def _deep(code: Code) -> None:
    """Returns a2, after windows have overflowed and the caller's a8 to a15 are lost."""
    put = code.put
    put(isa.move(7, 2))
    code.constant(10, 10)
    code.constant(11, DEEP_AT)
    put(isa.call(11), isa.move(2, 7))
    code.constant(3, 0xDEAD_0003)
    for register in range(4, 8):
        put(isa.move(register, 3))
    put(RETW)


def _deepest() -> bytes:
    """A function that calls itself as often as its argument says."""
    code = Code()
    code.put(ENTRY, isa.leap("eq", 2, Imm(0), "back"), isa.add(10, 2, -1))
    code.constant(11, DEEP_AT)
    code.put(isa.call(11), Label("back"), RETW)
    return code.assembled()
