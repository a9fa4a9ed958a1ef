"""Baud: the fastest rate at which a board and its cable are still understood.

In:  an idle device at the rate that its REPL has, the rates that its board file names.
Out: a link at the fastest of them that carries every byte value both ways undamaged.
Never: leaves the two ends at different rates: what fails is undone here, and there by itself.
"""

import time
from collections.abc import Sequence
from contextlib import suppress

from ..errors import DeviceError
from .codes import Refused
from .commands import Baud
from .frame import Type
from .link import Link

_SETTLE = 0.05  # seconds that the device takes to change
# ... after which it has gone back by itself, and before each repeat of the question whether it has
_BACK = (0.25,) * 20
_PINGS = 8


def speed_up(link: Link, base: int, rates: Sequence[int]) -> int:
    """Tries the rates, the fastest first: the one that it came to."""
    for rate in sorted(rates, reverse=True):
        try:
            link.send(Baud(rate))
        except Refused:
            continue  # this firmware does not know it
        if _works(link, rate):
            return rate
        link.set_baud(base)
        link.command(Type.PING, patience=_BACK)
    return base


def slow_down(link: Link, base: int) -> None:
    """Back to where the next host expects it."""
    with suppress(DeviceError):
        link.send(Baud(base), patience=(0.3, 0.3))
        link.set_baud(base)


def _works(link: Link, rate: int) -> bool:
    link.set_baud(rate)
    time.sleep(_SETTLE)
    damaged = link.receiver.damaged
    try:
        for number in range(_PINGS):
            start = 128 * (number & 1)
            link.command(Type.PING, bytes(range(start, start + 128)), patience=(0.3,))
    except DeviceError:
        return False
    return link.receiver.damaged == damaged
