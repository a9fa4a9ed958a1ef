"""Emulator: the firmware's own Brain, with its viper code in an emulated core.

In:  a blob; an architecture; which back end compiled the viper code.
Out: a Brain (the firmware's own brain.py) whose every viper call runs in a Machine, and that
     Machine.
Never: changes the firmware.
"""

import gc
import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

from ...boards.programs import firmware_dir
from ...errors import ToolError
from .machine import Guard, Machine
from .riscv32 import Riscv32
from .xtensa import Xtensa

CORES: dict[str, type[Machine]] = {core.march: core for core in (Riscv32, Xtensa)}
PACKAGE = "ganglion_on_board"  # the firmware's `ganglion`, which is not this one


def machine(march: str, back_end: str, *sources: Path, guard: Guard = "") -> Machine:
    """A core with some modules. Raises ToolError without its emulator, or without mpy-cross."""
    if march not in CORES:
        raise ToolError(f"no emulator runs {march}", f"use {' or '.join(CORES)}")
    return CORES[march](*sources, back_end=back_end, guard=guard)


def _micropython() -> types.ModuleType:
    """MicroPython's module of that name, as far as the firmware's plain modules need it here."""
    module = types.ModuleType("micropython")
    module.const = lambda value: value  # type: ignore[attr-defined]
    return module


def load_brain(
    path: Path, board: str = "", march: str = Riscv32.march, back_end: str = "mpy-cross",
    guard: Guard = "", in_file: int = 0,
) -> tuple[Any, Machine]:  # fmt: skip
    """The firmware's Brain over the blob at `path`, with its viper code in a Machine.

    `in_file`: 1 for weights of matrices that stay in the file, 2 for kernels too. `guard`: where
    each array lies against a page that is not there, as machine.Guard says.
    Raises ToolError without the emulator or mpy-cross; the firmware's Refused for a bad blob.
    """
    root = firmware_dir() / "lib" / "ganglion"
    sources = [path for path in (root / "kernel").glob("*.py") if path.stem != "__init__"]
    core = machine(march, back_end, *sorted(sources), guard=guard)
    gc.freeze()  # the loader collects often, which a board's heap needs and this one does not
    try:
        sys.modules["micropython"] = _micropython()
        spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py")
        assert spec is not None and spec.loader is not None
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
        for source in sources:
            sys.modules[f"{PACKAGE}.kernel.{source.stem}"] = core.as_module(source.stem)
        net = importlib.import_module(f"{PACKAGE}.load.net").load(str(path), board, in_file=in_file)
        return importlib.import_module(f"{PACKAGE}.brain").Brain(net), core
    finally:
        gc.unfreeze()
        sys.modules.pop("micropython", None)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{PACKAGE}.")]:
            del sys.modules[name]
