"""Refusals: for each rule of SPEC 5 a blob that breaks it and nothing else, sealed anew.

In:  brains of every feature.
Out: by name: the blob, the code and the detail that a device refuses it with (0, 0: it takes it),
     and words of what a host says.
Never: two faults in one blob, where the order of 5.9 is not what is asked.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from tests.support import refusals_of_layers as layers
from tests.support import refusals_of_learning as learning
from tests.support import refusals_of_robots as robots
from tests.support.blobs import (
    ACC,
    ALWAYS,
    EVERY,
    LAYER,
    MPD,
    Blob,
    brains,
    edges,
    others,
    short,
    wide,
)
from tests.support.by_hand import layered, learns
from tests.support.refusals_in_order import in_order
from tests.support.refusals_of_synapses import blocks, rest, rows

MAGIC, VERSION, SIZE, CRC, SHA, FIELD, INDEX, BOARD = 16, 17, 18, 19, 20, 21, 22, 24


@dataclass(frozen=True)
class Case:
    """A blob that breaks a rule. `host`: words of its refusal; "" where it takes the blob."""

    blob: bytes
    code: int
    detail: int
    host: str


def _envelope() -> Iterator[tuple[str, bytes, int, int, str]]:
    good = brains()["wide"]
    begin = wide().at[1]
    yield "fewer than 160 bytes", good[:159], MAGIC, 0, "are not a Ganglion blob"
    yield "no bytes", b"", MAGIC, 0, "are not a Ganglion blob"
    for at in range(8):
        bad = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        yield f"magic {at}", bad, MAGIC, 0, "are not a Ganglion blob"
    for version in (0, 2, 513):
        yield (
            f"version {version}",
            wide().write(8, "H", version).sealed(),
            VERSION,
            version,
            "version",
        )
    yield "one byte more", good + b"\0", SIZE, 0, "bytes and says"
    yield "one byte less", good[:-1], SIZE, 0, "bytes and says"
    yield "383 bytes more", good + bytes(383), SIZE, 0, "bytes and says"
    yield "384 bytes more", good + bytes(384), 0, 0, ""
    yield "385 bytes more", good + bytes(385), SIZE, 0, "bytes and says"
    table = bytearray(good)
    struct.pack_into("<H", table, 10, len(good) // 16)
    table[-32:] = hashlib.sha256(table[:-32]).digest()
    yield "a table beyond the file", bytes(table), SIZE, 0, "does not fit the blob"
    for at in (-1, -32, 130, begin):
        bad = bytearray(good)
        bad[at] ^= 128
        yield f"SHA-256, byte {at}", bytes(bad), SHA, 0, "SHA-256 is wrong"

    def resum_of(data: bytes) -> bytes:
        return data[:-32] + hashlib.sha256(data[:-32]).digest()

    def resum(blob: Blob) -> bytes:
        return resum_of(bytes(blob.data))

    entry = 128 + 16 * 2  # of CLASSES: it is the third
    for name, at, form, value, detail in (
        *((f"type {kind}, which is none", entry, "H", kind, kind)
          for kind in (10, 19, 24, 29, 38, 39, 41, 40 << 8)), ("type 0", 128, "H", 0, 0),
        ("the type of a large brain", entry, "H", 9, 9), ("a type twice", entry, "H", 2, 2),
        ("types that descend", entry, "H", 1, 1), ("an entry's zero", entry + 2, "H", 1, 3),
        ("a gap", entry + 4, "I", wide().at[3] + 4, 3),
        ("an overlap", entry + 4, "I", wide().at[3] - 4, 3),
        ("a length of 0", entry + 8, "I", 0, 3),
        ("a length beyond the file", entry + 8, "I", len(good), 3),
    ):  # fmt: skip
        yield name, resum(wide().write(at, form, value)), SIZE, detail, ""
    yield "CRC", resum(wide().write(entry + 12, "I", 0)), CRC, 3, "has a wrong CRC"
    yield "CRC of what a section holds", resum(wide().write(begin + 8, "i", 7)), CRC, 1, "wrong CRC"
    padded = next(t for t in wide().at if wide().size[t] % 4)
    pad = wide().at[padded] + wide().size[padded]
    yield "padding", resum(wide().write(pad, "B", 1)), SIZE, padded, "is not padded"
    for length in (160, 545, 546):  # the last block of 512 bytes that is hashed has 128, 1, 2
        head = good[:10] + struct.pack("<HI", 0, length) + good[16:128]
        bare = resum_of(head + bytes(length - len(head)))
        where = (FIELD, 1) if length == 160 else (SIZE, 0)
        yield f"{length} bytes without a section", bare, *where, " "
    yield "a section of one byte", wide().section(2, b"\1").sealed(), FIELD, 2, "THRESHOLDS has"
    short_of = resum_of(good[:10] + struct.pack("<HI", 1, 175) + good[16:128] + b"\5" + bytes(46))
    yield "a table that ends in the SHA-256", short_of, SIZE, 0, "does not fit the blob"
    cut = wide().section(8, b"\2\0\3")
    del cut.data[-33]  # the filling: where it was, the SHA-256 begins, with a zero as it happens
    while (data := cut.sealed())[-32]:
        cut.write(44, "I", struct.unpack_from("<I", data, 44)[0] + 1)
    yield "a last section without its filling", data, SIZE, 8, " "
    more = wide()
    more.data[-32:-32] = bytes(4)
    yield "bytes behind the last section", more.sealed(), SIZE, 0, "bytes follow the sections"


def _header() -> Iterator[tuple[str, Blob, int, int, str]]:
    for at in (57, 58, 59, 96, 127):
        yield f"header zero {at}", wide().write(at, "B", 1), FIELD, 0, "canonical form"
    yield "another board", wide().write(80, "4s", b"mine"), BOARD, 0, ""
    fields = [
        ("storage 8", 16, "B", 8), ("storage 64", 16, "B", 64), ("state 16 in 32", 17, "B", 16),
        ("state 0", 17, "B", 0), ("no neurons", 20, "I", 0), ("65,536 neurons", 20, "I", 65536),
        ("32,768 classes", 28, "H", 32768), ("no populations", 18, "H", 0),
        ("no areas", 30, "H", 0),
        ("a power neuron beyond the last", 32, "I", 30), ("power for none", 36, "i", 1),
        ("a chance above 65,536", 52, "I", 65537), ("11 group bits", 56, "B", 11),
        ("0 golden bursts", 60, "I", 0), ("257 golden bursts", 60, "I", 257),
    ]  # fmt: skip
    for name, at, form, value in fields:
        blob = wide()
        if name in ("power for none", "no neurons"):
            blob.write(32, "Ii", 0xFFFFFFFF, 0)
        yield name, blob.write(at, form, value), FIELD, 0, " "
    yield "power below 1", wide().write(36, "i", 0), FIELD, 0, "the power is 0"
    largest = wide().network.per_neuron("input_max")[wide().network.power_neuron]
    yield "power beyond J", wide().write(36, "i", int(largest) + 1), FIELD, 0, " "
    yield "state 32 in 16", short().write(17, "B", 32), FIELD, 0, "is not stored in 16"


def _edges() -> Iterator[tuple[str, Blob, int, int, str]]:
    """The last of what is still in range; what comes of it then."""
    yield "a chance of 65,536", wide().write(52, "I", 65536), 0, 0, ""
    yield "10 group bits", wide().write(56, "B", 10), 0, 0, ""
    yield "1 golden burst", wide().write(60, "I", 1), 0, 0, ""
    yield "256 golden bursts", wide().write(60, "I", 256), 0, 0, ""
    yield "32,767 classes", wide().write(28, "H", 32767), FIELD, 3, "32767 classes do not fit"
    yield "65,535 neurons", wide().write(20, "I", 65535), FIELD, 1, "of 65535"
    yield "the last neuron has the power", wide().write(32, "Ii", 29, 1), 0, 0, ""
    for name in ("board", "board-of-16-byte", "\N{GREEK SMALL LETTER MU}"):
        data = name.encode()
        mine = wide().write(80, "16s", data.ljust(16, b"\0"))
        yield f"the board {name}", mine, 0 if name == "board" else BOARD, 0, ""
    plain = wide()
    for p in plain.network.populations:
        if p.mp_driven:
            at = plain.record(lambda q, p=p: q == p)
            (flags,) = struct.unpack_from("<H", plain.data, at + 4)
            plain.write(at + 4, "H", flags & ~MPD).write(at + 23, "B", 0)
    yield "classes that are mp-driven alone", plain, 0, 0, ""
    part = wide()
    found = part.network.populations
    b = next(b for a, b in pairwise(found) if a.accumulates and a.area == b.area)
    flags = struct.unpack_from("<H", part.data, part.record(lambda p: p == b) + 4)[0] & ~ACC
    bare = {"flags": flags, "leak": 0, "shift": 0, "fine": 0, "low": 0, "high": 0}
    yield (
        "an area of which a part keeps nothing",
        part.population(lambda p: p == b, **bare),
        0,
        0,
        "",
    )
    yield "a twin alone", wide().section(36, bytes(16)), INDEX, 36, "twin 0 has memory 0"
    yield "slots alone", wide().section(37, bytes(8)), FIELD, 37, "bytes follow the slots"
    odd = wide().write(80, "16s", b"board\0x".ljust(16, b"\0"))
    yield "a board behind a zero byte", odd, BOARD, 0, "goes on behind a zero byte"


def _factors() -> Iterator[tuple[str, Blob, int, int, str]]:
    """The largest multipliers: the sums that they could give are the host's to prove; the least."""
    up, down = wide(), wide()
    up.write(up.klass(lambda c: c.weight == 0 < c.multiplier), "i", 1)
    down.write(down.klass(lambda c: c.weight == 0 > c.multiplier, last=True), "i", -1)
    yield "own weights times 1", up, 0, 0, ""
    yield "own weights times -1", down, 0, 0, ""
    for name, find, most, told in (
        ("a PSP", lambda c: c.mp_driven and c.weight == 1, 2**23, ""),
        ("own weights", lambda c: c.weight == 0, 2**24, "could reach"),
    ):
        blob = wide()
        yield (
            f"the most times {name}",
            blob.write(blob.klass(find, True), "i", most - 1),
            0,
            0,
            told,
        )


def _populations() -> Iterator[tuple[str, Blob, int, int, str]]:
    def plain(p: object) -> bool:
        return p.always and not p.threshold_step and p.limit == 0 and p.accumulates

    def case(name: str, find: Callable[..., bool], told: str = " ", **fields: int) -> tuple:
        return name, wide().population(find, **fields), FIELD, 1, told

    later = [p for p in wide().network.populations if p.first]
    a = later[3]
    yield case("a gap between populations", lambda p: p == a, first=a.first + 1)
    yield case("populations that overlap", lambda p: p == a, first=a.first - 1)
    yield case("a population of none", lambda p: p == a, count=0)
    yield case("more neurons than there are", lambda p: p == later[-1], count=a.count + 100)
    yield case("fewer", lambda p: p.count > 1, count=1)
    yield case("a flag that is none", plain, flags=ALWAYS | ACC | 256)
    last = later[-1].area
    yield case("areas that descend", lambda p: p == later[-1], area=0)
    yield case("an area that is left out", lambda p: p.area == last, area=last + 1)
    yield case("an area beyond the last", lambda p: p == later[-1], area=last + 1)
    yield case("a step where nothing varies", plain, step=1)
    yield case("a step of 0 where thresholds vary", lambda p: p.threshold_step > 0, step=0)
    yield case("a step below 0", lambda p: p.threshold_step > 0, step=-1)
    yield case("an upper limit without its flag", lambda p: p.upper is None, upper=1)
    yield case("a leak of what keeps nothing", lambda p: not p.accumulates, leak=1, shift=30)
    leaks = lambda p: p.leak and not p.leak_fine and p.accumulates  # noqa: E731
    yield case("a leak beyond 32,767", leaks, leak=32768)
    yield case("a leak without shift", leaks, shift=0)
    yield case("a shift without leak", leaks, leak=0)
    yield case("a shift of 13", leaks, shift=13, leak=1)
    yield case("a shift of 31", leaks, shift=31)
    yield case("more leak than there is", leaks, leak=16385, shift=14)
    yield case("a fine part that makes it more", leaks, leak=16384, shift=14, fine=1)
    yield case("a fine leak of a small one", leaks, leak=16383, shift=20, fine=1)
    yield case("a fine leak beyond", leaks, leak=16384, shift=20, fine=16384)
    yield case("a fine leak below", leaks, leak=16384, shift=20, fine=-16385)
    at16 = short().population(leaks, leak=16384, shift=20, fine=1)
    yield "a fine leak of 16 bits", at16, FIELD, 1, "fine leak is of no use to 16 bits"
    yield case("psp bits of what is not mp-driven", lambda p: not p.mp_driven, psp_bits=1)
    yield case("23 psp bits", lambda p: p.mp_driven, psp_bits=23)
    yield case("an excitability of what always fires", plain, excitability=1)
    yield case("an id that nothing hashes", plain, id=1)
    yield case("an id of what never fires", lambda p: not p.always, excitability=0, id=1)
    yield case("a snooze below the refractory", lambda p: p.limit and p.refractory, snoozed=0)
    yield case("a snooze without limit", plain, snoozed=9)
    yield case("a low of what keeps nothing", lambda p: not p.accumulates, low=-1)
    yield case("a high of what keeps nothing", lambda p: not p.accumulates, high=1)
    yield case("a low above 0", plain, low=1)
    yield case("a low of -2^31", plain, low=-(2**31))
    yield case("a high below 0", plain, high=-1)
    yield case("a J below 0", lambda p: p == later[-1], input_max=-1)
    yield case("a threshold above 2^30", plain, threshold=2**30 + 1)
    yield case("a threshold below -2^30", plain, threshold=-(2**30) - 1)
    varies = lambda p: p.threshold_step > 0  # noqa: E731
    yield case("a varying threshold above 2^30", varies, threshold=2**30)
    far = (2**30 + 2**29) // int(wide().network.offset.max())
    yield case("a step that leads above 2^30", varies, step=far)
    yield case("a layer beside others", plain, flags=ALWAYS | ACC | EVERY | LAYER)
    record = wide().of(1)
    yield (
        "a record that is cut",
        wide().section(1, record[:-4]),
        FIELD,
        1,
        " populations do not fit",
    )
    yield "a record too many", wide().section(1, record + record[-52:]), FIELD, 1, "do not fit"
    thresholds = wide().of(2)
    yield "an offset too many", wide().section(2, thresholds + b"\1"), FIELD, 2, "THRESHOLDS has"
    yield "an offset too few", wide().section(2, thresholds[:-1]), FIELD, 2, "THRESHOLDS has"
    yield "no offsets", wide().section(2, b""), FIELD, 2, "THRESHOLDS has"
    at = wide().at[2]
    yield "offsets that are the same", wide().write(at, "bb", 0, 0), FIELD, 1, "are all the same"
    yield "offsets above 0", wide().write(at, "bb", 1, 2), FIELD, 1, "the least threshold offset"
    yield "offsets too low", wide().write(at, "bb", -1, 0), FIELD, 1, "the least threshold offset"
    low = wide().write(at, "bb", -74, 126)
    yield "the least offset of a wide range", low, FIELD, 1, " "


def _classes() -> Iterator[tuple[str, Blob, int, int, str]]:
    driven = lambda c: c.mp_driven  # noqa: E731
    own = lambda c: c.weight == 0 and not c.mp_driven  # noqa: E731
    flat = lambda c: c.weight == 1 and not c.mp_driven  # noqa: E731
    falls = lambda c: c.weight == -1 and not c.mp_driven  # noqa: E731

    def case(name: str, find: Callable[..., bool], at: int, form: str, value: int) -> tuple:
        # More goes into the last of them, so that classes still ascend.
        blob = wide()
        where = blob.klass(find, last=value > 1)
        return name, blob.write(where + at, form, value), FIELD, 3, " "

    yield case("a multiplier below 0", flat, 0, "i", -1)
    yield case("a multiplier of 0 taken away", falls, 0, "i", 0)
    yield case("own weights times 0", lambda c: own(c) and c.multiplier > 0, 0, "i", 0)
    yield case("own weights times 2^24", own, 0, "i", 1 << 24)
    yield case("own weights times -2^24", own, 0, "i", -(1 << 24))
    yield case("2^23 times a PSP", driven, 0, "i", 1 << 23)
    yield case("a PSP times less than 0", driven, 0, "i", -1)
    yield case("a cap that nothing has", flat, 4, "i", 1)
    yield case("a cap below 0", driven, 4, "i", -1)
    yield case("a weight of 2", flat, 8, "b", 2)
    yield case("a PSP of own weights", driven, 8, "b", 0)
    yield case("a shift that nothing has", flat, 9, "B", 1)
    yield case("a shift of 16", driven, 9, "B", 16)
    for flags in (2, 3, 5, 6, 9, 12, 16):
        yield case(f"own weights of flags {flags}", own, 10, "B", flags)
    yield case("few bits of what has none", flat, 10, "B", 4)
    yield case("a zero", flat, 11, "B", 1)
    records = wide().of(3)
    ends = wide().klass(lambda c: not c.mp_driven or c.weight < 0, last=True) - wide().at[3] + 12
    first = wide().klass(own) - wide().at[3]
    mixed = bytearray(records[first : first + 12])
    mixed[10] = 5  # ascends between those that are mp-driven and take away, and those that add
    moved = records[:first] + records[first + 12 : ends] + bytes(mixed) + records[ends:]
    yield "a class that is both", wide().section(3, moved), FIELD, 3, " "
    swapped = records[12:24] + records[:12] + records[24:]
    yield "classes that descend", wide().section(3, swapped), FIELD, 3, " "
    twice = records[:12] * 2 + records[24:]
    yield "a class twice", wide().section(3, twice), FIELD, 3, " "
    yield "a class that is cut", wide().section(3, records[:-4]), FIELD, 3, "classes do not fit"
    yield "no classes", wide().section(3, b""), FIELD, 3, "classes do not fit"
    yield "a class less", wide().write(28, "H", len(records) // 12 - 1), FIELD, 3, "do not fit"


@cache
def cases() -> dict[str, Case]:
    """All of them by name."""
    found: dict[str, Case] = {}
    for name, blob, code, detail, host in _envelope():
        found[name] = Case(blob, code, detail, host or (" " if code else ""))
    parts = [_header, _edges, _factors, _populations, _classes, rows, blocks, rest, in_order]
    parts += [*learning.PARTS, *robots.PARTS, *layers.PARTS]
    for part in parts:
        for name, changed, code, detail, host in part():
            assert name not in found, name
            found[name] = Case(changed.sealed(), code, detail, host)
    by_hand = {"learns in every form": learns().sealed(), "layers of each form": layered().sealed()}
    for name, blob in (brains() | others() | edges() | by_hand).items():
        found[f"good: {name}"] = Case(blob, 0, 0, "")
    return found
