"""Trial: the brain that this start runs, before anything comes and goes in the heap.

In:  the slots, this board's name, the key that it has pinned.
Out: a brain that reproduced its golden vector, or none; what there is to tell a host.
Never: speaks; keeps what only loading needs; loads again: the next start tries the next brain.
"""

import gc

from micropython import const

from .. import guard, heap

_CLASSES = const(28)  # where a header counts them (SPEC.md 5.1)
_CODE_OK = const(0)
_CODE_STORAGE = const(5)
_CODE_MEMORY = const(8)
_CODE_GOLDEN = const(23)
_CODE_OLDER = const(25)
_CODE_CRASH = const(32)


def current(slots):
    """The current brain; or the other one, if only that can be loaded. A new one is tried.

    Returns the brain or None; code, detail and text of each FAULT to come; and whether another
    start is needed, with the brain from before. They are plain values: a class of this package
    would keep it in memory.
    """
    if slots.is_new():
        return _first(slots)
    if slots.was_cut():
        slots.roll_back()
    brain, faults = None, []
    for path in (slots.current(), slots.other()):
        if path and not brain:
            brain, *fault = _load(path)
            if fault[0]:
                faults.append(fault)
    return brain, faults, False


def _first(slots):
    """A new brain's first start. If it is refused, one more start is the old brain's."""
    forced = slots.begin_trial()
    guard.fail(_CODE_OK)
    brain, *fault = _load(slots.current())
    if brain and not forced and brain.net.counter < slots.other_counter():
        fault[0] = _CODE_OLDER
    if fault[0] == _CODE_OK:
        slots.confirm()
        guard.fail(_CODE_OK)
        return brain, [], False
    slots.roll_back()
    return None, [fault], True


def _load(path):
    """The brain of a file; a code of SPEC.md 7.3, its detail, and what a FAULT says of it."""
    for in_file in (0, 1, 2):  # there is more room if rows, and then kernels, stay in the file
        gc.collect()
        result = _try(path, in_file)
        if result[1] != _CODE_MEMORY or (in_file and not _in_layers(path)):
            break
    return result


def _in_layers(path):
    """Whether a file's brain may have kernels: one of layers has no classes (SPEC.md 12)."""
    with open(path, "rb") as f:
        f.seek(_CLASSES)
        return f.read(2) == b"\0\0"


def _try(path, in_file):
    from .refusal import Refused, asked

    try:
        net, code, detail = _net(path, in_file)
        if code:
            return None, code, detail, path
        heap.forget("load.net")
        guard.feed()
        gc.collect()
        from .. import brain

        made = brain.Brain(net)
        chain = made.self_test()
    except MemoryError as error:  # beside the arrays: of a module, a table, an object
        gc.collect()
        return None, _CODE_MEMORY, asked(error), path
    except Refused as refused:  # the state of a Brain
        return None, refused.code, refused.detail, path
    except Exception as error:
        return None, _CODE_CRASH, 0, error
    if chain is not None:
        return None, _CODE_GOLDEN, chain, path
    gc.collect()
    if gc.mem_free() < heap.RUN:
        return None, _CODE_MEMORY, heap.RUN, path
    return made, _CODE_OK, 0, path


def _net(path, in_file):
    """The Net of a file; here, and so that all references to the loader end here too."""
    gc.collect()
    from .. import signature
    from . import refusal
    from .net import load

    try:
        net = load(path, guard.board["name"], signature.pinned(), in_file)
    except OSError as error:
        return None, _CODE_STORAGE, error.errno or 0
    except refusal.Refused as refused:
        return None, refused.code, refused.detail
    return net, _CODE_OK, None
