"""Update: firmware that comes over the link, file by file, and takes its places all at once.

In:  names of files, as the firmware of a board has them, with their SHA-256; those that it has not
     yet, staged by slots.py.
Out: a directory that boot.py empties into its places at the next start, however often it is cut;
     the end of a trial that went well.
Never: changes a file of the running firmware; takes a name that is none of the firmware's.
"""

import hashlib
import os

from micropython import const

from . import guard

_NAMES = const((b"main.py", b"board.json", b"firmware.id"))
_LIBRARY = const(b"lib")
_IDENTITY = const("firmware.id")
_OURS = const("lib/ganglion")  # where what nobody names is left over
_FOLDERS = const(2)
_PUT = const("update.put")  # where files gather
# ... once all are there; what they replaced, while boot.py tries them; a file: they are to stay.
_READY = const("update.ok")
_TRIAL = const("update.try")
_GOOD = const("update.good")
_GOLDEN = const("+update.golden")  # a file: a brain has to reproduce its golden vector
_SLASH = const("|")
_named = set()  # what the new firmware is to have


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
    _named.clear()
    clear()
    _empty(_PUT)
    os.mkdir(_PUT)


def has(name, size, sha):
    """Names a file of the new firmware; whether the one that is there is the same."""
    path = name.decode()
    _named.add(path)
    try:
        if os.stat(path)[6] != size:
            return False
        hashed = hashlib.sha256()
        piece = bytearray(512)
        view = memoryview(piece)
        with open(path, "rb") as file:
            while True:
                n = file.readinto(piece)
                if not n:
                    break
                hashed.update(view[:n])
                guard.feed()
    except OSError:
        return False
    return hashed.digest() == sha


def commit(golden):
    """What was named is all: the next start tries it. `golden`: as to a brain, too. Without an
    identity among it, it is an addition, and leaves nothing over."""
    for path in _left_over(_OURS) if _IDENTITY in _named else ():
        _touch("-" + path.replace("/", _SLASH))
    if golden:
        _touch(_GOLDEN)
    os.rename(_PUT, _READY)


def is_right(brain):
    """Whether a trial, which got as far as HELLO with this brain, has gone well."""
    return brain is not None or not _is_there(_TRIAL + "/" + _GOLDEN)


def confirm():
    """The firmware is kept; what it replaced can go."""
    with open(_GOOD, "w"):
        pass


def clear():
    """Gives back the room of what was replaced, as a start does."""
    if _is_there(_GOOD):
        _empty(_TRIAL)
        os.remove(_GOOD)


def _left_over(folder):
    """Files of a folder, and those within it, that nobody named."""
    found = []
    try:
        names = os.listdir(folder)
    except OSError:
        return found
    for name in names:
        path = folder + "/" + name
        if os.stat(path)[0] & 0x4000:
            found += _left_over(path)
        elif path not in _named:
            found.append(path)
    return found


def _is_there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _touch(name):
    with open(_PUT + "/" + name, "w"):
        pass


def _empty(folder):
    try:
        for name in os.listdir(folder):
            os.remove(folder + "/" + name)
            guard.feed()
        os.rmdir(folder)
    except OSError:  # there is none
        pass
