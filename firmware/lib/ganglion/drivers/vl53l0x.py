"""VL53L0X: millimetres, measured over and over by itself. params: scl, sda, address.

A reading takes it 33 ms; until then the last one is all there is, and the sensor is late. 8190 is
nothing in sight. Registers as ST's API has them; not yet tried on a chip.
"""

from micropython import const

from .bus import bus

_START, _STATUS, _RANGE, _CLEAR = 0x00, 0x13, 0x1E, 0x0B
_STOP_VARIABLE = const(0x91)


class Driver:
    def __init__(self, params):
        scl, sda, self._address = params
        self._bus = bus(scl, sda)
        self._one = bytearray(1)
        self._two = bytearray(2)
        self._begun = False

    def _begin(self):
        self._write(0x88, 0)
        self._page(True)
        self._bus.readfrom_mem_into(self._address, _STOP_VARIABLE, self._one)
        stop = self._one[0]
        self._page(False)
        self._page(True)
        self._write(_STOP_VARIABLE, stop)
        self._page(False)
        self._write(_START, 2)  # back to back
        self._begun = True

    def _page(self, hidden):
        if hidden:
            self._write(0x80, 1)
            self._write(0xFF, 1)
            self._write(0x00, 0)
        else:
            self._write(0x00, 1)
            self._write(0xFF, 0)
            self._write(0x80, 0)

    def _write(self, register, value):
        self._one[0] = value
        self._bus.writeto_mem(self._address, register, self._one)

    def read(self, out, at):
        if not self._begun:
            self._begin()
        self._bus.readfrom_mem_into(self._address, _STATUS, self._one)
        if not self._one[0] & 7:
            return False
        self._bus.readfrom_mem_into(self._address, _RANGE, self._two)
        out[at] = self._two[0] << 8 | self._two[1]
        self._write(_CLEAR, 1)
        return True
