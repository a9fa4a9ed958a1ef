"""Robot: the section ROBOT of a brain, checked word by word (SPEC.md 10.2).

In:  the words, the number of neurons.
Out: nothing, or Refused: what is let through needs no check in a burst.
Never: changes a word.
"""

from array import array

from micropython import const

from .refusal import need

_CODE_FIELD = const(21)
_CODE_INDEX = const(22)
_ROBOT = const(40)
_MOST_WORDS = const(65536)
_LEVELS = const(1)
_BITS = const(2)
_MOST_INPUT = const((1 << 30) - 1)


class _At:
    """A place in the words that only goes on."""

    def __init__(self, words, n):
        self.words = words
        self.at = 0
        self.n = n  # neurons

    def take(self, low=None, high=None, code=_CODE_FIELD):
        need(self.at < len(self.words), _CODE_FIELD, _ROBOT)
        value = self.words[self.at]
        need((low is None or low <= value) and (high is None or value <= high), code, _ROBOT)
        self.at += 1
        return value

    def neurons(self, count, low=0):
        for _ in range(count):
            self.take(low, self.n - 1, _CODE_INDEX)


def load(data, size, n):
    """The words of the section."""
    need(size % 4 == 0 and size <= 4 * _MOST_WORDS, _CODE_FIELD, _ROBOT)
    words = array("i", data)
    check(words, n)
    return words


def check(words, n):
    at = _At(words, n)
    at.take(1, 1)
    at.take(0, (1 << 28) - 1)
    at.take(0, 60000)
    at.take(0, 4096)
    slots = at.take(0, 64)
    counts = at.take(0, 96), at.take(0, 512), at.take(0, 32)
    for i, read in enumerate((_driver, _encoder, _output)):
        for _ in range(counts[i]):
            end = at.at + at.take()
            read(at, slots, counts[2])
            need(at.at == end, _CODE_FIELD, _ROBOT)
    need(at.at == len(words), _CODE_FIELD, _ROBOT)


def _driver(at, slots, outputs):
    most = outputs if at.take(0, 1) else slots
    first = at.take(0, most, _CODE_INDEX)
    need(at.take(1) <= most - first, _CODE_INDEX, _ROBOT)
    every = at.take(high=65535)  # of 0 or less there is no phase
    at.take(0, every - 1)
    at.take(0, 65535)
    at.take(0)
    for _ in range(at.take(0, 32)):
        at.take()
    size = at.take(2, 80)
    for left in range(size, 0, -4):
        last = at.take()
        need(left > 3 or not last >> 8 * left, _CODE_FIELD, _ROBOT)


def _encoder(at, slots, _):
    kind = at.take(1, 3)
    at.take(0, slots - 1, _CODE_INDEX)
    amount = at.take(-_MOST_INPUT, _MOST_INPUT)
    if kind == _LEVELS:
        m = at.take(0, 4096)
        last = None
        for _ in range(m):
            value = at.take()
            need(last is None or value > last, _CODE_FIELD, _ROBOT)
            last = value
        start = at.take(0, 0)
        for _ in range(m + 1):
            start = at.take(start)
        at.neurons(start)
    elif kind == _BITS:
        at.take()
        need(at.take(-(1 << 29), 1 << 29), _CODE_FIELD, _ROBOT)
        p, q = at.take(1, 30), at.take()
        need(q in (0, p), _CODE_FIELD, _ROBOT)
        at.neurons(p + q, -1)
    else:
        at.neurons(1)
        low = at.take()
        need(abs(amount) * (at.take(low) - low) <= _MOST_INPUT, _CODE_FIELD, _ROBOT)


def _output(at, _, __):
    law = at.take(1, 5)
    at.take(0, 1)
    at.take(0, 255)
    at.take()
    at.take(1)
    at.take()
    at.take(1)
    low = at.take()
    at.take(low)
    at.take()
    need((at.take(0, 16) > 0) == (law == 3), _CODE_FIELD, _ROBOT)
    counts = at.take(0, 4096), at.take(0, 4096), at.take(0, 4096)
    for _ in range(sum(counts)):
        need(at.take(0, 0x1FFFF) & 0xFFFF < at.n, _CODE_INDEX, _ROBOT)
        at.take()
