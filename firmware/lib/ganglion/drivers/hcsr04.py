"""HC-SR04: the microseconds of an echo. params: trigger, echo, the most to wait.

An echo that does not end in time is as far as it can see; one that never begins is no sensor. The
waiting is busy, and bounded twice: by that time before the echo, and by that time in it.
"""

from time import sleep_us

from machine import Pin, time_pulse_us


class Driver:
    def __init__(self, params):
        trigger, echo, self._most = params
        self._trigger = Pin(trigger, Pin.OUT, value=0)
        self._echo = Pin(echo, Pin.IN)

    def read(self, out, at):
        self._trigger.value(1)
        sleep_us(10)
        self._trigger.value(0)
        us = time_pulse_us(self._echo, 1, self._most)
        if us == -2:  # it did not begin
            return False
        out[at] = self._most if us < 0 or us > self._most else us
        return True
