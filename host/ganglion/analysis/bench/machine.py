"""Machine: viper functions as machine code in an emulated core, called as MicroPython calls them.

In:  firmware sources; who compiles them (mpy-cross or ganglion.viper); arguments, integers or
     buffers.
Out: results; exact counts of the instructions of each function; buffers as the code left them.
Never: a second implementation of anything; a call from viper into the runtime, except conversions.

A core (riscv32.py, xtensa.py) gives memory and a way to call; everything else is here.
"""

import functools
import struct
import types
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ...boards.compiled import compiled
from ...boards.mpy import compile_mpy
from ...boards.programs import firmware_dir
from ...errors import ToolError
from ...viper import compile_source, parse, viper_functions
from .convention import (
    FROM_OBJECT,
    MARK,
    NONE,
    TO_OBJECT,
    Signature,
    broken,
    is_small,
    signatures,
    signed,
)

BASE = 0x1000_0000
STUB, TABLE, CONTEXT = BASE, BASE + 0x1000, BASE + 0x2000
FUNCTION, CODE = BASE + 0xA000, BASE + 0xB000
STACK, ARGS, BOXES = BASE + 0x9_0000, BASE + 0xA_0000, BASE + 0xA_1000
HEAP, SIZE = BASE + 0x10_0000, 0x400_0000
GAP = 64  # bytes between buffers
PAGE = 0x1000  # the least that a core can leave out of its memory
BACK_ENDS = ("mpy-cross", "ganglion")

Guard = Literal["", "before", "after"]
"""What lies against each buffer: other memory, or a page that is not there, before its first byte
or after its last word. An access to it is an error, where the core has such pages."""


def stub_of(slot: int) -> int:
    """Where a slot of the function table leads; those from 127 on share one, none may be called."""
    return STUB + 16 * min(slot, 127)


@functools.cache
def _compiled(source: Path, text: str, march: str, back_end: str) -> tuple[dict[str, bytes], int]:
    """The code of a module's viper functions, and the index of the function table."""
    names = viper_functions(text)
    if back_end == "ganglion" and source.is_relative_to(firmware_dir()):
        module = parse(compiled(source, march), names)  # as boards get it, and kept as for them
        return module.code, module.fun_table
    module = parse(compile_mpy(source, march), names)
    if back_end == "ganglion":
        return compile_source(text, march, module.fun_table), module.fun_table
    return module.code, module.fun_table


class Machine(ABC):
    """A core with the viper functions of some modules, and buffers that it shares."""

    march: str

    def __init__(self, *sources: Path, back_end: str = "mpy-cross", guard: Guard = "") -> None:
        """Each source becomes a module of its own; a function is known as module.function."""
        self.guard: Guard = guard
        if back_end not in BACK_ENDS:
            raise ToolError(f"there is no back end {back_end}", f"use {' or '.join(BACK_ENDS)}")
        self._prepare()
        self.sizes: dict[str, int] = {}  # bytes of code, by function
        self._entry: dict[str, tuple[int, int, Signature]] = {}
        self._end_of_code, self._end_of_contexts = CODE, CONTEXT
        self._buffers: dict[int, tuple[Any, int, bytes]] = {}
        self._top = HEAP + GAP
        self._heap = b""  # as the last call left it
        self.instructions: Counter[str] = Counter()
        self._running = ""
        for source in sources:
            text = source.read_text()
            code, table = _compiled(source, text, self.march, back_end)
            self.load(source.stem, code, table, signatures(text))

    def load(
        self, module: str, code: Mapping[str, bytes], table: int, types_of: Mapping[str, Signature]
    ) -> None:
        """Adds a module: its functions' code, the index of the function table among its objects."""
        context = self._end_of_contexts
        objects = context + 0x100
        self._end_of_contexts += 0x100 + (4 * table + 0x103 & ~0xFF)
        at = self._end_of_code
        if at + sum(map(len, code.values())) > STACK - 0x1_0000 or self._end_of_contexts > FUNCTION:
            raise ToolError("the viper code is larger than the emulator's room", "shorten it")
        self.write(context + 8, struct.pack("<II", context + 0x80, objects))
        self.write(objects + 4 * table, struct.pack("<I", TABLE))
        for name, words in code.items():
            self._entry[f"{module}.{name}"] = at, context, types_of[name]
            self.sizes[f"{module}.{name}"] = len(words)
            self.write(at, words)
            at += (len(words) + 15) & ~15
        self._end_of_code = at

    # what a core does

    @abstractmethod
    def _prepare(self) -> None:
        """Memory, and the stubs of the function table."""

    @abstractmethod
    def write(self, address: int, data: bytes) -> None:
        """Writes memory."""

    @abstractmethod
    def _run(self, entry: int, n: int, size: int) -> tuple[int, bytes]:
        """Calls (FUNCTION, n, 0, ARGS); the word returned, and `size` bytes from HEAP on."""

    @abstractmethod
    def conversions(self) -> list[tuple[int, int, int]]:
        """Slot, first argument and type of each conversion of the last call."""

    @abstractmethod
    def count(self, on: bool = True) -> None:
        """Count instructions by function from now on, or stop counting."""

    @abstractmethod
    def close(self) -> None:
        """Ends the core."""

    @abstractmethod
    def _map(self, page: int, size: int) -> None:
        """Makes room for one guarded buffer, where the core's memory has holes."""

    # what all do

    @property
    def next_address(self) -> int:
        """Where the next buffer will lie."""
        return self._top

    def address(self, buffer: Any) -> int:
        """Where a buffer lies in the core's memory, from now on."""
        known = self._buffers.get(id(buffer))
        if known is not None:
            return known[1]
        size = memoryview(buffer).nbytes
        if self.guard:
            page = (self._top + 2 * PAGE - 1) & ~(PAGE - 1)
            room = max(PAGE, (size + PAGE - 1) & ~(PAGE - 1))
            at = page if self.guard == "before" else page + room - ((size + 3) & ~3)
            self._top = page + room + PAGE
            self._map(page, room)
        else:
            at, self._top = self._top, self._top + ((size + 15) & ~15) + GAP
        if self._top > BASE + SIZE:
            raise ToolError("the network is larger than the emulator's memory", "use a smaller one")
        self._buffers[id(buffer)] = (buffer, at, b"")
        return at

    def resend(self) -> None:
        """The core has lost its memory: all buffers are written again before the next call."""
        self._buffers = {key: (buffer, at, b"") for key, (buffer, at, _) in self._buffers.items()}
        self._heap = b""

    def forget(self) -> None:
        """Lets go of all buffers; their places are used again."""
        self.write(HEAP, bytes(self._top - HEAP))
        self._buffers = {}
        self._heap = b""
        self._top = HEAP + GAP

    def call(self, name: str, arguments: tuple[Any, ...]) -> int:
        """Run one viper function; buffers are passed as pointers. Returns its i32, 0 for None."""
        entry, context, signature = self._entry[name]
        words: list[int] = []
        boxes = b""
        expected: dict[int, int] = {}  # object -> type, as annotated
        for k, argument in enumerate(arguments):
            value = argument if isinstance(argument, int) else self.address(argument)
            if isinstance(argument, int) and is_small(argument):
                word = (2 * argument + 1) & 0xFFFF_FFFF
            else:
                word = BOXES + 0x100 + len(boxes)
                boxes += struct.pack("<II", MARK, value & 0xFFFF_FFFF)
            words.append(word)
            if k < len(signature.parameters):
                kind = signature.parameters[k]
                if expected.setdefault(word, kind) != kind:
                    expected[word] = -1  # the same number as two types
        self._running = name
        for key, (buffer, at, seen) in self._buffers.items():
            now = memoryview(buffer).tobytes()
            if now != seen:
                self.write(at, now)
                self._buffers[key] = (buffer, at, now)
        if boxes:
            self.write(BOXES + 0x100, boxes)
        if words:
            self.write(ARGS, struct.pack(f"<{len(words)}I", *words))
        self.write(FUNCTION, struct.pack("<III", 0, context, entry))
        word, heap = self._run(entry, len(words), self._top - HEAP)
        if heap != self._heap:
            self._heap = heap
            self._take(name, heap)
        return self._result(name, word, signature, expected)

    def _take(self, name: str, heap: bytes) -> None:
        """Gives the buffers what the code wrote; raises ToolError if it wrote between them."""
        end = 0
        for key, (buffer, at, seen) in self._buffers.items():
            begin = at - HEAP
            if heap[end:begin] != bytes(begin - end):
                break
            end = begin + len(seen)
            now = heap[begin:end]
            if now != seen:
                memoryview(buffer).cast("B")[:] = now
                self._buffers[key] = (buffer, at, now)
        if any(heap[end : end + GAP]):
            raise ToolError(
                f"{name} wrote beyond the array that ends at {HEAP + end:#x}",
                "its index was not proven in range: mend load/ or kernel/common.py of the firmware",
            )

    def _result(self, name: str, word: int, signature: Signature, expected: dict[int, int]) -> int:
        result = None
        for slot, first, kind in self.conversions():
            if slot == FROM_OBJECT and expected.get(first) not in (kind, -1):
                raise broken(name, f"converts {first:#x} as type {kind}")
            if slot == TO_OBJECT:
                if result is not None or kind != signature.result:
                    raise broken(name, f"boxes a result as type {kind}")
                result = first
        if (result is None) != (signature.result is None):
            raise broken(name, "does not box its result" if result is None else "boxes no result")
        if result is None:
            if word != NONE:
                raise broken(name, f"returns {word:#x}, not None")
            return 0
        if word & 1 and signed(word) >> 1 != signed(result):
            raise broken(name, f"boxed {result:#x} and returned {word:#x}")
        return signed(result)

    def as_module(self, name: str) -> types.ModuleType:
        """The functions of the source of that name, for the firmware to import."""
        module = types.ModuleType(name)
        for function in self._entry:
            if function.startswith(name + "."):
                run = functools.partial(self._call, function)
                setattr(module, function.removeprefix(name + "."), run)
        module.address = self.address  # type: ignore[attr-defined]
        return module

    def _call(self, function: str, *arguments: Any) -> int:
        return self.call(function, arguments)
