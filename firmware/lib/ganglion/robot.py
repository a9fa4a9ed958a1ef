"""Robot: what the sensors read becomes inputs, and what fired becomes what motors are told.

In:  the words of a robot (load/robot.py has checked them), a Brain, drivers.
Out: the slots and outputs of each burst (SPEC.md 10.1 to 10.5).
Never: allocates in a burst; reads a clock for anything that the brain depends on.
"""

import gc
import struct
from array import array

from micropython import const

from . import rest
from .kernel import robot as viper
from .past import Past

FRESH = const(1)
HOST = const(2)  # modes: who senses
_HELD = const(0)
_FAILED = const(2)
_OLDEST = const(65535)
_NONE = const(0)
_DRIVERS = const(1)
_NOW = const(1)  # laws
_KEEP = const(2)
_WINDOW = const(3)
_ADD = const(4)
_TARGET = const(5)
_LEVELS = const(1)  # kinds of encoder
_GAIN = const(3)
_LAW = const(1)  # words of an output
_MEAN = const(2)
_GROUP = const(3)
_SCALE = const(4)
_BASE = const(5)
_OFFSET = const(6)
_DIVISOR = const(7)
_LOW = const(8)
_HIGH = const(9)
_INITIAL = const(10)
_LENGTH = const(11)
_PLUS = const(12)
_MINUS = const(13)
_TARGETS = const(14)
_TAPS = const(15)


class Robot:
    def __init__(self, words):
        self.words = words
        self.period_us, self.contact_ms, self.depth = words[1], words[2], words[3]
        self.slots, self.outputs = words[4], words[7]
        at = 8
        self._described = []  # drivers
        encoders = []
        outputs = []
        for count, into in ((words[5], self._described), (words[6], encoders), (words[7], outputs)):
            for _ in range(count):
                into.append(at)
                at += words[at]
        self._encoders = array("H", encoders)
        self._columns = array("H", outputs)
        self._held = array("H", bytes(2 * len(outputs)))  # where each output's state is
        at = 2 * self.slots
        for i, output in enumerate(outputs):
            self._held[i] = at
            at += 1 + words[output + _LENGTH]
        self.state = array("i", bytes(4 * at))  # as it enters the digest
        self.raw = array("i", bytes(4 * max(self.slots, 1)))  # what drivers or the host give
        self.states = bytearray(max(self.slots, 1))
        self.driven = array("i", bytes(4 * max(self.outputs, 1)))
        self._hold = array("H", bytes(2 * max(self.slots, 1)))
        for at in self._described:
            if not words[at + 1]:
                for slot in range(words[at + 2], words[at + 2] + words[at + 3]):
                    self._hold[slot] = words[at + 6]
        self._found = array("i", bytes(4 * 3))  # of a column
        self._value = array("i", bytes(4 * 3 * max(self.outputs, 1)))  # step, fired, target fired
        self.past = Past(self)
        self.mode = _NONE
        self.still = False  # the motors were held in this burst
        self._held_still = False  # ... or are by now
        self._sensors = ()
        self._motors = ()
        self._step = self._restart = None
        self.most = self._most()
        self.reset()

    def _most(self):
        """How many inputs one burst can have."""
        words = self.words
        total = 0
        for at in self._encoders:
            kind = words[at + 1]
            if kind == _LEVELS:
                m = words[at + 4]
                starts = at + 5 + m
                total += max(words[starts + i + 1] - words[starts + i] for i in range(m + 1))
            elif kind != _GAIN:
                total += words[at + 6]
            else:
                total += 1
        return total

    # ---- a run

    def open(self):
        """Makes the drivers, before the first run that needs them; motors are at rest then."""
        if self._sensors or self._motors:
            return
        sensors = []
        motors = []
        words = self.words
        parts = [(at, self._part(at)) for at in self._described]
        rest.note([part for at, part in parts if words[at + 1]])
        for at, (name, params) in parts:
            made = rest.module(name).Driver(params)
            if words[at + 1]:
                made.stop()
                motors.append((made, words[at + 2]))
            else:
                sensors.append((made, words[at + 4], words[at + 5], words[at + 2], words[at + 3]))
        self._sensors = tuple(sensors)
        self._motors = tuple(motors)
        import machine

        # A world in the place of a machine goes on with each burst, and begins anew with a run.
        self._step = getattr(machine, "burst", None)
        self._restart = getattr(machine, "restart", None)
        if not getattr(machine, "contact", True):  # there, seconds mean nothing
            self.contact_ms = 0
        gc.collect()

    def _part(self, at):
        """The name of a driver, and its parameters."""
        words = self.words
        n = words[at + 8]
        size = words[at + 9 + n]
        text = struct.pack("<%di" % ((size + 3) >> 2), *words[at + 10 + n : at + words[at]])
        return text[:size].split(b"\0")[0].decode(), tuple(words[at + 9 : at + 9 + n])

    def begin(self, mode):
        """A run begins."""
        if mode == _DRIVERS:
            self.open()
            if self._restart:
                self._restart()
            self.stop()
        self.mode = mode
        self.reset()
        self.past.clear()

    def end(self):
        """A run ends; what a motor raised that was told to stop, or None."""
        self.mode = _NONE
        try:
            self.stop()
        except Exception as error:
            return error

    def stop(self):
        """The motors come to rest, each of them; then the first that would not raises."""
        failed = None
        for motor, _ in self._motors:
            try:
                motor.stop()
            except Exception as error:
                failed = failed or error
        if failed:
            raise failed

    def hold(self):
        """The motors come to rest until they are told something again."""
        if self.mode == _DRIVERS and not self._held_still:
            self._held_still = True
            self.stop()

    def reset(self):
        words = self.words
        for i in range(len(self.state)):
            self.state[i] = 0
        for i in range(self.slots):
            self.raw[i] = 0
            self.states[i] = _HELD
        for i in range(self.outputs):
            at = self._columns[i]
            self.state[self._held[i]] = words[at + _INITIAL]
            self._show(i, at)
        self.still = self._held_still = False

    # ---- a burst

    def sense(self, brain, burst):
        """Reads what is due, and gives the brain its inputs."""
        states = self.states
        state = self.state
        raw = self.raw
        if self.mode == _DRIVERS:
            for i in range(self.slots):
                states[i] = _HELD
            for made, every, phase, first, count in self._sensors:
                if (burst + phase) % every == 0:
                    try:
                        came = FRESH if made.read(raw, first) else _FAILED
                    except OSError:  # nobody answers on a bus
                        came = _FAILED
                    for slot in range(first, first + count):
                        states[slot] = came
        for slot in range(self.slots):
            at = slot + slot
            if states[slot] == FRESH:
                state[at] = raw[slot]
                state[at + 1] = 1
            elif state[at + 1]:
                state[at + 1] = min(state[at + 1] + 1, _OLDEST)
        words = self.words
        for at in self._encoders:
            slot = words[at + 2]
            age = state[slot + slot + 1]
            hold = self._hold[slot]
            if age and (not hold or age <= hold):
                self._encode(brain, at, state[slot + slot])

    def _encode(self, brain, at, raw):
        words = self.words
        kind = words[at + 1]
        amount = words[at + 3]
        if kind == _LEVELS:
            m = words[at + 4]
            k = viper.level(words, at + 5, m, raw)
            starts = at + 5 + m
            neurons = starts + m + 2
            for i in range(words[starts + k], words[starts + k + 1]):
                brain.inject(words[neurons + i], amount)
        elif kind == _GAIN:
            low, high = words[at + 5], words[at + 6]
            inside = min(max(raw, low), high)
            brain.inject(words[at + 4], amount * (inside - (low if amount > 0 else high)))
        else:
            self._digits(brain, at, raw, amount)

    def _digits(self, brain, at, raw, amount):
        words = self.words
        span = words[at + 5]
        x = raw - words[at + 4]
        if span < 0:
            x = -x
            span = -span
        p, q = words[at + 6], words[at + 7]
        first = at + 8
        if x == 0 or (x < 0 and not q):
            self._give(brain, words[first + p - 1], amount)
            if x == 0 and q:
                self._give(brain, words[first + p + q - 1], amount)
            return
        if x < 0:
            first += p
            x = -x
        x = min(x, span)
        for i in range(first, first + p):
            x += x
            if x >= span:
                x -= span
                self._give(brain, words[i], amount)

    def _give(self, brain, neuron, amount):
        if neuron >= 0:
            brain.inject(neuron, amount)

    def act(self, fired):
        """Takes the fired set; every output has its new value."""
        words = self.words
        value = self._value
        for i in range(self.outputs):
            self._weigh(i, self._columns[i], fired)
        for i in range(self.outputs):
            at = self._columns[i]
            law = words[at + _LAW]
            held = self._held[i]
            step = value[3 * i]
            any_ = value[3 * i + 1]
            if law == _WINDOW:
                self._push(i, at, held, step, any_)
            elif law == _TARGET and value[3 * i + 2]:
                pass  # _weigh has set it
            elif any_:
                step += self.state[held] if law >= _ADD else words[at + _OFFSET]
                self.state[held] = min(max(step, words[at + _LOW]), words[at + _HIGH])
            elif law == _NOW:
                self.state[held] = 0
            self._show(i, at)

    def _weigh(self, i, at, fired):
        """The step of an output, and whether it fired."""
        words = self.words
        found = self._found
        taps = at + _TAPS
        mean = words[at + _MEAN]
        viper.column(words, taps, words[at + _PLUS], fired, found)
        plus = found[0]
        n = found[1] if mean and found[1] else 1
        any_ = found[2]
        taps += 2 * words[at + _PLUS]
        numerator = plus
        base = words[at + _BASE]
        denominator = base * n
        if words[at + _MINUS]:
            viper.column(words, taps, words[at + _MINUS], fired, found)
            m = found[1] if mean and found[1] else 1
            any_ += found[2]
            numerator = plus * m - found[0] * n
            denominator *= m
        self._value[3 * i] = _scaled(words[at + _SCALE] * numerator, denominator)
        self._value[3 * i + 1] = 1 if any_ else 0
        if words[at + _LAW] == _TARGET:
            taps += 2 * words[at + _MINUS]
            viper.column(words, taps, words[at + _TARGETS], fired, found)
            self._value[3 * i + 2] = found[2]
            if found[2]:
                n = found[1] if mean and found[1] else 1
                to = words[at + _OFFSET] + _scaled(words[at + _DIVISOR] * found[0], base * n)
                to = min(max(to, words[at + _LOW]), words[at + _HIGH])
                self.state[self._held[i]] = to

    def _push(self, i, at, held, step, any_):
        state = self.state
        length = self.words[at + _LENGTH]
        if any_:
            for k in range(held + 1, held + length):
                state[k] = state[k + 1]
            state[held + length] = step
            total = 0
            for k in range(held + 1, held + 1 + length):
                total += state[k]
            total //= length
            for k in range(held + 1, held + length):
                state[k] = state[k + 1]
            state[held + length] = total
        elif not self._moves(self.words[at + _GROUP]):
            for k in range(held + 1, held + length):
                state[k] = state[k + 1]
            state[held + length] = 0
        state[held] = state[held + 1]

    def _moves(self, group):
        """Whether an output of a group of windows fired."""
        words = self.words
        for i in range(self.outputs):
            at = self._columns[i]
            if self._value[3 * i + 1] and words[at + _GROUP] == group:
                if words[at + _LAW] == _WINDOW:
                    return True
        return False

    def _show(self, i, at):
        held = self.state[self._held[i]]
        words = self.words
        self.driven[i] = held // words[at + _DIVISOR] if words[at + _LAW] == _ADD else held

    def drive(self, still):
        """Tells the motors, or holds them still."""
        if self.mode == _DRIVERS:
            if still:
                self.hold()
            else:
                self._held_still = False
                for motor, output in self._motors:
                    motor.write(self.driven[output])
            if self._step:
                self._step()
        self.still = still

    def rest(self):
        """After a burst: what the host says was read is said anew for the next one."""
        if self.mode == HOST:
            for i in range(self.slots):
                self.states[i] = _HELD


def _scaled(product, denominator):
    """A quotient, toward zero."""
    return product // denominator if product >= 0 else -(-product // denominator)
