"""Simplify: the same function with less to do, before any machine is thought of.

In:  a Function whose registers are webs (liveness.py).
Out: the same, shorter.
Never: moves a store, or a load across one; changes the value of anything that is read.

What it does, again and again until nothing changes:

* Forms: a constant comes second where the order is free; `a - k` is `a + -k`; a product with a
  power of two a shift; what leaves its operand as it is, a copy.
* Shifts up of shifts up are one: `x << 16 << 16`, the upper word of an address, is nothing here.
* Copies: a register that is written once, as a copy of another that is written once, is that other.
  A constant goes where it is used if the target can hold it there (`fits`), else it keeps its
  register: the kernels hold `top` and its kin in locals for a reason.
* Conditions: `if a & b` tests bits; a comparison of constants is decided.
* What was computed before: along blocks that have one predecessor, an operation on registers that
  were not written since is not done again, nor a load with no store since.
* An addition of a constant goes into the offset of the loads and stores behind it.
* What nobody reads is not computed; blocks that only lead on are skipped, blocks that can only
  follow each other are one.
"""

from collections.abc import Callable

from .code import (
    ARITHMETIC,
    COMMUTES,
    LOADS,
    STORES,
    Block,
    Branch,
    Function,
    Imm,
    Ins,
    Jump,
    Operand,
    Return,
    computed,
    holds,
    signed,
)
from .liveness import counts, replace

Fits = Callable[[str, int, int], bool]  # operation, which operand, constant


def simplify(function: Function, fits: Fits) -> None:
    """Shortens a function; `fits` says which constants the target takes as an operand."""
    for _ in range(20):
        before = str(function)
        for block in function.blocks:
            for ins in block.ins:
                _form(ins)
        _copies(function, fits)
        _conditions(function)
        _again(function)
        _shifts(function)
        _offsets(function, fits)
        unread(function)
        _straight(function)
        if str(function) == before:
            return


def _becomes(ins: Ins, op: str, args: tuple[Operand, ...], k: int = 0) -> None:
    ins.op, ins.args, ins.k = op, args, k


def _form(ins: Ins) -> None:
    if ins.op == "copy" and isinstance(ins.args[0], Imm):
        _becomes(ins, "const", (), ins.args[0].value)
    if ins.op not in ARITHMETIC:
        return
    a, b = ins.args
    if isinstance(a, Imm) and isinstance(b, Imm):
        _becomes(ins, "const", (), computed(ins.op, a.value, b.value))
        return
    if isinstance(a, Imm) and ins.op in COMMUTES:
        a, b = ins.args = b, a
    if not isinstance(b, Imm):
        return
    k = signed(b.value)
    if ins.op in ("shl", "shr", "sar") and k != k & 31:
        k &= 31
        _becomes(ins, ins.op, (a, Imm(k)))
    if ins.op == "sub":
        _becomes(ins, "add", (a, Imm(signed(-k))))
        k = signed(-k)
    if ins.op == "mul" and k > 0 and k & k - 1 == 0:
        _becomes(ins, "shl", (a, Imm(k.bit_length() - 1)))
        k = k.bit_length() - 1
    if ins.op in ("add", "or", "xor", "shl", "shr", "sar") and k == 0:
        _becomes(ins, "copy", (a,))
    elif ins.op in ("and", "mul") and k == 0:
        _becomes(ins, "const", (), 0)
    elif ins.op == "and" and k == -1:
        _becomes(ins, "copy", (a,))


def _copies(function: Function, fits: Fits) -> None:
    definitions, _ = counts(function)
    new: dict[int, Operand] = {}
    constants: dict[int, int] = {}
    for block in function.blocks:
        for ins in block.ins:
            if ins.dst is None or definitions[ins.dst] != 1:
                continue
            if ins.op == "copy":
                source = ins.args[0]
                if isinstance(source, int) and definitions[source] == 1:
                    new[ins.dst] = source
            elif ins.op == "const":
                constants[ins.dst] = ins.k
    replace(function, new)
    for block in function.blocks:
        for ins in block.ins:
            args = list(ins.args)
            first = constants.get(args[0]) if args and isinstance(args[0], int) else None
            if ins.op in COMMUTES and first is not None and fits(ins.op, 1, first):
                args.reverse()
            for k, a in enumerate(args):
                if isinstance(a, int) and a in constants and fits(ins.op, k, constants[a]):
                    args[k] = Imm(constants[a])
            ins.args = tuple(args)
        end = block.end
        if isinstance(end, Branch):
            if isinstance(end.a, int) and fits(end.condition, 0, constants.get(end.a, 1 << 40)):
                end.a = Imm(constants[end.a])
            if isinstance(end.b, int) and fits(end.condition, 1, constants.get(end.b, 1 << 40)):
                end.b = Imm(constants[end.b])


def _conditions(function: Function) -> None:
    definitions, uses = counts(function)
    for block in function.blocks:
        end = block.end
        if not isinstance(end, Branch):
            continue
        if end.condition in ("eq", "ne") and isinstance(end.a, Imm):
            end.a, end.b = end.b, end.a
        if isinstance(end.a, Imm) and isinstance(end.b, Imm):
            block.end = Jump(
                end.then if holds(end.condition, end.a.value, end.b.value) else end.other
            )
            continue
        tested = end.a
        if end.condition not in ("eq", "ne") or end.b != Imm(0) or not isinstance(tested, int):
            continue
        if definitions[tested] != 1 or uses[tested] != 1:
            continue
        for at, ins in enumerate(block.ins):
            if ins.dst == tested and ins.op == "and":
                later = {after.dst for after in block.ins[at + 1 :]}
                if not later & set(ins.uses()):
                    end.condition = "bit" if end.condition == "ne" else "nobit"
                    end.a, end.b = ins.args
                    del block.ins[at]
                break


def _again(function: Function) -> None:
    before = function.predecessors()
    tables: dict[int, dict[tuple[object, ...], int]] = {}
    done: set[int] = set()
    for block in function.blocks:
        came = before[block.number]
        table: dict[tuple[object, ...], int] = {}
        if len(came) == 1 and came[0].number in done:
            table = dict(tables[came[0].number])
        for ins in block.ins:
            key: tuple[object, ...] = (ins.op, ins.args, ins.k)
            known = table.get(key) if ins.op in ARITHMETIC or ins.op in LOADS else None
            if known is not None and known != ins.dst:
                _becomes(ins, "copy", (known,))
                key = ("copy",)
            if ins.op in STORES:
                table = {k: v for k, v in table.items() if k[0] not in LOADS}
            if ins.dst is not None:
                written = ins.dst
                table = {
                    k: v
                    for k, v in table.items()
                    if v != written and written not in k[1]  # type: ignore[operator]
                }
                if (ins.op in ARITHMETIC or ins.op in LOADS) and written not in ins.args:
                    table[key] = written
        tables[block.number] = table
        done.add(block.number)


def _shifts(function: Function) -> None:
    """A shift up of a shift up is one; of more than 31 bits nothing is left."""
    definitions, _ = counts(function)
    known: dict[int, tuple[int, int]] = {}
    for block in function.blocks:
        for ins in block.ins:
            if ins.op != "shl" or ins.dst is None or not isinstance(ins.args[1], Imm):
                continue
            a, by = ins.args[0], ins.args[1].value
            if isinstance(a, int) and a in known:
                a, more = known[a]
                by += more
                if by > 31:
                    _becomes(ins, "const", (), 0)
                    continue
                _becomes(ins, "shl", (a, Imm(by)))
            if isinstance(a, int) and definitions[a] == 1 and definitions[ins.dst] == 1:
                known[ins.dst] = a, by


def _offsets(function: Function, fits: Fits) -> None:
    definitions, _ = counts(function)
    sums: dict[int, tuple[int, int]] = {}
    for block in function.blocks:
        for ins in block.ins:
            if ins.op == "add" and ins.dst is not None and definitions[ins.dst] == 1:
                a, b = ins.args
                if isinstance(a, int) and isinstance(b, Imm) and definitions[a] == 1:
                    sums[ins.dst] = a, signed(b.value)
    for block in function.blocks:
        for ins in block.ins:
            if ins.op not in LOADS and ins.op not in STORES:
                continue
            base = ins.args[-1]
            if isinstance(base, int) and base in sums:
                inner, k = sums[base]
                if fits(ins.op, len(ins.args), ins.k + k):
                    ins.args = (*ins.args[:-1], inner)
                    ins.k += k


def unread(function: Function) -> None:
    """Leaves out what nobody reads, or only what is left out itself, round a loop for example."""
    made_of: dict[int, list[int]] = {}
    ahead: list[int] = []
    for block in function.blocks:
        for ins in block.ins:
            reads = ahead if ins.dst is None else made_of.setdefault(ins.dst, [])
            reads += ins.uses()
        ahead += block.end_uses()
    read = set()
    while ahead:
        register = ahead.pop()
        if register not in read:
            read.add(register)
            ahead += made_of.get(register, ())
    for block in function.blocks:
        block.ins = [
            ins
            for ins in block.ins
            if (ins.dst is None or ins.dst in read)
            and not (ins.op == "copy" and ins.args == (ins.dst,))
        ]


def _straight(function: Function) -> None:
    """Skips empty blocks, and joins those that can only follow each other."""

    def past(block: Block) -> Block:
        seen = set()
        while not block.ins and isinstance(block.end, Jump) and block.number not in seen:
            seen.add(block.number)
            block = block.end.to
        return block

    for block in function.blocks:
        end = block.end
        if isinstance(end, Jump):
            end.to = past(end.to)
            if not end.to.ins and isinstance(end.to.end, Return):
                block.end = Return(end.to.end.value)
        elif isinstance(end, Branch):
            end.then, end.other = past(end.then), past(end.other)
            if end.then is end.other:
                block.end = Jump(end.then)
    function.blocks = function.reachable()
    before = function.predecessors()
    joined: set[int] = set()
    for block in function.blocks:
        if block.number in joined:
            continue
        while isinstance(block.end, Jump):
            to = block.end.to
            if to is block or len(before[to.number]) != 1 or to is function.blocks[0]:
                break
            block.ins += to.ins
            block.end = to.end
            block.weight = min(block.weight, to.weight)
            joined.add(to.number)
            for following in block.follows():
                came = before[following.number]
                came[came.index(to)] = block
    function.blocks = [block for block in function.blocks if block.number not in joined]
