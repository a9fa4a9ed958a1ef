"""A motor on two channels of a PCA9685. params: scl, sda, address, forward, back, full."""

from .pca9685 import COUNTS, Channels


class Driver:
    def __init__(self, params):
        scl, sda, address, self._forward, self._back, self._full = params
        self._channels = Channels(scl, sda, address)
        self._last = None

    def write(self, value):
        if value == self._last:
            return
        self._last = value
        count = min(value if value > 0 else -value, self._full) * COUNTS // self._full
        self._channels.set(self._back if value > 0 else self._forward, 0)
        self._channels.set(self._forward if value > 0 else self._back, count)

    def stop(self):
        self._last = None
        self._channels.set(self._forward, 0)
        self._channels.set(self._back, 0)
