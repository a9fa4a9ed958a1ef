"""PCA9685: sixteen PWM channels of 12 bits on I2C, at 50 Hz."""

from micropython import const

from .bus import bus

_MODE1, _PRESCALE, _FIRST = 0x00, 0xFE, 0x06
_AT_50_HZ = const(121)
COUNTS = const(4095)  # of a period
_awake = set()


class Channels:
    def __init__(self, scl, sda, address):
        self._bus = bus(scl, sda)
        self._address = address
        self._data = bytearray(4)
        key = (scl, sda, address)
        if key not in _awake:
            self._bus.writeto_mem(address, _MODE1, b"\x10")  # asleep: only then can it be set
            self._bus.writeto_mem(address, _PRESCALE, bytes((_AT_50_HZ,)))
            self._bus.writeto_mem(address, _MODE1, b"\x20")
            _awake.add(key)

    def set(self, channel, count):
        """On for `count` of 4096 parts of a period."""
        data = self._data
        data[2] = count & 255
        data[3] = count >> 8
        self._bus.writeto_mem(self._address, _FIRST + 4 * channel, data)
