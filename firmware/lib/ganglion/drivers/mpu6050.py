"""MPU6050: acceleration x, y, z and turn x, y, z, as it gives them. params: scl, sda, address."""

from .bus import bus

_POWER, _DATA = 0x6B, 0x3B
_PLACES = (0, 2, 4, 8, 10, 12)  # 6 and 7 are its temperature


class Driver:
    def __init__(self, params):
        scl, sda, self._address = params
        self._bus = bus(scl, sda)
        self._data = bytearray(14)
        self._awake = False

    def read(self, out, at):
        if not self._awake:
            self._bus.writeto_mem(self._address, _POWER, b"\0")
            self._awake = True
        data = self._data
        self._bus.readfrom_mem_into(self._address, _DATA, data)
        for place in _PLACES:
            value = data[place] << 8 | data[place + 1]
            out[at] = value - 65536 if value & 0x8000 else value
            at += 1
        return True
