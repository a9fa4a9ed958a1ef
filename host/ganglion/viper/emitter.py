"""Emitter: a function whose values have registers, to instructions: what all machines do alike.

In:  a Function, its blocks in order, a register or a slot for each value.
Out: items for the assembler.
Never: knows an encoding: a target fills in what is abstract here.

A value that found no register has a slot above the stack pointer. So has each converted argument
but the last, which stays where the call left it.
"""

from abc import ABC, abstractmethod

from .assembler import Item, Label
from .code import LOADS, OPPOSITE, STORES, Block, Branch, Function, Ins, Jump, Operand, Return


class Emitter(ABC):
    """Emits a function when it is made; the result is in `items`."""

    result: int  # the register in which a call gives its result

    def __init__(
        self, function: Function, order: list[Block], colour: list[int], slots: int, table: int
    ) -> None:
        self.function, self.colour = function, colour
        self.n = len(function.parameters)
        self.items: list[Item] = []
        self.converted = [i for i in order[0].ins if i.op == "param"]
        self.table_slot = slots  # behind those of values
        self.lay_out(order)
        self.begin(table)
        for k, block in enumerate(order):
            self.items.append(Label(f"B{block.number}"))
            for ins in block.ins:
                self._ins(ins)
            self._end(block, order[k + 1] if k + 1 < len(order) else None)
        self.out_of_line()

    # what a target does

    @abstractmethod
    def lay_out(self, order: list[Block]) -> None:
        """Decides on the frame."""

    @abstractmethod
    def begin(self, table: int) -> None:
        """The frame, the check of the number of arguments, their conversions."""

    @abstractmethod
    def out_of_line(self) -> None:
        """What is not gone through."""

    @abstractmethod
    def give_back(self, end: Return) -> None:
        """The result as an object, the frame, the way back."""

    @abstractmethod
    def of(self, operand: Operand | None) -> int:
        """The register of an operand."""

    @abstractmethod
    def constant(self, d: int, k: int) -> None:
        """A constant into a register."""

    @abstractmethod
    def moved(self, d: int, s: int) -> bytes:
        """A register into another."""

    @abstractmethod
    def slot(self, op: str, register: int, k: int) -> None:
        """Loads or stores slot k."""

    @abstractmethod
    def memory(self, op: str, register: int, base: int, k: int) -> bytes:
        """A load or a store."""

    @abstractmethod
    def compute(self, ins: Ins, d: int) -> None:
        """Every other operation."""

    @abstractmethod
    def branch(self, end: Branch, condition: str, label: str) -> Item:
        """A jump if the condition of a branch, or its opposite, holds."""

    @abstractmethod
    def jump(self, label: str) -> Item:
        """A jump."""

    # what all do

    def put(self, *words: bytes) -> None:
        self.items += words

    def _ins(self, ins: Ins) -> None:
        of, op = self.of, ins.op
        d = of(ins.dst) if ins.dst is not None else 0
        if op == "const":
            self.constant(d, ins.k)
        elif op == "copy":
            self._move(d, of(ins.args[0]))
        elif op == "param":
            if ins.dst is None:  # it stays in its slot
                pass
            elif ins is self.converted[0]:
                self._move(d, self.result)
            else:
                self.slot("load32", d, ins.k)
        elif op == "reload":
            self.slot("load32", d, ins.k)
        elif op == "spill":
            self.slot("store32", of(ins.args[0]), ins.k)
        elif op in LOADS:
            self.put(self.memory(op, d, of(ins.args[0]), ins.k))
        elif op in STORES:
            self.put(self.memory(op, of(ins.args[0]), of(ins.args[1]), ins.k))
        else:
            self.compute(ins, d)

    def _move(self, d: int, s: int) -> None:
        if d != s:
            self.put(self.moved(d, s))

    def _end(self, block: Block, following: Block | None) -> None:
        end = block.end
        if isinstance(end, Jump):
            if end.to is not following:
                self.items.append(self.jump(f"B{end.to.number}"))
        elif isinstance(end, Branch):
            condition, to, other = end.condition, end.then, end.other
            if to is following:
                condition, to, other = OPPOSITE[condition], other, to
            self.items.append(self.branch(end, condition, f"B{to.number}"))
            if other is not following:
                self.items.append(self.jump(f"B{other.number}"))
        else:
            assert isinstance(end, Return)
            self.give_back(end)
