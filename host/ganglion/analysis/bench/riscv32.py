"""Riscv32: an RV32IMC core in unicorn, for rv32imc machine code.

In:  as machine.py says.
Out: the same; and, with a guard, an error for an access outside the buffers.
Never: a register kept across a conversion that the calling convention does not keep.

Needs unicorn (pip install 'ganglion[bench]').
"""

import ctypes
import importlib
import mmap
import struct
from typing import Any

from ...errors import ToolError
from ...viper import riscv_code as isa
from ...viper.assembler import Item, Label, assemble
from .convention import FROM_OBJECT, MARK, NONE, SLOTS, TO_OBJECT, refused
from .machine import ARGS, BASE, BOXES, FUNCTION, HEAP, SIZE, STACK, TABLE, Machine, stub_of

unicorn: Any
riscv: Any
try:  # untyped, and only there with the bench extra
    unicorn = importlib.import_module("unicorn")
    riscv = importlib.import_module("unicorn.riscv_const")
except ImportError:
    unicorn = riscv = None

# below the table of functions: the stubs, what they lead to, and where a call returns to
CONVERT_AT, BOX_AT, FATAL_AT, RETURN = (BASE + k for k in (0xA00, 0xB00, 0xC00, 0xF00))
LOG = BASE + 0xB_0000  # how many bytes are noted, the slot of a call that may not be, the notes
GARBAGE = 0x5EAD_0001
RA, T0, T1, T2, T6, A0, A1 = 1, 5, 6, 7, 31, 10, 11
LOST = (5, 6, 7, 28, 29, 30, 31, 11, 12, 13, 14, 15, 16, 17)  # t0-t6, a1-a7


class Riscv32(Machine):
    """See machine.Machine."""

    march = "rv32imc"

    def _prepare(self) -> None:
        if unicorn is None:
            raise ToolError("the emulator unicorn is not here", "pip install 'ganglion[bench]'")
        self.uc = uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(BASE, HEAP - BASE if self.guard else SIZE)
        for at, code in _stubs().items():
            uc.mem_write(at, code)
        places = [stub_of(slot) for slot in range(1, SLOTS)]
        uc.mem_write(TABLE, struct.pack(f"<{SLOTS}I", NONE, *places))
        self._kept = [getattr(riscv, f"UC_RISCV_REG_S{k}") for k in range(12)]
        self._blocks: dict[int, int] = {}
        self._hook: int | None = None
        self._log: list[tuple[int, int, int]] = []
        self._memory = mmap.mmap(-1, SIZE - (HEAP - BASE)) if self.guard else None
        self._outside: list[tuple[int, int]] = []
        missing = unicorn.UC_HOOK_MEM_READ_UNMAPPED | unicorn.UC_HOOK_MEM_WRITE_UNMAPPED
        uc.hook_add(missing, self._missed)

    def write(self, address: int, data: bytes) -> None:
        self.uc.mem_write(address, data)

    def conversions(self) -> list[tuple[int, int, int]]:
        return self._log

    def _run(self, entry: int, n: int, size: int) -> tuple[int, bytes]:
        uc = self.uc
        uc.mem_write(LOG, bytes(8))
        for register, value in (
            (riscv.UC_RISCV_REG_A0, FUNCTION),
            (riscv.UC_RISCV_REG_A1, n),
            (riscv.UC_RISCV_REG_A2, 0),
            (riscv.UC_RISCV_REG_A3, ARGS),
            (riscv.UC_RISCV_REG_SP, STACK),
            (riscv.UC_RISCV_REG_RA, RETURN),
        ):
            uc.reg_write(register, value)
        for k, register in enumerate(self._kept):
            uc.reg_write(register, GARBAGE + k)
        try:
            uc.emu_start(entry, RETURN)
        except unicorn.UcError as error:
            if not self._outside:
                raise
            at, many = self._outside.pop()
            raise ToolError(
                f"{self._running} touches {many} bytes at {at:#x}, outside every array",
                "its index was not proven in range: mend load/ or kernel/common.py of the firmware",
            ) from error
        used, slot = struct.unpack("<II", uc.mem_read(LOG, 8))
        if slot:
            raise refused(self._running, slot)
        notes = bytes(uc.mem_read(LOG + 8, used))
        self._log = [struct.unpack_from("<III", notes, at) for at in range(0, used, 12)]
        after = [uc.reg_read(r) for r in (*self._kept, riscv.UC_RISCV_REG_SP)]
        if after != [*(GARBAGE + k for k in range(12)), STACK]:
            raise ToolError(f"{self._running} gives back other registers than it got", "mend it")
        result = int(uc.reg_read(riscv.UC_RISCV_REG_A0)) & 0xFFFF_FFFF
        return result, self._heap_bytes(size)

    def _heap_bytes(self, size: int) -> bytes:
        if self._memory is None:
            return bytes(self.uc.mem_read(HEAP, size))
        return self._memory[:size]

    def close(self) -> None:
        pass

    def _map(self, page: int, size: int) -> None:
        assert self._memory is not None
        here = ctypes.addressof(ctypes.c_char.from_buffer(self._memory, page - HEAP))
        self.uc.mem_map_ptr(page, size, unicorn.UC_PROT_ALL, here)

    def forget(self) -> None:
        if self.guard:
            raise ToolError("guarded buffers stay where they are", "use another machine")
        super().forget()

    def _missed(self, uc: Any, kind: int, address: int, size: int, value: int, _: Any) -> bool:
        self._outside.append((address, size))
        return False

    def count(self, on: bool = True) -> None:
        if on and self._hook is None:
            self._hook = self.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
            self.uc.ctl_flush_tb()  # blocks translated before would go uncounted
        elif not on and self._hook is not None:
            self.uc.hook_del(self._hook)
            self._hook = None

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        if address < TABLE:
            return
        n = self._blocks.get(address)
        if n is None:
            n = self._blocks[address] = instructions_in(uc.mem_read(address, size))
        self.instructions[self._running] += n


def instructions_in(code: bytes) -> int:
    """How many instructions code is, of 2 or 4 bytes each."""
    at = n = 0
    while at < len(code):
        at += 4 if code[at] & 3 == 3 else 2
        n += 1
    return n


def _stubs() -> dict[int, bytes]:
    """The functions of the table, by address."""
    parts = {CONVERT_AT: _convert(), BOX_AT: _box(), FATAL_AT: _fatal()}
    for slot in range(1, 128):
        to = {FROM_OBJECT: CONVERT_AT, TO_OBJECT: BOX_AT}.get(slot, FATAL_AT)
        items = isa.constant(T6, slot)
        here = stub_of(slot) + sum(map(len, items))
        distance = to - here
        jump = isa.far_jump(distance)
        assert jump is not None
        parts[stub_of(slot)] = b"".join(items) + jump
    return parts


def _convert() -> bytes:
    """mp_native_from_obj: a tagged word, or a box."""
    items: list[Item] = _noted()
    items += [isa.immediate("and", T0, A0, 1), isa.leap("eq", T0, 0, "boxed")]
    items += [isa.immediate("sar", A0, A0, 1), isa.leap("eq", 0, 0, "done"), Label("boxed")]
    items += [*isa.constant(T0, BASE), isa.leap("ltu", A0, T0, "fatal"), *isa.constant(T0, MARK)]
    items += [isa.load("load32", T1, A0, 0), isa.leap("ne", T0, T1, "fatal")]
    items += [isa.load("load32", A0, A0, 4), Label("done"), *_unkind(), Label("fatal")]
    items += [*isa.constant(T0, FATAL_AT), isa.jump_register(0, T0)]
    return assemble(items)


def _box() -> bytes:
    """mp_native_to_obj: a tagged word if it is small, else a box."""
    items: list[Item] = _noted()
    items += [isa.arithmetic("add", T0, A0, A0), isa.arithmetic("xor", T1, T0, A0)]
    items += [isa.leap("lt", T1, 0, "large"), isa.add(A0, T0, 1), isa.leap("eq", 0, 0, "done")]
    items += [Label("large"), *isa.constant(T0, BOXES), *isa.constant(T1, MARK)]
    items += [isa.store("store32", T1, T0, 0), isa.store("store32", A0, T0, 4), isa.move(A0, T0)]
    items += [Label("done"), *_unkind()]
    return assemble(items)


def _noted() -> list[Item]:
    """Adds slot (t6), first argument (a0) and type (a1) to the log."""
    noted = [isa.store("store32", r, T2, k) for r, k in ((T6, 8), (A0, 12), (A1, 16))]
    return [
        *isa.constant(T0, LOG), isa.load("load32", T1, T0, 0), isa.arithmetic("add", T2, T0, T1),
        *noted, isa.add(T1, T1, 12), isa.store("store32", T1, T0, 0),
    ]  # fmt: skip


def _unkind() -> list[Item]:
    """Every register that a call may lose is lost."""
    moves = [isa.move(r, T0) for r in LOST if r != T0]
    return [*isa.constant(T0, GARBAGE), *moves, isa.jump_register(0, RA)]


def _fatal() -> bytes:
    """Says which slot (t6), and ends the call."""
    items: list[Item] = [*isa.constant(T0, LOG), isa.store("store32", T6, T0, 4)]
    return assemble([*items, *isa.constant(T0, RETURN), isa.jump_register(0, T0)])
