"""Refusal: why a blob is not run, as a loader says it.

In:  what must be true of a blob; how many bytes a part of it needs.
Out: nothing, or zeros; else Refused with a code of SPEC.md 7.3 and a detail.
Never: knows what the bytes mean.
"""

import gc

from micropython import const

_CODE_MEMORY = const(8)


class Refused(Exception):
    """A code and a detail."""

    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def need(ok, code, detail=0):
    if not ok:
        raise Refused(code, detail)


def room(n):
    """`n` bytes of zeros, in whole words."""
    gc.collect()
    try:
        return bytearray((n + 3) & ~3)
    except MemoryError:
        raise Refused(_CODE_MEMORY, n)


def asked(error):
    """How many bytes a MemoryError says that it was about, or 0."""
    for word in str(error).split():
        if word.isdigit():
            return int(word)
    return 0
