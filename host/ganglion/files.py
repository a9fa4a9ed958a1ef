"""Files: whole files in, and whole files out.

In:  a path, and bytes.
Out: bytes; or a file that is complete, where what was there stays until then.
Never: leaves half a file behind; shows an OSError.
"""

from pathlib import Path

from .errors import BlobError, GanglionError


def read_bytes(path: Path) -> bytes:
    """A blob's bytes. Raises BlobError if the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BlobError(
            f"{path} cannot be read: {error.strerror}", "check the path, or compile the brain first"
        ) from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there stays until the new one is complete."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise GanglionError(
            f"{path} cannot be written: {error.strerror}", "check the path and the free space"
        ) from None
