"""Xtensa: the target xtensawin, the ESP32's and the S3's instruction set with register windows.

In:  a Function; later the same with a register for each value.
Out: instructions that the machine has; bytes.
Never: touches a0 (whoever unwinds the windows reads it), loops, MAC16, a literal behind its use.

Choosing: a sum with something shifted by 1 to 3 is addx2 to addx8; a shift and a mask of up to 16
bits are extui; one bit is tested by bbsi or bbci, several by bany or bnone; comparisons take the 16
constants that their encoding knows. All other constants are movi (12 bits) or a literal.

Registers: a2 to a15, all free: `entry` gives a window of our own. In a call of ours a8 to a15
are lost and a2 to a7 survive. The frame: slots from the stack pointer up; 32 bytes at its top stay
free, for windows overflow there.

The call: self, n_args, n_kw and the arguments arrive in a2 to a5. self leads to the context of the
module, its objects, and among them the table of functions, which waits in a7. Each argument used is
converted by a call of FROM_OBJECT with a10 and a11 and waits in its slot; the last stays in a10. A
result goes back through TO_OBJECT. Literals lie before the code, which begins with a jump across.
"""

from ..errors import ToolError
from .assembler import Item, Label
from .code import STORES, Block, Branch, Function, Imm, Ins, Operand, Return, signed
from .emitter import Emitter
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
from .xtensa_code import (
    PLAIN,
    SIGNED,
    SIZE,
    UNSIGNED,
    access,
    add,
    call,
    far_jump,
    jump,
    leap,
    literal,
    move,
    narrow,
    plain,
    three,
    wide,
)

REACH = {
    "load8": 255, "load16": 510, "load32": 1020, "store8": 255, "store16": 510, "store32": 1020,
}  # fmt: skip


def _mask(value: int) -> int:
    """k, if the value is a mask of the lowest k bits and k is at most 16, else 0."""
    value &= 0xFFFF_FFFF
    return value.bit_length() if 0 < value < 1 << 16 and value & value + 1 == 0 else 0


def _bit(value: int) -> bool:
    value &= 0xFFFF_FFFF
    return value > 0 and value & value - 1 == 0


class Xtensa:
    """See target.Target."""

    march = "xtensawin"
    free = (15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
    kept: tuple[int, ...] = ()

    def fits(self, op: str, k: int, value: int) -> bool:
        if op == "add":
            return k == 1 and -128 <= value < 128
        if op == "and":
            return k == 1 and bool(_mask(value))
        if op in ("shl", "shr", "sar"):
            return k == 1 and 0 <= value < 32
        if op == "sub":
            return k == 0 and value == 0
        if op in REACH:
            reach = k == (2 if op in STORES else 1)
            return reach and 0 <= value <= REACH[op] and value % SIZE[op] == 0
        if op in ("eq", "ne", "lt", "ge"):
            return k == 1 and (value == 0 or value in SIGNED)
        if op in ("ltu", "geu"):
            return k == 1 and value in UNSIGNED
        return op in ("bit", "nobit") and k == 1 and (_bit(value) or bool(_mask(value)))

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
        if op in REACH:
            *value, base = ins.args
            k = ins.k
            if isinstance(base, Imm):
                base, k = s.register(Imm(base.value + k)), 0
            if not self.fits(op, len(ins.args), k):
                small = isinstance(base, int) and -128 <= k < 128
                base, k = s.put("add", base, Imm(k) if small else s.register(Imm(k))), 0
            stored = tuple(s.register(v) for v in value)
            s.out.append(Ins(op, dst, (*stored, base), k, ins.line))
        elif op == "add" and (found := self._scaled(s, ins)):
            inner, by, other = found
            s.put(f"addx{1 << by}", inner, other, into=dst)
        elif op == "and" and isinstance(ins.args[1], Imm) and _mask(ins.args[1].value):
            a, width = ins.args[0], _mask(ins.args[1].value)
            for kind in ("shr", "sar"):
                made = s.meaning(a, kind)
                if made and isinstance(made.args[1], Imm) and made.args[1].value + width <= 32:
                    s.put(
                        "field",
                        s.register(made.args[0]),
                        k=made.args[1].value << 8 | width,
                        into=dst,
                    )
                    return
            s.put("field", s.register(a), k=width, into=dst)
        elif op == "shr" and isinstance(ins.args[1], Imm) and ins.args[1].value > 15:
            by = ins.args[1].value
            s.put("field", s.register(ins.args[0]), k=by << 8 | 32 - by, into=dst)
        elif op in ("shl", "shr", "sar") or op in PLAIN:
            a, b = ins.args
            if not (op == "sub" and a == Imm(0)):
                a = s.register(a)
            if isinstance(b, Imm) and not (op != "and" and self.fits(op, 1, b.value)):
                b = s.register(b)
            s.put(op, a, b, into=dst)
        else:
            s.out.append(ins)

    def _scaled(self, s: Selection, ins: Ins) -> tuple[int, int, int] | None:
        """Of a sum: what is shifted, by how much, and what is added to it."""
        for scaled, other in (ins.args, ins.args[::-1]):
            made = s.meaning(scaled, "shl")
            if made is None or not isinstance(other, int) or not isinstance(made.args[0], int):
                continue
            by = made.args[1]
            if isinstance(by, Imm) and 1 <= by.value <= 3:
                return made.args[0], by.value, other
        return None

    def _end(self, s: Selection, block: Block) -> None:
        ends(block, s)
        end = block.end
        if not isinstance(end, Branch):
            return
        a, b, condition = end.a, end.b, end.condition
        if condition in ("bit", "nobit"):
            if isinstance(b, Imm) and not _bit(b.value):
                if width := _mask(b.value):
                    a, b = s.put("field", s.register(a), k=width), Imm(0)
                    condition = "ne" if condition == "bit" else "eq"
                else:
                    b = s.register(b)
        elif isinstance(a, Imm) and condition in ("lt", "ge", "ltu", "geu"):
            above = Imm(a.value + 1)  # a < b is b >= a + 1
            turned = "ge" if condition.startswith("lt") else "lt"
            turned += "u" if condition.endswith("u") else ""
            if 0 <= a.value < 1 << 29 and self.fits(turned, 1, above.value):
                a, b, condition = b, above, turned
        end.condition = condition
        end.a = s.register(a)
        fits = isinstance(b, Imm) and self.fits(condition, 1, b.value)
        end.b = b if fits else s.register(b)

    # bytes

    def emit(
        self, function: Function, order: list[Block], colour: list[int], slots: int, table: int
    ) -> list[Item]:
        return _Emitter(function, order, colour, slots, table).items


class _Emitter(Emitter):
    result = 10

    def lay_out(self, order: list[Block]) -> None:
        self.literals: list[int] = []
        self.frame = 32 + (4 * (self.table_slot + 1) + 15 & ~15)

    def _literals_first(self) -> None:
        """Puts the literals before the code, and a jump across them."""
        if not self.literals:
            return
        # The jump, a byte to align, the literals: their places are counted from "start".
        pool = b"".join((k & 0xFFFF_FFFF).to_bytes(4, "little") for k in self.literals)
        across = far_jump(4 + len(pool))
        assert across is not None
        self.items[:0] = [Label("start"), across + b"\0", pool]

    def of(self, operand: Operand | None) -> int:
        assert isinstance(operand, int)
        return self.colour[operand]

    def constant(self, d: int, k: int) -> None:
        k = signed(k)
        if -32 <= k < 96:
            self.put(narrow(0xC, k & 15, d, (k & 0x7F) >> 4))
        elif -2048 <= k < 2048:
            self.put(wide((k & 0xFF) << 16 | 0xA << 12 | (k >> 8 & 15) << 8 | d << 4 | 2))
        else:
            if k not in self.literals:
                self.literals.append(k)
            self.items.append(literal(d, 4 + 4 * self.literals.index(k)))

    def begin(self, table: int) -> None:
        put, n = self.put, self.n
        put(wide(self.frame // 8 << 12 | 1 << 8 | 0x36))
        put(access("load32", 7, 2, 4), access("load32", 7, 7, 12))
        if table < 256:
            put(access("load32", 7, 7, 4 * table))
        else:
            self.constant(8, 4 * table)
            put(plain("add", 7, 7, 8), access("load32", 7, 7, 0))
        put(access("store32", 7, 1, 4 * self.table_slot))
        if n in SIGNED:
            self.items += [leap("ne", 3, Imm(n), "bad")]
        elif n:
            self.constant(8, n)
            self.items += [leap("ne", 3, 8, "bad")]
        else:
            self.items += [leap("ne", 3, Imm(0), "bad")]
        self.items += [leap("ne", 4, Imm(0), "bad"), Label("good")]
        for k, ins in enumerate(reversed(self.converted)):
            put(access("load32", 10, 5, 4 * ins.k))
            self.constant(11, TYPES[self.function.parameters[ins.k]])
            put(access("load32", 8, 7, 4 * FROM_OBJECT), call(8))
            if k < len(self.converted) - 1:
                put(access("store32", 10, 1, 4 * ins.k))

    def out_of_line(self) -> None:
        """What is not gone through: a call with a wrong number of arguments."""
        self.items.append(Label("bad"))
        put = self.put
        put(move(10, 3), move(11, 4))
        self.constant(12, argument_check(self.n))
        put(access("load32", 8, 7, 4 * CHECK_ARGUMENTS), call(8))
        self.items.append(jump("good"))
        self._literals_first()

    def moved(self, d: int, s: int) -> bytes:
        return move(d, s)

    def memory(self, op: str, register: int, base: int, k: int) -> bytes:
        return access(op, register, base, k)

    def slot(self, op: str, register: int, k: int) -> None:
        if k > 255:
            raise ToolError(
                f"{self.function.name} keeps more than 255 values in memory", "divide the function"
            )
        self.put(access(op, register, 1, 4 * k))

    def compute(self, ins: Ins, d: int) -> None:
        put, of, op = self.put, self.of, ins.op
        if op == "field":
            shift, width = ins.k >> 8, ins.k & 255
            high = width - 1 << 4 | 4 + (shift >> 4)
            put(three(high, d, shift & 15, of(ins.args[0])))
            return
        a, b = ins.args
        if op == "sub" and isinstance(a, Imm):
            put(three(0x60, d, 0, of(b)))  # neg
        elif op == "add" and isinstance(b, Imm):
            put(add(d, of(a), signed(b.value)))
        elif op in PLAIN:
            put(plain(op, d, of(a), of(b)))
        elif isinstance(b, Imm):
            k = b.value
            if op == "shl":
                by = 32 - k
                put(three((by >> 4) << 4 | 1, d, of(a), by & 15))
            elif op == "shr":
                put(three(0x41, d, k, of(a)))
            else:
                put(three(0x21 + (k >> 4 << 4), d, k & 15, of(a)))
        elif op == "shl":
            put(three(0x40, 1, of(b), 0), three(0xA1, d, of(a), 0))  # ssl, sll
        else:
            put(three(0x40, 0, of(b), 0), three(0x91 if op == "shr" else 0xB1, d, 0, of(a)))

    def branch(self, end: Branch, condition: str, label: str) -> Item:
        b = end.b if isinstance(end.b, Imm) else self.of(end.b)
        return leap(condition, self.of(end.a), b, label)

    def jump(self, label: str) -> Item:
        return jump(label)

    def give_back(self, end: Return) -> None:
        put = self.put
        if end.value is None:
            put(access("load32", 8, 1, 4 * self.table_slot), access("load32", 2, 8, 4 * NONE))
        else:
            if self.of(end.value) != 10:
                put(move(10, self.of(end.value)))
            put(access("load32", 8, 1, 4 * self.table_slot))
            assert self.function.result is not None
            self.constant(11, TYPES[self.function.result])
            put(access("load32", 8, 8, 4 * TO_OBJECT), call(8), move(2, 10))
        put(b"\x1d\xf0")  # retw.n
