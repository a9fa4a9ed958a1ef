"""Devices: what a brain runs on.

In:  the name of a device, and the levels of its port's lines.
Out: an open Device.
Never: guesses between several.
"""

from ..device.device import Device
from ..device.open import open_device
from ..errors import UsageError
from ..link.ports import with_lines as _with_lines
from .progress import Progress, silent

__all__ = ["Device", "ephemeral", "open_device", "with_lines"]

# Devices that are no port.
_WITHOUT_LINES = ("virtual", "qemu", "socket", "onnx", "torch", "akida", "numpy", "numba")


def ephemeral(spec: str) -> bool:
    """Whether a device begins empty and keeps nothing: virtual, or a board as a virtual one."""
    return spec == "virtual" or spec.startswith("virtual-")


def with_lines(spec: str, levels: dict[str, bool]) -> str:
    """A port, with the levels of its lines `dtr` and `rts` while it is open.

    Raises UsageError for a device that has no such lines.
    """
    kind = spec.partition(":")[0]
    if levels and (kind in _WITHOUT_LINES or kind.startswith("virtual-")):
        raise UsageError(
            f"{kind} has no lines {' and '.join(levels)}",
            f"leave out --{' and --'.join(levels)}",
        )
    return _with_lines(spec, levels)


def put(device: Device, blob: bytes, progress: Progress = silent) -> bool:
    """Puts a brain on an open device, unless it has it. Says whether it was sent."""
    with progress("deploying", len(blob)) as advance:
        return device.ensure(blob, lambda done, _: advance(done))
