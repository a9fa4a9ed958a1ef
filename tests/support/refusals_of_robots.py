"""Refusals of a brain's robot (SPEC 10.2), word by word: see refusals.py."""

import struct
from collections.abc import Iterator

from tests.support.blobs import Blob, driven

FIELD, INDEX = 21, 22
N = 120
BEGINS = 1 << 16  # another voxel
Words = dict[str, int]


def _named(record: str, words: dict[str, int | list[int]]) -> Words:
    """Each word by the name of its record and its own; the length goes before."""
    found: Words = {}
    for name, value in words.items():
        if isinstance(value, list):
            found |= {f"{record} {name} {i}": word for i, word in enumerate(value)}
        else:
            found[f"{record} {name}"] = value
    return {f"{record} length": 1 + len(found)} | found


def _text(text: bytes) -> list[int]:
    padded = text + bytes(-len(text) % 4)
    return list(struct.unpack(f"<{len(padded) // 4}i", padded))


def driver(record: str, text: bytes = b"ab\0part", **fields: object) -> Words:
    usual = {
        "acts": 0, "first": 0, "count": 2, "every": 3, "phase": 2, "hold": 20, "cost": 100,
        "params": 2, "param": [5, -7], "size": len(text), "text": _text(text),
    }  # fmt: skip
    return _named(record, usual | fields)


def levels(record: str, thresholds: list[int], starts: list[int], neurons: list[int]) -> Words:
    words = {"kind": 1, "slot": 0, "amount": 5, "m": len(thresholds), "threshold": thresholds}
    return _named(record, words | {"start": starts, "neuron": neurons})


def bits(record: str, p: list[int], q: list[int]) -> Words:
    return _named(record, {
        "kind": 2, "slot": 1, "amount": 3, "zero": 10, "span": -200, "p": len(p), "q": len(q),
        "plus": p, "minus": q,
    })  # fmt: skip


def gain(record: str) -> Words:
    words = {"kind": 3, "slot": 2, "amount": -3, "neuron": 7, "low": -5, "high": -4}
    return _named(record, words)


def output(record: str, *columns: list[int], **fields: int) -> Words:
    """Of each column the words of its taps."""
    usual = {
        "law": 3, "mean": 1, "group": 1, "scale": 10, "base": 3, "offset": -2, "divisor": 1,
        "low": -100, "high": -99, "initial": 7, "window": 3,
    }  # fmt: skip
    counts = dict(zip(("plus", "minus", "target"), (len(c) // 2 for c in columns), strict=True))
    taps = {"tap": [word for column in columns for word in column]}
    return _named(record, usual | fields | counts | taps)


def program() -> list[Words]:
    """The header, drivers, encoders and outputs."""
    plus, minus = [40 | BEGINS, 2, 41, 1], [119 | BEGINS, -5]
    drivers = [
        driver("sensor"), driver("other", b"abcd\0f\xc3\xa9", first=2, count=1),
        driver("motor", b"m\0", acts=1, params=0, param=[]),
    ]  # fmt: skip
    encoders = [
        levels("levels", [-3, 4], [0, 1, 1, 3], [0, 1, 119]), bits("bits", [4, -1], [5, 119]),
        bits("column", [0, 119, -1], []), gain("gain"),
    ]  # fmt: skip
    outputs = [
        output("window", plus, minus, []),
        output("target", plus, [], minus, law=5, mean=0, window=0),
    ]
    return [header(drivers, encoders, outputs), *drivers, *encoders, *outputs]


def header(*records: list[Words], slots: int = 3) -> Words:
    counts = zip(("drivers", "encoders", "outputs"), map(len, records), strict=True)
    return {"version": 1, "period": 20000, "contact": 500, "ring": 16, "slots": slots} | dict(
        counts
    )


def _blob(words: list[int]) -> Blob:
    return Blob(driven()).section(40, struct.pack(f"<{len(words)}i", *words))


def robot(*records: Words) -> Blob:
    return _blob([word for record in records or program() for word in record.values()])


def with_words(**changes: int) -> Blob:
    """The same with other words; a blank in a name is written as two underlines."""
    named = {name: word for record in program() for name, word in record.items()}
    changed = {name.replace("__", " "): word for name, word in changes.items()}
    assert set(changed) <= set(named), changed
    return _blob(list((named | changed).values()))


def _outside(name: str, code: int, low: int, high: int, told: str = "") -> Iterator[tuple]:
    """A word just below, and just above, what it may be; i32 ends some ranges."""
    for value in (low - 1, high + 1):
        if -(1 << 31) <= value < 1 << 31:
            blob = with_words(**{name.replace(" ", "__"): value})
            yield f"a robot's {name} {value}", blob, code, 40, told or f"{value} is not in {low}.."


MOST = (1 << 31) - 1
RANGES = (
    ("version", FIELD, 1, 1), ("period", FIELD, 0, (1 << 28) - 1), ("contact", FIELD, 0, 60000),
    ("ring", FIELD, 0, 4096), ("slots", FIELD, 0, 64), ("drivers", FIELD, 0, 96),
    ("encoders", FIELD, 0, 512), ("outputs", FIELD, 0, 32), ("sensor acts", FIELD, 0, 1),
    ("sensor first", INDEX, 0, 3), ("motor first", INDEX, 0, 2),
    ("sensor every", FIELD, 1, 65535), ("sensor phase", FIELD, 0, 2),
    ("sensor hold", FIELD, 0, 65535), ("sensor cost", FIELD, 0, MOST),
    ("sensor params", FIELD, 0, 32), ("sensor size", FIELD, 2, 80), ("levels kind", FIELD, 1, 3),
    ("levels slot", INDEX, 0, 2), ("levels m", FIELD, 0, 4096),
    ("levels neuron 0", INDEX, 0, N - 1), ("levels neuron 2", INDEX, 0, N - 1),
    ("bits span", FIELD, -(1 << 29), 1 << 29), ("bits p", FIELD, 1, 30), ("bits q", FIELD, 0, 30),
    ("bits plus 0", INDEX, -1, N - 1), ("bits minus 1", INDEX, -1, N - 1),
    ("gain neuron", INDEX, 0, N - 1), ("gain kind", FIELD, 1, 3), ("window law", FIELD, 1, 5),
    ("window mean", FIELD, 0, 1), ("window group", FIELD, 0, 255),
    ("window base", FIELD, 1, MOST), ("window divisor", FIELD, 1, MOST),
    ("window window", FIELD, 0, 16), ("window plus", FIELD, 0, 4096),
    ("window minus", FIELD, 0, 4096), ("window target", FIELD, 0, 4096),
    ("window tap 0", FIELD, 0, 0x1FFFF),
    *((f"{encoder} amount", FIELD, 1 - (1 << 30), (1 << 30) - 1)
      for encoder in ("levels", "bits", "column", "gain")),
)  # fmt: skip


def refused() -> Iterator[tuple[str, Blob, int, int, str]]:
    def case(told: str, code: int = FIELD, **words: int) -> tuple:
        name = "a robot's " + ", ".join(f"{k.replace('__', ' ')} {v}" for k, v in words.items())
        return name, with_words(**words), code, 40 if code else 0, told

    for name, code, low, high in RANGES:
        yield from _outside(name, code, low, high)
    data = robot().of(40)
    for size in (len(data) - 1, len(data) + 1, len(data) + 3):
        told = f"the robot's program has {size} bytes, which it cannot have"
        yield (
            f"a robot of {size} bytes",
            robot().section(40, (data + bytes(3))[:size]),
            FIELD,
            40,
            told,
        )
    few = robot().section(40, data[:28])
    yield "a header of 7 words", few, FIELD, 40, "28 bytes, which it cannot have"
    yield "a robot that is cut", robot().section(40, data[:-4]), FIELD, 40, "reaches beyond the end"
    cut = robot().section(40, data[:32])
    yield "a robot without its records", cut, FIELD, 40, "it ends within a record"
    more = robot().section(40, data + bytes(4))
    yield "a robot that goes on", more, FIELD, 40, "words are left over"
    length = "a record has another length than it says"
    for record in program()[1:]:
        name = next(iter(record)).replace(" ", "__")
        for more in (-1, 1):
            last = record == program()[-1] and more > 0
            told = "reaches beyond the end" if last else length
            yield case(told, **{name: next(iter(record.values())) + more})
    yield case(" is not in 2..", sensor__length=1)
    yield case(" is not in 2..", levels__length=-(1 << 31))
    yield case("2 is not in 1..1", INDEX, other__count=2)
    yield case("more values than there are", INDEX, other__first=3)
    yield case("3 is not in 1..2", INDEX, motor__count=3)
    yield case("0 is not in 1..3", sensor__count=0)
    yield case("-1 is not in 1..3", sensor__count=-1)
    ascend = "thresholds or starts do not ascend"
    yield case(ascend, levels__threshold__1=-3)
    yield case(ascend, levels__threshold__1=-4)
    yield case(ascend, levels__start__0=1)
    yield case("-1 is not in 0..", levels__start__0=-1)
    yield case(ascend, levels__start__1=2)
    yield case(ascend, levels__start__2=0)
    depths = "a span of 0, or columns of two depths"
    yield case(depths, bits__span=0)
    yield case(depths, bits__q=1)
    yield case(depths, column__p=2, column__q=1)
    yield case("a range that ends before it begins", gain__high=-6)
    yield case("a range that ends before it begins", window__high=-101)
    use = "a window that is no use"
    yield case(use, window__window=0)
    yield case(use, window__law=2)
    yield case(use, target__window=1)
    yield case("-1 is not in 0..16", target__window=-1)
    yield case("0 is not in 1..5", target__law=0)
    yield case("6 is not in 1..5", target__law=6)
    for name in ("window__tap__0", "window__tap__2", "window__tap__4", "target__tap__4"):
        begins = BEGINS if name != "window__tap__2" else 0
        yield case(f"there is no neuron {N}", INDEX, **{name: N | begins})
    form = "it is not in its one form"
    yield case(form, sensor__text__1=_text(b"art\1")[0])
    yield case(form, motor__text__0=_text(b"m\0\1\0")[0])
    yield case(form, motor__text__0=_text(b"m\0\0\x80")[0])
    host = {"code": 0}
    yield case("a name is not UTF-8", sensor__text__0=_text(b"\xff\0ab")[0], **host)
    yield case("a driver has no name", sensor__text__0=_text(b"\0abc")[0], **host)
    yield case("a driver has no name", sensor__text__0=_text(b"ab-p")[0], **host)
    most = 1 << 30
    # at most 3 of the plus, 5 against the minus: 8
    yield case(f"output 0 could reach {most}, and 2^30", window__scale=most // 8, **host)
    yield case(f"output 0 could reach {most}, and 2^30", window__scale=-most // 8, **host)
    yield case("", window__scale=most // 8 - 1, **host)
    third = ((1 << 30) - 1) // 3  # of which the gain is -3
    yield case("", gain__low=-4 - third, **host)
    yield case(f"-3 times {third + 1}, and 2^30", gain__low=-5 - third)
    yield case(f"3 times {third + 1}, and 2^30", gain__amount=3, gain__low=-5 - third)
    # 119 is once in the levels, in the bits and in the column, of 3 each
    for sign in (1, -1):
        told = f"neuron 119 could reach {most}, and 2^30"
        yield case(told, levels__amount=sign * (most - 6), **host)
        yield case("", levels__amount=sign * (most - 7), **host)
    no_slot = header([], [gain("gain")], [], slots=0)
    yield "an encoder without slots", robot(no_slot, gain("gain")), INDEX, 40, "2 is not in 0..-1"
    acts = [driver("motor", acts=1, first=0, count=1)]
    idle = robot(header(acts, [], []), *acts)
    yield "a motor without outputs", idle, INDEX, 40, "more values than there are"


def most() -> Iterator[tuple[str, Blob, int, int, str]]:
    """The most of everything, and of what RANGES does not reach one more."""
    text = bytes(range(65, 65 + 26)) * 3 + b"\0x"
    drivers = [
        driver("most", text, count=64, every=65535, phase=65534, hold=65535, cost=MOST,
               params=32, param=[-MOST - 1, MOST, *range(30)])
    ]  # fmt: skip
    drivers += [driver("d", b"abc\0e", first=63, count=1, every=1, phase=0, cost=0)] * 95
    column = list(range(30))
    encoders = [
        levels("levels", list(range(4096)), [0] * 4098, []),
        bits("bits", column, column) | {"bits span": 1 << 29},
        bits("bits", column, column) | {"bits span": -(1 << 29)},
        bits("bits", [0], [0]),
    ] + [gain("gain") | {"gain slot": 63}] * 508  # fmt: skip
    taps = [N - 1, 0] * 4096
    outputs = [output("all", taps, taps, taps, window=16, group=255, base=MOST, divisor=MOST)]
    outputs += [output("o", [], [], [], law=law, base=1, window=0) for law in (1, 2, 4, 5)] * 7
    outputs += [output("o", [BEGINS + N - 1, 0, 0, 0], [], [], low=MOST, high=MOST)] * 3
    head = header(drivers, encoders, outputs, slots=64)
    head |= {"period": (1 << 28) - 1, "contact": 60000, "ring": 4096}
    blob = robot(head, *drivers, *encoders, *outputs)
    yield "the most of everything", blob, 0, 0, ""
    none = robot(dict.fromkeys(header([], [], []), 0) | {"version": 1})
    yield "a robot of nothing", none, 0, 0, ""
    for size, told in ((65536, ""), (65537, "bytes, which it cannot have")):
        k = size - 8 - 7
        one = levels("levels", [], [0, k], [0] * k)
        words = [*header([], [one], []).values(), *one.values()]
        code = (FIELD, 40) if told else (0, 0)
        yield f"a robot of {len(words)} words", _blob(words), *code, told
        assert len(words) == size, len(words)


def counts() -> Iterator[tuple[str, Blob, int, int, str]]:
    """Numbers of what follows, with so much behind them; of less than nothing nothing."""
    for name, one, limit in (
        ("drivers", driver("d"), 96), ("encoders", gain("g"), 512),
        ("outputs", output("o", [], [], []), 32),
    ):  # fmt: skip
        empty = header([], [], [])
        yield f"robots of -1 {name}", robot(empty | {name: -1}), FIELD, 40, "-1 is not in 0.."
        many = robot(empty | {name: limit + 1}, *[one] * (limit + 1))
        yield f"robots of {limit + 1} {name}", many, FIELD, 40, f"{limit + 1} is not in 0.."
    for record, words in (
        (driver("d", params=-1, param=[]), "-1 is not in 0..32"),
        (driver("d", params=33, param=[0] * 33), "33 is not in 0..32"),
        (driver("d", b""), "0 is not in 2..80"),
        (driver("d", b"a"), "1 is not in 2..80"),
        (driver("d", b"a" * 79 + b"\0b"), "81 is not in 2..80"),
    ):
        yield f"a driver: {words}", robot(header([record], [], []), record), FIELD, 40, words
    for record, words in (
        (levels("l", [], [0], []) | {"l m": -1}, "-1 is not in 0..4096"),
        (levels("l", list(range(4097)), [0] * 4099, []), "4097 is not in 0..4096"),
        (bits("b", [], []), "0 is not in 1..30"),
        (bits("b", [0] * 31, []), "31 is not in 1..30"),
        (bits("b", [0] * 31, [0] * 31), "31 is not in 1..30"),
    ):
        blob = robot(header([], [record], []), record)
        yield f"an encoder: {len(record)} words, {words}", blob, FIELD, 40, words
    for number in range(3):
        columns: list[list[int]] = [[], [], []]
        columns[number] = [0, 0] * 4097
        name = ("plus", "minus", "target")[number]
        for record, words in (
            (output("o", [], [], []) | {f"o {name}": -1}, "-1 is not in 0..4096"),
            (output("o", *columns), "4097 is not in 0..4096"),
        ):
            blob = robot(header([], [], [record]), record)
            yield f"an output of {name}: {words}", blob, FIELD, 40, words


PARTS = refused, most, counts
