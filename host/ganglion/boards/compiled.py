"""Compiled: the firmware's .mpy files, kept on disk: our compiler takes seconds for a chip's.

In:  a file of the firmware, an architecture.
Out: its .mpy, as mpy.py makes it.
Never: takes what other compilers made, or another source, or a file that is damaged; fails because
       nothing can be kept.
"""

import hashlib
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

from .. import viper
from ..errors import GanglionError
from ..files import write_bytes
from . import mpy
from .official import cache_dir

_HASH = 32  # bytes of SHA-256 before what is kept, of that


def compiled(path: Path, march: str) -> bytes:
    """The .mpy of a file as a board gets it. Raises what mpy.compile_firmware() does."""
    source = path.read_bytes()
    of = "\0".join((march, path.name, _compilers())).encode() + b"\0" + source
    place = cache_dir() / "firmware" / f"{hashlib.sha256(of).hexdigest()}.mpy"
    with suppress(OSError):
        kept = place.read_bytes()
        if hashlib.sha256(kept[_HASH:]).digest() == kept[:_HASH]:
            return kept[_HASH:]
    made = mpy.compile_firmware(path, march)
    with suppress(OSError, GanglionError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, hashlib.sha256(made).digest() + made)
    return made


@cache
def _compilers() -> str:
    """What tells compilers apart: mpy-cross's program and version, and our own sources."""
    program = mpy.mpy_cross()
    told = subprocess.run([program, "--version"], capture_output=True, check=False).stdout
    ours = [*sorted(Path(viper.__file__).parent.glob("*.py")), Path(mpy.__file__)]
    parts = [Path(program).read_bytes(), told, *(path.read_bytes() for path in ours)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
