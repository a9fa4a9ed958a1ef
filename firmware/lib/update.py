"""Update: firmware that comes over the link, file by file, and takes its places all at once.

In:  names of files, as the firmware of a board has them; each file, staged by slots.py.
Out: a directory that boot.py empties into its places at the next start, however often it is cut.
Never: changes a file of the running firmware; takes a name that is none of the firmware's.
"""

import os

_NAMES = (b"boot.py", b"main.py", b"board.json", b"firmware.id")
_LIBRARY = b"lib/"
_PUT = "update.put"  # where files gather
_READY = "update.ok"  # ... once all are there; boot.py knows this name
_SLASH = "|"


def place(name):
    """Where a file of the firmware gathers; "" for the bytes of a name that is none of it."""
    if name not in _NAMES and not _is_module(name):
        return ""
    return _PUT + "/" + name.decode().replace("/", _SLASH)


def _is_module(name):
    stem, dot, kind = name[len(_LIBRARY) :].partition(b".")
    if not name.startswith(_LIBRARY) or kind not in (b"py", b"mpy") or not stem:
        return False
    return all(c == 95 or 48 <= c <= 57 or 97 <= c | 32 <= 122 for c in stem)


def begin():
    """Forgets what has gathered."""
    try:
        names = os.listdir(_PUT)
    except OSError:
        os.mkdir(_PUT)
        return
    for name in names:
        os.remove(_PUT + "/" + name)


def commit():
    """What has gathered is all: the next start puts it in its places."""
    os.rename(_PUT, _READY)
