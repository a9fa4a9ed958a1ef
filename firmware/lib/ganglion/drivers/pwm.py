"""Anything that takes a PWM. params: pin, full, frequency."""

from machine import PWM, Pin


class Driver:
    def __init__(self, params):
        pin, self._full, frequency = params
        self._pwm = PWM(Pin(pin, Pin.OUT), freq=frequency, duty_u16=0)

    def write(self, value):
        self._pwm.duty_u16(min(max(value, 0), self._full) * 65535 // self._full)

    def stop(self):
        self._pwm.duty_u16(0)
