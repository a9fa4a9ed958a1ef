"""Frontend: viper functions of a source, read with Python's own `ast`, as three-address code.

In:  the text of a module whose viper functions keep to the subset below.
Out: a Function of code.py for each, in order.
Never: guesses: what it does not know is refused, with the number of the line.

The subset is what the kernels use, and means what mpy-cross makes of it on a 32-bit board:

* Types are int, uint, ptr8, ptr16 and ptr32. A parameter has the one it is annotated with, a local
  that of its first assignment in the source, and keeps it. `int(x)`, `ptr16(x)` and so on change
  the type and no bit.
* An integer is 32 bits and wraps round. The left operand decides whether zeros or the sign come in
  with `>>`, and the result has its type. Both sides of a comparison are of one type. An element is
  an int, filled with zeros. Pointers are neither computed with nor compared.
* A comparison, `not`, `and` and `or` are conditions (of if, while and the conditional expression),
  not values; an integer is a condition too.
* `if`, `while`, `break`, `continue`, `pass`, `return`, assignment to a local or to an element,
  augmented assignment. Constants are small integers (31 bits), whether written, computed from
  constants, or named `X = const(n)` in the module. Everything else is refused: a call, `for`,
  division, a float, a global, an attribute, an object.

A `while` becomes a test, the body, and the same test again at its end: one jump less in each pass.
The value of an assignment is computed right into its local, where the last operation allows it.
"""

import ast
import copy
from collections.abc import Iterator

from ..errors import ToolError
from .code import Block, Branch, Function, Imm, Ins, Jump, Operand, Return, computed, holds

POINTERS = {"ptr8": 1, "ptr16": 2, "ptr32": 4}
TYPES = ("int", "uint", *POINTERS)
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "shl", ast.RShift: "sar",
}  # fmt: skip
# condition, whether the sides change places
COMPARISONS: dict[type[ast.AST], tuple[str, bool]] = {
    ast.Eq: ("eq", False), ast.NotEq: ("ne", False), ast.Lt: ("lt", False), ast.GtE: ("ge", False),
    ast.Gt: ("lt", True), ast.LtE: ("ge", True),
}  # fmt: skip
SMALLEST, LARGEST = -(1 << 30), (1 << 30) - 1
LOOP, BEHIND = 8.0, 0.5  # how much likelier a block runs in a loop, behind a condition
Typed = tuple[Operand, str]


class Unknown(ToolError):
    """Viper that this compiler does not know."""

    def __init__(self, node: ast.AST | int, fact: str, remedy: str) -> None:
        self.line = node if isinstance(node, int) else getattr(node, "lineno", 0)
        super().__init__(f"line {self.line}: {fact}", remedy)


def functions(source: str) -> list[Function]:
    """The viper functions of a module, compiled to three-address code.

    Raises Unknown, with the line, for anything outside the subset.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise Unknown(error.lineno or 0, f"this is no Python: {error.msg}", "mend it") from None
    constants = dict(_constants(tree))
    found = []
    for node in tree.body:
        if is_viper(node):
            assert isinstance(node, ast.FunctionDef)
            found.append(_Reader(node, constants).function)
    return found


def viper_functions(source: str) -> list[str]:
    """The names of the functions decorated with micropython.viper, in order."""
    return [
        n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and is_viper(n)
    ]


def is_viper(node: ast.stmt) -> bool:
    """Whether a statement defines a viper function."""
    return isinstance(node, ast.FunctionDef) and any(
        ast.unparse(d) == "micropython.viper" for d in node.decorator_list
    )


def _constants(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names that `X = const(n)` gives in a module, as MicroPython's own compiler folds them."""
    known: dict[str, int] = {}
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="const"), args=[value], keywords=[]),
            ):
                number = folded(value, known)
                if number is not None:
                    known[name] = number
                    yield name, number


def folded(node: ast.expr, constants: dict[str, int]) -> int | None:
    """The number that an expression of constants is, or None if it is none."""
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return constants.get(name)
        case ast.UnaryOp(op=op, operand=operand):
            a = folded(operand, constants)
            if a is None or isinstance(op, ast.Not):
                return None
            return -a if isinstance(op, ast.USub) else ~a if isinstance(op, ast.Invert) else a
        case ast.BinOp(left=left, op=op, right=right):
            a, b = folded(left, constants), folded(right, constants)
            if a is None or b is None or type(op) not in OPERATORS:
                return None
            if isinstance(op, ast.LShift | ast.RShift) and not 0 <= b < 64:
                return None
            made = ast.BinOp(ast.Constant(a), op, ast.Constant(b))
            code = compile(ast.fix_missing_locations(ast.Expression(made)), "", "eval")
            return int(eval(code, {"__builtins__": {}}))
    return None


class _Reader:
    """One function on its way from tree to blocks."""

    def __init__(self, node: ast.FunctionDef, constants: dict[str, int]) -> None:
        self.constants = constants
        self.local: dict[str, tuple[int, str]] = {}
        self.function = f = Function(node.name, [], _result(node), [], 0, node.lineno)
        self.loops: list[tuple[Block, Block]] = []  # where break and continue lead
        self.count = 0
        self.block = self.begin(1.0)
        a = node.args
        if a.vararg or a.kwarg or a.kwonlyargs or a.defaults or a.posonlyargs:
            raise Unknown(node, "only plain parameters are known", "give each argument by place")
        for k, parameter in enumerate(a.args):
            kind = ast.unparse(parameter.annotation) if parameter.annotation else "an object"
            if kind not in TYPES:
                raise Unknown(
                    parameter, f"the parameter {parameter.arg} is {kind}",
                    f"annotate it as one of {', '.join(TYPES)}",
                )  # fmt: skip
            f.parameters.append(kind)
            register = f.new()
            self.local[parameter.arg] = register, kind
            self.put("param", register, (), k, node)
        self.body(node.body)
        if self.block.end is None:
            self.block.end = Return(None)
        f.blocks = f.reachable()
        for block in f.blocks:
            if f.result and isinstance(block.end, Return) and block.end.value is None:
                raise Unknown(node, f"{node.name} may end without a value", "return one at its end")

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

    # statements

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            if self.block.end is not None:  # behind a return: never runs, but is still checked
                self.begin(self.block.weight)
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value)
            case ast.AugAssign(target=ast.Name() as name, op=op, value=value):
                read = ast.copy_location(ast.Name(name.id, ast.Load()), name)
                self.assign(name, ast.copy_location(ast.BinOp(read, op, value), node))
            case ast.AugAssign(target=ast.Subscript() as target, op=op, value=value):
                base, offset, size = self.place(target)
                old = self.function.new()
                self.put(f"load{8 * size}", old, (base,), offset, node)
                new = self.binary(node, op, (old, "int"), self.value(value), None)
                self.put(f"store{8 * size}", None, (new[0], base), offset, node)
            case ast.If(test=test, body=body, orelse=orelse):
                self.choose(test, body, orelse)
            case ast.While(test=test, body=body, orelse=[]):
                self.loop(test, body)
            case ast.Break() | ast.Continue():
                if not self.loops:
                    raise Unknown(node, "this stands outside a loop", "mend it")
                self.block.end = Jump(self.loops[-1][isinstance(node, ast.Continue)])
            case ast.Return(value=value):
                self.leave(node, value)
            case _:
                raise Unknown(
                    node, f"the statement {type(node).__name__} is not known",
                    "write it with assignment, if, while and return",
                )  # fmt: skip

    def leave(self, node: ast.Return, value: ast.expr | None) -> None:
        if (value is None) == (self.function.result is not None):
            raise Unknown(node, "the value returned and the annotation differ", "annotate -> int")
        if value is None:
            self.block.end = Return(None)
            return
        result, kind = self.value(value)
        if kind != self.function.result:
            raise Unknown(
                node, f"this returns {kind}, the function {self.function.result}", "cast it"
            )
        self.block.end = Return(result)

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Subscript):
            stored, kind = self.value(value)
            if kind in POINTERS:
                raise Unknown(value, f"a {kind} cannot be stored", "store int(x)")
            base, offset, size = self.place(target)
            self.put(f"store{8 * size}", None, (stored, base), offset, target)
            return
        if not isinstance(target, ast.Name) or target.id in self.constants:
            raise Unknown(target, f"{ast.unparse(target)} cannot be assigned to", "use a local")
        known = self.local.get(target.id)
        register = known[0] if known else self.function.new()
        _, kind = found = self.value(value, register)
        if found[0] != register:
            op = "const" if isinstance(found[0], Imm) else "copy"
            args = () if isinstance(found[0], Imm) else (found[0],)
            k = found[0].value if isinstance(found[0], Imm) else 0
            self.put(op, register, args, k, target)
        if known and known[1] != kind:
            raise Unknown(target, f"{target.id} is {known[1]}, and becomes {kind}", "cast it")
        self.local[target.id] = register, kind

    def choose(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        weight = self.block.weight
        then, other = self.make(weight * BEHIND), self.make(weight * BEHIND)
        after = self.make(weight) if orelse else other
        after.weight = weight
        self.condition(test, then, other)
        self.enter(then)
        self.body(body)
        if orelse:
            if self.block.end is None:
                self.block.end = Jump(after)
            self.enter(other)
            self.body(orelse)
        self.enter(after)

    def loop(self, test: ast.expr, body: list[ast.stmt]) -> None:
        weight = self.block.weight
        inside, again, after = self.make(weight * LOOP), self.make(weight * LOOP), self.make(weight)
        self.condition(test, inside, after)
        self.enter(inside)
        self.loops.append((after, again))
        self.body(body)
        self.loops.pop()
        self.enter(again)
        self.condition(copy.deepcopy(test), inside, after)
        self.enter(after)

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


def _result(node: ast.FunctionDef) -> str | None:
    if node.returns is None:
        return None
    kind = ast.unparse(node.returns)
    if kind not in TYPES:
        raise Unknown(node, f"{node.name} returns {kind}", f"annotate one of {', '.join(TYPES)}")
    return kind
