"""Refusals of what a brain learns (SPEC 11.7): see refusals.py."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tests.support import by_hand
from tests.support.blobs import ACC, ALWAYS, EVERY, MPD, UPPER, Blob
from tests.support.by_hand import learns, learns_with, listed, projections

FIELD, INDEX = 21, 22
Cases = Iterator[tuple[str, Blob, int, int, str]]
RULE, PROJECTION = 8, 20  # bytes
SOURCE, TARGET, WINDOW, UP, DOWN, FLAGS = range(6)


def _at(kind: int, at: int, form: str, *values: int) -> Blob:
    blob = learns()
    return blob.write(blob.at[kind] + at, form, *values)


def rules() -> Cases:
    def case(name: str, at: int, form: str, value: tuple, told: str, code: int = FIELD) -> tuple:
        return name, _at(30, at, form, *value), code, 30, told

    data = learns().of(30)
    yield "rules that are cut", learns().section(30, data[:-1]), FIELD, 30, "RULES has 23 bytes"
    yield case("a rule twice", 8, "HH", (0, 1), "rule 1 is not in order")
    yield case("rules whose sources descend", 16, "HH", (0, 2), "rule 2 is not in order")
    yield case("rules whose targets descend", 8, "HH", (0, 0), "rule 1 is not in order")
    yield case("a window of 0", 4, "B", (0,), "rule 0 has a window of 0")
    yield case("a window of 128", 20, "B", (128,), "rule 2 has a window of 128")
    yield case("a rule's flags of 2", 7, "B", (2,), "rule 0 has the unknown flags 0x2")
    yield case("a rule from no area", 16, "H", (5,), "rule 2 joins the areas 5 and 0 of 5", INDEX)
    yield case("a rule to no area", 18, "H", (5,), "rule 2 joins the areas 2 and 5 of 5", INDEX)
    yield "no rules", learns().section(30, b""), INDEX, 31, "projection 0 has rule 0, zone 1"
    yield "windows of 1 and 127", _at(30, 4, "B", 1).write(learns().at[30] + 20, "B", 127), 0, 0, ""
    yield "changes of 0 and 255", _at(30, 21, "BB", 255, 0), 0, 0, ""
    shape = learns_with(
        rules=(*by_hand.RULES, by_hand.Rule(2, 3, 1, 1, 1)),
        projections=(*projections(), listed(3, 4, [0, 1, *[1] * 36], [49], mp_driven=True, cap=1)),
    )
    yield "a rule that reaches a slot", shape, 0, 0, "a rule reaches a slot of area 3"


def fields_of_projections() -> Cases:
    def case(
        name: str, number: int, at: int, form: str, value: tuple, told: str, code: int = FIELD
    ) -> tuple:
        where = f"projection {number} "
        blob = _at(31, PROJECTION * number + at, form, *value)
        return name, blob, code, 31, where + told if told[0] != "!" else told[1:]

    order, ranges = "is not in order", "has fields that are out of range"
    data = learns().of(31)
    zones = 6
    cut = learns().section(31, data[:-1])
    yield "projections that are cut", cut, FIELD, 31, "PROJECTIONS has 119 bytes"
    last = data[100:]
    twice = learns().section(31, data + last)
    yield "a projection twice", twice, FIELD, 31, "projection 6 is not in order"
    yield case("projections whose signs descend", 4, 12, "b", (2,), ranges)
    made = projections()
    swapped = learns_with(projections=[*made[:4], made[5], made[4]])
    yield "projections that descend", swapped, FIELD, 31, "projection 5 is not in order"
    for name, field, values in (
        ("multipliers", "multiplier", (3, 2)), ("caps", "cap", (600, 599)),
        ("shifts", "shift", (2, 1)),
    ):  # fmt: skip
        two = [listed(2, 0, [0, 1, *[1] * 36], [0], **{field: value}) for value in values]
        blob = learns_with(projections=(*projections()[:4], *two))
        yield f"projections whose {name} descend", blob, FIELD, 31, "projection 5 is not in order"
    forms = projections()
    blob = learns_with(projections=(*forms[1:2], *forms[:1], *forms[2:]))
    yield "projections whose forms descend", blob, FIELD, 31, "projection 1 is not in order"
    yield case("projections whose zones descend", 2, 2, "H", (0,), order)
    yield case("projections whose rules descend", 4, 0, "H", (0,), order)
    yield case("a projection of no rule", 5, 0, "H", (3,), "has rule 3, zone 0", INDEX)
    yield case("a projection to no zone", 5, 2, "H", (zones,), f"has rule 2, zone {zones}", INDEX)
    leaves = "leaves the target area of its rule"
    yield case("a zone behind the target area", 5, 2, "H", (1,), leaves, INDEX)
    yield case("a zone before the target area", 0, 2, "H", (0,), leaves, INDEX)
    for sign in (0, 2, -2):
        at = 4 if sign < 0 else 5
        yield case(f"a sign of {sign}", at, 12, "b", (sign,), ranges)
    yield case("a projection's shift of 16", 5, 13, "B", (16,), ranges)
    yield case("a form of 3", 3, 14, "B", (3,), ranges)
    yield case("a projection's flags of 2", 3, 15, "B", (2,), ranges)
    yield case("a projection's flags of 3", 5, 15, "B", (3,), ranges)
    yield case("a projection's cap below 0", 5, 8, "i", (-1,), ranges)
    yield case("a projection's multiplier below 0", 5, 4, "i", (-1,), ranges)
    yield case("2^15 times a plastic PSP", 5, 4, "i", (1 << 15,), ranges)
    yield case("2^23 times a plastic weight", 3, 4, "i", (1 << 23,), ranges)
    yield "the most times a plastic PSP", _at(31, 104, "i", (1 << 15) - 1), 0, 0, ""
    yield "the most times a plastic weight", _at(31, 64, "i", (1 << 23) - 1), 0, 0, ""
    yield "plastic weights times 0, at most 0", _at(31, 104, "ii", 0, 0), 0, 0, ""
    yield "a projection's shift of 15", _at(31, 113, "B", 15), 0, 0, ""
    yield case(
        "an MPD area whose rule is not",
        5,
        15,
        "B",
        (0,),
        "is not mp-driven, and its source area is",
    )
    yield case(
        "an area that is not MPD whose rule is",
        3,
        15,
        "B",
        (1,),
        "is mp-driven, and its source area is not",
    )
    mixed = (
        by_hand.POPULATIONS[0], replace(by_hand.POPULATIONS[1], mp_driven=True),
        *by_hand.POPULATIONS[2:],
    )  # fmt: skip
    yield "an area half of which is MPD", by_hand.network_with(populations=mixed), 0, 0, ""
    half = by_hand.network_with(populations=mixed)
    half.write(half.at[31] + 60 + 15, "B", 1)
    told = "projection 3 is mp-driven, and its source area is not"
    yield "a rule of an area half of which is MPD", half, FIELD, 31, told
    yield case("an associative rule of a plain form", 1, 14, "B", (1,), "has the form 1")
    yield case("a plain rule of an associative form", 3, 14, "B", (2,), "has the form 2")
    yield case("no plastic places", 5, 16, "I", (0,), "has 0 places")
    most = 65535
    weights = np.sort(np.arange(most) % 256).astype(np.uint8)
    full = listed(2, 0, [0, *[most] * 37], [4] * most, cap=1, weight=weights)
    yield "65,535 listed places", learns_with(projections=[*projections()[:4], full]), 0, 0, ""
    yield case("65,536 listed places", 5, 16, "I", (65536,), "has 65536 places")
    for places in (34, 36):
        yield case(f"{places} places of 35 pairs", 3, 16, "I", (places,), f"has {places} places")
    yield case("14 places of 15 pairs", 1, 16, "I", (14,), "has 14 places")


def sets_of_projections() -> Cases:
    kinds = "rule 0 creates synapses of several kinds"
    for name, changes in (
        ("sign", {"sign": -1}), ("multiplier", {"multiplier": 3}), ("cap", {"cap": 509}),
        ("shift", {"shift": 1}),
    ):  # fmt: skip
        made = projections()
        made[2] = replace(made[2], **changes)
        yield f"pairs of another {name}", learns_with(projections=made), FIELD, 31, kinds
    made = projections()
    less = learns_with(projections=made[:3] + made[4:])
    yield "a rule without a projection", less, FIELD, 31, "rule 1 has no projection"
    less = learns_with(projections=made[:4])
    yield "a last rule without a projection", less, FIELD, 31, "rule 2 has no projection"
    less = learns_with(projections=made[3:])
    yield "a first rule without a projection", less, FIELD, 31, "rule 0 has no projection"
    block = "rule 0 has not one block of pairs per zone"
    less = learns_with(projections=made[:2] + made[3:])
    yield "a zone without its pairs", less, FIELD, 31, block
    less = learns_with(projections=made[:1] + made[3:])
    yield "no pairs at all", less, FIELD, 31, block
    all_of = [listed(1, 0, list(range(0, 40, 5)), list(range(5)) * 7)]
    whole = learns_with(projections=made[:3] + all_of + made[4:])
    yield "all pairs, listed", whole, 0, 0, "rule 1 lists all pairs, which has another form"
    part = [listed(1, 0, [*range(0, 35, 5), 34], (list(range(5)) * 7)[:34])]
    yield (
        "all pairs but one, listed", learns_with(projections=made[:3] + part + made[4:]), 0, 0, "",
    )  # fmt: skip
    alone = learns_with(rules=by_hand.RULES[1:2], projections=(replace(made[3], rule=0),))
    yield "only all pairs", alone, 0, 0, ""
    data = alone.sealed()
    left = Blob.unread(data).section(32, bytes(4))
    yield "targets of nothing", left, FIELD, 32, "4 bytes of TARGETS are of no projection"
    left = Blob.unread(data).section(34, bytes(4))
    yield "presence of nothing", left, FIELD, 34, "4 bytes of PRESENT are of no projection"


def targets() -> Cases:
    def case(name: str, at: int, values: tuple, told: str, code: int = INDEX) -> tuple:
        return name, _at(32, at, f"{len(values)}H", *values), code, 32, told

    data = learns().of(32)
    # the first: 6 begins, 3 targets, a filling; the next: 38 begins, 5 targets, a filling
    cut = learns().section(32, data[:-4])
    yield "targets that are cut", cut, FIELD, 32, "TARGETS ends before projection 5 does"
    cut = learns().section(32, data[:16])
    yield "targets of the first that are cut", cut, FIELD, 32, "TARGETS ends before projection 0"
    cut = learns().section(32, data[:18])
    yield "targets without their filling", cut, FIELD, 32, "TARGETS ends before projection 0"
    more = learns().section(32, data + bytes(4))
    yield "targets that go on", more, FIELD, 32, "4 bytes of TARGETS are of no projection"
    rows = "projection 0 has rows that are out of place"
    yield case("a first begin of 1", 0, (1,), rows)
    yield case("a first begin of 256", 0, (256,), rows)
    yield case("begins that descend", 4, (1,), rows)
    yield case("a begin beyond the places", 6, (4,), rows)
    yield case("a last begin too near", 4, (2, 2, 2, 2), rows)
    outside = "projection 0 has targets outside its zone"
    yield case("a plastic target below its zone", 12, (4,), outside)
    yield case("a plastic target above its zone", 14, (8,), outside)
    yield case("a plastic target of 65,535", 16, (65535,), outside)
    descends = "rule 2 lists synapses that do not ascend"
    yield case("plastic targets that descend", 20 + 76, (4, 0), descends)
    yield case("a target's filling", 18, (1,), "TARGETS is not padded", FIELD)
    yield case("a high target's filling", 18, (256,), "TARGETS is not padded", FIELD)


def weights() -> Cases:
    data, there = learns().of(33), learns().of(34)
    for name, changed in (("too few", data[:-1]), ("too many", data + b"\0"), ("no", b"")):
        told = "bytes of WEIGHTS are" if name == "too many" else "WEIGHTS ends before projection"
        yield f"{name} plastic weights", learns().section(33, changed), FIELD, 33, told
    for name, changed in (("too little", there[:-4]), ("too much", there + bytes(4)), ("no", b"")):
        told = "bytes of PRESENT are" if name == "too much" else "PRESENT ends before projection"
        yield f"{name} presence", learns().section(34, changed), FIELD, 34, told
    absent = "has weights where no synapse is"
    for name, at, number in (
        ("the first", 3 + 2, 1), ("the last of the first block", 3 + 14, 1),
        ("the last", 3 + 15 + 18, 2),
    ):  # fmt: skip
        blob = _at(33, at, "B", 254)
        yield f"a weight where nothing is: {name}", blob, FIELD, 33, f"projection {number} {absent}"
        blob = _at(33, at, "B", 255)
        yield (
            f"a pair closed for nothing: {name}", blob, 0, 0,
            "rule 0 closes other pairs than those that it lists",
        )  # fmt: skip
    blob = _at(33, 3, "B", 0)
    yield "a pair that is listed and open", blob, 0, 0, "rule 0 closes other pairs"
    blob = _at(34, 0, "B", there[0] | 1)
    yield "a pair that is listed and there", blob, 0, 0, "rule 0 closes other pairs"
    for at, bit in ((1, 7), (2, 0), (3, 7), (6, 4), (7, 7)):
        blob = _at(34, at, "B", there[at] | 1 << bit)
        yield f"presence of none: {8 * at + bit}", blob, FIELD, 34, "PRESENT is not padded"
    blob = _at(33, 0, "BB", 2, 1)
    yield "plastic weights that descend", blob, 0, 0, "rule 0 lists synapses that do not ascend"


def memories() -> Cases:
    def case(name: str, at: int, form: str, value: int, told: str, code: int = FIELD) -> tuple:
        return name, _at(35, at, form, value), code, 35, told

    data = learns().of(35)
    # the first: 20 bytes, 3 areas, a filling; the other: 20, 2 areas
    for size in (19, 24, 26, 28 + 19, 28 + 22):
        number = int(size > 28)
        blob = learns().section(35, data[:size])
        yield f"memories of {size} bytes", blob, FIELD, 35, f"memory {number} is cut"
    yield case("a memory that sees nothing", 4, "H", 0, "memory 0 is cut")
    yield case("a memory's zero", 6, "H", 1, "memory 0 is cut")
    yield case("a memory's filling", 26, "B", 1, "MEMORIES is not padded")
    yield case("a memory's high filling", 27, "B", 1, "MEMORIES is not padded")
    yield case("memories of one area", 28, "H", 3, "memory 1 has the area 3 of 5")
    yield case("memories that descend", 28, "H", 2, "memory 1 has the area 2 of 5")
    yield case("a depth of 0", 2, "H", 0, "memory 0 has a depth of 0")
    yield case("a depth of 256", 2, "H", 256, "memory 0 has a depth of 256")
    lives = "memory 1 has lives beyond 2^30"
    for at, name in ((8, "init"), (12, "growth"), (16, "longterm")):
        yield case(f"a {name} beyond 2^30", 28 + at, "I", (1 << 30) + 1, lives)
        yield f"a {name} of 2^30", _at(35, 28 + at, "I", 1 << 30), 0, 0, ""
    yield case("a memory of no area", 28, "H", 5, "memory 1 has the area 5 of 5", INDEX)
    sees = "looks at the areas"
    for name, at, value in (
        ("twice the same", 22, 0), ("areas that descend", 24, 0), ("no area", 24, 5),
        ("itself", 24, 3),
    ):  # fmt: skip
        yield case(f"a memory that sees {name}", at, "H", value, f"memory 0 {sees}", INDEX)
    deep = by_hand.MEMORIES[1]
    deepest = learns_with(memories=(by_hand.MEMORIES[0], replace(deep, depth=255)), slots=())
    yield "a depth of 255", deepest, 0, 0, ""

    def slots(name: str, **fields: int) -> tuple:
        blob = learns().population(lambda p: p.area == 3, **fields)
        return f"slots {name}", blob, FIELD, 35, "memory 0 has no slots in area 3"

    yield slots("that keep something", flags=ALWAYS | ACC)
    yield slots("that are updated in every burst", flags=ALWAYS | EVERY)
    yield slots("with a chance", flags=0)
    yield slots("with a PSP", flags=ALWAYS | MPD)
    yield slots("with an upper limit", flags=ALWAYS | UPPER, upper=7)
    yield slots("with a threshold of 0", threshold=0)
    yield slots("that rest", refractory=1, snoozed=1)
    yield slots("with a limit", limit=3)
    yield slots("that can be told to fire", input_max=1)
    one = by_hand.POPULATIONS[4]
    two = replace(one, count=1), replace(one, first=one.first + 1, count=2)
    split = (*by_hand.POPULATIONS[:4], *two, by_hand.POPULATIONS[5])
    blob = by_hand.network_with(populations=split)
    yield "slots of two populations", blob, FIELD, 35, "memory 0 has no slots in area 3"
    calm = {**by_hand.SLOTS, "every_burst": False, "threshold": 4}
    calm = replace(by_hand.POPULATIONS[0], **calm)
    blob = by_hand.network_with(populations=(calm, *split[1:]), inputs=())
    told = "memory 0 has no slots in area 3"
    yield "slots of two populations, behind one alone", blob, FIELD, 35, told
    reached = by_hand.network_with(target=np.array([49], np.uint16))
    yield "a synapse that reaches a slot", reached, 0, 0, "a synapse reaches a slot of area 3"


def twins() -> Cases:
    def case(name: str, at: int, form: str, value: int, told: str, code: int = FIELD) -> tuple:
        return name, _at(36, at, form, value), code, 36, told

    data = learns().of(36)
    # 12 bytes and 5 neurons, a filling; 12 and 7, a filling; 12 and 37, a filling
    for size in (11, 20, 22, 24 + 11, 24 + 24):
        number = int(size >= 24)
        blob = learns().section(36, data[:size])
        yield f"twins of {size} bytes", blob, FIELD, 36, f"twin {number} is cut"
    yield case("a twin of no memory", 52, "H", 2, "twin 2 has memory 2, upstream 1", INDEX)
    yield case("a twin of nothing seen", 54, "H", 2, "twin 2 has memory 1, upstream 2", INDEX)
    alone = learns().section(35, b"").section(37, b"")
    yield "twins without memories", alone, INDEX, 36, "twin 0 has memory 0, upstream 0"
    yield case("a twin twice", 26, "H", 0, "twin 1 is not in order")
    yield case("twins that descend", 52, "H", 0, "twin 2 is not in order")
    yield case("an amount below 0", 4, "i", -1, "twin 0 replays -1, at most 13")
    yield case("a twin's cap below 0", 8, "i", -1, "twin 0 replays 7, at most -1")
    yield case("2^30 at each of two depths", 4, "i", 1 << 30, "replays 1073741824, too much")
    yield "nearly 2^30 at each of two depths", _at(36, 4, "i", (1 << 30) - 1), 0, 0, ""
    yield "nothing is replayed", _at(36, 4, "ii", 0, 0), 0, 0, ""
    for neuron in (by_hand.N, 65534):
        blob = _at(36, 12, "H", neuron)
        yield f"neuron {neuron} plays", blob, INDEX, 36, "twin 0 plays what is not there"
    for neuron in (49, by_hand.N - 1):
        area = 3 if neuron == 49 else 4
        blob = _at(36, 12, "H", neuron)
        yield f"slot {neuron} plays", blob, 0, 0, f"a twin reaches a slot of area {area}"
    yield "nobody plays", _at(36, 12, "5H", *[65535] * 5), 0, 0, ""
    yield case("a twin's filling", 22, "B", 1, "TWINS is not padded")
    yield case("a twin's high filling", 23, "B", 1, "TWINS is not padded")


def slots() -> Cases:
    def case(name: str, at: int, form: str, value: int, told: str, code: int = FIELD) -> tuple:
        return name, _at(37, at, form, value), code, 37 if code else 0, told

    data = learns().of(37)
    # 3 states, a filling, 3 lives, 3 patterns of 2 frames of 4 words; 2, a filling, 2 lives, 2 x 3
    for size in (len(data) - 1, 111, 4):
        blob = learns().section(37, data[:size])
        yield f"slots of {size} bytes", blob, FIELD, 37, "SLOTS ends before the memory areas do"
    more = learns().section(37, data + b"\0")
    yield "slots that go on", more, FIELD, 37, "1 bytes follow the slots"
    alone = learns().section(35, b"").section(36, b"")
    yield "slots without memories", alone, FIELD, 37, "bytes follow the slots"
    for state in (2, 4, 255):
        told = "the slots of area 3 are in no known state"
        yield case(f"a slot's state {state}", 0, "B", state, told)
    yield case("the filling of states", 3, "B", 1, "SLOTS is not padded")
    yield case("the filling of other states", 112 + 3, "B", 3, "SLOTS is not padded")
    yield case("a life beyond 2^30", 4, "I", (1 << 30) + 1, "have lives beyond 2^30")
    yield "a life of 2^30", _at(37, 4, "I", 1 << 30), 0, 0, ""
    yield case("a life of a free slot", 8, "I", 1, "the slots of area 3 are not free")
    yield case("a life of another free slot", 112 + 8, "I", 1, "the slots of area 4 are not free")
    free = learns().section(37, bytes(len(data)))
    yield "slots of which none is in use", free, FIELD, 37, "SLOTS has none in use"
    other = bytes(112) + b"\0\1\0\0" + bytes(8) + bytes(12) + struct.pack("<3I", 2, 0, 0)
    assert len(other) == len(data)
    yield "a slot of the other memory", learns().section(37, other), 0, 0, ""
    host = {"code": 0}
    yield case("a pattern of a free slot", 16 + 32, "I", 1, "are not free", **host)
    yield case("no pattern", 16, "I", 0, "have patterns that are alike, or none", **host)
    yield case("a pattern of others", 16, "I", 32, "have patterns of other neurons", **host)
    same = bytes(data[16:48])
    alike = _at(37, 16 + 64, "32s", same)
    yield "patterns that are alike", alike, 0, 0, "have patterns that are alike, or none"


PARTS: tuple[Callable[[], Cases], ...] = (
    rules, fields_of_projections, sets_of_projections, targets, weights, memories, twins, slots,
)  # fmt: skip
