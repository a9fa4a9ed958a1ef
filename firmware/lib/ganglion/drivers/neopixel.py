"""A NeoPixel strip, all of it white and as bright as it is told. params: pin, count, full."""

from machine import Pin, bitstream

_TIMING = (400, 850, 800, 450)  # nanoseconds


class Driver:
    def __init__(self, params):
        pin, count, self._full = params
        self._pin = Pin(pin, Pin.OUT, value=0)
        self._pixels = bytearray(3 * count)
        self._last = -1

    def write(self, value):
        level = min(max(value, 0), self._full) * 255 // self._full
        if level == self._last:
            return
        self._last = level
        for i in range(len(self._pixels)):
            self._pixels[i] = level
        bitstream(self._pin, 0, _TIMING, self._pixels)

    def stop(self):
        self.write(0)
