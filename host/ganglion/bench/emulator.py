"""Emulate: the firmware's own viper code, as 32-bit RISC-V machine code, run and counted.

In:  firmware/lib, compiled by mpy-cross for rv32imc; a blob.
Out: a Brain (the firmware's own brain.py) whose every viper call ran in an emulator, and exact
     counts of the instructions.
Never: a second implementation of the burst; a call from viper into the runtime, except the
       conversion of arguments.

Needs unicorn (pip install 'ganglion[bench]').
"""

import functools
import importlib
import importlib.util
import struct
import sys
import types
from collections import Counter
from pathlib import Path
from typing import Any

from ..boards import mpy
from ..boards.programs import firmware_dir
from ..errors import ToolError

unicorn: Any
riscv: Any
try:  # untyped, and only there with the bench extra
    unicorn = importlib.import_module("unicorn")
    riscv = importlib.import_module("unicorn.riscv_const")
except ImportError:
    unicorn = riscv = None

BASE = 0x1000_0000
STUB, TABLE, CONTEXT, FUNCTION, CODE = (
    BASE,
    BASE + 0x1000,
    BASE + 0x2000,
    BASE + 0x7000,
    BASE + 0x8000,
)
STACK, ARGS, RETURN = BASE + 0x9_0000, BASE + 0xA_0000, BASE + 0xF00
HEAP, SIZE = BASE + 0x10_0000, 0x400_0000
MARCH = "rv32imc"
KERNELS = ("blocks", "rows", "inputs", "calm", "visit", "limited", "march", "special")
VIPER = ("burst", *(f"{kernel}{width}" for kernel in KERNELS for width in (16, 32)))
PLAIN = (
    "guard", "heap", "refusal", "signature", "envelope", "netsynapses", "netplaces", "merge",
    "netblob", "pages", "queues", "brain",
)  # fmt: skip
CONVERT = (3, 4)  # the slots of the function table that viper may call: object <-> native


class Machine:
    """An RV32IMC core with the viper functions of burst.py, and buffers that it shares."""

    def __init__(self, *sources: Path) -> None:
        """Each source becomes a module of its own; a function is known as module.function."""
        if unicorn is None:
            raise ToolError("the emulator unicorn is not here", "pip install 'ganglion[bench]'")
        self.uc = uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(BASE, SIZE)
        for slot in range(256):  # slot k returns its first argument, at an address that tells k
            uc.mem_write(STUB + 2 * slot, b"\x82\x80")  # c.jr ra
            uc.mem_write(TABLE + 4 * slot, struct.pack("<I", STUB + 2 * slot))
        self._entry: dict[str, tuple[int, int]] = {}  # function -> its code, its module's context
        at = CODE
        for k, source in enumerate(sources):
            names = mpy.viper_functions(source.read_text())
            module = mpy.parse(mpy.compile_mpy(source, MARCH), names)
            context = CONTEXT + 0x400 * k
            objects = context + 0x100
            uc.mem_write(context + 8, struct.pack("<II", context + 0x80, objects))
            uc.mem_write(objects + 4 * module.fun_table, struct.pack("<I", TABLE))
            for name, code in module.code.items():
                self._entry[f"{source.stem}.{name}"] = at, context
                uc.mem_write(at, code)
                at += (len(code) + 15) & ~15
        if at > STACK - 0x1_0000:
            raise ToolError("the viper code is larger than the emulator's room", "shorten it")
        self._buffers: dict[int, tuple[Any, int, bytes]] = {}
        self._top = HEAP
        self.instructions: Counter[str] = Counter()
        self._blocks: dict[int, int] = {}
        self._running = ""
        self._hook: int | None = None
        self.outside: list[tuple[str, int, int]] = []

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
        """Count instructions by function from now on, or stop counting."""
        if on and self._hook is None:
            self._hook = self.uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)
            self.uc.ctl_flush_tb()  # blocks translated before would go uncounted
        elif not on and self._hook is not None:
            self.uc.hook_del(self._hook)
            self._hook = None

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        n = self._blocks.get(address)
        if n is None:
            code, at, n = uc.mem_read(address, size), 0, 0
            while at < size:
                at += 4 if code[at] & 3 == 3 else 2
                n += 1
            self._blocks[address] = n
        if address < TABLE:
            slot = (address - STUB) // 2
            if slot not in CONVERT:
                raise ToolError(
                    f"{self._running} calls the runtime (slot {slot} of its table)",
                    "keep viper code to integers and pointers",
                )
            return
        self.instructions[self._running] += n

    def address(self, buffer: Any) -> int:
        """Where a buffer lies in the core's memory, from now on."""
        known = self._buffers.get(id(buffer))
        if known is not None:
            return known[1]
        size = memoryview(buffer).nbytes
        at, self._top = self._top, self._top + ((size + 15) & ~15) + 64
        if self._top > BASE + SIZE:
            raise ToolError("the network is larger than the emulator's memory", "use a smaller one")
        self._buffers[id(buffer)] = (buffer, at, b"")
        return at

    def call(self, name: str, arguments: tuple[Any, ...]) -> int:
        """Run one viper function; buffers are passed as pointers. Returns its i32."""
        uc, words = self.uc, []
        for a in arguments:
            words.append(a & 0xFFFFFFFF if isinstance(a, int) else self.address(a))
        for key, (buffer, at, seen) in self._buffers.items():
            now = memoryview(buffer).tobytes()
            if now != seen:
                uc.mem_write(at, now)
                self._buffers[key] = (buffer, at, now)
        uc.mem_write(ARGS, struct.pack(f"<{len(words)}I", *words))
        entry, context = self._entry[name]
        uc.mem_write(FUNCTION, struct.pack("<III", 0, context, entry))
        for register, value in (
            (riscv.UC_RISCV_REG_A0, FUNCTION),
            (riscv.UC_RISCV_REG_A1, len(words)),
            (riscv.UC_RISCV_REG_A2, 0),
            (riscv.UC_RISCV_REG_A3, ARGS),
            (riscv.UC_RISCV_REG_SP, STACK),
            (riscv.UC_RISCV_REG_RA, RETURN),
        ):
            uc.reg_write(register, value)
        self._running = name
        uc.emu_start(entry, RETURN)
        if self.outside:
            name, address, size = self.outside[-1]
            raise ToolError(
                f"{name} touches {size} bytes at {address:#x}, outside every array",
                "its index was not proven in range: mend netblob.py or burst.py",
            )
        for key, (buffer, at, seen) in self._buffers.items():
            now = bytes(uc.mem_read(at, len(seen)))
            if now != seen:
                memoryview(buffer).cast("B")[:] = now
                self._buffers[key] = (buffer, at, now)
        result = int(uc.reg_read(riscv.UC_RISCV_REG_A0)) & 0xFFFFFFFF
        return result - (1 << 32) if result >> 31 else result

    def as_module(self, name: str) -> types.ModuleType:
        """A module of that name, for brain.py and netblob.py to import."""
        module = types.ModuleType(name)
        for function in self._entry:
            if function.startswith(name + "."):
                run = functools.partial(self._call, function)
                setattr(module, function.removeprefix(name + "."), run)
        module.address = self.address  # type: ignore[attr-defined]
        return module

    def _call(self, function: str, *arguments: Any) -> int:
        return self.call(function, arguments)


def load_brain(path: Path, board: str = "") -> tuple[Any, Machine]:
    """The firmware's Brain over the blob at `path`, with its viper code in a Machine.

    Raises ToolError without unicorn or mpy-cross; the firmware's Refused for a bad blob.
    """
    library = firmware_dir() / "lib"
    machine = Machine(*(library / f"{name}.py" for name in VIPER))
    loaded = {name: machine.as_module(name) for name in VIPER}
    saved = {name: sys.modules.get(name) for name in (*VIPER, *PLAIN)}
    try:
        sys.modules.update(loaded)
        for name in PLAIN:
            spec = importlib.util.spec_from_file_location(name, library / f"{name}.py")
            assert spec is not None and spec.loader is not None
            loaded[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded[name])
        net = loaded["netblob"].load(str(path), board)
        return loaded["brain"].Brain(net), machine
    finally:
        for name, module in saved.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
