"""Robot: what a brain's robot is in integers, the thing that the blob's section ROBOT holds.

In:  encoders, outputs and drivers that robot/compile.py made, or that blob/robot.py read.
Out: frozen records, named as in SPEC.md (10).
Never: floating point; anything that knows a pin's meaning.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

MOST_SLOTS = 64
MOST_OUTPUTS = 32
MOST_PRODUCT = 1 << 30  # what |scale · numerator| stays below: a small integer on every board
MOST_INPUT = (1 << 30) - 1  # what encoders give one neuron in a burst


class Kind(IntEnum):
    """What an encoder does with a reading (SPEC 10.4)."""

    LEVELS = 1
    BITS = 2
    GAIN = 3


class Law(IntEnum):
    """What an output makes of its value (SPEC 10.5)."""

    NOW = 1  # the value of this burst, 0 if nothing fired
    KEEP = 2  # the last value
    WINDOW = 3  # legacy motors: a window of values with the mean fed back
    ADD = 4  # what is added to a kept value
    TARGET = 5  # a servo of FEAGI 3: a target, else what is added


@dataclass(frozen=True, slots=True)
class Driver:
    """What reads or moves a part of the robot. `name` and `params` are the firmware's."""

    name: str
    label: str
    acts: bool
    first: int  # of its slots, or of its outputs
    count: int
    params: tuple[int, ...]
    every: int = 1  # bursts
    phase: int = 0
    hold: int = 0  # bursts that a reading is used for; 0 = for ever
    cost_us: int = 0

    def due(self, burst: int) -> bool:
        return (burst + self.phase) % self.every == 0


@dataclass(frozen=True, slots=True)
class Levels:
    """Thresholds, ascending; `fires[k]` are the neurons at k of them reached."""

    slot: int
    amount: int
    thresholds: tuple[int, ...]
    fires: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Bits:
    """Binary digits of (raw − zero) / span, in two columns by its sign. −1 = no such neuron."""

    slot: int
    amount: int
    zero: int
    span: int  # not 0; the sign is the direction
    plus: tuple[int, ...]
    minus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """The reading itself as a potential: gain · (clamped − low), or − high if gain is below 0."""

    slot: int
    neuron: int
    low: int
    high: int
    gain: int


Encoder = Levels | Bits | Gain


def largest_input(encoders: Iterable[Encoder]) -> tuple[int, int]:
    """The neuron that they can give most in one burst, of either sign, and how much (SPEC 10.2);
    (0, 0) if they give none anything."""
    total: Counter[int] = Counter()
    for e in encoders:
        if isinstance(e, Gain):
            total[e.neuron] += abs(e.gain) * (e.high - e.low)
            continue
        often: Counter[int] = Counter()
        if isinstance(e, Levels):
            for fires in e.fires:
                often |= Counter(fires)  # the larger of both
        else:
            often.update(n for n in (*e.plus, *e.minus) if n >= 0)
        for neuron, times in often.items():
            total[neuron] += times * abs(e.amount)
    return max(total.items(), key=lambda found: found[1], default=(0, 0))


@dataclass(frozen=True, slots=True)
class Tap:
    """A neuron of an output's column. `first`: it begins another voxel."""

    neuron: int
    weight: int
    first: bool = True


@dataclass(frozen=True, slots=True)
class Output:
    """A column or two of an output area, as one number (SPEC 10.5)."""

    law: Law
    scale: int
    base: int
    plus: tuple[Tap, ...]
    minus: tuple[Tap, ...] = ()
    target: tuple[Tap, ...] = ()
    mean: bool = True  # over what fired; else the sum
    group: int = 0  # of outputs that move as one: WINDOW
    divisor: int = 1
    low: int = -(1 << 30)
    high: int = 1 << 30
    initial: int = 0
    offset: int = 0
    window: int = 0


def largest_numerator(output: Output) -> int:
    """What |numerator| of SPEC 10.5 can be at most, whichever taps fire."""
    voxels = [
        max(sum(t.first for t in taps), 1) if output.mean else 1
        for taps in (output.plus, output.minus)
    ]
    up, down = (
        [sum(max(sign * t.weight, 0) for t in taps) * n for sign in (1, -1)]
        for taps, n in zip((output.plus, output.minus), voxels[::-1], strict=True)
    )
    return max(up[0] + down[1], up[1] + down[0])


@dataclass(frozen=True, slots=True)
class Program:
    """A robot. Slots are the integers that sensors fill, numbered from 0."""

    period_us: int
    contact_ms: int
    ring: int  # reports that the board keeps
    slots: int
    drivers: tuple[Driver, ...]
    encoders: tuple[Encoder, ...]
    outputs: tuple[Output, ...]

    @property
    def state_words(self) -> int:
        return 2 * self.slots + sum(1 + output.window for output in self.outputs)

    def slot_names(self) -> list[str]:
        """One name for each slot; a device with several values numbers them."""
        return self._names(self.slots, False)

    def output_names(self) -> list[str]:
        return self._names(len(self.outputs), True)

    def _names(self, count: int, acts: bool) -> list[str]:
        names = [f"{'output' if acts else 'sensor'} {i}" for i in range(count)]
        for driver in self.drivers:
            if driver.acts == acts:
                for i in range(driver.count):
                    several = f" {i}" if driver.count > 1 else ""
                    names[driver.first + i] = driver.label + several
        return names
