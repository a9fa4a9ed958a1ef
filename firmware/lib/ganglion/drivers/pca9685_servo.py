"""A servo on a channel of a PCA9685.

params: scl, sda, address, channel, low, high (what it is told), low_us, high_us (of its pulse).
"""

from micropython import const

from .pca9685 import Channels

_PERIOD_US = const(20_000)


class Driver:
    def __init__(self, params):
        scl, sda, address, self._channel, self._low, self._high, self._low_us, high_us = params
        self._span = high_us - self._low_us
        self._channels = Channels(scl, sda, address)
        self._last = None

    def write(self, value):
        if value == self._last:
            return
        self._last = value
        part = min(max(value, self._low), self._high) - self._low
        us = self._low_us + part * self._span // (self._high - self._low)
        self._channels.set(self._channel, us * 4096 // _PERIOD_US)

    def stop(self):
        """No pulses: it lets go."""
        self._last = None
        self._channels.set(self._channel, 0)
