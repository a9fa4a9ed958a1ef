"""Resources: where the firmware, the board files and other people's programs are.

In:  nothing, or the name of a program.
Out: directories in a checkout or an installed wheel; the path of a program.
Never: writes there, or looks further than the package, what is beside it, and PATH.
"""

import os
import shutil
import sys
from pathlib import Path

from ..errors import ToolError

# A wheel carries them inside the package; a checkout has them two directories above the package.
_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def firmware_dir() -> Path:
    """The directory that holds boot.py, main.py and lib/, as a board's flash does."""
    return _directory("firmware", "main.py")


def boards_dir() -> Path:
    """The directory of the board files."""
    return _directory("boards", "virtual.toml")


def _directory(name: str, witness: str) -> Path:
    for candidate in (_PACKAGE / f"_{name}", _CHECKOUT / name):
        if (candidate / witness).is_file():
            return candidate
    raise ToolError(
        f"this installation has no {name}/{witness}",
        "install ganglion again, or run it from a checkout",
    )


def find_program(name: str) -> Path | None:
    """The program beside this Python (in a virtual environment), else on PATH, else none."""
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    return Path(found) if found else None
