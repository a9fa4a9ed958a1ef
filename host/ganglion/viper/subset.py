"""Subset: what of viper is known, and what an expression of constants is, as frontend.py says.

In:  Python's tree of a module.
Out: its viper functions by name, its constants, the types and operators that there are.
Never: guesses: what is not known is Unknown, with the number of the line.
"""

import ast
from collections.abc import Iterator

from ..errors import ToolError

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


class Unknown(ToolError):
    """Viper that this compiler does not know."""

    def __init__(self, node: ast.AST | int, fact: str, remedy: str) -> None:
        self.line = node if isinstance(node, int) else getattr(node, "lineno", 0)
        super().__init__(f"line {self.line}: {fact}", remedy)


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


def constants_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
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


def result_of(node: ast.FunctionDef) -> str | None:
    """The type that a function is annotated to return, or None."""
    if node.returns is None:
        return None
    kind = ast.unparse(node.returns)
    if kind not in TYPES:
        raise Unknown(node, f"{node.name} returns {kind}", f"annotate one of {', '.join(TYPES)}")
    return kind
