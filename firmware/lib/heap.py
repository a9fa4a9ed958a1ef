"""Heap: the memory that a board has, kept in one piece for a brain.

In:  the largest piece that the system under MicroPython can give; modules before and after use.
Out: an object that makes that piece belong to MicroPython's heap as a whole; no holes in it.
Never: takes what somebody uses; does anything during a run.
"""

import gc
import sys

try:
    import esp32
except ImportError:
    esp32 = None

_LEAST = 32768  # bytes worth the trouble
_STEP = 1024
_MANY = 1000000  # bytes of which no brain needs nearly all
APPLICATION, LOADER = 53000, 14500  # bytes that importing them takes, on a 64-bit machine
_WORD = 4
_KEPT = 16  # words, more than one block of MicroPython's: see below

grows = hasattr(esp32, "idf_heap_info")
_held = []


def hold(room):
    """Takes the largest piece there is, but leaves `room` bytes, so that nothing small comes to
    lie in the middle of it: it is held while there is no brain, and given back for one."""
    gc.collect()
    size = gc.mem_free() - room if hasattr(gc, "mem_free") else 0
    while not _held and _LEAST <= size < _MANY:
        try:
            _held.append(bytearray(size))
        except MemoryError:
            size -= _STEP


def release():
    """Gives back what hold() took."""
    _held.clear()
    gc.collect()


def free():
    """The bytes that a brain could have."""
    return gc.mem_free() + (len(_held[0]) if _held else 0)


def forget(*modules):
    """Gives back the memory of modules that are done; importing one again loads it again."""
    for name in modules:
        sys.modules.pop(name, None)


def claim():
    """MicroPython takes memory from the system when it lacks some, a part of what is there at a
    time: a brain of 80 KB does not fit two parts of 55. So all of it is asked for at once, as a
    list, which is then made short where it stands. Its first words keep the piece."""
    if not grows:
        return None
    gc.collect()
    size = max(region[2] for region in esp32.idf_heap_info(esp32.HEAP_DATA))
    while size >= _LEAST:
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
        return piece
    return None
