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

from .code import Block, Function, Imm, Jump, Return
from .expressions import BEHIND, Expressions
from .subset import POINTERS, TYPES, Unknown, constants_of, is_viper, result_of

LOOP = 8.0  # how much likelier a block runs in a loop


def functions(source: str) -> list[Function]:
    """The viper functions of a module, compiled to three-address code.

    Raises Unknown, with the line, for anything outside the subset.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise Unknown(error.lineno or 0, f"this is no Python: {error.msg}", "mend it") from None
    constants = dict(constants_of(tree))
    found = []
    for node in tree.body:
        if is_viper(node):
            assert isinstance(node, ast.FunctionDef)
            found.append(_Reader(node, constants).function)
    return found


class _Reader(Expressions):
    """One function on its way from tree to blocks."""

    def __init__(self, node: ast.FunctionDef, constants: dict[str, int]) -> None:
        f = Function(node.name, [], result_of(node), [], 0, node.lineno)
        super().__init__(f, constants)
        self.loops: list[tuple[Block, Block]] = []  # where break and continue lead
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
            if parameter.arg in constants:
                raise Unknown(
                    parameter, f"the parameter {parameter.arg} has the name of a const",
                    "give it another: behind the const, mpy-cross takes that for the parameter",
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
