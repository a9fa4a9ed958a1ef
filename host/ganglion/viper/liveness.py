"""Liveness: which registers hold a value that is still wanted, and which definitions are one value.

In:  a Function.
Out: the registers live at the end of each block; the Function with each variable split into webs.
Never: changes what is computed.

Liveness is the classical equation, solved backwards until nothing changes: live at the beginning of
a block is what it reads before it writes, and what is live at its end and not written in it; live
at its end is what is live at the beginning of any block that may follow. A set of registers is one
Python integer, bit r for register r: a union is one `|`.

Webs: a kernel uses `x` and `y` for one purpose after another, because the compiler on the board
keeps few locals in registers. To us they are different values. A use is reached by some
definitions; definitions that reach a common use must be one register, all others need not be. So
reaching definitions are solved forwards, definitions that meet are united, and each union gets a
register of its own. (A register that nothing has written yet holds a definition of its own, at the
entry.)
"""

from .code import Block, Branch, Function, Ins, Operand, Return


def bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, ascending."""
    digits = bin(mask)[:1:-1]  # a search in text: arithmetic would go through all words each time
    found = []
    at = digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def live_out(function: Function) -> dict[int, int]:
    """By the number of a block, the registers that are live at its end, as a mask."""
    reads: dict[int, int] = {}
    writes: dict[int, int] = {}
    for block in function.blocks:
        read = written = 0
        for ins in block.ins:
            for register in ins.uses():
                if not written >> register & 1:
                    read |= 1 << register
            if ins.dst is not None:
                written |= 1 << ins.dst
        for register in block.end_uses():
            if not written >> register & 1:
                read |= 1 << register
        reads[block.number], writes[block.number] = read, written
    out = {block.number: 0 for block in function.blocks}
    before = dict(reads)
    order = [(b.number, [f.number for f in b.follows()]) for b in reversed(function.blocks)]
    changed = True
    while changed:
        changed = False
        for k, following in order:
            live = 0
            for number in following:
                live |= before[number]
            if live != out[k]:
                out[k] = live
                before[k] = reads[k] | live & ~writes[k]
                changed = True
    return out


def live_in(block: Block, live: int) -> int:
    """The registers that are live at the beginning of a block at whose end `live` are."""
    for register in block.end_uses():
        live |= 1 << register
    for ins in reversed(block.ins):
        if ins.dst is not None:
            live &= ~(1 << ins.dst)
        for register in ins.uses():
            live |= 1 << register
    return live


def split(function: Function) -> None:
    """Renames registers so that each web has one of its own."""
    places: list[tuple[int, Ins | None]] = [(r, None) for r in range(function.registers)]
    of_ins: dict[int, int] = {}
    by_register = [1 << r for r in range(function.registers)]
    for block in function.blocks:
        for ins in block.ins:
            if ins.dst is not None:
                of_ins[id(ins)] = len(places)
                by_register[ins.dst] |= 1 << len(places)
                places.append((ins.dst, ins))
    reaching = _reaching(function, of_ins, by_register)
    parent = list(range(len(places)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    def use(register: int, now: int) -> int:
        first, *others = bits(now & by_register[register])
        for other in others:
            parent[root(other)] = root(first)
        return first

    used: list[tuple[Ins | Block, int, int]] = []  # who reads, which operand, a definition it sees
    for block in function.blocks:
        now = reaching[block.number]
        for ins in block.ins:
            for k, operand in enumerate(ins.args):
                if isinstance(operand, int):
                    used.append((ins, k, use(operand, now)))
            if ins.dst is not None:
                now = now & ~by_register[ins.dst] | 1 << of_ins[id(ins)]
        for k, operand in enumerate(_of_end(block)):
            if isinstance(operand, int):
                used.append((block, k, use(operand, now)))
    names: dict[int, int] = {}
    for reader, k, definition in used:
        register = names.setdefault(root(definition), len(names))
        if isinstance(reader, Ins):
            reader.args = (*reader.args[:k], register, *reader.args[k + 1 :])
        else:
            _set_end(reader, k, register)
    for k, (_, written) in enumerate(places):
        if written is not None:
            written.dst = names.setdefault(root(k), len(names))
    function.registers = len(names)


def _reaching(function: Function, of_ins: dict[int, int], by_register: list[int]) -> dict[int, int]:
    """By the number of a block, the definitions that reach its beginning, as a mask."""
    made: dict[int, int] = {}
    lost: dict[int, int] = {}
    for block in function.blocks:
        new = old = 0
        for ins in block.ins:
            if ins.dst is not None:
                new = new & ~by_register[ins.dst] | 1 << of_ins[id(ins)]
                old |= by_register[ins.dst]
        made[block.number], lost[block.number] = new, old
    entry = (1 << function.registers) - 1
    into = {block.number: 0 for block in function.blocks}
    into[function.blocks[0].number] = entry
    before = function.predecessors()
    changed = True
    while changed:
        changed = False
        for block in function.blocks:
            k = block.number
            now = into[k]
            for other in before[k]:
                m = other.number
                now |= made[m] | into[m] & ~lost[m]
            if now != into[k]:
                into[k] = now
                changed = True
    return into


def _of_end(block: Block) -> tuple[Operand, ...]:
    if isinstance(block.end, Branch):
        return block.end.a, block.end.b
    if isinstance(block.end, Return) and block.end.value is not None:
        return (block.end.value,)
    return ()


def _set_end(block: Block, k: int, register: int) -> None:
    if isinstance(block.end, Branch):
        if k == 0:
            block.end.a = register
        else:
            block.end.b = register
    elif isinstance(block.end, Return):
        block.end.value = register


def counts(function: Function) -> tuple[list[int], list[int]]:
    """How many definitions and how many uses each register has. What may be read before it is
    written has one more definition: what the register held."""
    definitions, uses = [0] * function.registers, [0] * function.registers
    entry = function.blocks[0]
    unset = live_in(entry, live_out(function)[entry.number])
    for register in bits(unset):
        definitions[register] += 1
    for block in function.blocks:
        for ins in block.ins:
            if ins.dst is not None:
                definitions[ins.dst] += 1
            for register in ins.uses():
                uses[register] += 1
        for register in block.end_uses():
            uses[register] += 1
    return definitions, uses


def replace(function: Function, new: dict[int, Operand]) -> None:
    """Puts other operands in place of registers, wherever they are read."""

    def of(operand: Operand) -> Operand:
        while isinstance(operand, int) and operand in new:
            operand = new[operand]
        return operand

    for block in function.blocks:
        for ins in block.ins:
            ins.args = tuple(of(a) for a in ins.args)
        if isinstance(block.end, Branch):
            block.end.a, block.end.b = of(block.end.a), of(block.end.b)
        elif isinstance(block.end, Return) and block.end.value is not None:
            block.end.value = of(block.end.value)
