"""A wheel's encoder: steps since the last reading. params: pins a and b.

The chip's own counter where the image has it (MicroPython 1.26), else an interrupt for each step.
"""

import machine

_taken = []  # numbers of counters


class Driver:
    def __init__(self, params):
        a, b = (machine.Pin(pin, machine.Pin.IN) for pin in params)
        self._counter = None
        self._steps = 0
        self._last = 0
        if hasattr(machine, "Encoder"):
            self._counter = machine.Encoder(len(_taken), a, b)
            _taken.append(self)
        else:
            self._a, self._b = a, b
            a.irq(self._edge, machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)

    def _edge(self, pin):
        self._steps += 1 if self._a.value() != self._b.value() else -1

    def read(self, out, at):
        now = self._counter.value() if self._counter else self._steps
        out[at] = now - self._last
        self._last = now
        return True
