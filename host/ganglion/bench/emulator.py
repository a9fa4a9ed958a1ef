"""Emulator: the firmware's own Brain, with its viper code in an emulated core.

In:  a blob; an architecture; which back end compiled the viper code.
Out: a Brain (the firmware's own brain.py) whose every viper call runs in a Machine, and that
     Machine.
Never: changes the firmware.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from ..boards.programs import firmware_dir
from ..errors import ToolError
from .machine import Machine
from .riscv32 import Riscv32
from .xtensa import Xtensa

CORES: dict[str, type[Machine]] = {core.march: core for core in (Riscv32, Xtensa)}
KERNELS = (
    "blocks", "rows", "inputs", "calm", "visit", "limited", "march", "special", "plastic",
)  # fmt: skip
VIPER = ("burst", "learn", *(f"{kernel}{width}" for kernel in KERNELS for width in (16, 32)))
PLAIN = (
    "guard", "heap", "refusal", "signature", "envelope", "netsynapses", "netplaces", "merge",
    "netlearn", "netblob", "pages", "queues", "learned", "brain",
)  # fmt: skip


def machine(march: str, back_end: str, *sources: Path) -> Machine:
    """A core with some modules. Raises ToolError without its emulator, or without mpy-cross."""
    if march not in CORES:
        raise ToolError(f"no emulator runs {march}", f"use {' or '.join(CORES)}")
    return CORES[march](*sources, back_end=back_end)


def load_brain(
    path: Path, board: str = "", march: str = Riscv32.march, back_end: str = "mpy-cross"
) -> tuple[Any, Machine]:
    """The firmware's Brain over the blob at `path`, with its viper code in a Machine.

    Raises ToolError without the emulator or mpy-cross; the firmware's Refused for a bad blob.
    """
    library = firmware_dir() / "lib"
    core = machine(march, back_end, *(library / f"{name}.py" for name in VIPER))
    loaded = {name: core.as_module(name) for name in VIPER}
    saved = {name: sys.modules.get(name) for name in (*VIPER, *PLAIN)}
    try:
        sys.modules.update(loaded)
        for name in PLAIN:
            spec = importlib.util.spec_from_file_location(name, library / f"{name}.py")
            assert spec is not None and spec.loader is not None
            loaded[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded[name])
        net = loaded["netblob"].load(str(path), board)
        return loaded["brain"].Brain(net), core
    finally:
        for name, module in saved.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
