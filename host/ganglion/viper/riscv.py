"""Riscv: the target rv32imc, as MicroPython calls native code on it.

In:  a Function; later the same with a register for each value.
Out: instructions that the machine has; bytes.
Never: floating point, gp or tp; memory below the stack pointer.

Choosing: an operand of 12 bits goes into the instruction, 0 is a register of its own (x0). A mask
of the lowest k > 11 bits is a shift up and a shift down, which a shift behind it joins; one bit
beyond the reach of an immediate is shifted into the sign. A comparison with 1 is one with 0.

Registers: a0-a7, t0-t6 are free; ra too, as a function that converts anything saves it anyway;
s0-s11 cost a store and a load. The frame: ra and the s registers at the top, below them the slots.

The call: MicroPython gives self, n_args, n_kw and the arguments in a0 to a3. self leads to the
module's context, its objects, and among them the table of functions. Each argument that is used is
converted by the function at FROM_OBJECT (object, type) and waits in its slot; the last stays in a0.
A result goes through TO_OBJECT, whose return is ours: the frame is gone before it is jumped to.
"""

from .assembler import Item, Label
from .code import STORES, Block, Branch, Function, Imm, Ins, Operand, Return, signed
from .emitter import Emitter
from .riscv_code import (
    BRANCH,
    IMMEDIATE,
    LOAD,
    REGISTER,
    SP,
    STORE,
    add,
    arithmetic,
    constant,
    immediate,
    is_short,
    jump_register,
    leap,
    load,
    move,
    store,
)
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

RA, T0, A0, A1, A2, A3 = 1, 5, 10, 11, 12, 13
S0, S1 = 8, 9


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
            return k == 1 and is_short(value)
        if op in ("shl", "shr", "sar"):
            return k == 1 and 0 <= value < 32
        if op == "sub" or (op in STORES and k == 0):
            return value == 0
        if op in LOAD or op in STORES:
            return k == len(STORES) or (k > 0 and is_short(value))
        if op in BRANCH:
            return value == 0 or (k == 1 and value == 1 and op in ("lt", "ge"))
        return op in ("bit", "nobit") and k == 1 and is_short(value)

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
            if op == "and" and isinstance(b, Imm) and not is_short(b.value) and _low(b.value):
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
            if not is_short(k):
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
            if isinstance(b, Imm) and not is_short(b.value) and b.value & b.value - 1 == 0:
                a = s.put("shl", a, Imm(32 - b.value.bit_length()))
                end.condition = "lt" if sign else "ge"
            elif isinstance(b, Imm) and not is_short(b.value) and _low(b.value):
                a = s.put("shl", a, Imm(32 - _low(b.value)))
                end.condition = "ne" if sign else "eq"
            else:
                b = b if isinstance(b, Imm) and is_short(b.value) else s.register(b)
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


class _Emitter(Emitter):
    result = A0

    def lay_out(self, order: list[Block]) -> None:
        used = {self.colour[i.dst] for b in order for i in b.ins if i.dst is not None}
        self.saved = [RA, *(r for r in Riscv.kept if r in used)]
        self.many = len(self.converted) > 1
        if self.many:
            self.saved += [r for r in (S0, S1) if r not in self.saved]
        # below the saved registers: the table of functions, the values that found no register
        self.frame = 4 * (len(self.saved) + self.table_slot + 1) + 15 & ~15

    def of(self, operand: Operand | None) -> int:
        if isinstance(operand, Imm):
            assert operand.value == 0
            return 0
        assert operand is not None
        return self.colour[operand]

    def begin(self, table: int) -> None:
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
        self.items += [
            leap("ne", A1, 6 if n else 0, "bad"),
            leap("ne", A2, 0, "bad"),
            Label("good"),
        ]
        if self.many:
            put(move(S0, A3))
        for k, ins in enumerate(reversed(self.converted)):  # the last of them stays in a0
            last = k == len(self.converted) - 1
            put(load("load32", A0, S0 if self.many else A3, 4 * ins.k))
            put(*constant(A1, TYPES[self.function.parameters[ins.k]]))
            put(load("load32", T0, base, 4 * FROM_OBJECT), jump_register(RA, T0))
            if not last:
                put(store("store32", A0, SP, 4 * ins.k))

    def out_of_line(self) -> None:
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

    def constant(self, d: int, k: int) -> None:
        self.put(*constant(d, k))

    def moved(self, d: int, s: int) -> bytes:
        return move(d, s)

    def slot(self, op: str, register: int, k: int) -> None:
        self.put(self.memory(op, register, SP, 4 * k))

    def memory(self, op: str, register: int, base: int, k: int) -> bytes:
        return (load if op in LOAD else store)(op, register, base, k)

    def compute(self, ins: Ins, d: int) -> None:
        a, b = ins.args
        if isinstance(b, Imm) and not (b.value == 0 and ins.op in ("sub", "mul")):
            self.put(immediate(ins.op, d, self.of(a), signed(b.value)))
        else:
            self.put(arithmetic(ins.op, d, self.of(a), self.of(b)))

    def branch(self, end: Branch, condition: str, label: str) -> Item:
        return leap(condition, self.of(end.a), self.of(end.b), label)

    def jump(self, label: str) -> Item:
        return leap("eq", 0, 0, label)

    def give_back(self, end: Return) -> None:
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
