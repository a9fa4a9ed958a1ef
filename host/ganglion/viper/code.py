"""Code: what the passes hand on to each other, a function as blocks of three-address code.

In:  nothing: these are the forms, and how they are read.
Out: Function, Block, Ins and the three ways a block ends; depth-first order and predecessors.
Never: knows a language or a machine.

A function is a graph of blocks. A block is a list of instructions, each with at most one result,
and one end: a jump, a branch on a comparison, or a return. Values live in virtual registers, small
integers from 0 on, as many as are wanted; an operand is a register (`int`) or a constant (`Imm`).
All arithmetic is on 32 bits and wraps round.

| instruction | means |
|---|---|
| const d, k | d = k |
| copy d, a | d = a |
| param d, k | d = the k-th argument, once, in the entry block |
| add sub and or xor mul d, a, b | the operation |
| shl shr sar d, a, b | a shifted by the lowest 5 bits of b; shr fills with 0, sar with the sign |
| load8 load16 load32 d, a, k | d = what lies at a + k, filled with zeros |
| store8 store16 store32 v, a, k | the lowest bits of v to a + k |

A target adds operations of its own (`select`), which say what they mean there. Comparisons are eq,
ne, lt, ge (signed), ltu, geu; bit and nobit (a & b is not, or is, zero) come from `simplify`.

`weight` estimates how often a block runs: eightfold in each loop, half behind each condition. It
only decides what is kept in registers and what code lies where, never what is computed.
"""

from dataclasses import dataclass, field

OPPOSITE = {
    "eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "ltu": "geu", "geu": "ltu", "bit": "nobit",
    "nobit": "bit",
}  # fmt: skip
LOADS = {"load8": 1, "load16": 2, "load32": 4}
STORES = {"store8": 1, "store16": 2, "store32": 4}
ARITHMETIC = ("add", "sub", "and", "or", "xor", "mul", "shl", "shr", "sar")
COMMUTES = ("add", "and", "or", "xor", "mul")
MASK = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Imm:
    """A constant operand."""

    value: int


Operand = int | Imm


@dataclass(slots=True)
class Ins:
    """One instruction: its operation, its result, its operands, a constant of its own."""

    op: str
    dst: int | None
    args: tuple[Operand, ...]
    k: int = 0
    line: int = 0

    def uses(self) -> list[int]:
        """The registers it reads."""
        return [a for a in self.args if isinstance(a, int)]

    def __str__(self) -> str:
        left = "" if self.dst is None else f"v{self.dst} = "
        parts = [f"v{a}" if isinstance(a, int) else str(a.value) for a in self.args]
        return f"{left}{self.op} {', '.join([*parts, str(self.k)])}"


@dataclass(slots=True)
class Jump:
    """The block is followed by `to`."""

    to: "Block"


@dataclass(slots=True)
class Branch:
    """Followed by `then` if the comparison holds, else by `other`."""

    condition: str
    a: Operand
    b: Operand
    then: "Block"
    other: "Block"


@dataclass(slots=True)
class Return:
    """The end of the function, with its result or none."""

    value: Operand | None


@dataclass(slots=True, eq=False)
class Block:
    """A run of instructions that is entered at its beginning only."""

    number: int
    weight: float
    ins: list[Ins] = field(default_factory=list)
    end: "Jump | Branch | Return | None" = None

    def follows(self) -> list["Block"]:
        """The blocks that may come next."""
        if isinstance(self.end, Jump):
            return [self.end.to]
        if isinstance(self.end, Branch):
            return [self.end.then, self.end.other]
        return []

    def end_uses(self) -> list[int]:
        """The registers that its end reads."""
        if isinstance(self.end, Branch):
            return [a for a in (self.end.a, self.end.b) if isinstance(a, int)]
        if isinstance(self.end, Return) and isinstance(self.end.value, int):
            return [self.end.value]
        return []


@dataclass(slots=True)
class Function:
    """A function; `parameters` are viper's types, `result` one of them or None."""

    name: str
    parameters: list[str]
    result: str | None
    blocks: list[Block]  # the entry first, the others as the source has them
    registers: int  # how many virtual registers there are
    line: int = 0

    def new(self) -> int:
        """A virtual register that nobody uses yet."""
        self.registers += 1
        return self.registers - 1

    def copied(self) -> "Function":
        """A copy that shares nothing with it."""
        new = {block.number: Block(block.number, block.weight) for block in self.blocks}
        for block in self.blocks:
            twin = new[block.number]
            twin.ins = [Ins(i.op, i.dst, i.args, i.k, i.line) for i in block.ins]
            end = block.end
            if isinstance(end, Jump):
                twin.end = Jump(new[end.to.number])
            elif isinstance(end, Branch):
                then, other = new[end.then.number], new[end.other.number]
                twin.end = Branch(end.condition, end.a, end.b, then, other)
            elif end is not None:
                twin.end = Return(end.value)
        blocks = list(new.values())
        return Function(
            self.name, list(self.parameters), self.result, blocks, self.registers, self.line
        )

    def reachable(self) -> list[Block]:
        """The blocks that can be reached, in the order of the source."""
        seen = {id(self.blocks[0])}
        waiting = [self.blocks[0]]
        while waiting:
            for block in waiting.pop().follows():
                if id(block) not in seen:
                    seen.add(id(block))
                    waiting.append(block)
        return [block for block in self.blocks if id(block) in seen]

    def predecessors(self) -> dict[int, list[Block]]:
        """By the number of a block, the blocks that it may follow."""
        found: dict[int, list[Block]] = {block.number: [] for block in self.blocks}
        for block in self.blocks:
            for following in block.follows():
                found[following.number].append(block)
        return found

    def __str__(self) -> str:
        lines = [f"{self.name}({', '.join(self.parameters)}) -> {self.result}"]
        for block in self.blocks:
            lines.append(f"B{block.number}  # {block.weight:g}")
            lines += [f"    {ins}" for ins in block.ins]
            end = block.end
            if isinstance(end, Jump):
                lines.append(f"    jump B{end.to.number}")
            elif isinstance(end, Branch):
                lines.append(
                    f"    if {end.condition} {end.a}, {end.b}: B{end.then.number}"
                    f" else B{end.other.number}"
                )
            else:
                lines.append(f"    {end}")
        return "\n".join(lines)


def computed(op: str, a: int, b: int) -> int:
    """What an arithmetic operation makes of two constants, as a signed number of 32 bits."""
    a, b = a & MASK, b & MASK
    shift = b & 31
    value = {
        "add": a + b, "sub": a - b, "and": a & b, "or": a | b, "xor": a ^ b, "mul": a * b,
        "shl": a << shift, "shr": a >> shift, "sar": signed(a) >> shift,
    }[op]  # fmt: skip
    return signed(value)


def signed(value: int) -> int:
    """The signed number that the lowest 32 bits are."""
    value &= MASK
    return value - (1 << 32) if value >> 31 else value


def holds(condition: str, a: int, b: int) -> bool:
    """Whether a comparison of two constants holds."""
    sa, sb, ua, ub = signed(a), signed(b), a & MASK, b & MASK
    return {
        "eq": ua == ub, "ne": ua != ub, "lt": sa < sb, "ge": sa >= sb, "ltu": ua < ub,
        "geu": ua >= ub, "bit": bool(ua & ub), "nobit": not ua & ub,
    }[condition]  # fmt: skip
