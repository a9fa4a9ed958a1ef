"""Target: what a machine must say of itself, so that the passes can serve it.

In:  nothing: this is the form.
Out: Target, which riscv.py and xtensa.py fill in; helpers that both use to choose instructions.
Never: emits anything.
"""

from collections.abc import Iterator
from typing import Protocol

from .assembler import Item
from .code import Block, Function, Imm, Ins, Operand, Return
from .liveness import counts

TYPES = {"int": 2, "uint": 3, "ptr8": 5, "ptr16": 6, "ptr32": 7}  # MicroPython's numbers
# Slots of MicroPython's table of functions, the same since native code of .mpy 6.3
NONE, FROM_OBJECT, TO_OBJECT, CHECK_ARGUMENTS = 0, 3, 4, 44


class Target(Protocol):
    """A machine. Colours are numbers of its registers, those that cost nothing to use first."""

    @property
    def march(self) -> str:
        """Its name, as mpy-cross says it."""

    @property
    def free(self) -> tuple[int, ...]:
        """Registers that nobody expects to be kept."""

    @property
    def kept(self) -> tuple[int, ...]:
        """Registers that a function must give back as they were."""

    def fits(self, op: str, k: int, value: int) -> bool:
        """Whether the k-th operand of an operation may be this constant."""

    def select(self, function: Function) -> None:
        """Leaves only what one instruction of the machine does."""

    def emit(
        self, function: Function, order: list[Block], colour: list[int], slots: int, table: int
    ) -> list[Item]:
        """Instructions, with the blocks in the given order; `table` is the index of the table of
        functions among the objects of the module."""


def argument_check(n: int) -> int:
    """The signature that MicroPython checks a call against: n arguments, by place."""
    return n << 17 | n << 1


class Selection:
    """A function while instructions are chosen: what made each register, and what is put out."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.definitions, _ = counts(function)
        self.by: dict[int, Ins] = {}
        for block in function.blocks:
            for ins in block.ins:
                if ins.dst is not None and self.definitions[ins.dst] == 1:
                    self.by[ins.dst] = ins
        self.out: list[Ins] = []
        self.line = 0

    def blocks(self) -> Iterator[tuple[Block, list[Ins]]]:
        """Each block with its instructions, to be put out anew through `put` and `keep`."""
        for block in self.function.blocks:
            ins, self.out = block.ins, []
            yield block, ins
            block.ins = self.out

    def put(self, op: str, *args: Operand, k: int = 0, into: int | None = None) -> int:
        """An instruction with a result: in `into`, or in a new register."""
        if into is None:
            into = self.function.new()
            self.definitions.append(1)
        made = Ins(op, into, args, k, self.line)
        if self.definitions[into] == 1:
            self.by[into] = made
        self.out.append(made)
        return into

    def register(self, operand: Operand) -> int:
        """An operand in a register."""
        return self.put("const", k=operand.value) if isinstance(operand, Imm) else operand

    def meaning(self, operand: Operand, op: str) -> Ins | None:
        """The one instruction `op` that made an operand, if all that it read is as it was."""
        if not isinstance(operand, int):
            return None
        made = self.by.get(operand)
        if made is None or made.op != op:
            return None
        if all(self.definitions[r] == 1 for r in made.uses()):
            return made
        for ins in reversed(self.out):
            if ins.dst == operand:
                return made if ins.op == op else None
            if ins.dst in made.args:
                return None
        return None


def ends(block: Block, selection: Selection) -> None:
    """A returned constant needs a register."""
    end = block.end
    if isinstance(end, Return) and isinstance(end.value, Imm):
        end.value = selection.register(end.value)
