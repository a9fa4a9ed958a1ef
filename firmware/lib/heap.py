"""Heap: the memory that a board has, in one piece, before it is broken into several.

In:  the largest piece that the system under MicroPython can give.
Out: an object; as long as it lives, that piece belongs to MicroPython's heap as a whole.
Never: takes what somebody uses; does anything where the heap does not grow by itself.
"""

import gc

try:
    import esp32
except ImportError:
    esp32 = None

_LEAST = 32768  # bytes worth the trouble
_STEP = 1024
_WORD = 4
_KEPT = 16  # words, more than one block of MicroPython's: see below


def claim():
    """MicroPython takes memory from the system when it lacks some, a part of what is there at a
    time: a brain of 80 KB does not fit two parts of 55. So all of it is asked for at once, as a
    list, which is then made short where it stands. Its first words keep the piece."""
    if not hasattr(esp32, "idf_heap_info"):
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
