"""A voltage, 0..65535 of what the pin can measure. params: pin."""

from machine import ADC, Pin


class Driver:
    def __init__(self, params):
        self._adc = ADC(Pin(params[0]))

    def read(self, out, at):
        out[at] = self._adc.read_u16()
        return True
