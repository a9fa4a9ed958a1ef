"""Export: one run of a recording as a file that other programs read.

In:  a Recording, its network, one of its runs, and a path whose suffix names the format.
Out: the file, whole or not at all: CSV, Parquet, HDF5 in NIR's data layout, NWB, or Neo's NIX.
Never: leaves out a spike that was recorded, or says that a burst came which did not.

Burst b of a run spans the time from (b − 1)·dt to b·dt; its spikes are put in the middle of it.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ..errors import ToolError, UsageError
from ..files import check_output, replacing
from ..recording.material import RecordedRun

# Suffix to module, and the extra of pyproject.toml that brings what it needs.
_FORMATS = {
    ".csv": ("tables", ""),
    ".parquet": ("tables", "export"),
    ".h5": ("nir", "export"),
    ".hdf5": ("nir", "export"),
    ".nwb": ("nwb", "nwb"),
    ".nix": ("neo", "neo"),
}
FORMATS = tuple(_FORMATS)
TABLES = ("spikes", "bursts", "stats")


def export(material: RecordedRun, path: Path, table: str = "spikes") -> None:
    """Writes `path` in the format that its suffix names.

    `table` chooses what CSV and Parquet hold; the others hold everything. Raises UsageError for
    a suffix that is none, ToolError if the format's library is missing, GanglionError if the
    file cannot be written.
    """
    check_output(path, FORMATS)
    suffix = path.suffix.lower()
    if table not in TABLES:
        raise UsageError(f"there is no table {table!r}", f"use one of {', '.join(TABLES)}")
    module, extra = _FORMATS[suffix]
    try:
        write: Callable[[RecordedRun, Path, str], None]
        write = import_module(f".{module}", __package__).write
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{suffix} files need {error.name}, which is not installed",
            f"`pip install 'ganglion[{extra}]'`",
        ) from None
    with replacing(path) as part:
        write(material, part, table)
