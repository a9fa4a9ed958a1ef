"""Xtensa_code: the encodings of Xtensa that the target uses, each narrow where that is possible.

In:  numbers of registers, constants, conditions.
Out: bytes; for jumps the forms that they can take.
Never: chooses an instruction: xtensa.py does.
"""

from .assembler import Leap
from .code import OPPOSITE, Imm, Operand

SIGNED = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
UNSIGNED = (32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
ACCESS = {"load8": 0, "load16": 1, "load32": 2, "store8": 4, "store16": 5, "store32": 6}
SIZE = {"load8": 1, "load16": 2, "load32": 4, "store8": 1, "store16": 2, "store32": 4}
PLAIN = {
    "add": 0x80, "sub": 0xC0, "and": 0x10, "or": 0x20, "xor": 0x30, "mul": 0x82, "addx2": 0x90,
    "addx4": 0xA0, "addx8": 0xB0,
}  # fmt: skip
WITH_ZERO = {"eq": 0x1, "ne": 0x5, "lt": 0x9, "ge": 0xD}
WITH_CONSTANT = {"eq": 0x2, "ne": 0x6, "lt": 0xA, "ge": 0xE, "ltu": 0xB, "geu": 0xF}
WITH_REGISTER = {"nobit": 0, "eq": 1, "lt": 2, "ltu": 3, "bit": 8, "ne": 9, "ge": 10, "geu": 11}


def wide(word: int) -> bytes:
    return word.to_bytes(3, "little")


def narrow(op: int, r: int, s: int, t: int) -> bytes:
    return (r << 12 | s << 8 | t << 4 | op).to_bytes(2, "little")


def three(high: int, r: int, s: int, t: int) -> bytes:
    return wide(high << 16 | r << 12 | s << 8 | t << 4)


def plain(op: str, d: int, a: int, b: int) -> bytes:
    return narrow(0xA, d, a, b) if op == "add" else three(PLAIN[op], d, a, b)


def move(d: int, a: int) -> bytes:
    return narrow(0xD, 0, a, d)


def add(d: int, a: int, k: int) -> bytes:
    if k == -1 or 1 <= k < 16:
        return narrow(0xB, d, a, max(k, 0))
    return wide((k & 0xFF) << 16 | 0xC << 12 | a << 8 | d << 4 | 2)


def access(op: str, register: int, base: int, k: int) -> bytes:
    if op in ("load32", "store32") and k < 64:
        return narrow(8 if op == "load32" else 9, k >> 2, base, register)
    return wide(k // SIZE[op] << 16 | ACCESS[op] << 12 | base << 8 | register << 4 | 2)


def literal(d: int, place: int) -> Leap:
    """l32r of the literal that lies at `place`, counted from the start."""

    def form(to_start: int) -> bytes:
        words = place - (3 - to_start & ~3) >> 2
        return wide((words & 0xFFFF) << 8 | d << 4 | 1)

    return Leap("start", ((3, form),))


def call(register: int) -> bytes:
    return three(0, 0, register, 0xE)


def jump(to: str) -> Leap:
    return Leap(to, ((3, far_jump),))


def far_jump(k: int) -> bytes | None:
    return wide((k - 4 & 0x3FFFF) << 6 | 6) if -(1 << 17) <= k - 4 < 1 << 17 else None


def leap(condition: str, a: int, b: Operand, to: str) -> Leap:
    """A branch if a register compares with another, or with a constant that the encoding knows."""
    forms = []
    if b == Imm(0) and condition in ("eq", "ne"):
        forms.append((2, lambda k: _narrow_zero(condition, a, k)))
    forms.append((3, lambda k: _branch(condition, a, b, k)))
    forms.append((6, lambda k: _far(condition, a, b, k)))
    return Leap(to, tuple(forms))


def _narrow_zero(condition: str, a: int, k: int) -> bytes | None:
    k -= 4
    if not 0 <= k < 64:
        return None
    return narrow(0xC, k & 15, a, (8 if condition == "eq" else 12) | k >> 4)


def _branch(condition: str, a: int, b: Operand, k: int) -> bytes | None:
    k -= 4
    if b == Imm(0) and condition in WITH_ZERO:
        if not -2048 <= k < 2048:
            return None
        return wide((k & 0xFFF) << 12 | a << 8 | WITH_ZERO[condition] << 4 | 6)
    if not -128 <= k < 128:
        return None
    place = (k & 0xFF) << 16
    if not isinstance(b, Imm):
        return wide(place | WITH_REGISTER[condition] << 12 | a << 8 | b << 4 | 7)
    if condition in ("bit", "nobit"):
        bit = (b.value & 0xFFFF_FFFF).bit_length() - 1
        kind = (14 if condition == "bit" else 6) + (bit >> 4)
        return wide(place | kind << 12 | a << 8 | (bit & 15) << 4 | 7)
    index = (UNSIGNED if condition.endswith("u") else SIGNED).index(b.value)
    return wide(place | index << 12 | a << 8 | WITH_CONSTANT[condition] << 4 | 6)


def _far(condition: str, a: int, b: Operand, k: int) -> bytes | None:
    over, across = _branch(OPPOSITE[condition], a, b, 6), far_jump(k - 3)
    return over + across if over and across else None
