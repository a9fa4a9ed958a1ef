"""An LED or a relay: on above 0. params: pin, invert."""

from machine import Pin


class Driver:
    def __init__(self, params):
        pin, self._invert = params
        self._pin = Pin(pin, Pin.OUT, value=self._invert)

    def write(self, value):
        self._pin.value((1 if value > 0 else 0) ^ self._invert)

    def stop(self):
        self._pin.value(self._invert)
