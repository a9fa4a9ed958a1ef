"""Runner: one burst after another, what they are told and what they tell (SPEC.md 7.2).

In:  a Brain, the settings of CONFIGURE, inputs that wait for their burst.
Out: SPIKES, BURST, STATS and DONE on a Port.
Never: allocates between start() and the end of a run; reads the link; knows why a brain fires.
"""

import gc
import struct
import time
from array import array

from micropython import const

from . import guard
from .wire import as_bytes

try:
    from .crc import TABLE
    from .frames import burst as frame
except (ImportError, AttributeError):  # CPython, which has no viper
    frame = None

_CODE_OK = const(0)
_CODE_VALUE = const(3)
_CODE_LATE = const(9)
_CODE_FULL = const(10)
_TYPE_SPIKES = const(130)
_TYPE_STATS = const(132)
_TYPE_DONE = const(134)
_PAYLOAD = const(6)  # as in wire.py
_LEFT = const(56)  # neurons that a BURST has room for
_PAUSE = const(500)  # ms, the longest wait without a look at the watchdog
_WAITING = const(160)  # inputs that can wait for their burst
_EACH = const(64)  # ... for one burst: what Brain.inject holds
_BURSTS = const(1)  # bits of CONFIGURE's telemetry
_LOSSLESS = const(2)
_FIRED_ONLY = const(4)
_STEPPED = const(8)


class Runner:
    def __init__(self, port):
        self.port = port
        self.brain = None
        self.active = False
        self.detail = 0  # of the last refusal
        self._settings = (0, 0, 0, 0)
        self._telemetry = _BURSTS
        self._digest_every = 1
        self._stats_every = 0
        self._period = 0  # microseconds
        self._bursts = 0
        self._late = 0
        self._due = 0
        self._count = self._sum = self._max = 0  # bursts and their microseconds, for STATS
        self._digest = None
        self.drives = 0  # the mode of ROBOT
        self._robot = self._tell = None  # in a run that drives
        self._heard = 0  # when the host was last heard
        self._out = self._set = None  # what frames.py tells of, and the fired set
        self.always = self._wait = 0
        self._burst_of = array("I", bytes(4 * _WAITING))
        self._neuron_of = array("H", bytes(2 * _WAITING))
        self._amount_of = array("i", bytes(4 * _WAITING))
        self._waiting = 0

    @property
    def stepped(self):
        return self._telemetry & _STEPPED

    def configure(self, payload):
        stimulus, bits, telemetry, zero, seed, chance, digest, stats, period = struct.unpack(
            "<BBBBIIIII", payload
        )
        self.detail = 0
        for good in (
            stimulus < 2, bits < 11, telemetry < 16, zero == 0, True, chance <= 65536, True, True,
            period < 1 << 28,
        ):  # fmt: skip
            if not good:
                return _CODE_VALUE
            self.detail += 1
        self._settings = (stimulus, seed, bits, chance)
        self._telemetry = telemetry
        self._digest_every = digest
        self._stats_every = stats
        self._period = period
        return _CODE_OK

    def start(self, brain, bursts):
        self.brain = brain
        self._bursts = bursts
        self._robot = None
        if brain.robot and self.drives:
            from . import drive

            brain.robot.begin(self.drives)
            self._robot = brain.robot
            self._tell = drive.tell
        self.hear()
        brain.stimulus(*self._settings)
        brain.reset()
        self.port.dropped = self._late = self._count = self._sum = self._max = 0
        # As bytes: a digest above 30 bits would be an allocation on a 32-bit board.
        self._digest = as_bytes(brain.digest_bytes, 8)
        self._out, self._set = brain.told, brain.net.fired
        self._out[7] = (brain.n + 31) >> 5
        self._wait = self._telemetry & _LOSSLESS
        self.always = self._telemetry & (_BURSTS | _FIRED_ONLY) == _BURSTS
        gc.collect()
        self._due = time.ticks_us()
        self.active = True

    def inject(self, brain, payload):
        """Keeps the inputs of an INJECT for their burst: all of them, or none and a code."""
        last = brain.burst if self.active else 0
        burst = struct.unpack_from("<I", payload)[0] or last + 1
        if burst <= last:
            return _CODE_LATE
        n = self._waiting
        new = (len(payload) - 4) // 6
        same = new
        total = 0
        most = 30 if brain.robot else 31  # bits: what its sensors give is below 2^30
        for i in range(n):
            if self._burst_of[i] == burst:
                same += 1
                total += abs(self._amount_of[i])
        for i in range(new):
            neuron, amount = struct.unpack_from("<Hi", payload, 4 + 6 * i)
            total += abs(amount)
            if neuron >= brain.n or total >> most:
                self.detail = 1 + 2 * i + (neuron < brain.n)
                return _CODE_VALUE
        if n + new > _WAITING or same > _EACH:
            return _CODE_FULL
        for i in range(n, n + new):
            self._burst_of[i] = burst
            self._neuron_of[i], self._amount_of[i] = struct.unpack_from(
                "<Hi", payload, 4 + 6 * (i - n)
            )
        self._waiting = n + new
        return _CODE_OK

    def wait_ms(self):
        """How long there is nothing to do but listen, in whole milliseconds."""
        if not self._period:
            return 0
        return max(0, time.ticks_diff(self._due, time.ticks_us()) // 1000)

    def is_due(self):
        return not self._period or time.ticks_diff(self._due, time.ticks_us()) <= 0

    def burst(self):
        """One burst and its telemetry; the end of the run if it was the last."""
        brain = self.brain
        begun = time.ticks_us()
        if self._waiting:
            self._give(brain.burst + 1)
        robot = self._robot
        if robot:
            brain.sense()
        fired = brain.step()
        number = brain.burst
        if robot:
            brain.act()
            robot.drive(self._alone(robot.contact_ms))
        digested = self._digest_every
        if digested:
            digested = 0 if digested > 1 and number % digested else 1
            if digested:
                brain.digest()
        micros = time.ticks_diff(time.ticks_us(), begun)
        if guard._dog:
            guard._dog.feed()
        if robot:
            robot.past.keep(number, self._digest, fired, digested)
        if fired and self._telemetry & _BURSTS or self.always:
            if robot:
                self._tell(self.port, robot, number, self._wait)
            self._report(number, fired, digested, micros)
        if robot:
            robot.rest()
        if self._stats_every:
            self._count += 1
            self._sum += micros
            self._max = max(self._max, micros)
            if number % self._stats_every == 0:
                self._report_stats(number, self._wait)
        if number == self._bursts:
            self.end()
        elif self._period:
            self._due = time.ticks_add(self._due, self._period)
            if time.ticks_diff(time.ticks_us(), self._due) > 0:
                self._late += 1
                self._due = time.ticks_us()

    def end(self):
        """Says that the run has ended, and forgets the inputs that nobody took. Raises what a motor
        raised that was told to stop."""
        brain = self.brain
        failed = self.abandon()
        self.port.begin(True)
        struct.pack_into(
            "<IIII", self.port.out.wire, _PAYLOAD, brain.burst, brain.digest_bytes[1],
            brain.spikes & 0xFFFFFFFF, self.port.dropped,
        )  # fmt: skip
        self.port.send(_TYPE_DONE, 16, True)
        guard.fail(_CODE_OK)
        if failed:
            raise failed

    def abandon(self):
        """Ends a run that went wrong: the caller says why. What a motor raised, or None."""
        self.active = False
        self._waiting = 0
        robot, self._robot = self._robot, None
        return robot and robot.end()

    def hear(self):
        """The host is there."""
        self._heard = time.ticks_ms()

    def _alone(self, contact_ms):
        """Whether nothing was heard of the host for that long; 0 = that does not matter."""
        return contact_ms and time.ticks_diff(time.ticks_ms(), self._heard) > contact_ms

    def patience(self):
        """How long to listen without a look at watch(), in milliseconds."""
        contact_ms = self._robot.contact_ms if self._robot else 0
        return min(contact_ms >> 1, _PAUSE) if contact_ms else _PAUSE

    def watch(self):
        """The watchdog is fed; a robot whose host is silent holds still, also between bursts."""
        guard.feed()
        robot = self._robot
        if robot and self._alone(robot.contact_ms):
            robot.hold()

    def forget(self):
        """Holds on to no brain."""
        self.abandon()
        self.brain = self._digest = self._out = self._set = None

    def _give(self, burst):
        """Hands the inputs of `burst` to the brain and closes the gaps they leave."""
        kept = 0
        for i in range(self._waiting):
            if self._burst_of[i] == burst:
                self.brain.inject(self._neuron_of[i], self._amount_of[i])
            else:
                self._burst_of[kept] = self._burst_of[i]
                self._neuron_of[kept] = self._neuron_of[i]
                self._amount_of[kept] = self._amount_of[i]
                kept += 1
        self._waiting = kept

    def _report(self, number, fired, digested, micros):
        port, wait = self.port, self._wait
        out = port.out
        told = 0
        if fired > _LEFT:
            told = self.collect(number, fired)
        if port.begin(wait):
            words = self._out  # as frames.py reads them
            words[2] = number
            words[3] = fired
            words[4] = micros
            words[5] = out.sequence
            words[6] = told
            words[8] = digested
            port.write(frame(out.wire, words, self._set, TABLE), wait)

    def collect(self, number, fired):
        """SPIKES, until what is left fits the BURST. Returns how many neurons they list."""
        port, wait = self.port, self._wait
        out = port.out
        told = 0
        while fired - told > _LEFT:
            n = min(fired - told, len(out.spikes))
            if port.begin(wait):
                struct.pack_into("<I", out.wire, _PAYLOAD, number)
                self.brain.fired(out.spikes, told)
                port.send(_TYPE_SPIKES, 4 + 2 * n, wait)
            told += n
        return told

    def _report_stats(self, number, wait):
        port = self.port
        if port.begin(wait):
            struct.pack_into(
                "<IIIIIII", port.out.wire, _PAYLOAD, number, self._sum // self._count, self._max,
                gc.mem_free(), port.dropped, port.into.damaged, self._late,
            )  # fmt: skip
            port.send(_TYPE_STATS, 28, wait)
        self._count = self._sum = self._max = 0
