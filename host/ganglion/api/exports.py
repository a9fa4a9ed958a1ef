"""Exports: a recorded run, or a brain, as a file that other programs read.

In:  a run of a recording; or a brain, for a name that ends in .onnx or .nir.
Out: CSV, Parquet, HDF5 in NIR's data layout, NWB or NIX; of a brain ONNX or a NIR graph.
Never: needs the device.
"""

from collections.abc import Callable
from pathlib import Path

from ..brains import CONNECTOMES, NIR_SUFFIX
from ..errors import ToolError, UsageError
from ..export.material import FORMATS, TABLES, export
from ..export.onnx import FORMS, Exported, export_brain
from ..files import check_output
from ..network.model import QuantizedNetwork
from .brains import Source, open_brain
from .recordings import Chosen

__all__ = [
    "FORMATS", "FORMS", "NIR", "ONNX", "TABLES", "Exported", "check_format", "export_graph",
    "export_onnx", "export_run", "never_run",
]  # fmt: skip

ONNX, NIR = ".onnx", NIR_SUFFIX
_BRAINS = (".gbn", NIR_SUFFIX, *CONNECTOMES)


def check_format(file: Path, output: Path) -> None:
    """Raises UsageError if `output` is no format of what `file` is, a brain or a recording by its
    suffix, and ToolError if the library of the format is missing."""
    brain = file.suffix in _BRAINS
    if brain != (output.suffix in (ONNX, NIR)):
        what = "a brain" if brain else "a recording"
        formats = f"{ONNX} or {NIR}" if brain else ", ".join(FORMATS)
        raise UsageError(f"{file} is {what}, and {output} no format for one", f"use {formats}")
    if output.suffix == NIR:
        _graphs()
        check_output(output, inputs=(file,))


def export_run(chosen: Chosen, output: Path, table: str = "spikes") -> None:
    """A recorded run, in the format that the suffix names; `table`: what CSV and Parquet hold.

    Raises UsageError, or ToolError if the format's library is missing.
    """
    export(chosen.material, output, table)


def export_onnx(
    source: Source, output: Path, form: str = "event", *, scan: bool = False,
    name: str = "the brain",
) -> Exported:  # fmt: skip
    """A brain's burst (`scan`: any number of them) as a graph of integer operators.

    `form`: how synapses are delivered, one of FORMS. Raises UsageError, ToolError.
    """
    brain = open_brain(source)
    if brain.network.layers:
        raise UsageError(
            f"{name} is a network of layers, and ONNX graphs are made of neurons and synapses",
            f"export it as {NIR}, or from the tool that trained it",
        )
    return export_brain(brain.network, brain.id, output, form, scan=scan)


def export_graph(source: Source, output: Path) -> list[str]:
    """A brain as a NIR graph; what of it such a file cannot say, in sentences.

    Raises ToolError if h5py is missing.
    """
    brain = open_brain(source)
    return list(_graphs()(brain.network, brain.id, output))


def never_run() -> str:
    """What of the chips that the form `gemm` is for has not been seen, in words."""
    from ..simulation.accelerators.gemm import NEVER

    return NEVER


def _graphs() -> Callable[[QuantizedNetwork, str, Path], tuple[str, ...]]:
    try:
        from ..export.nir_graph import write_graph
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{NIR} files need {error.name}, which is not installed",
            "`pip install 'ganglion[nir]'`",
        ) from None
    return write_graph
