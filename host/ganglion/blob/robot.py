"""Robot: the words of the blob's section ROBOT (SPEC.md 10.2), and back.

In:  a robot's Program, or the bytes of a section and the number of neurons.
Out: one byte string for one program; a Program whose every index is in range.
Never: decides what a reading means (robot/compile.py does).
"""

import struct
from itertools import pairwise

from ..errors import BlobError
from ..network.robot import (
    MOST_INPUT,
    MOST_OUTPUTS,
    MOST_PRODUCT,
    MOST_SLOTS,
    Bits,
    Driver,
    Encoder,
    Gain,
    Kind,
    Law,
    Levels,
    Output,
    Program,
    Tap,
    largest_input,
    largest_numerator,
)

VERSION = 1
HEADER = 8  # words
MOST_WORDS = 1 << 16
REBUILD = "compile the brain and its robot again with this version"


def encode_robot(program: Program) -> bytes:
    """The section ROBOT."""
    words = [
        VERSION, program.period_us, program.contact_ms, program.ring, program.slots,
        len(program.drivers), len(program.encoders), len(program.outputs),
    ]  # fmt: skip
    for driver in program.drivers:
        words += _record(_driver_words(driver))
    for encoder in program.encoders:
        words += _record(_encoder_words(encoder))
    for output in program.outputs:
        words += _record(_output_words(output))
    return struct.pack(f"<{len(words)}i", *words)


def _record(words: list[int]) -> list[int]:
    return [len(words) + 1, *words]


def _driver_words(driver: Driver) -> list[int]:
    name = f"{driver.name}\0{driver.label}".encode()
    padded = name + bytes(-len(name) % 4)
    return [
        int(driver.acts), driver.first, driver.count, driver.every, driver.phase, driver.hold,
        driver.cost_us, len(driver.params), *driver.params, len(name),
        *struct.unpack(f"<{len(padded) // 4}i", padded),
    ]  # fmt: skip


def _encoder_words(encoder: Encoder) -> list[int]:
    if isinstance(encoder, Levels):
        starts = [0]
        for fires in encoder.fires:
            starts.append(starts[-1] + len(fires))
        return [
            Kind.LEVELS, encoder.slot, encoder.amount, len(encoder.thresholds),
            *encoder.thresholds, *starts, *(n for fires in encoder.fires for n in fires),
        ]  # fmt: skip
    if isinstance(encoder, Bits):
        return [
            Kind.BITS, encoder.slot, encoder.amount, encoder.zero, encoder.span,
            len(encoder.plus), len(encoder.minus), *encoder.plus, *encoder.minus,
        ]  # fmt: skip
    return [Kind.GAIN, encoder.slot, encoder.gain, encoder.neuron, encoder.low, encoder.high]


def _output_words(output: Output) -> list[int]:
    taps = output.plus + output.minus + output.target
    return [
        output.law, int(output.mean), output.group, output.scale, output.base, output.offset,
        output.divisor, output.low, output.high, output.initial, output.window,
        len(output.plus), len(output.minus), len(output.target),
        *(word for tap in taps for word in (tap.neuron | int(tap.first) << 16, tap.weight)),
    ]  # fmt: skip


class _Words:
    """The words of a section, read one after the other."""

    def __init__(self, words: tuple[int, ...]) -> None:
        self._words = words
        self.at = 0
        self.end = len(words)

    def any(self) -> int:
        if self.at >= self.end:
            raise _broken(self.at, "it ends within a record")
        self.at += 1
        return self._words[self.at - 1]

    def take(self, low: int, high: int | None = None) -> int:
        at, value = self.at, self.any()
        if value < low or (high is not None and value > high):
            raise _broken(at, f"{value} is not in {low}..{'' if high is None else high}")
        return value

    def several(self, count: int, low: int, high: int) -> tuple[int, ...]:
        return tuple(self.take(low, high) for _ in range(count))

    def must_be_at(self, end: int) -> None:
        if self.at != end:
            raise _broken(self.at, "a record has another length than it says")


def _broken(at: int, why: str) -> BlobError:
    return BlobError(f"the robot's program is damaged at word {at}: {why}", REBUILD)


def decode_robot(data: bytes, neurons: int) -> Program:
    """The robot of a section ROBOT. Raises BlobError unless every index is in range."""
    if len(data) % 4 or not 4 * HEADER <= len(data) <= 4 * MOST_WORDS:
        raise BlobError(f"the robot's program has {len(data)} bytes, which it cannot have", REBUILD)
    words = _Words(struct.unpack(f"<{len(data) // 4}i", data))
    words.take(VERSION, VERSION)
    period, contact, ring = words.take(0, (1 << 28) - 1), words.take(0, 60_000), words.take(0, 4096)
    slots = words.take(0, MOST_SLOTS)
    counts = words.take(0, 96), words.take(0, 512), words.take(0, MOST_OUTPUTS)

    def records() -> int:
        size = words.take(2, MOST_WORDS)
        if words.at + size - 1 > words.end:
            raise _broken(words.at, "a record reaches beyond the end")
        return words.at + size - 1

    drivers: list[Driver] = []
    encoders: list[Encoder] = []
    outputs: list[Output] = []
    for _ in range(counts[0]):
        end = records()
        drivers.append(_read_driver(words, slots, counts[2]))
        words.must_be_at(end)
    for _ in range(counts[1]):
        end = records()
        encoders.append(_read_encoder(words, slots, neurons))
        words.must_be_at(end)
    for _ in range(counts[2]):
        end = records()
        outputs.append(_read_output(words, neurons))
        words.must_be_at(end)
    if words.at != words.end:
        raise _broken(words.at, "words are left over")
    for i, output in enumerate(outputs):
        largest = abs(output.scale) * largest_numerator(output)
        if largest >= MOST_PRODUCT:
            raise _broken(words.at, f"output {i} could reach {largest}, and 2^30 is too much")
    neuron, largest = largest_input(encoders)
    if largest > MOST_INPUT:
        raise _broken(words.at, f"neuron {neuron} could reach {largest}, and 2^30 is too much")
    program = Program(period, contact, ring, slots, tuple(drivers), tuple(encoders), tuple(outputs))
    if encode_robot(program) != data:
        raise _broken(0, "it is not in its one form")
    return program


def _read_driver(words: _Words, slots: int, outputs: int) -> Driver:
    acts = bool(words.take(0, 1))
    most = outputs if acts else slots
    first = words.take(0, most)
    count = words.take(1, max(most - first, 1))
    every = words.take(1, 65535)
    phase, hold = words.take(0, every - 1), words.take(0, 65535)
    cost = words.take(0)
    params = tuple(words.any() for _ in range(words.take(0, 32)))
    size = words.take(2, 80)
    text = b"".join(struct.pack("<i", words.any()) for _ in range(-(-size // 4)))
    try:
        name, end, label = text[:size].decode().partition("\0")
    except UnicodeDecodeError:
        raise _broken(words.at, "a name is not UTF-8") from None
    if not name or not end or first + count > most:
        raise _broken(words.at, "a driver has no name, or more values than there are")
    return Driver(name, label, acts, first, count, params, every, phase, hold, cost)


def _read_encoder(words: _Words, slots: int, neurons: int) -> Encoder:
    kind, slot = words.take(1, 3), words.take(0, slots - 1)
    amount = words.take(-MOST_INPUT, MOST_INPUT)
    if kind == Kind.LEVELS:
        count = words.take(0, 4096)
        thresholds = tuple(words.any() for _ in range(count))
        starts = words.several(count + 2, 0, MOST_WORDS)
        if (
            starts[0]
            or list(starts) != sorted(starts)
            or list(thresholds) != sorted(set(thresholds))
        ):
            raise _broken(words.at, "thresholds or starts do not ascend")
        fires = words.several(starts[-1], 0, neurons - 1)
        return Levels(slot, amount, thresholds, tuple(fires[a:b] for a, b in pairwise(starts)))
    if kind == Kind.BITS:
        zero, span = words.any(), words.take(-(1 << 29), 1 << 29)
        plus, minus = words.take(1, 30), words.take(0, 30)
        if span == 0 or minus not in (0, plus):
            raise _broken(words.at, "a span of 0, or columns of two depths")
        return Bits(slot, amount, zero, span, words.several(plus, -1, neurons - 1),
                    words.several(minus, -1, neurons - 1))  # fmt: skip
    neuron = words.take(0, neurons - 1)
    low, high = words.any(), words.any()
    if low > high:
        raise _broken(words.at, "a range that ends before it begins")
    if abs(amount) * (high - low) > MOST_INPUT:
        raise _broken(words.at, f"{amount} times {high - low}, and 2^30 is too much")
    return Gain(slot, neuron, low, high, amount)


def _read_output(words: _Words, neurons: int) -> Output:
    law, mean = Law(words.take(1, 5)), bool(words.take(0, 1))
    group, scale, base = words.take(0, 255), words.any(), words.take(1)
    offset, divisor = words.any(), words.take(1)
    low, high, initial = words.any(), words.any(), words.any()
    window = words.take(0, 16)
    counts = words.take(0, 4096), words.take(0, 4096), words.take(0, 4096)
    if low > high or (window > 0) != (law == Law.WINDOW):
        raise _broken(words.at, "a range that ends before it begins, or a window that is no use")
    columns = []
    for count in counts:
        taps = []
        for _ in range(count):
            begins, neuron = divmod(words.take(0, 0x1FFFF), 1 << 16)
            if neuron >= neurons:
                raise _broken(words.at, f"there is no neuron {neuron}")
            taps.append(Tap(neuron, words.any(), bool(begins)))
        columns.append(tuple(taps))
    return Output(
        law, scale, base, columns[0], columns[1], columns[2], mean, group, divisor, low, high,
        initial, offset, window,
    )  # fmt: skip
