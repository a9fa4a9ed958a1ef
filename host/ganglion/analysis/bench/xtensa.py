"""Xtensa: a core with register windows, the ESP32's own instruction set, in Debian's qemu-user.

In:  as machine.py says; the program qemu-xtensa.
Out: the same.
Never: counts while it need not: a trace costs more time than the code.

The program that runs in the emulator (xtensa_program.py) takes commands. All that a call needs is
sent in one piece, and its answers are read in one piece.

Counting: a process of its own, to which all memory is sent, since a trace costs time; qemu writes a
line for each block that it runs in the code (`-d exec,nochain` with `-dfilter`), and the
instructions of each block that it translates (`-d in_asm`); so the counts are exact. The log is
read after each call.
"""

import contextlib
import re
import shutil
import struct
import subprocess
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ToolError
from . import xtensa_program as program
from .convention import NONE, SLOTS, refused
from .machine import CODE, HEAP, STACK, TABLE, Machine, stub_of

PROGRAM = "qemu-xtensa"
CPU = "dc233c"
MISSING = "apt-get install qemu-user"
NOTES = 40  # conversions of one call
INSTRUCTION = re.compile(r"^0x([0-9a-f]{8}):\s+(\S+)")
TRACE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")


@dataclass(slots=True, eq=False)
class Block:
    """Instructions that qemu translated as one: where the first and the last lie, how many."""

    first: int
    last: int = 0
    n: int = 0
    enters: bool = False  # begins with `entry`


def available() -> bool:
    """Whether the emulator is here."""
    return shutil.which(PROGRAM) is not None


class Xtensa(Machine):
    """See machine.Machine."""

    march = "xtensawin"

    def _prepare(self) -> None:
        emulator = shutil.which(PROGRAM)
        if emulator is None:
            raise ToolError(f"the emulator {PROGRAM} is not here", MISSING)
        self._command = [emulator, "-cpu", CPU]
        self._fixed: dict[int, bytes] = {}  # what was written for good: code and tables
        self._log: list[tuple[int, int, int]] = []
        self._at = 0  # of the trace, what is read
        self._blocks: dict[int, Block] = {}  # by the address of their first instruction
        self._translated: Block | None = None
        self._finish: Any = None
        self._start(traced=False)
        places = [stub_of(slot) for slot in range(1, SLOTS)]
        self.write(TABLE, struct.pack(f"<{SLOTS}I", NONE, *places))

    def _start(self, traced: bool) -> None:
        """Another process, which writes a trace or none; it gets what was written for good."""
        if self._finish:
            self._finish()
        directory = tempfile.TemporaryDirectory(prefix="ganglion-xtensa-")
        elf, self._trace = Path(directory.name) / "loader", Path(directory.name) / "trace"
        elf.write_bytes(program.elf())
        elf.chmod(0o700)
        command = list(self._command)
        if traced:
            command += ["-d", "in_asm,exec,nochain", "-dfilter", f"{CODE:#x}..{STACK:#x}"]
            command += ["-D", str(self._trace)]
        self._process = subprocess.Popen(
            [*command, str(elf)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._finish = weakref.finalize(self, _end, self._process, directory)
        self._counting, self._at = traced, 0
        self._pending = b""
        for at, data in self._fixed.items():
            self._pending += struct.pack("<4I", program.WRITE, at, len(data), 0) + data

    def _map(self, page: int, size: int) -> None:
        pass  # its memory is one piece; what lies between the buffers is looked at after each call

    def close(self) -> None:
        self._finish()

    def write(self, address: int, data: bytes) -> None:
        if address < STACK:
            self._fixed[address] = data
        self._pending += struct.pack("<4I", program.WRITE, address, len(data), 0) + data

    def conversions(self) -> list[tuple[int, int, int]]:
        return self._log

    def _run(self, entry: int, n: int, size: int) -> tuple[int, bytes]:
        self.write(program.LOG, bytes(4))
        notes = 4 + 12 * NOTES
        request = self._pending + struct.pack("<4I", program.CALL, entry, n, 0)
        request += struct.pack(
            "<8I",
            program.READ,
            program.LOG,
            notes,
            0,
            program.READ,
            HEAP,
            size,
            0,
        )
        self._pending = b""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it answered before tells why
            self._process.stdin.write(request)
            self._process.stdin.flush()
        word, which = struct.unpack("<II", self._answer(8))
        if word == program.FATAL:
            raise refused(self._running, which)
        log, heap = self._answer(notes), self._answer(size)
        (used,) = struct.unpack_from("<I", log)
        self._log = [struct.unpack_from("<III", log, 4 + 12 * k) for k in range(used // 12)]
        self._count()
        return word, heap

    def _answer(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) != size:
            code = self._process.wait()
            raise ToolError(
                f"{self._running or 'the loader'} ended the emulator (code {code})",
                "it went where nothing is: mend the code",
            )
        return data

    def count(self, on: bool = True) -> None:
        if on != self._counting:
            self._start(traced=on)
            self.resend()

    def _count(self) -> None:
        """Takes up what the trace says since the last call."""
        if not self._counting:
            return
        with self._trace.open("rb") as file:
            file.seek(self._at)
            new = file.read()
        text = new[: new.rfind(b"\n") + 1].decode(errors="replace")
        self._at += len(text.encode())
        total, before = 0, Block(0)
        for line in text.splitlines():
            if line.startswith("Trace"):
                found = TRACE.match(line)
                if found is None:
                    raise ToolError(f"{PROGRAM} writes a trace unknown to us: {line}", MISSING)
                block = self._blocks[int(found[1], 16)]
                if block.first == before.last:  # windows overflowed: the instruction runs again
                    total -= 1
                if not (block is before and block.enters):  # so does `entry`, with all behind it
                    total += block.n
                before = block
            elif line.startswith("IN:"):
                self._translated = None
            elif found := INSTRUCTION.match(line):
                at = int(found[1], 16)
                if self._translated is None:
                    self._translated = self._blocks[at] = Block(at, enters=found[2] == "entry")
                self._translated.n += 1
                self._translated.last = at
        self.instructions[self._running] += total


def _end(process: Any, directory: Any) -> None:
    with contextlib.suppress(OSError):
        process.stdin.close()
    process.stdout.close()
    process.terminate()
    process.wait()
    directory.cleanup()
