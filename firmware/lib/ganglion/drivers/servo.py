"""A hobby servo. params: pin, low, high (what it is told), low_us, high_us (of its pulse)."""

from machine import PWM, Pin


class Driver:
    def __init__(self, params):
        pin, self._low, self._high, self._low_us, high_us = params
        self._span = high_us - self._low_us
        self._pwm = PWM(Pin(pin, Pin.OUT), freq=50, duty_u16=0)
        self._last = None

    def write(self, value):
        if value == self._last:
            return
        self._last = value
        part = min(max(value, self._low), self._high) - self._low
        us = self._low_us + part * self._span // (self._high - self._low)
        self._pwm.duty_ns(us * 1000)

    def stop(self):
        """No pulses: it lets go."""
        self._last = None
        self._pwm.duty_u16(0)
