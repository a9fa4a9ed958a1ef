"""Riscv_code: the encodings of RV32IMC that the target uses, compressed where that is possible.

In:  numbers of registers, constants, conditions.
Out: bytes; for jumps the forms that they can take.
Never: chooses an instruction: riscv.py does.
"""

import struct

from .assembler import Leap
from .code import OPPOSITE, signed

SP = 2
REGISTER = {"add": 0, "sub": 0, "and": 7, "or": 6, "xor": 4, "mul": 0, "shl": 1, "shr": 5, "sar": 5}
IMMEDIATE = {"add": 0, "and": 7, "or": 6, "xor": 4}
LOAD = {"load8": 4, "load16": 5, "load32": 2}
STORE = {"store8": 0, "store16": 1, "store32": 2}
BRANCH = {"eq": 0, "ne": 1, "lt": 4, "ge": 5, "ltu": 6, "geu": 7}


def is_short(value: int) -> bool:
    """Whether it fits the 12 bits of an immediate."""
    return -2048 <= value < 2048


def half(word: int) -> bytes:
    return struct.pack("<H", word)


def whole(word: int) -> bytes:
    return struct.pack("<I", word & 0xFFFF_FFFF)


def _field(value: int, *parts: tuple[int, int, int]) -> int:
    """Bits of a value in other places: (lowest bit there, how many, lowest bit here)."""
    return sum((value >> here & (1 << n) - 1) << there for there, n, here in parts)


def add(d: int, a: int, k: int) -> bytes:
    if d == a and d and k and -32 <= k < 32:
        return half(0x0001 | d << 7 | _field(k, (2, 5, 0), (12, 1, 5)))
    if a == 0 and d and -32 <= k < 32:
        return half(0x4001 | d << 7 | _field(k, (2, 5, 0), (12, 1, 5)))
    return whole((k & 0xFFF) << 20 | a << 15 | d << 7 | 0x13)


def move(d: int, a: int) -> bytes:
    return half(0x8002 | d << 7 | a << 2) if a else add(d, 0, 0)


def constant(d: int, k: int) -> list[bytes]:
    """One or two instructions."""
    k = signed(k)
    if is_short(k):
        return [add(d, 0, k)]
    low = (k & 0xFFF) - ((k & 0x800) << 1)
    high = k - low & 0xFFFF_FFFF
    upper = high >> 12
    top = upper - (1 << 20) if upper >> 19 else upper
    if d != 2 and top and -32 <= top < 32:
        first = half(0x6001 | d << 7 | _field(top, (2, 5, 0), (12, 1, 5)))
    else:
        first = whole(high | d << 7 | 0x37)
    return [first] + ([add(d, d, low)] if low else [])


def _near(*registers: int) -> bool:
    return all(8 <= r < 16 for r in registers)


def load(op: str, d: int, base: int, k: int) -> bytes:
    if op == "load32" and not k & 3 and k >= 0:
        if base == SP and d and k < 256:
            return half(0x4002 | d << 7 | _field(k, (4, 3, 2), (12, 1, 5), (2, 2, 6)))
        if _near(d, base) and k < 128:
            return half(
                0x4000
                | (d - 8) << 2
                | (base - 8) << 7
                | _field(k, (10, 3, 3), (6, 1, 2), (5, 1, 6))
            )
    return whole((k & 0xFFF) << 20 | base << 15 | LOAD[op] << 12 | d << 7 | 0x03)


def store(op: str, value: int, base: int, k: int) -> bytes:
    if op == "store32" and not k & 3 and k >= 0:
        if base == SP and k < 256:
            return half(0xC002 | value << 2 | _field(k, (9, 4, 2), (7, 2, 6)))
        if _near(value, base) and k < 128:
            return half(
                0xC000 | (value - 8) << 2 | (base - 8) << 7
                | _field(k, (10, 3, 3), (6, 1, 2), (5, 1, 6))
            )  # fmt: skip
    return whole(
        _field(k, (25, 7, 5), (7, 5, 0)) | value << 20 | base << 15 | STORE[op] << 12 | 0x23
    )


def immediate(op: str, d: int, a: int, k: int) -> bytes:
    if op == "add":
        return add(d, a, k)
    if op in ("shl", "shr", "sar"):
        if op == "shl" and d == a and d and k:
            return half(0x0002 | d << 7 | _field(k, (2, 5, 0)))
        if op != "shl" and d == a and _near(d) and k:
            kind = 0x400 if op == "sar" else 0
            return half(0x8001 | kind | (d - 8) << 7 | _field(k, (2, 5, 0)))
        high = 0x20 if op == "sar" else 0
        return whole(high << 25 | k << 20 | a << 15 | REGISTER[op] << 12 | d << 7 | 0x13)
    if op == "and" and d == a and _near(d) and -32 <= k < 32:
        return half(0x8801 | (d - 8) << 7 | _field(k, (2, 5, 0), (12, 1, 5)))
    return whole((k & 0xFFF) << 20 | a << 15 | IMMEDIATE[op] << 12 | d << 7 | 0x13)


def arithmetic(op: str, d: int, a: int, b: int) -> bytes:
    if op == "add" and d and b and d in (a, b) and a:
        return half(0x9002 | d << 7 | (b if d == a else a) << 2)
    if op in ("sub", "xor", "or", "and") and _near(d, a, b):
        kind = {"sub": 0, "xor": 1, "or": 2, "and": 3}[op]
        if op != "sub" and d == b:
            a, b = b, a
        if d == a:
            return half(0x8C01 | kind << 5 | (d - 8) << 7 | (b - 8) << 2)
    high = {"sub": 0x20, "sar": 0x20, "mul": 1}.get(op, 0)
    return whole(high << 25 | b << 20 | a << 15 | REGISTER[op] << 12 | d << 7 | 0x33)


def jump_register(link: int, to: int) -> bytes:
    return half((0x9002 if link else 0x8002) | to << 7)


def leap(condition: str, a: int, b: int, to: str) -> Leap:
    """A branch if the comparison of two registers holds; of x0 with itself, a jump."""
    if condition == "eq" and a == b == 0:
        return Leap(to, ((2, _short_jump), (4, far_jump)))
    forms = []
    if condition in ("eq", "ne") and ((b == 0 and _near(a)) or (a == 0 and _near(b))):
        forms.append((2, lambda distance: _zero(condition, a or b, distance)))
    forms.append((4, lambda distance: _branch(condition, a, b, distance)))
    forms.append((8, lambda distance: _far(condition, a, b, distance)))
    return Leap(to, tuple(forms))


def _short_jump(k: int) -> bytes | None:
    if not -2048 <= k < 2048:
        return None
    parts = (
        (12, 1, 11),
        (11, 1, 4),
        (9, 2, 8),
        (8, 1, 10),
        (7, 1, 6),
        (6, 1, 7),
        (3, 3, 1),
        (2, 1, 5),
    )
    return half(0xA001 | _field(k, *parts))


def far_jump(k: int) -> bytes | None:
    if not -(1 << 20) <= k < 1 << 20:
        return None
    return whole(_field(k, (31, 1, 20), (21, 10, 1), (20, 1, 11), (12, 8, 12)) | 0x6F)


def _zero(condition: str, a: int, k: int) -> bytes | None:
    if not -256 <= k < 256:
        return None
    parts = (12, 1, 8), (10, 2, 3), (5, 2, 6), (3, 2, 1), (2, 1, 5)
    return half((0xC001 if condition == "eq" else 0xE001) | (a - 8) << 7 | _field(k, *parts))


def _branch(condition: str, a: int, b: int, k: int) -> bytes | None:
    if not -4096 <= k < 4096:
        return None
    place = _field(k, (31, 1, 12), (25, 6, 5), (8, 4, 1), (7, 1, 11))
    return whole(place | b << 20 | a << 15 | BRANCH[condition] << 12 | 0x63)


def _far(condition: str, a: int, b: int, k: int) -> bytes | None:
    over = _branch(OPPOSITE[condition], a, b, 8)
    jump = far_jump(k - 4)
    return over + jump if over and jump else None
