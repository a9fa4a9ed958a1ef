"""Expressions: values and conditions of viper, as three-address code in a block that grows.

In:  expressions of Python's tree; the registers and types of a function's locals.
Out: instructions at the end of the block that code goes to; a condition ends it.
Never: statements: frontend.py reads them, and says what each type and operator means.
"""

import ast

from .code import Block, Branch, Function, Imm, Ins, Jump, Operand, computed, holds
from .subset import COMPARISONS, LARGEST, OPERATORS, POINTERS, SMALLEST, TYPES, Unknown, folded

BEHIND = 0.5  # how much likelier a block runs behind a condition
Typed = tuple[Operand, str]


class Expressions:
    """A function as far as it is read; its locals are registers."""

    def __init__(self, function: Function, constants: dict[str, int]) -> None:
        self.function, self.constants = function, constants
        self.local: dict[str, tuple[int, str]] = {}
        self.count = 0
        self.block = self.begin(1.0)

    # blocks and instructions

    def begin(self, weight: float) -> Block:
        """A new block, which code goes to from now on."""
        block = self.make(weight)
        return self.enter(block)

    def make(self, weight: float) -> Block:
        self.count += 1
        return Block(self.count - 1, weight)

    def enter(self, block: Block) -> Block:
        """Code goes to `block` from now on, and to it what came before, if that has no end yet."""
        if self.function.blocks and self.block.end is None:
            self.block.end = Jump(block)
        self.function.blocks.append(block)
        self.block = block
        return block

    def put(
        self, op: str, dst: int | None, args: tuple[Operand, ...], k: int, node: ast.AST
    ) -> None:
        self.block.ins.append(Ins(op, dst, args, k, getattr(node, "lineno", 0)))

    # conditions

    def condition(self, node: ast.expr, then: Block, other: Block) -> None:
        """Ends the block: to `then` if the expression holds, else to `other`."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.condition(operand, other, then)
            case ast.BoolOp(op=op, values=values):
                for part in values[:-1]:
                    more = self.make(self.block.weight)
                    if isinstance(op, ast.And):
                        self.condition(part, more, other)
                    else:
                        self.condition(part, then, more)
                    self.enter(more)
                self.condition(values[-1], then, other)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                self.compare(node, left, op, right, then, other)
            case ast.Compare():
                raise Unknown(node, "a chain of comparisons is not known", "join them with `and`")
            case _:
                value, kind = self.value(node)
                if kind in POINTERS:
                    raise Unknown(node, f"a {kind} is no condition", "compare int(x) with 0")
                self.branch("ne", value, Imm(0), then, other)

    def compare(
        self, node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr, then: Block,
        other: Block,
    ) -> None:  # fmt: skip
        if type(op) not in COMPARISONS:
            raise Unknown(node, f"{type(op).__name__} is not known", "use == != < <= > >=")
        condition, swapped = COMPARISONS[type(op)]
        (a, kind), (b, kind_b) = self.value(left), self.value(right)
        for which in (kind, kind_b):
            if which in POINTERS:
                raise Unknown(node, f"a {which} cannot be compared", "compare int(x)")
        if kind != kind_b:
            raise Unknown(node, f"this compares {kind} with {kind_b}", "cast one of them")
        if kind == "uint" and condition in ("lt", "ge"):
            condition += "u"
        if swapped:
            a, b = b, a
        self.branch(condition, a, b, then, other)

    def branch(self, condition: str, a: Operand, b: Operand, then: Block, other: Block) -> None:
        if isinstance(a, Imm) and isinstance(b, Imm):
            self.block.end = Jump(then if holds(condition, a.value, b.value) else other)
        else:
            self.block.end = Branch(condition, a, b, then, other)

    # values

    def place(self, node: ast.Subscript) -> tuple[Operand, int, int]:
        """Where an element lies: a base, an offset in bytes, and the bytes of the element."""
        base, kind = self.value(node.value)
        if kind not in POINTERS:
            raise Unknown(node, f"{ast.unparse(node.value)} is {kind}, no pointer", "cast it")
        size = POINTERS[kind]
        index, kind = self.value(node.slice)
        if kind in POINTERS:
            raise Unknown(node, f"a {kind} is no index", "use int(x)")
        if isinstance(index, Imm):
            return base, index.value * size, size
        if size > 1:
            scaled = self.function.new()
            self.put("shl", scaled, (index, Imm(size >> 1)), 0, node)
            index = scaled
        at = self.function.new()
        self.put("add", at, (base, index), 0, node)
        return at, 0, size

    def value(self, node: ast.expr, into: int | None = None) -> Typed:
        """Computes an expression, into the register `into` if it must be computed at all."""
        number = folded(node, self.constants)
        if number is not None:
            if not SMALLEST <= number <= LARGEST:
                raise Unknown(node, f"{number} is no small integer", "compute it at run time")
            return Imm(number), "int"
        match node:
            case ast.Name(id=name):
                if name not in self.local:
                    raise Unknown(node, f"{name} is no local that has a value", "pass it")
                return self.local[name]
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(node, op, self.value(left), self.value(right), into)
            case ast.UnaryOp(op=op, operand=operand):
                a, kind = self.value(operand)
                if kind in POINTERS or isinstance(op, ast.Not):
                    raise Unknown(node, f"{ast.unparse(node)} is no value", "use it in an `if`")
                if isinstance(op, ast.UAdd):
                    return a, kind
                sides = (Imm(0), a) if isinstance(op, ast.USub) else (a, Imm(-1))
                return self.made(
                    "sub" if isinstance(op, ast.USub) else "xor", sides, kind, node, into
                )
            case ast.Subscript():
                base, offset, size = self.place(node)
                result = self.function.new() if into is None else into
                self.put(f"load{8 * size}", result, (base,), offset, node)
                return result, "int"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.either(node, test, body, orelse, into)
            case ast.Call(func=ast.Name(id=kind), args=[inner], keywords=[]) if kind in TYPES:
                return self.value(inner, into)[0], kind
        raise Unknown(
            node, f"{ast.unparse(node)} is not known",
            "compute with integers, elements of pointers and casts",
        )  # fmt: skip

    def either(
        self, node: ast.expr, test: ast.expr, body: ast.expr, orelse: ast.expr, into: int | None
    ) -> Typed:
        weight = self.block.weight
        then, other = self.make(weight * BEHIND), self.make(weight * BEHIND)
        after = self.make(weight)
        result = self.function.new() if into is None else into
        self.condition(test, then, other)
        kinds = []
        for block, part in ((then, body), (other, orelse)):
            self.enter(block)
            value, kind = self.value(part, result)
            kinds.append(kind)
            if isinstance(value, Imm):
                self.put("const", result, (), value.value, node)
            elif value != result:
                self.put("copy", result, (value,), 0, node)
            self.block.end = Jump(after)
        self.enter(after)
        if kinds[0] != kinds[1]:
            raise Unknown(node, f"this is {kinds[0]} or {kinds[1]}", "cast one of them")
        return result, kinds[0]

    def binary(
        self, node: ast.AST, op: ast.operator, left: Typed, right: Typed, into: int | None
    ) -> Typed:
        name = OPERATORS.get(type(op))
        if name is None:
            raise Unknown(
                node, f"{type(op).__name__} would call the runtime", "multiply and shift instead"
            )
        for _, kind in (left, right):
            if kind in POINTERS:
                raise Unknown(node, f"a {kind} cannot be computed with", "compute with int(x)")
        if name == "sar" and left[1] == "uint":
            name = "shr"
        return self.made(name, (left[0], right[0]), left[1], node, into)

    def made(
        self, name: str, sides: tuple[Operand, Operand], kind: str, node: ast.AST, into: int | None
    ) -> Typed:
        a, b = sides
        if isinstance(a, Imm) and isinstance(b, Imm):
            return Imm(computed(name, a.value, b.value)), kind
        result = self.function.new() if into is None else into
        self.put(name, result, sides, 0, node)
        return result, kind
