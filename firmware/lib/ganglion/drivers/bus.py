"""Bus: one I2C for all that share its pins, at 400 kHz."""

from machine import I2C, Pin

_buses = {}


def bus(scl, sda):
    key = (scl, sda)
    if key not in _buses:
        _buses[key] = I2C(len(_buses), scl=Pin(scl), sda=Pin(sda), freq=400_000)
    return _buses[key]
