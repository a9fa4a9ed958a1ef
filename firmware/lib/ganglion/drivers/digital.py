"""A switch, bumper or IR module that says yes or no. params: pin, pull (1 up, 2 down), invert."""

from machine import Pin


class Driver:
    def __init__(self, params):
        pin, pull, self._invert = params
        pulls = (-1, Pin.PULL_UP, Pin.PULL_DOWN)
        self._pin = Pin(pin, Pin.IN, pulls[pull]) if pull else Pin(pin, Pin.IN)

    def read(self, out, at):
        out[at] = self._pin.value() ^ self._invert
        return True
