"""Leaks: what the leak leaves of each potential, as a table for update_every, if there is room.

In:  a Net that is whole but for this: its populations merged, its state allocated.
Out: behind the rows of its populations, for each that is EVERY, what U6 of SPEC.md 2 makes of the
     potentials 0 to threshold - 1; where that lies, in the row.
Never: takes memory that a run needs; changes what a burst computes.
"""

import gc
from array import array

from micropython import const

from .. import guard, heap

_P_STOP = const(1)
_P_THRESHOLD = const(3)
_P_LEAK = const(4)
_P_HALF = const(5)
_P_SHIFT = const(6)
_P_TABLE = const(13)
_P_WORDS = const(32)
_KIND_EVERY = const(5)
_EACH = const(16)  # entries of a table for each neuron that reads it
_MOST = const(8192)  # words of tables
_LEFT = const(32768)  # bytes that stay free: of a second brain that is put, of what a server needs


def load(net):
    p, words = net.populations, _P_WORDS * net.n_populations
    neurons, keys = {}, []  # that could share a table; in the order of populations
    for i in range(net.n_populations):
        if net.kinds[i] == _KIND_EVERY:
            key = _key(p, _P_WORDS * i)
            if key not in neurons:
                neurons[key] = 0
                keys.append(key)
            neurons[key] += p[_P_WORDS * i + _P_STOP] - p[_P_WORDS * i]
    places, placed, size = {}, [], words
    for key in keys:
        length = key[0] + 1 >> 1
        if key[0] <= _EACH * neurons[key] and size + length - words <= _MOST:
            places[key] = size
            placed.append(key)
            size += length
    gc.collect()
    need = 8 * size + heap.OBJECTS + heap.RUN + _LEFT
    if not placed or hasattr(gc, "mem_free") and gc.mem_free() < need:
        return
    try:
        made = array("i", bytes(4 * size))
    except MemoryError:  # not in one piece
        return
    for i in range(words):
        made[i] = p[i]
    from ..kernel import leaks

    for key in placed:
        leaks.table(made, 2 * places[key], key[0] + key[0] % 2, *key[1:])
        guard.feed()
    del leaks
    heap.forget("kernel.leaks")
    for i in range(net.n_populations):
        if net.kinds[i] == _KIND_EVERY:
            made[_P_WORDS * i + _P_TABLE] = 4 * places.get(_key(p, _P_WORDS * i), 0)
    net.populations = made


def _key(p, row):
    """On what a table depends; its length comes first."""
    return p[row + _P_THRESHOLD], p[row + _P_LEAK], p[row + _P_HALF], p[row + _P_SHIFT]
