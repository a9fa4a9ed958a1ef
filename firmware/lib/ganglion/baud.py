"""Baud: a faster serial line for as long as it works, and the old one as soon as it does not.

In:  a rate of board.json, the address of the UART's clock divider; frames, as they come or do not.
Out: the divider at the new rate; back at the old one when nobody is understood there.
Never: changes the rate before what was said at the old one is out; assumes a clock.
"""

import time

from micropython import const

from . import guard

try:
    from machine import mem32
except ImportError:
    mem32 = None

_DRAIN = const(20)  # ms: a full FIFO at 115200 baud takes 12
_TRIAL = const(2000)  # ms in which a first frame must come at the new rate
_DEAF = const(8)  # damaged strings in a row: the other end speaks at another rate


class Baud:
    def __init__(self, port):
        self.port = port
        self.wanted = 0  # asked for, and not yet in force
        self._rate = self._base = guard.board["baud"]
        self._divider = guard.board["divider"]
        self._at_base = mem32[self._divider] if self._divider else 0
        self._trial = False
        self._since = 0
        self._damaged = 0

    def ask(self, rate):
        """Whether the rate can be had; it is in force after change()."""
        if rate != self._base and rate not in guard.board["bauds"]:
            return False
        self.wanted = rate
        return True

    def change(self):
        """To the rate that was asked for; called when the answer is on its way."""
        self._set(self.wanted)
        self.wanted = 0
        self._trial = True
        self._since = time.ticks_ms()
        self._damaged = self.port.into.damaged

    def heard(self):
        """A frame has come."""
        self._trial = False
        self._damaged = self.port.into.damaged

    def watch(self):
        """Back, if nothing is understood at this rate."""
        if self._rate == self._base:
            return
        late = self._trial and time.ticks_diff(time.ticks_ms(), self._since) > _TRIAL
        if late or self.port.into.damaged - self._damaged >= _DEAF:
            self.end()

    def end(self):
        """Back to the rate that the REPL has."""
        if self._rate != self._base:
            self._set(self._base)

    def _set(self, rate):
        time.sleep_ms(_DRAIN)
        if self._divider:
            mem32[self._divider] = scaled(self._at_base, self._base, rate)
        self.port.pace(guard.board["rate"] * rate // self._base)
        self._rate = rate


def scaled(divider, base, rate):
    """The divider for `rate` if this one gives `base`; from bit 20 on each has its sixteenths."""
    sixteenths = (divider & 0xFFFFF) << 4 | divider >> 20 & 15
    sixteenths = (sixteenths * base + rate // 2) // rate
    return (sixteenths & 15) << 20 | sixteenths >> 4
