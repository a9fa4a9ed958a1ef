"""Export ONNX: a brain as files that other runtimes run, and check themselves with.

In:  a network, its name, a path that ends in .onnx, a delivery.
Out: the burst, and beside it `….check.onnx`, which has no inputs and says whether a runtime
     computes the brain exactly; or for `gemm` the synapses alone.
Never: half a file; a file of a brain that uses a rule which the graph does not have.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..files import write_bytes
from ..network.model import QuantizedNetwork
from ..simulation.accelerators.gemm import AreaFit, areas_of, gemm_model
from ..simulation.accelerators.onnx_delivery import DELIVERIES
from ..simulation.accelerators.onnx_model import burst_model, check_model

FORMS = (*DELIVERIES, "gemm")
MOST_BYTES = 2**31 - 1  # of a protobuf message


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: each file with its bytes, and for gemm which areas qualify."""

    files: tuple[tuple[Path, int], ...]
    areas: tuple[AreaFit, ...] = ()


def export_brain(
    network: QuantizedNetwork, name: str, path: Path, form: str = "event", *, scan: bool = False
) -> Exported:
    """Writes the files. Raises UsageError for a form or a brain that has none, ToolError without
    the package onnx, GanglionError if a file cannot be written."""
    if form not in FORMS:
        raise UsageError(f"the form {form!r} is unknown", f"use {', '.join(FORMS)}")
    if form == "gemm":
        model = gemm_model(network, name)
        return Exported((_written(path, model),), tuple(areas_of(network)))
    check = path.with_suffix(".check.onnx")
    files = (
        (path, burst_model(network, name, delivery=form, scan=scan)),
        (check, check_model(network, name, delivery=form)),
    )
    return Exported(tuple(_written(where, model) for where, model in files))


def _written(path: Path, model: Any) -> tuple[Path, int]:
    size = model.ByteSize()
    if size > MOST_BYTES:
        raise UsageError(
            f"{path} would have {size:,} bytes, and an ONNX file holds {MOST_BYTES:,}",
            "use the form event",
        )
    write_bytes(path, model.SerializeToString(deterministic=True))
    return path, size
