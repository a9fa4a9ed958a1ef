"""A motor bridge with two PWM inputs. params: forward, back, full, frequency."""

from machine import PWM, Pin


class Driver:
    def __init__(self, params):
        forward, back, self._full, frequency = params
        self._forward = PWM(Pin(forward, Pin.OUT), freq=frequency, duty_u16=0)
        self._back = PWM(Pin(back, Pin.OUT), freq=frequency, duty_u16=0)
        self._last = 0

    def write(self, value):
        if value == self._last:
            return
        self._last = value
        duty = min(value if value > 0 else -value, self._full) * 65535 // self._full
        # First the side that ends, so that both are never on.
        if value > 0:
            self._back.duty_u16(0)
            self._forward.duty_u16(duty)
        else:
            self._forward.duty_u16(0)
            self._back.duty_u16(duty)

    def stop(self):
        self._last = 0
        self._forward.duty_u16(0)
        self._back.duty_u16(0)
