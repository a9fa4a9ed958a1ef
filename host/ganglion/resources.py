"""Resources: where the firmware and the board files are, in a checkout or in an installed wheel.

In:  nothing.
Out: two directories that can be read with pathlib.
Never: writes there, or looks anywhere but in the package and beside it.
"""

from contextlib import suppress
from importlib import resources
from pathlib import Path

from .errors import ToolError

# A wheel carries them as packages; a checkout has them two directories above this file.
_CHECKOUT = Path(__file__).resolve().parents[2]


def firmware_dir() -> Path:
    """The directory that holds boot.py, main.py and lib/, as a board's flash does."""
    return _directory("ganglion._firmware", "firmware", "main.py")


def boards_dir() -> Path:
    """The directory of the board files."""
    return _directory("ganglion._boards", "boards", "virtual.toml")


def _directory(package: str, name: str, witness: str) -> Path:
    candidates = [_CHECKOUT / name]
    with suppress(ModuleNotFoundError):
        candidates.insert(0, Path(str(resources.files(package))))
    for candidate in candidates:
        if (candidate / witness).is_file():
            return candidate
    raise ToolError(
        f"this installation has no {name}/{witness}",
        "install ganglion again, or run it from a checkout",
    )
