"""Net: from the file of a brain to what runs it, stage by stage.

In:  the path of a .gbn file, this board's name, and the key that it has pinned.
Out: a Net whose every record and index is in range, or Refused with a code of SPEC.md 7.3.
Never: allocates for a section before the envelope is proven; trusts the sender.

On a board the largest section may need nearly all the memory that is in one piece: a stage is
imported when it is needed and forgotten before the next, and garbage is collected wherever
something that is kept would come to lie behind it.
"""

import gc
import os

from micropython import const

from .. import heap
from .refusal import need, room

_CODE_INDEX = const(22)
_LAYERS = const(2)  # tens of the types of their sections
_LEARNING = const(3)
_LAYER = const(128)  # flag of a population
_P_FLAGS = const(2)
_P_WORDS = const(32)
_ROBOT = const(40)
_KIND_EVERY = const(5)
_P_TALLIES = const(13)
_P_BEFORE = const(14)
_P_TALLIES_LAST = const(15)
_P_AFTER = const(17)

ABSENT = (0, 0)  # offset and length of a section that a blob does not have


class Net:
    """What the kernels read; populations.py, tables.py and synapses.py say how."""


def load(path, board="", key=None, in_file=0):
    """The Net of a file, whose rows stay there if `in_file` or if there is no room for them; and
    if it is 2, the large kernels of its convolutions too.
    Raises Refused, or OSError if the file cannot be read."""
    f = open(path, "rb")  # noqa: SIM115
    kept = False  # open, for rows that are read as they are needed
    try:
        net = _load(f, path, board, key, in_file)
        kept = net.file is f
    finally:
        if not kept:
            f.close()
    return net


def _load(f, path, board, key, in_file):
    from . import envelope

    net = Net()
    net.in_file = in_file
    net.path = path
    n_populations, n_classes, n_areas = envelope.check(net, f, os.stat(path)[6], board, key)
    del envelope
    heap.forget("load.envelope")
    gc.collect()
    sections = net.sections

    from . import populations

    populations.load(net, f, n_populations, n_areas, sections)
    del populations
    heap.forget("load.populations")
    from . import tables

    tables.load(net, f, n_classes)
    del tables
    heap.forget("load.tables")
    from . import synapses

    total = synapses.blocks(net, read(f, sections, 5), sections.get(5, ABSENT)[1], n_classes)
    total += synapses.rows(net, f, sections.get(4, ABSENT), n_classes)
    need(total == net.synapses, _CODE_INDEX, 4)
    del synapses
    heap.forget("load.synapses")
    from . import places

    places.inputs(net, read(f, sections, 6), sections.get(6, ABSENT)[1])
    areas = read(f, sections, 7)
    places.check(net, f, areas, sections.get(7, ABSENT)[1], n_areas, sections.get(8, ABSENT))
    del places, areas
    heap.forget("load.places")
    net.learn = None
    if any(kind // 10 == _LEARNING for kind in sections):
        from . import learning

        learning.load(net, f, sections)
        del learning
        heap.forget("load.learning")
    net.robot = None
    if _ROBOT in sections:
        from . import robot

        net.robot = robot.load(read(f, sections, _ROBOT), sections[_ROBOT][1], net.n)
        del robot
        heap.forget("load.robot")
    net.layers = ()
    flags = range(_P_FLAGS, _P_WORDS * net.n_populations, _P_WORDS)
    flagged = any(net.populations[i] & _LAYER for i in flags)
    if flagged or any(kind // 10 == _LAYERS for kind in sections):
        from . import layers

        layers.load(net, f, sections)
        del layers
        heap.forget("load.layers")
    if not net.layers:
        from . import merge

        merge.merge(net)
        del merge
        heap.forget("load.merge")
    if not net.wide and net.stream is not None and any(kind == _KIND_EVERY for kind in net.kinds):
        from . import leaks

        leaks.load(net)
        del leaks
        heap.forget("load.leaks")
    return net


def read(f, sections, kind):
    """The bytes of a section, or none if it is absent."""
    offset, size = sections.get(kind, ABSENT)
    data = room(size)
    if size:
        f.seek(offset)
        f.readinto(memoryview(data)[:size])
    return data


def span(table, row, first, size):
    """The words of the tallies from `first` on, and what in them is of others."""
    last = first + size - 1
    before, after = first & 3, last + 1 & 3
    table[row + _P_TALLIES] = first & ~3
    table[row + _P_BEFORE] = (1 << 8 * before) - 1
    table[row + _P_TALLIES_LAST] = last & ~3
    table[row + _P_AFTER] = -(1 << 8 * after) if after else 0
