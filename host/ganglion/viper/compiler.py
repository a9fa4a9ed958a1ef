"""Compiler: viper source to machine code, pass by pass.

In:  the text of a module; an architecture, by mpy-cross's name of it.
Out: the machine code of each viper function, as it lies in an .mpy.
Never: runs it; looks at code that is not viper.
"""

from functools import cache

from ..errors import ToolError
from . import frontend
from .allocate import allocate
from .assembler import assemble
from .code import Function
from .layout import ordered
from .liveness import split
from .riscv import Riscv
from .simplify import simplify, unread
from .target import Target
from .xtensa import Xtensa

TARGETS: dict[str, Target] = {target.march: target for target in (Riscv(), Xtensa())}


def compile_source(source: str, march: str, table: int) -> dict[str, bytes]:
    """The code of the viper functions of a module, by name, in order.

    `table` is the index of the table of functions among the module's objects. Raises
    frontend.Unknown, with the line, for viper that the compiler does not know; ToolError for an
    architecture that it does not know.
    """
    if march not in TARGETS:
        raise ToolError(f"there is no back end for {march}", f"use {', '.join(TARGETS)}")
    return dict(_compiled(source, march, table))


@cache
def _compiled(source: str, march: str, table: int) -> dict[str, bytes]:
    target = TARGETS[march]
    return {f.name: compile_function(f, target, table) for f in frontend.functions(source)}


def compile_function(function: Function, target: Target, table: int) -> bytes:
    """The code of one function. Uses the function up."""
    split(function)
    simplify(function, target.fits)
    target.select(function)
    unread(function)
    split(function)
    unread(function)  # a web of a variable may have no reader
    colour, slots = allocate(function, target)
    return assemble(target.emit(function, ordered(function), colour, slots, table))
