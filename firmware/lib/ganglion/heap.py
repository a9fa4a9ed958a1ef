"""Heap: the memory that a board has, kept in one piece for a brain.

In:  the largest piece that the system under MicroPython can give; modules that have been used.
Out: that piece as a part of MicroPython's heap; what those modules took.
Never: takes what somebody uses; does anything once the application runs.
"""

import gc
import sys

from micropython import const

try:
    import esp32
except ImportError:
    esp32 = None

_LEAST = const(32768)  # bytes worth the trouble
_STEP = const(1024)
_WORD = const(4)
_PACKAGE = __name__[: __name__.rfind(".") + 1]
_KEPT = const(16)  # words, more than one block of MicroPython's: see below

# Bytes that a brain's own objects take beside its arrays, and that a run must find free.
OBJECTS, RUN = (10000, 2000) if sys.maxsize >> 32 else (6000, 1000)
_claimed = []


def forget(name):
    """Gives back the memory of a module or package of ours that is done, and of all within it;
    importing one again loads it again."""
    parent, _, leaf = (_PACKAGE + name).rpartition(".")
    for module in list(sys.modules):
        if module == _PACKAGE + name or module.startswith(_PACKAGE + name + "."):
            del sys.modules[module]
    if hasattr(sys.modules[parent], leaf):
        delattr(sys.modules[parent], leaf)


def claim():
    """MicroPython takes memory from the system when it lacks some, a part of what is there at a
    time: a brain of 80 KB does not fit two parts of 55. So all of it is asked for at once, as a
    list, which is then made short where it stands. Its first words keep the piece."""
    if not hasattr(esp32, "idf_heap_info"):
        return
    gc.collect()
    size = max(region[2] for region in esp32.idf_heap_info(esp32.HEAP_DATA))
    while size >= _LEAST and not _claimed:
        try:
            piece = [None] * (size // _WORD)
        except MemoryError:
            size -= _STEP
            continue
        # MicroPython 1.25 gives a piece back that holds but one block, at its very beginning, even
        # though that is in use. A list gives half of its memory back at a pop, if it needs less.
        del piece[2 * _KEPT :]
        while len(piece) > _KEPT:
            piece.pop()
        _claimed.append(piece)


def release():
    """Gives back what claim() took."""
    _claimed.clear()
