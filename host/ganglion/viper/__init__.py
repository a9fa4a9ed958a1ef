"""Viper: our own compiler of the viper subset that the kernels use.

In:  firmware source.
Out: machine code for xtensawin and rv32imc, in place of mpy-cross's in its own .mpy.
Never: what decides what a burst is: viper is, and runs everywhere as it stands.
"""

from .compiler import TARGETS, compile_source
from .container import Module, parse, replaced
from .frontend import functions
from .subset import Unknown, viper_functions

__all__ = [
    "TARGETS", "Module", "Unknown", "compile_source", "functions", "parse", "replaced",
    "viper_functions",
]  # fmt: skip
