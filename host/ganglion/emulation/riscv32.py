"""Riscv32: an RV32IMC core in unicorn, for rv32imc machine code.

In:  as machine.py says.
Out: the same; and, if asked, an error for each access outside the buffers.
Never: a register kept across a conversion that the calling convention does not keep.

Needs unicorn (pip install 'ganglion[bench]').
"""

import importlib
import struct
from typing import Any

from ..errors import ToolError
from .convention import (
    CHECK_ARGUMENTS,
    FROM_OBJECT,
    MARK,
    NONE,
    SLOTS,
    TO_OBJECT,
    is_small,
    signed,
)
from .machine import ARGS, BASE, BOXES, FUNCTION, HEAP, SIZE, STACK, STUB, TABLE, Machine

unicorn: Any
riscv: Any
try:  # untyped, and only there with the bench extra
    unicorn = importlib.import_module("unicorn")
    riscv = importlib.import_module("unicorn.riscv_const")
except ImportError:
    unicorn = riscv = None

RETURN = BASE + 0xF00
LOST = ("T0", "T1", "T2", "T3", "T4", "T5", "T6", "A1", "A2", "A3", "A4", "A5", "A6", "A7")
GARBAGE = 0xDEAD_0001


class Riscv32(Machine):
    """See machine.Machine."""

    march = "rv32imc"

    def _prepare(self) -> None:
        if unicorn is None:
            raise ToolError("the emulator unicorn is not here", "pip install 'ganglion[bench]'")
        self.uc = uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(BASE, SIZE)
        for slot in range(SLOTS):
            uc.mem_write(STUB + 2 * slot, b"\x82\x80")  # c.jr ra
            uc.mem_write(TABLE + 4 * slot, struct.pack("<I", STUB + 2 * slot))
        uc.mem_write(TABLE, struct.pack("<I", NONE))
        uc.hook_add(unicorn.UC_HOOK_CODE, self._stub, begin=STUB, end=STUB + 2 * SLOTS - 1)
        self._registers = [getattr(riscv, f"UC_RISCV_REG_{name}") for name in LOST]
        self._kept = [getattr(riscv, f"UC_RISCV_REG_S{k}") for k in range(12)]
        self._blocks: dict[int, int] = {}
        self._hook: int | None = None
        self._error: ToolError | None = None
        self._log: list[tuple[int, int, int]] = []
        self.outside: list[tuple[str, int, int]] = []

    def write(self, address: int, data: bytes) -> None:
        self.uc.mem_write(address, data)

    def conversions(self) -> list[tuple[int, int, int]]:
        return self._log

    def _stub(self, uc: Any, address: int, size: int, _: Any) -> None:
        slot = (address - STUB) // 2
        first, kind = (int(uc.reg_read(r)) for r in (riscv.UC_RISCV_REG_A0, riscv.UC_RISCV_REG_A1))
        if slot == FROM_OBJECT:
            if first & 1:
                value = signed(first) >> 1
            else:
                mark, value = struct.unpack("<II", uc.mem_read(first, 8)) if first > BASE else (0, 0)
                if mark != MARK:
                    self._fail(f"converts {first:#x}, which is no object")
        elif slot == TO_OBJECT:
            value = 2 * signed(first) + 1 if is_small(signed(first)) else BOXES
            uc.mem_write(BOXES, struct.pack("<II", MARK, first))
        else:
            facts = {CHECK_ARGUMENTS: "is called with another number of arguments than it has"}
            self._fail(facts.get(slot, f"calls the runtime (slot {slot} of its table)"))
            return
        self._log.append((slot, first, kind))
        for register in self._registers:
            uc.reg_write(register, GARBAGE)
        uc.reg_write(riscv.UC_RISCV_REG_A0, value & 0xFFFF_FFFF)

    def _fail(self, fact: str) -> None:
        self._error = ToolError(
            f"{self._running} {fact}", "keep viper code to integers and pointers, and its arguments"
        )
        self.uc.emu_stop()

    def _run(self, entry: int, n: int, reads: list[tuple[int, int]]) -> tuple[int, list[bytes]]:
        uc = self.uc
        self._log = []
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
        uc.emu_start(entry, RETURN)
        if self._error:
            error, self._error = self._error, None
            raise error
        if self.outside:
            name, address, size = self.outside.pop()
            raise ToolError(
                f"{name} touches {size} bytes at {address:#x}, outside every array",
                "its index was not proven in range: mend netblob.py or burst.py",
            )
        after = [uc.reg_read(r) for r in (*self._kept, riscv.UC_RISCV_REG_SP)]
        if after != [*(GARBAGE + k for k in range(12)), STACK]:
            raise ToolError(f"{self._running} gives back other registers than it got", "mend it")
        result = int(uc.reg_read(riscv.UC_RISCV_REG_A0)) & 0xFFFF_FFFF
        return result, [bytes(uc.mem_read(at, size)) for at, size in reads]

    def check_accesses(self) -> None:
        """From now on, an access outside the buffers, the stack and the arguments is an error."""
        kinds = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
        self.uc.hook_add(kinds, self._access)

    def _access(self, uc: Any, kind: int, address: int, size: int, value: int, _: Any) -> None:
        if BASE <= address < HEAP - 0x1000:
            return  # code, tables, stack and arguments
        for _buffer, at, seen in self._buffers.values():
            if at <= address and address + size <= at + len(seen):
                return
        self.outside.append((self._running, address, size))
        uc.emu_stop()

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
            code, at, n = uc.mem_read(address, size), 0, 0
            while at < size:
                at += 4 if code[at] & 3 == 3 else 2
                n += 1
            self._blocks[address] = n
        self.instructions[self._running] += n
