"""Export: one run of a recording as a file that other programs read.

In:  a Recording, its network, one of its runs, and a path whose suffix names the format.
Out: the file, whole or not at all: CSV, Parquet, HDF5 in NIR's data layout, NWB, or Neo's NIX.
Never: leaves out a spike that was recorded, or says that a burst came which did not.

Burst b of a run spans the time from (b − 1)·dt to b·dt; its spikes are put in the middle of it.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..errors import GanglionError, ToolError, UsageError
from ..recording.material import RecordedRun

# Suffix to module, and the extra of pyproject.toml that brings what it needs.
_FORMATS = {
    ".csv": ("export_tables", ""),
    ".parquet": ("export_tables", "export"),
    ".h5": ("export_nir", "export"),
    ".hdf5": ("export_nir", "export"),
    ".nwb": ("export_nwb", "nwb"),
    ".nix": ("export_neo", "neo"),
}
FORMATS = tuple(_FORMATS)
TABLES = ("spikes", "bursts", "stats")


def export(material: RecordedRun, path: Path, table: str = "spikes") -> None:
    """Writes `path` in the format that its suffix names.

    `table` chooses what CSV and Parquet hold; the others hold everything. Raises UsageError for
    a suffix that is none, ToolError if the format's library is missing, GanglionError if the
    file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise UsageError(
            f"{path.name} names no format that can be written",
            f"end it in one of {', '.join(FORMATS)}",
        )
    if table not in TABLES:
        raise UsageError(f"there is no table {table!r}", f"use one of {', '.join(TABLES)}")
    module, extra = _FORMATS[suffix]
    try:
        write: Callable[[RecordedRun, Path, str], None] = import_module(f"ganglion.{module}").write
        # Libraries look at the suffix too, so it stays last.
        part = path.with_name(f"{path.stem}.part{path.suffix}")
        try:
            write(material, part, table)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{suffix} files need {error.name}, which is not installed",
            f"`pip install 'ganglion[{extra}]'`",
        ) from None
    except OSError as error:
        raise GanglionError(
            f"{path} cannot be written ({error.strerror or error})",
            "check the path and the free space",
        ) from None
