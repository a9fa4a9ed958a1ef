"""Files: whole files in, and whole files out.

In:  a path, and bytes; or a path, and a library that writes there itself.
Out: bytes; or a file that is complete, where what was there stays until then.
Never: leaves half a file behind; shows an OSError; finds out after the work that nothing can be
       written, if that could be known before it.
"""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import BlobError, GanglionError, UsageError

FREE = "check the path and the free space"


def read_bytes(path: Path) -> bytes:
    """A blob's bytes. Raises BlobError if the file cannot be read."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BlobError(
            f"{path} cannot be read: {_reason(error)}", "check the path, or compile the brain first"
        ) from None


def check_output(
    path: Path,
    suffixes: Sequence[str] = (),
    *,
    new: bool = False,
    inputs: Sequence[Path] = (),
) -> Path:
    """The path, if a file can be written there; to be asked before the work begins.

    `suffixes` are those that the name may end in (any if there are none), `new` refuses what
    exists, and `inputs` are files that must not be lost to it. Nothing is left behind. Raises
    UsageError for a name that can be no file's, GanglionError for a place that cannot be written.
    """
    try:
        if not path.name or path.is_dir():
            raise UsageError(
                f"{path} is a directory, and a file is to be written",
                "name a file; if the name came from a variable, it is empty",
            )
        if suffixes and path.suffix.lower() not in suffixes:
            raise UsageError(
                f"{path} names no kind of file that can be written here",
                f"end it in {' or '.join(suffixes)}",
            )
        if any(path.exists() and other.exists() and path.samefile(other) for other in inputs):
            raise UsageError(
                f"{path} is read by the same command, and would be overwritten", "name another file"
            )
        if new and os.path.lexists(path):
            raise GanglionError(f"{path} exists, and is never overwritten", "name another file")
        _try(path)
    except (OSError, ValueError) as error:
        raise _trouble(path, error) from None
    return path


def check_distinct(*paths: Path | None) -> None:
    """Raises UsageError if two outputs of one command are one file."""
    seen: set[Path] = set()
    for path in paths:
        if path is None:
            continue
        full = Path(os.path.abspath(path))  # noqa: PTH100
        if full in seen:
            raise UsageError(f"{path} is named for two outputs", "name another file for one")
        seen.add(full)


def _try(path: Path) -> None:
    """Raises OSError where nothing can be written."""
    if path.exists():
        if not os.access(path, os.W_OK):
            path.open("ab").close()  # says why
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not path.is_file():
            return  # a device or a pipe: written in place
    with suppress(FileNotFoundError):
        path.lstat()  # refuses a name that is too long
    with tempfile.TemporaryFile(dir=_target(path).parent):
        pass


def _target(path: Path) -> Path:
    """What a link points to: writing replaces that, and leaves the link."""
    return path.resolve() if path.is_symlink() else path


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: what was there stays until the new one is complete."""
    with replacing(path) as part:
        part.write_bytes(data)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path`, with its suffix, to write to; it takes the place of `path` at the end.

    What cannot be replaced (a device, a pipe) is written in place. Raises GanglionError for
    whatever the disk refuses; then nothing is left and `path` is as it was.
    """
    if not path.name:
        check_output(path)  # says so
    try:
        if path.is_dir():
            check_output(path)
        target = _target(path)
        if target.exists() and not target.is_file():
            yield target
            return
        descriptor, name = tempfile.mkstemp(
            prefix=f".{target.stem[:40]}.", suffix=f".part{target.suffix[:20]}", dir=target.parent
        )
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            _as_others(part, target)
            part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise _trouble(path, error) from None


def _as_others(part: Path, target: Path) -> None:
    """A temporary file is its maker's alone; the finished one is as open as any new file."""
    if target.exists():
        mode = target.stat().st_mode & 0o777
    else:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    part.chmod(mode)


def _trouble(path: Path, error: OSError | ValueError) -> GanglionError:
    kind = error.errno if isinstance(error, OSError) else None
    if kind == errno.ENOENT and not path.parent.exists():
        return GanglionError(
            f"{path} cannot be written: there is no directory {path.parent}",
            f"make it first: `mkdir -p {path.parent}`",
        )
    remedies: dict[int | None, str] = {
        errno.EROFS: "name a file in a place that can be written, for example with -o",
        errno.EACCES: "name a file in a place that you may write",
        errno.EPERM: "name a file in a place that you may write",
        errno.ENOSPC: "make room, or name a file on another disk",
        errno.EDQUOT: "make room, or name a file on another disk",
        errno.ENAMETOOLONG: "give it a shorter name",
        errno.ENOTDIR: "name a directory before the file's name",
        errno.ELOOP: "name the file that the link should lead to",
    }
    return GanglionError(f"{path} cannot be written: {_reason(error)}", remedies.get(kind, FREE))


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
