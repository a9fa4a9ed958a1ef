"""Putting: bytes onto a device's flash, and the new start in which it takes them up.

In:  a Link to an idle device; a brain, or files of the firmware by their names.
Out: what the device staged and hashed; a device that begins anew.
Never: judges what became of the new start (device.py does).
"""

import hashlib
from collections.abc import Callable, Mapping

from ..errors import DeviceError
from .codes import Code, Refused
from .commands import PutBegin, PutData, Update
from .frame import Type
from .link import Link

Progress = Callable[[int, int], None]  # told bytes done, and bytes in all

LOADER = "boot.py"  # it brings old firmware back, and is never put
MOST_BYTES = 124  # in one PUT_DATA
# Seconds: flash takes its time to be erased and written, and any piece may be the one for which all
# files are looked through for a block that is free; at the end all that came is read and hashed.
_WRITE = (1.0, 4.0, 10.0, 25.0)
_END = (5.0, 5.0, 10.0, 20.0)


def stage(
    link: Link,
    data: bytes,
    progress: Progress | None = None,
    *,
    force: bool = False,
    name: str = "",
) -> bool:
    """Has the device stage some bytes: a brain, or a file of the firmware if it has a name. False
    if it has that file already, so that nothing was sent."""
    if link.send(PutBegin(len(data), hashlib.sha256(data).digest(), force, name), _WRITE) and name:
        return False
    for offset in range(0, len(data), MOST_BYTES):
        piece = data[offset : offset + MOST_BYTES]
        link.send(PutData(offset, piece), _WRITE)
        if progress:
            progress(offset + len(piece), len(data))
    return True


def stage_firmware(
    link: Link, files: Mapping[str, bytes], progress: Progress | None = None
) -> None:
    """Has the device gather the files of a firmware that it has not yet, and know of the others."""
    link.send(Update(install=False), _WRITE)
    total = sum(map(len, files.values()))
    done = 0
    for name, data in files.items():
        if name == LOADER:
            continue
        if stage(link, data, name=name):
            link.command(Type.PUT_END, patience=_END)
        done += len(data)
        if progress:
            progress(done, total)


def start_anew(link: Link, command: Type, payload: bytes = b"", *, deaf: bool = False) -> None:
    """A command that ends in a new start. Its ACK may be lost: then the device is there again.

    `deaf`: the device is not understood after its new start, as at another rate.
    """
    try:
        link.command(command, payload, _END)
    except Refused as refused:
        # The answer to a repeat: there is nothing to do any more.
        if refused.code not in (Code.OFFSET, Code.STORAGE) or not link.restarted:
            raise
    except DeviceError:
        if not link.restarted and not deaf:
            raise
