"""Load: the brain that this start runs, before anything comes and goes in the heap.

In:  the slots, this board's name, the key that it has pinned.
Out: a Loaded: a brain that reproduced its golden vector, or none; what there is to tell a host.
Never: speaks; keeps what only loading needs; loads again: the next start tries the next brain.
"""

import gc

import guard
import heap

OK, STORAGE, MEMORY, GOLDEN, OLDER, CRASH = 0, 5, 8, 23, 25, 32


class Loaded:
    def __init__(self):
        self.brain = None
        self.faults = []  # code, detail and text of each FAULT to come
        self.again = False  # another start is needed, with the brain from before


def current(slots):
    """The current brain; or the other one, if only that can be loaded. A new one is tried."""
    loaded = Loaded()
    if slots.is_new():
        _first(loaded, slots)
    else:
        if slots.was_cut():
            slots.roll_back()
        for path in (slots.current(), slots.other()):
            if path and not loaded.brain:
                loaded.brain, *fault = _load(path)
                if fault[0]:
                    loaded.faults.append(fault)
    return loaded


def _first(loaded, slots):
    """A new brain's first start. If it is refused, one more start is the old brain's."""
    forced = slots.begin_trial()
    guard.fail(OK)
    brain, *fault = _load(slots.current())
    if brain and not forced and brain.net.counter < slots.other_counter():
        fault[0] = OLDER
    if fault[0] == OK:
        slots.confirm()
        guard.fail(OK)
        loaded.brain = brain
        return
    loaded.faults.append(fault)
    loaded.again = True
    slots.roll_back()


def _load(path):
    """The brain of a file; a code of SPEC.md 7.3, its detail, and what a FAULT says of it."""
    result = _try(path, False)
    if result[1] == MEMORY:
        gc.collect()
        result = _try(path, True)  # there is more room if its rows stay in the file
    return result


def _try(path, in_file):
    try:
        net, code, detail = _net(path, in_file)
        if code:
            return None, code, detail, path
        heap.forget("netblob")
        guard.feed()
        gc.collect()
        import brain

        made = brain.Brain(net)
        chain = made.self_test()
    except MemoryError:
        return None, MEMORY, 0, path
    except Exception as error:
        return None, CRASH, 0, error
    if chain is not None:
        return None, GOLDEN, chain, path
    gc.collect()
    if gc.mem_free() < heap.RUN:
        return None, MEMORY, heap.RUN, path
    return made, OK, 0, path


def _net(path, in_file):
    """The Net of a file; here, and so that all references to the loader end here too."""
    gc.collect()
    import netblob
    import signature

    try:
        net = netblob.load(path, guard.board["name"], signature.pinned(), in_file)
    except OSError as error:
        return None, STORAGE, error.errno or 0
    except netblob.Refused as refused:
        return None, refused.code, refused.detail
    return net, OK, 0
