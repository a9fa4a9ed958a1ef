"""Convention: what native code asks of MicroPython when it is called, as strict as a board is.

In:  arguments of a call, integers and buffers; what the code handed to the function table.
Out: objects as MicroPython passes them; integers of what came back.
Never: forgives: a raw number where an object is due, or a wrong type of a conversion, is an error.

Small integers are tagged (2·n + 1), all other integers and every buffer are boxed: an object of two
words, a mark and the value, at an address that is even. So code that forgets to convert, or to box
its result, computes nonsense at once, instead of working on stubs only.
"""

import ast
import functools

from ...errors import ToolError

FROM_OBJECT, TO_OBJECT, CHECK_ARGUMENTS, SLOTS = 3, 4, 44, 256
NATIVE_TYPES = {"int": 2, "uint": 3, "ptr8": 5, "ptr16": 6, "ptr32": 7}
MARK = 0x0B0C_ED01  # odd: no pointer and no small number looks like it
NONE = 0x00EE_0E02  # the object None


class Signature:
    """The types of a viper function: of its parameters, and of its result or None."""

    def __init__(self, node: ast.FunctionDef) -> None:
        self.parameters = [
            NATIVE_TYPES[ast.unparse(a.annotation)] if a.annotation else 0 for a in node.args.args
        ]
        self.result = NATIVE_TYPES[ast.unparse(node.returns)] if node.returns else None


@functools.cache
def signatures(source: str) -> dict[str, Signature]:
    """By name, the types of the viper functions of a module."""
    return {
        node.name: Signature(node)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(d) == "micropython.viper" for d in node.decorator_list)
    }


def is_small(value: int) -> bool:
    """Whether a board keeps an integer in a tagged word."""
    return -(1 << 30) <= value < 1 << 30


def signed(word: int) -> int:
    """The signed number of 32 bits."""
    word &= 0xFFFF_FFFF
    return word - (1 << 32) if word >> 31 else word


def broken(function: str, fact: str) -> ToolError:
    """The error of code that breaks the convention."""
    return ToolError(f"{function} {fact}", "mend the compiler: MicroPython would crash or hang")


def refused(function: str, slot: int) -> ToolError:
    """The error of code that calls what it may not, or with what it may not."""
    fact = {
        CHECK_ARGUMENTS: "is called with another number of arguments than it has",
        FROM_OBJECT: "converts something that is no object",
    }.get(slot, f"calls the runtime (slot {slot} of its table)")
    return ToolError(
        f"{function} {fact}", "keep viper code to integers and pointers, and to its arguments"
    )
