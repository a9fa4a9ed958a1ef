"""A motor bridge with an enable input. params: enable, in1, in2, full, frequency."""

from machine import PWM, Pin


class Driver:
    def __init__(self, params):
        enable, in1, in2, self._full, frequency = params
        self._enable = PWM(Pin(enable, Pin.OUT), freq=frequency, duty_u16=0)
        self._in1 = Pin(in1, Pin.OUT, value=0)
        self._in2 = Pin(in2, Pin.OUT, value=0)
        self._last = 0

    def write(self, value):
        if value == self._last:
            return
        if (value > 0) != (self._last > 0):
            self._enable.duty_u16(0)
        self._last = value
        self._in1.value(1 if value > 0 else 0)
        self._in2.value(1 if value < 0 else 0)
        duty = min(value if value > 0 else -value, self._full) * 65535 // self._full
        self._enable.duty_u16(duty)

    def stop(self):
        self._last = 0
        self._enable.duty_u16(0)
        self._in1.value(0)
        self._in2.value(0)
