"""Robot: a robot's program, burst by burst: the reference that a board must equal.

In:  what the sensors read in a burst; which neurons fired in it.
Out: the inputs of the burst (R4), what the motors are told, and the state's words (SPEC 10.3).
Never: floating point; a look at how old a second is. Time comes in only as bursts.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ..network.robot import Bits, Encoder, Gain, Law, Levels, Output, Program, Tap

OLDEST = 65535
Ints = NDArray[np.int64]


class Read(IntEnum):
    """What came of a slot in a burst."""

    HELD = 0  # it was not due
    FRESH = 1  # it was read
    FAILED = 2  # it was due, and the sensor did not answer


@dataclass(frozen=True, slots=True)
class Fraction:
    """numerator / denominator; of a column of which nothing fired, `fired` is 0."""

    numerator: int
    denominator: int
    fired: int


def column(taps: Sequence[Tap], fired: Collection[int], mean: bool, base: int) -> Fraction:
    """The value of a column (SPEC 10.5): a sum of weights, over the voxels that fired."""
    total = voxels = spikes = 0
    counted = False
    for tap in taps:
        if tap.first:
            counted = False
        if tap.neuron in fired:
            total += tap.weight
            spikes += 1
            if not counted:
                voxels += 1
                counted = True
    return Fraction(total, base * (voxels if mean and voxels else 1), spikes)


def value(output: Output, fired: Collection[int]) -> tuple[int, int, bool]:
    """plus − minus as one fraction, and whether anything fired."""
    plus = column(output.plus, fired, output.mean, output.base)
    minus = column(output.minus, fired, output.mean, output.base)
    a, b = plus.denominator // output.base, minus.denominator // output.base
    numerator = plus.numerator * b - minus.numerator * a
    return numerator, output.base * a * b, bool(plus.fired or minus.fired)


def scaled(numerator: int, denominator: int, scale: int) -> int:
    """scale · numerator / denominator, toward zero."""
    product = scale * numerator
    return product // denominator if product >= 0 else -(-product // denominator)


def inputs_of(encoder: Encoder, raw: int) -> list[tuple[int, int]]:
    """The (neuron, amount) that a reading gives."""
    if isinstance(encoder, Levels):
        level = bisect_right(encoder.thresholds, raw)
        return [(neuron, encoder.amount) for neuron in encoder.fires[level]]
    if isinstance(encoder, Gain):
        inside = min(max(raw, encoder.low), encoder.high)
        zero = encoder.low if encoder.gain > 0 else encoder.high
        return [(encoder.neuron, encoder.gain * (inside - zero))]
    return [(n, encoder.amount) for n in _digits(encoder, raw) if n >= 0]


def _digits(encoder: Bits, raw: int) -> list[int]:
    distance = raw - encoder.zero if encoder.span > 0 else encoder.zero - raw
    span = abs(encoder.span)
    if distance == 0:
        return [encoder.plus[-1], *encoder.minus[-1:]]
    if distance < 0 and not encoder.minus:
        return [encoder.plus[-1]]
    cells = encoder.plus if distance > 0 else encoder.minus
    left = min(abs(distance), span)
    found = []
    for cell in cells:
        left *= 2
        if left >= span:
            found.append(cell)
            left -= span
    return found


class Robot:
    """A program running. `raw` and `age` are of slots, `driven` is of outputs."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.reset()

    def reset(self) -> None:
        """As START does."""
        self.raw = [0] * self.program.slots
        self.age = [0] * self.program.slots
        self.held = [output.initial for output in self.program.outputs]
        self.windows = [[0] * output.window for output in self.program.outputs]
        self.driven = [self._shown(i) for i in range(len(self.held))]
        self.hold = [0] * self.program.slots
        for driver in self.program.drivers:
            if not driver.acts:
                for slot in range(driver.first, driver.first + driver.count):
                    self.hold[slot] = driver.hold

    def sense(self, states: Sequence[int], values: Sequence[int]) -> tuple[Ints, Ints]:
        """Takes what was read in a burst, and gives its inputs: neurons and amounts."""
        for slot in range(self.program.slots):
            state = states[slot] if states else Read.HELD
            if state == Read.FRESH:
                self.raw[slot] = int(values[slot])
                self.age[slot] = 1
            elif self.age[slot]:
                self.age[slot] = min(self.age[slot] + 1, OLDEST)
        found: list[tuple[int, int]] = []
        for encoder in self.program.encoders:
            if self.in_use(encoder.slot):
                found += inputs_of(encoder, self.raw[encoder.slot])
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def in_use(self, slot: int) -> bool:
        """Whether the last reading of a slot still counts."""
        return self.age[slot] > 0 and (not self.hold[slot] or self.age[slot] <= self.hold[slot])

    def act(self, fired: Collection[int]) -> list[int]:
        """Takes the neurons that fired, and gives what the motors are told."""
        outputs = self.program.outputs
        found = [value(output, fired) for output in outputs]
        moving = {o.group for o, (_, _, any_) in zip(outputs, found, strict=True) if any_}
        for i, (output, (numerator, denominator, any_)) in enumerate(
            zip(outputs, found, strict=True)
        ):
            step = scaled(numerator, denominator, output.scale)
            if output.law == Law.WINDOW:
                self._push(i, step, any_, output.group in moving)
            elif output.law == Law.NOW:
                self.held[i] = _limited(output, output.offset + step) if any_ else 0
            elif output.law == Law.KEEP:
                if any_:
                    self.held[i] = _limited(output, output.offset + step)
            else:
                target = column(output.target, fired, output.mean, output.base)
                if target.fired:
                    absolute = scaled(target.numerator, target.denominator, output.divisor)
                    self.held[i] = _limited(output, output.offset + absolute)
                elif any_:
                    self.held[i] = _limited(output, self.held[i] + step)
            self.driven[i] = self._shown(i)
        return self.driven

    def _push(self, i: int, step: int, any_: bool, moving: bool) -> None:
        window = self.windows[i]
        if any_:
            window.append(step)
            del window[0]
            window.append(sum(window) // len(window))
            del window[0]
        elif not moving:
            window.append(0)
            del window[0]
        self.held[i] = window[0]

    def _shown(self, i: int) -> int:
        output = self.program.outputs[i]
        return self.held[i] // output.divisor if output.law == Law.ADD else self.held[i]

    def words(self) -> NDArray[np.uint32]:
        """The state, as it enters the digest (SPEC 3 and 10.3)."""
        state: list[int] = []
        for raw, age in zip(self.raw, self.age, strict=True):
            state += (raw, age)
        for held, window in zip(self.held, self.windows, strict=True):
            state += (held, *window)
        return (np.array(state, dtype=np.int64) & 0xFFFFFFFF).astype(np.uint32)


def _limited(output: Output, wanted: int) -> int:
    return min(max(wanted, output.low), output.high)
