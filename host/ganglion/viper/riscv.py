"""Riscv: the target rv32imc, as MicroPython calls native code on it.

In:  a Function; later the same with a register for each value.
Out: instructions that the machine has; bytes.
Never: floating point, gp or tp; memory below the stack pointer.

Choosing: an operand of 12 bits goes into the instruction, 0 is a register of its own (x0). A mask of
the lowest k > 11 bits is a shift up and a shift down, which a shift behind it joins; one bit beyond
the reach of an immediate is shifted into the sign. A comparison with 1 is one with 0.

Registers: a0-a7, t0-t6 are free; ra too, as a function that converts anything saves it anyway; s0-s11
cost a store and a load. The frame: ra and the s registers at the top, below them the slots.

The call: MicroPython gives self, n_args, n_kw and the arguments in a0 to a3. self leads to the
module's context, its objects, and among them the table of functions. Each argument that is used is
converted by the function at FROM_OBJECT (object, type) and waits in its slot; the last stays in a0.
A result goes through TO_OBJECT, whose return is ours: the frame is gone before it is jumped to.
"""

import struct

from .assembler import Item, Label, Leap
from .code import OPPOSITE, STORES, Block, Branch, Function, Imm, Ins, Jump, Operand, Return, signed
from .target import (
    CHECK_ARGUMENTS,
    FROM_OBJECT,
    NONE,
    TO_OBJECT,
    TYPES,
    Selection,
    argument_check,
    ends,
)

RA, SP, T0, A0, A1, A2, A3 = 1, 2, 5, 10, 11, 12, 13
S0, S1 = 8, 9
REGISTER = {"add": 0, "sub": 0, "and": 7, "or": 6, "xor": 4, "mul": 0, "shl": 1, "shr": 5, "sar": 5}
IMMEDIATE = {"add": 0, "and": 7, "or": 6, "xor": 4}
LOAD = {"load8": 4, "load16": 5, "load32": 2}
STORE = {"store8": 0, "store16": 1, "store32": 2}
BRANCH = {"eq": 0, "ne": 1, "lt": 4, "ge": 5, "ltu": 6, "geu": 7}


def _short(value: int) -> bool:
    return -2048 <= value < 2048


def _low(value: int) -> int:
    """k, if the value is a mask of the lowest k bits, else 0."""
    value &= 0xFFFF_FFFF
    return value.bit_length() if value and value & value + 1 == 0 else 0


class Riscv:
    """See target.Target."""

    march = "rv32imc"
    free = (15, 14, 13, 12, 11, 10, 16, 17, 5, 6, 7, 28, 29, 30, 31, 1)
    kept = (8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)

    def fits(self, op: str, k: int, value: int) -> bool:
        if op in IMMEDIATE:
            return k == 1 and _short(value)
        if op in ("shl", "shr", "sar"):
            return k == 1 and 0 <= value < 32
        if op == "sub" or op in STORES and k == 0:
            return value == 0
        if op in LOAD or op in STORES:
            return k == len(STORES) or k > 0 and _short(value)
        if op in BRANCH:
            return value == 0 or k == 1 and value == 1 and op in ("lt", "ge")
        return op in ("bit", "nobit") and k == 1 and _short(value)

    # choosing instructions

    def select(self, function: Function) -> None:
        s = Selection(function)
        for block, instructions in s.blocks():
            for ins in instructions:
                s.line = ins.line
                self._choose(s, ins)
            self._end(s, block)

    def _choose(self, s: Selection, ins: Ins) -> None:
        op, dst = ins.op, ins.dst
        if op in REGISTER:
            a, b = ins.args
            if op == "and" and isinstance(b, Imm) and not _short(b.value) and _low(b.value):
                away = Imm(32 - _low(b.value))
                s.put("shr", s.put("shl", a, away), away, into=dst)
            elif op == "shl" and (both := self._masked_shift(s, a, b)):
                up, down = both
                made = s.meaning(a, "shr")
                assert made is not None
                inner = s.meaning(made.args[0], "shl")
                assert inner is not None
                s.put("shr", s.put("shl", inner.args[0], Imm(up)), Imm(down), into=dst)
            else:
                a = a if a == Imm(0) else s.register(a)
                if isinstance(b, Imm) and not self.fits(op, 1, b.value):
                    b = s.register(b)
                s.put(op, a, b, into=dst)
        elif op in LOAD or op in STORE:
            *value, base = ins.args
            k = ins.k
            if isinstance(base, Imm):
                base, k = s.register(Imm(base.value + k)), 0
            if not _short(k):
                base, k = s.put("add", base, s.register(Imm(k))), 0
            stored = tuple(v if v == Imm(0) else s.register(v) for v in value)
            s.out.append(Ins(op, dst, (*stored, base), k, ins.line))
        else:
            s.out.append(ins)

    def _masked_shift(self, s: Selection, a: Operand, b: Operand) -> tuple[int, int] | None:
        """Of (x & low mask) << b: how far up and how far down, if that is all it takes."""
        down = s.meaning(a, "shr")
        if down is None or not isinstance(b, Imm) or not isinstance(down.args[1], Imm):
            return None
        up = s.meaning(down.args[0], "shl")
        if up is None or up.args[1] != down.args[1] or b.value >= down.args[1].value:
            return None
        return down.args[1].value, down.args[1].value - b.value

    def _end(self, s: Selection, block: Block) -> None:
        ends(block, s)
        end = block.end
        if not isinstance(end, Branch):
            return
        a, b = end.a, end.b
        if end.condition in ("bit", "nobit"):
            sign = end.condition == "bit"
            if isinstance(b, Imm) and not _short(b.value) and b.value & b.value - 1 == 0:
                a = s.put("shl", a, Imm(32 - b.value.bit_length()))
                end.condition = "lt" if sign else "ge"
            elif isinstance(b, Imm) and not _short(b.value) and _low(b.value):
                a = s.put("shl", a, Imm(32 - _low(b.value)))
                end.condition = "ne" if sign else "eq"
            else:
                b = b if isinstance(b, Imm) and _short(b.value) else s.register(b)
                a = s.put("and", a, b)
                end.condition = "ne" if sign else "eq"
            b = Imm(0)
        elif b == Imm(1) and end.condition in ("lt", "ge"):  # a < 1 is 0 >= a
            end.condition = "ge" if end.condition == "lt" else "lt"
            a, b = Imm(0), a
        end.a = a if a == Imm(0) else s.register(a)
        end.b = b if b == Imm(0) else s.register(b)

    # bytes

    def emit(
        self, function: Function, order: list[Block], colour: list[int], slots: int, table: int
    ) -> list[Item]:
        return _Emitter(function, order, colour, slots, table).items


class _Emitter:
    def __init__(
        self, function: Function, order: list[Block], colour: list[int], slots: int, table: int
    ) -> None:
        self.function, self.colour = function, colour
        self.n = len(function.parameters)
        self.items: list[Item] = []
        used = {colour[i.dst] for b in order for i in b.ins if i.dst is not None}
        self.saved = [RA, *(r for r in Riscv.kept if r in used)]
        self.converted = [i for i in order[0].ins if i.op == "param"]
        self.many = len(self.converted) > 1
        if self.many:
            self.saved += [r for r in (S0, S1) if r not in self.saved]
        # below the saved registers: the table of functions, the values that found no register
        self.table_slot = slots
        self.frame = 4 * (len(self.saved) + slots + 1) + 15 & ~15
        self._begin(table)
        for k, block in enumerate(order):
            self.items.append(Label(f"B{block.number}"))
            for ins in block.ins:
                self._ins(ins)
            self._end(block, order[k + 1] if k + 1 < len(order) else None)
        self._out_of_line()

    def put(self, *words: bytes) -> None:
        self.items += words

    def of(self, operand: Operand | None) -> int:
        if isinstance(operand, Imm):
            assert operand.value == 0
            return 0
        assert operand is not None
        return self.colour[operand]

    def _begin(self, table: int) -> None:
        put, n = self.put, self.n
        put(add(SP, SP, -self.frame))
        for k, register in enumerate(self.saved):
            put(store("store32", register, SP, self.frame - 4 - 4 * k))
        base = S1 if self.many else T0
        put(load("load32", base, A0, 4), load("load32", base, base, 12))
        if 4 * table < 2048:
            put(load("load32", base, base, 4 * table))
        put(store("store32", base, SP, 4 * self.table_slot))
        if n:
            put(*constant(6, n))
        self.items += [leap("ne", A1, 6 if n else 0, "bad"), leap("ne", A2, 0, "bad"), Label("good")]
        if self.many:
            put(move(S0, A3))
        for k, ins in enumerate(reversed(self.converted)):  # the last of them stays in a0
            last = k == len(self.converted) - 1
            put(load("load32", A0, S0 if self.many else A3, 4 * ins.k))
            put(*constant(A1, TYPES[self.function.parameters[ins.k]]))
            put(load("load32", T0, base, 4 * FROM_OBJECT), jump_register(RA, T0))
            if not last:
                put(store("store32", A0, SP, 4 * ins.k))

    def _out_of_line(self) -> None:
        """What is not gone through: a call with a wrong number of arguments."""
        self.items.append(Label("bad"))
        put = self.put
        base = S1 if self.many else T0
        put(move(S0, A3) if self.many else store("store32", A3, SP, 0))
        put(move(A0, A1), move(A1, A2), *constant(A2, argument_check(self.n)))
        put(load("load32", T0, base, 4 * CHECK_ARGUMENTS), jump_register(RA, T0))
        if self.many:
            put(move(A3, S0))
        else:
            put(load("load32", A3, SP, 0), load("load32", T0, SP, 4 * self.table_slot))
        self.items.append(leap("eq", 0, 0, "good"))

    def _ins(self, ins: Ins) -> None:
        put, of = self.put, self.of
        op = ins.op
        d = of(ins.dst) if ins.dst is not None else 0
        if op == "const":
            put(*constant(d, ins.k))
        elif op == "copy":
            if d != of(ins.args[0]):
                put(move(d, of(ins.args[0])))
        elif op == "param":
            if ins.dst is None:  # it stays in its slot
                pass
            elif ins is self.converted[0]:
                if d != A0:
                    put(move(d, A0))
            else:
                put(load("load32", d, SP, 4 * ins.k))
        elif op == "reload":
            put(load("load32", d, SP, 4 * ins.k))
        elif op == "spill":
            put(store("store32", of(ins.args[0]), SP, 4 * ins.k))
        elif op in LOAD:
            put(load(op, d, of(ins.args[0]), ins.k))
        elif op in STORE:
            put(store(op, of(ins.args[0]), of(ins.args[1]), ins.k))
        else:
            a, b = ins.args
            if isinstance(b, Imm) and not (b.value == 0 and op in ("sub", "mul")):
                put(immediate(op, d, of(a), signed(b.value)))
            else:
                put(arithmetic(op, d, of(a), of(b)))

    def _end(self, block: Block, following: Block | None) -> None:
        end = block.end
        if isinstance(end, Jump):
            if end.to is not following:
                self.items.append(leap("eq", 0, 0, f"B{end.to.number}"))
        elif isinstance(end, Branch):
            condition, to, other = end.condition, end.then, end.other
            if to is following:
                condition, to, other = OPPOSITE[condition], other, to
            self.items.append(leap(condition, self.of(end.a), self.of(end.b), f"B{to.number}"))
            if other is not following:
                self.items.append(leap("eq", 0, 0, f"B{other.number}"))
        else:
            assert isinstance(end, Return)
            self._return(end)

    def _return(self, end: Return) -> None:
        put = self.put
        if end.value is not None:
            if self.of(end.value) != A0:
                put(move(A0, self.of(end.value)))
            assert self.function.result is not None
            put(*constant(A1, TYPES[self.function.result]))
            slot = TO_OBJECT
        else:
            slot = NONE
        put(load("load32", T0, SP, 4 * self.table_slot))
        put(load("load32", T0 if slot else A0, T0, 4 * slot))
        for k, register in enumerate(self.saved):
            put(load("load32", register, SP, self.frame - 4 - 4 * k))
        put(add(SP, SP, self.frame), jump_register(0, T0 if slot else RA))


# Encodings. Each has its compressed form where that is possible.


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
    if _short(k):
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
                0x4000 | (d - 8) << 2 | (base - 8) << 7 | _field(k, (10, 3, 3), (6, 1, 2), (5, 1, 6))
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
    if op == "add" and d and b and (d == a or d == b) and a:
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
        return Leap(to, ((2, _short_jump), (4, _jump)))
    forms = []
    if condition in ("eq", "ne") and (b == 0 and _near(a) or a == 0 and _near(b)):
        forms.append((2, lambda distance: _zero(condition, a or b, distance)))
    forms.append((4, lambda distance: _branch(condition, a, b, distance)))
    forms.append((8, lambda distance: _far(condition, a, b, distance)))
    return Leap(to, tuple(forms))


def _short_jump(k: int) -> bytes | None:
    if not -2048 <= k < 2048:
        return None
    parts = (12, 1, 11), (11, 1, 4), (9, 2, 8), (8, 1, 10), (7, 1, 6), (6, 1, 7), (3, 3, 1), (2, 1, 5)
    return half(0xA001 | _field(k, *parts))


def _jump(k: int) -> bytes | None:
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
    jump = _jump(k - 4)
    return over + jump if over and jump else None
