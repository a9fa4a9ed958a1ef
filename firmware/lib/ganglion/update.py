"""Update: firmware that comes over the link, file by file, and takes its places all at once.

In:  names of files, as the firmware of a board has them; each file, staged by slots.py.
Out: a directory that boot.py empties into its places at the next start, however often it is cut.
Never: changes a file of the running firmware; takes a name that is none of the firmware's.
"""

import os

from micropython import const

_NAMES = const((b"boot.py", b"main.py", b"board.json", b"firmware.id"))
_LIBRARY = const(b"lib")
_FOLDERS = const(2)
_PUT = const("update.put")  # where files gather
_READY = const("update.ok")  # ... once all are there; boot.py knows this name
_SLASH = const("|")


def place(name):
    """Where a file of the firmware gathers; "" for the bytes of a name that is none of it."""
    if name not in _NAMES and not _is_module(name):
        return ""
    return _PUT + "/" + name.decode().replace("/", _SLASH)


def _is_module(name):
    """Whether it is a module in lib/, there at most _FOLDERS deep."""
    stem, dot, kind = name.partition(b".")
    parts = stem.split(b"/")
    if parts[0] != _LIBRARY or kind not in (b"py", b"mpy") or not 2 <= len(parts) <= 2 + _FOLDERS:
        return False
    return all(part and all(_is_plain(c) for c in part) for part in parts)


def _is_plain(c):
    """A letter, a digit or _."""
    return c == 95 or 48 <= c <= 57 or 97 <= c | 32 <= 122


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
