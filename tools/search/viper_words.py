"""Viper_words: what viper computes with, as Python classes that keep 32 bits.

In:  the buffers of a program, and Python's integers where viper has constants.
Out: Word and, over made-up addresses, the pointer types; they go where viper's names stand.
Never: an access outside a buffer: it is an AssertionError.
"""

from dataclasses import dataclass

SIZE = 128  # bytes of each buffer; pointers move by less than half of it


@dataclass
class Word:
    """A viper integer of 32 bits. The left one of two decides how both are read."""

    value: int  # 0 .. 2^32 - 1
    unsigned: bool = False

    def read(self, unsigned: bool) -> int:
        return self.value if unsigned or self.value < 1 << 31 else self.value - (1 << 32)

    def _of(self, value: int) -> "Word":
        return Word(value & 0xFFFF_FFFF, self.unsigned)

    def __add__(self, other: object) -> "Word":
        return self._of(self.value + word(other).value)

    def __sub__(self, other: object) -> "Word":
        return self._of(self.value - word(other).value)

    def __mul__(self, other: object) -> "Word":
        return self._of(self.value * word(other).value)

    def __and__(self, other: object) -> "Word":
        return self._of(self.value & word(other).value)

    def __or__(self, other: object) -> "Word":
        return self._of(self.value | word(other).value)

    def __xor__(self, other: object) -> "Word":
        return self._of(self.value ^ word(other).value)

    def __lshift__(self, other: object) -> "Word":
        return self._of(self.value << (word(other).value & 31))

    def __rshift__(self, other: object) -> "Word":
        return self._of(self.read(self.unsigned) >> (word(other).value & 31))

    def __radd__(self, other: object) -> "Word":
        return word(other) + self

    def __rsub__(self, other: object) -> "Word":
        return word(other) - self

    def __rmul__(self, other: object) -> "Word":
        return word(other) * self

    def __rand__(self, other: object) -> "Word":
        return word(other) & self

    def __ror__(self, other: object) -> "Word":
        return word(other) | self

    def __rxor__(self, other: object) -> "Word":
        return word(other) ^ self

    def __rlshift__(self, other: object) -> "Word":
        return word(other) << self

    def __rrshift__(self, other: object) -> "Word":
        return word(other) >> self

    def __neg__(self) -> "Word":
        return self._of(-self.value)

    def __invert__(self) -> "Word":
        return self._of(~self.value)

    def __bool__(self) -> bool:
        return self.value != 0

    def __eq__(self, other: object) -> bool:
        return self.value == word(other).value

    def __lt__(self, other: object) -> bool:
        return self.read(self.unsigned) < word(other).read(self.unsigned)

    def __le__(self, other: object) -> bool:
        return self.read(self.unsigned) <= word(other).read(self.unsigned)

    def __gt__(self, other: object) -> bool:
        return self.read(self.unsigned) > word(other).read(self.unsigned)

    def __ge__(self, other: object) -> bool:
        return self.read(self.unsigned) >= word(other).read(self.unsigned)


def word(value: object) -> Word:
    """A Word of a Python integer, which viper's constants are."""
    if isinstance(value, Word):
        return value
    assert isinstance(value, int)
    return Word(value & 0xFFFF_FFFF)


class Memory:
    """Buffers at made-up addresses, and the pointer types over them."""

    def __init__(self, buffers: list[bytearray]) -> None:
        self.buffers = {0x1000 * (k + 1): buffer for k, buffer in enumerate(buffers)}
        memory = self

        class Pointer:
            def __init__(self, of: object, size: int) -> None:
                self.at = of.at if isinstance(of, Pointer) else word(of).value
                self.size = size

            def place(self, index: object) -> tuple[bytearray, int]:
                at = self.at + word(index).read(False) * self.size
                base = at & ~0xFFF
                assert at % self.size == 0 and 0 <= at - base <= SIZE - self.size, hex(at)
                return memory.buffers[base], at - base

            def __getitem__(self, index: object) -> Word:
                buffer, at = self.place(index)
                return Word(int.from_bytes(buffer[at : at + self.size], "little"))

            def __setitem__(self, index: object, value: object) -> None:
                buffer, at = self.place(index)
                low = word(value).value & (1 << 8 * self.size) - 1
                buffer[at : at + self.size] = low.to_bytes(self.size, "little")

        self.names = {
            "int": lambda x: Word(x.at if isinstance(x, Pointer) else word(x).value),
            "uint": lambda x: Word(x.at if isinstance(x, Pointer) else word(x).value, True),
            "ptr8": lambda x: Pointer(x, 1),
            "ptr16": lambda x: Pointer(x, 2),
            "ptr32": lambda x: Pointer(x, 4),
        }
