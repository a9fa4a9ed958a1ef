"""Core: the C of this folder as RV32 code in unicorn, called and counted.

In:  the code and where `burst` begins; bytes for its memory; the pointer that `burst` takes.
Out: what it wrote; how many instructions it took, exact.
Never: part of the product: it is what the kernel is measured by.

Needs unicorn, and riscv64-unknown-elf-gcc (Debian: gcc-riscv64-unknown-elf) for the code.
"""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import unicorn
from unicorn import riscv_const as riscv

from ganglion.analysis.bench.riscv32 import instructions_in

BASE, RETURN, STACK, HEAP, SIZE = 0x1000_0000, 0x1001_0000, 0x1003_0000, 0x1004_0000, 0x400_0000
COMPILERS = {"rv32imc": "riscv64-unknown-elf-gcc", "xtensawin": "xtensa-lx106-elf-gcc"}
OPTIONS = {
    "rv32imc": ("-march=rv32imc", "-mabi=ilp32", "-mcmodel=medany"),
    "xtensawin": ("-mlongcalls", "-mtext-section-literals"),
}
LINK = "ENTRY(burst) SECTIONS { . = %#x; .text : { *(.text.burst) *(.text*) *(.*data*) } }"


def available(isa: str = "rv32imc") -> bool:
    """Whether the compiler for an instruction set is here."""
    return shutil.which(COMPILERS[isa]) is not None


@functools.cache
def compiled(name: str, *options: str, isa: str = "rv32imc", at: int = BASE) -> tuple[bytes, int]:
    """The machine code of a file beside this one, to lie at `at`, and where `burst` begins."""
    compiler = COMPILERS[isa]
    with tempfile.TemporaryDirectory() as directory:
        script, elf, flat = (Path(directory) / n for n in ("link.ld", "c.elf", "c.bin"))
        script.write_text(LINK % at)
        source = str(Path(__file__).with_name(name))
        options = ("-O2", "-nostdlib", "-ffreestanding", "-ffunction-sections", *options)
        command = [compiler, *options, *OPTIONS[isa], f"-T{script}", source, "-lgcc"]
        command += ["-o", str(elf)]
        subprocess.run(command, check=True)
        objcopy = compiler.replace("gcc", "objcopy")
        subprocess.run([objcopy, "-O", "binary", str(elf), str(flat)], check=True)
        return flat.read_bytes(), int.from_bytes(elf.read_bytes()[24:28], "little")


class Core:
    """Memory from HEAP on, of which `head` bytes are for what `burst` takes."""

    def __init__(self, name: str, *options: str, head: int = 0) -> None:
        self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        self.uc.mem_map(BASE, SIZE)
        code, self._entry = compiled(name, *options)
        self.uc.mem_write(BASE, code)
        self.base, self.instructions = HEAP, 0
        self._sizes: dict[int, int] = {}
        self._top = HEAP + head
        self.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)

    def put(self, data: bytes) -> int:
        """Where bytes lie from now on."""
        at, self._top = self._top, self._top + (len(data) + 15 & ~15)
        self.write(at, data)
        return at

    def write(self, at: int, data: bytes) -> None:
        self.uc.mem_write(at, data)

    def read(self, at: int, size: int) -> bytes:
        return bytes(self.uc.mem_read(at, size))

    def burst(self, context: int = HEAP) -> None:
        """Calls `burst`."""
        for register, value in (
            (riscv.UC_RISCV_REG_A0, context), (riscv.UC_RISCV_REG_SP, STACK),
            (riscv.UC_RISCV_REG_RA, RETURN),
        ):  # fmt: skip
            self.uc.reg_write(register, value)
        self.uc.emu_start(self._entry, RETURN)

    def close(self) -> None:
        """Nothing: it is no process."""

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        n = self._sizes.get(address)
        if n is None:
            n = self._sizes[address] = instructions_in(uc.mem_read(address, size))
        self.instructions += n
