"""robot.py: the words of ROBOT, written once more from SPEC 10.2, and read back as they were."""

import struct
from dataclasses import replace
from itertools import product

import pytest

from ganglion.blob.robot import decode_robot, encode_robot
from ganglion.errors import BlobError
from ganglion.network.robot import Bits, Driver, Encoder, Gain, Law, Levels, Output, Program, Tap

N = 120
MOST = 2**31 - 1
GIVEN = 2**30 - 1  # to one neuron in a burst
SENSOR = Driver("ab", "part", False, 0, 2, (5, -7), every=3, phase=2, hold=20, cost_us=100)
OTHER = Driver("abcd", "fé", False, 2, 1, ())
MOTOR = Driver("m", "", True, 0, 1, (), every=1, hold=1)
LEVELS = Levels(0, 5, (-3, 4), ((0,), (), (1, 119)))
NONE = Levels(1, -5, (), ((),))
BITS = Bits(1, 3, 10, -200, (4, -1), (5, 119))
COLUMN = Bits(2, -1, -10, 200, (0, 119, -1), ())
GAIN = Gain(2, 7, -5, -4, -3)
PLUS, MINUS = (Tap(40, 2), Tap(41, 1, False)), (Tap(119, -5),)
WINDOW = Output(Law.WINDOW, 10, 3, PLUS, MINUS, group=1, offset=-2, low=-100, high=-99, initial=7,
                window=3)  # fmt: skip
TARGET = Output(Law.TARGET, -10, 9, PLUS, (), MINUS, mean=False, divisor=8, low=5, high=5)
PROGRAM = Program(20_000, 500, 16, 3, (SENSOR, OTHER, MOTOR), (LEVELS, BITS, COLUMN, GAIN, NONE),
                  (WINDOW, TARGET))  # fmt: skip
EMPTY = Program(0, 0, 0, 0, (), (), ())


def driver(d: Driver) -> list[int]:
    text = d.name.encode() + b"\0" + d.label.encode()
    size = len(text)
    while len(text) % 4:
        text += b"\0"
    return [
        int(d.acts), d.first, d.count, d.every, d.phase, d.hold, d.cost_us, len(d.params),
        *d.params, size, *struct.unpack(f"<{len(text) // 4}i", text),
    ]  # fmt: skip


def encoder(e: Encoder) -> list[int]:
    if isinstance(e, Gain):
        return [3, e.slot, e.gain, e.neuron, e.low, e.high]
    if isinstance(e, Bits):
        p, q = len(e.plus), len(e.minus)
        return [2, e.slot, e.amount, e.zero, e.span, p, q, *e.plus, *e.minus]
    m = len(e.thresholds)
    starts = [sum(map(len, e.fires[:k])) for k in range(m + 2)]
    return [1, e.slot, e.amount, m, *e.thresholds, *starts, *sum(e.fires, ())]


def output(o: Output) -> list[int]:
    columns = o.plus, o.minus, o.target
    taps = [w for c in columns for t in c for w in (t.neuron + 65_536 * t.first, t.weight)]
    return [
        int(o.law), int(o.mean), o.group, o.scale, o.base, o.offset, o.divisor, o.low, o.high,
        o.initial, o.window, *map(len, columns), *taps,
    ]  # fmt: skip


def section(p: Program) -> bytes:
    words = [1, p.period_us, p.contact_ms, p.ring, p.slots]
    words += [len(p.drivers), len(p.encoders), len(p.outputs)]
    for record in (*map(driver, p.drivers), *map(encoder, p.encoders), *map(output, p.outputs)):
        words += [1 + len(record), *record]
    return struct.pack(f"<{len(words)}i", *words)


EDGES = [
    PROGRAM, EMPTY, replace(EMPTY, period_us=2**28 - 1, contact_ms=60_000, ring=4096, slots=64),
    *(
        replace(EMPTY, slots=64, drivers=(replace(OTHER, **fields),))
        for fields in (
            {"first": 0, "count": 64}, {"first": 63, "count": 1}, {"hold": 65_535},
            {"every": 65_535, "phase": 65_534}, {"cost_us": MOST},
            {"params": (*range(30), MOST, -MOST - 1)},
            {"name": "a"}, {"name": "a", "label": ""}, {"name": "a" * 79, "label": ""},
            {"name": "a", "label": "b" * 78}, {"name": "abc", "label": "ä" * 38},
        )
    ),
    *(
        replace(EMPTY, slots=64, encoders=(made,))
        for made in (
            Gain(63, N - 1, MOST - GIVEN, MOST, 1), Gain(0, 0, -MOST - 1, -MOST - 1, -GIVEN),
            Gain(0, 0, -MOST - 1, -MOST, GIVEN),
            Bits(63, GIVEN, -MOST - 1, 2**29, tuple(range(30)), tuple(range(30, 60))),
            Bits(0, -GIVEN, MOST, -(2**29), (-1,), (-1,)), Bits(0, 1, 0, 1, (N - 1,), ()),
            Levels(63, GIVEN, tuple(range(4096)), ((0,),) + ((),) * 4095 + ((N - 1, 0),)),
            Levels(0, 0, (-MOST - 1, MOST), ((), (1, 1), ())),
        )
    ),
    *(
        replace(EMPTY, outputs=(replace(TARGET, **fields),))
        for fields in (
            {"law": Law.NOW}, {"law": Law.KEEP}, {"law": Law.ADD}, {"mean": True}, {"group": 255},
            {"law": Law.WINDOW, "window": 1}, {"law": Law.WINDOW, "window": 16},
            {"base": MOST, "divisor": MOST}, {"base": 1, "divisor": 1},
            {"offset": MOST, "initial": -MOST - 1}, {"offset": -MOST - 1, "initial": MOST},
            {"low": -MOST - 1, "high": MOST}, {"plus": (), "target": ()},
            {"plus": (Tap(N - 1, 0, False), Tap(0, 0)), "minus": (Tap(0, 1),) * 4096},
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("program", EDGES, ids=lambda p: "")
def test_a_robot_is_what_its_words_say(program):
    data = section(program)
    assert encode_robot(program) == data
    found = decode_robot(data, N)
    assert found == program
    for driver in found.drivers:
        assert type(driver.acts) is bool
    for made in found.outputs:
        assert type(made.law) is Law and type(made.mean) is bool
        assert all(type(tap.first) is bool for tap in made.plus + made.minus + made.target)


def test_a_robot_has_at_most_96_drivers_512_encoders_and_32_outputs():
    most = replace(PROGRAM, drivers=(OTHER,) * 96, encoders=(GAIN,) * 512, outputs=(TARGET,) * 32)
    assert decode_robot(section(most), N) == most
    for name, one, told in (
        ("drivers", OTHER, "word 5: 97 is not in 0..96"),
        ("encoders", GAIN, "word 6: 513 is not in 0..512"),
        ("outputs", TARGET, "word 7: 33 is not in 0..32"),
    ):
        more = replace(most, **{name: (*getattr(most, name), one)})
        with pytest.raises(BlobError, match=f"the robot's program is damaged at {told}; compile"):
            decode_robot(section(more), N)


def test_a_robot_has_at_most_65536_words():
    for words in (65_536, 65_537):
        fires = (0,) * (words - 8 - 7)
        program = replace(EMPTY, slots=1, encoders=(Levels(0, 1, (), (fires,)),))
        data = section(program)
        assert len(data) == 4 * words
        if words == 65_536:
            assert decode_robot(data, N) == program
            continue
        with pytest.raises(BlobError, match="the robot's program has 262148 bytes, which it canno"):
            decode_robot(data, N)


def test_a_robot_that_ends_after_any_word_or_goes_on_is_refused():
    data = section(PROGRAM)
    for size in range(0, len(data), 4):
        with pytest.raises(BlobError, match=r"^the robot's program (has|is damaged at word) \d+"):
            decode_robot(data[:size], N)
    with pytest.raises(BlobError, match="words are left over; compile the brain and its robot"):
        decode_robot(data + bytes(4), N)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (N, "there is no neuron 120"), (65_535, "there is no neuron 65535"),
        (65_536 + N, "there is no neuron 120"), (131_071, "there is no neuron 65535"),
        (131_072, "131072 is not in 0..131071"), (-1, "-1 is not in 0..131071"),
    ],
)  # fmt: skip
def test_a_tap_is_of_a_neuron_that_there_is(word, told):
    one = replace(TARGET, plus=(), target=(Tap(N - 1, 3),))
    data = bytearray(section(replace(EMPTY, outputs=(one,))))
    assert decode_robot(bytes(data), N).outputs == (one,)
    struct.pack_into("<i", data, len(data) - 8, word)
    with pytest.raises(BlobError, match=f"damaged at word 2[34]: {told}; "):
        decode_robot(bytes(data), N)


def test_a_name_is_filled_with_zeros():
    data = bytearray(section(replace(EMPTY, slots=3, drivers=(replace(OTHER, label="f"),))))
    assert data.endswith(b"abcd\0f\0\0")
    data[-1] = 1
    with pytest.raises(BlobError) as refused:
        decode_robot(bytes(data), N)
    assert str(refused.value) == (
        "the robot's program is damaged at word 0: it is not in its one form; "
        "compile the brain and its robot again with this version"
    )


def test_each_word_is_what_it_says_or_refused():
    """Whatever is in it: what is read is written the same."""
    good = section(PROGRAM)
    values = (-MOST - 1, -1, 0, 1, 2, 6, 17, 119, 120, 65_536, 65_656, MOST)
    for number, value in product(range(len(good) // 4), values):
        data = bytearray(good)
        struct.pack_into("<i", data, 4 * number, value)
        try:
            program = decode_robot(bytes(data), N)
        except BlobError as error:
            assert str(error).startswith("the robot's program is damaged at word ")
            continue
        assert section(program) == bytes(data)
