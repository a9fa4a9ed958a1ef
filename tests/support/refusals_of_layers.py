"""Refusals of layers (SPEC 12.4): see refusals.py."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ganglion.blob.container import encode
from ganglion.network.layers import LIMIT, Layer, Path
from ganglion.network.learning import NetworkLearning, Rule
from ganglion.network.model import SynapseClass
from tests.support import by_hand
from tests.support.blobs import ACC, ALWAYS, EVERY, LAYER, MPD, UPPER, Blob, driven, wide
from tests.support.by_hand import layered

FIELD, INDEX = 21, 22
Cases = Iterator[tuple[str, Blob, int, int, str]]
RECORD, PATH = 16, 28  # bytes
INPUT, CONV, DENSE, OUT = range(4)  # layers
# where its numbers begin in VECTORS, in words: see by_hand.layers
T, S, R, B, D = 11, 14, 17, 18, 19  # of the convolution: 3, 3, 1, 1, 1
LEAK, CURRENT, M = 20, 29, 32  # 3 of 3, 3, 3


def _at(kind: int, at: int, form: str, *values: int) -> Blob:
    blob = layered()
    return blob.write(blob.at[kind] + at, form, *values)


def _word(number: int, *values: int) -> Blob:
    return _at(21, 4 * number, f"{len(values)}i", *values)


def _layers(**fields: object) -> Blob:
    """The same but for the convolution."""
    made = by_hand.layers()
    made[CONV] = replace(made[CONV], **fields)
    return _of(made)


def _of(layers: list[Layer]) -> Blob:
    return Blob.unread(encode(replace(layered().network, layers=tuple(layers))))


def beside() -> Cases:
    """What must not be beside layers."""
    records = layered().of(20)
    for size in (48, 63, 65, 80):
        told = f"LAYERS has {size} bytes for 4 layers"
        yield (
            f"layers of {size} bytes",
            layered().section(20, (records + bytes(16))[:size]),
            *_20(told),
        )
    yield "no layers", layered().section(20, b""), *_20("LAYERS has 0 bytes for 4 layers")
    told = "a network of layers has something beside them"
    yield "layers of 16 bits", layered().write(16, "BB", 16, 16), *_20(told)
    yield "layers and a power", layered().write(32, "Ii", 0, 1), *_20(told)
    network = layered().network
    one = np.zeros(1, np.uint16)
    synapse = {
        "classes": (SynapseClass(1, 1),), "source": one, "target": one, "klass": one,
        "weight": np.ones(1, np.int8),
    }  # fmt: skip
    both = Blob.unread(encode(replace(network, **synapse)))
    yield "layers and a synapse", both, *_20(told)
    rules = NetworkLearning((Rule(0, 3, 1, 1, 1),), (by_hand.pairs(0, 3, 160),))
    yield "layers that learn", Blob.unread(encode(replace(network, learning=rules))), *_20(told)
    none = wide().section(20, records[:16])
    yield "a layer of no population", none, *_20("LAYERS has 16 bytes for 0 layers")
    for kind in (21, 22, 23):
        only = wide().section(kind, bytes(28))
        yield f"section {kind} alone", only, *_20("there are sections of layers, and no layer")
    bare = {"flags": ALWAYS | ACC | EVERY | LAYER, "leak": 0, "shift": 0}
    some = Blob(driven())
    last = some.network.populations[-1]
    some.population(lambda p: p == last, **bare)
    yield "a layer behind what is none", some, *_20("LAYERS has 0 bytes for 1 layers")
    plain = layered().population(lambda p: p.first == 66, flags=ALWAYS | ACC | EVERY)
    yield "what is no layer behind some", plain, *_20("LAYERS has 64 bytes for 3 layers")
    last = replace(network.populations[-1], layer=False)
    none = replace(network, layers=network.layers[:-1])
    plain = Blob.unread(encode(replace(none, populations=(*network.populations[:-1], last))))
    yield "what is no layer, and has no record", plain, *_20("has something beside them")
    for kind, told in ((21, "VECTORS is not of whole words"), (22, "PATHS is not of whole"),
                       (23, "WEIGHTS is not of whole words")):  # fmt: skip
        for size in (-1, 1):
            data = (layered().of(kind) + b"\0")[: layered().size[kind] + size]
            yield f"section {kind}, {size} bytes", layered().section(kind, data), FIELD, kind, told


def _20(told: str) -> tuple[int, int, str]:
    return FIELD, 20, told


def rules() -> Cases:
    """The records of LAYERS."""

    def case(name: str, layer: int, at: int, form: str, value: int, told: str) -> tuple:
        where = f"layer of population {layer}"
        return f"a layer of {name}", _at(20, RECORD * layer + at, form, value), *_20(where + told)

    unknown = " has an unknown rule"
    yield (
        "a layer of the population before", _at(20, 2 * RECORD, "H", 1),
        *_20("layer of population 1: there is none, or out of order"),
    )  # fmt: skip
    yield (
        "a layer of no population beyond", _at(20, 3 * RECORD, "H", 4),
        *_20("layer of population 4: there is none, or out of order"),
    )  # fmt: skip
    yield case("the period 0", CONV, 2, "H", 0, " has the period 0")
    yield case("a period that divides nothing", DENSE, 2, "H", 3, " has the period 3")
    for name, at, most in (
        ("current", 6, 3), ("emission", 7, 2), ("reset", 9, 2), ("time", 10, 2), ("flags", 11, 7),
    ):  # fmt: skip
        layer = CONV if at != 10 else DENSE
        yield case(f"an unknown {name}", layer, at, "B", most + 1, unknown)
    yield case("an unknown vector that varies", CONV, 12, "B", 128 | 0b100011, unknown)
    yield case("no emission, of spikes", OUT, 8, "B", 1, " emits 1")
    yield case("emissions of no spikes", CONV, 8, "B", 0, " emits 0")
    yield case("one emission, of two spikes", DENSE, 8, "B", 2, " emits 2")
    for name, at, value in (("a reset", 9, 1), ("a flag", 11, 2)):
        yield case(f"no emission, and {name}", OUT, at, "B", value, " resets without a spike")
    yield case("no emission, and a time", OUT, 10, "B", 1, " resets without a spike")
    yield case("no reset, but a time", DENSE, 9, "B", 0, " resets nothing, and later")
    for name, at, value in (("a value", 9, 1), ("a later time", 10, 1)):
        yield case(f"{name}, that gives back", CONV, at, "B", value, " gives back what it keeps")
    yield case(
        "a vector that varies with nothing", OUT, 12, "B", 1, " has a vector of one entry that"
    )
    for at in (13, 14, 15):
        yield f"zero {at} of a layer", _at(20, at, "B", 1), *_20("canonical form, in LAYERS")
    for low, high in ((-LIMIT - 1, 5000), (-300, LIMIT + 1)):
        blob = layered().population(lambda p: p.first == 56, low=low, high=high)
        told = f"layer of population 2 keeps {low}..{high}"
        yield f"a layer that keeps {low}..{high}", blob, FIELD, 1, told
    flat = layered().population(lambda p: p.first == 56, low=0, high=0)
    yield "a layer that keeps 0", flat, 0, 0, ""
    most = by_hand.layers()
    most[CONV] = replace(most[CONV], most=255)
    yield "a layer of 255 spikes", _of(most), 0, 0, ""
    for current in range(4):
        yield f"a layer of current {current}", _at(20, RECORD + 6, "B", current), 0, 0, ""
    for reset, at in ((1, 0), (1, 1), (1, 2), (2, 1), (2, 2), (0, 0)):
        made = _layers(reset=reset, at=at, gives_back=False)
        yield f"a layer of reset {reset} at {at}", made, 0, 0, ""
    for flags in range(8):
        if not flags & 1:
            yield f"a layer of flags {flags}", _at(20, 2 * RECORD + 11, "B", flags), 0, 0, ""
    whole = _layers(**by_hand.ALL_FLAGS)
    yield "a layer of all flags", whole, 0, 0, ""
    free = _layers(reset=1, at=0, gives_back=False)
    free.write(free.at[20] + RECORD * CONV + 9, "B", 3)
    yield "a layer of reset 3, and no flag", free, *_20(f"layer of population {CONV}{unknown}")
    yield case("no vector but one that there is not", CONV, 12, "B", 128, unknown)
    yield "a layer all of which varies", Blob.unread(encode(by_hand.varying())), 0, 0, ""


def vectors() -> Cases:
    """The numbers of VECTORS, all but the last of which are those of the convolution."""
    where = "layer of population 1"

    def case(name: str, word: int, value: int | tuple, told: str) -> tuple:
        values = value if isinstance(value, tuple) else (value,)
        return f"layers: {name}", _word(word, *values), FIELD, 21, where + told

    fields = (T + 1, "threshold"), (S + 2, "size"), (R, "reset_to"), (B, "bias"), (D, "drift")
    for at, name in fields:
        for value in (LIMIT + 1, -LIMIT - 1):
            yield case(f"a {name} of {value}", at, value, f": {name} is too large")
    for at, name in fields[2:]:
        for value in (LIMIT, -LIMIT):
            yield f"layers: a {name} of {value}", _word(at, value), 0, 0, ""
    yield case("a size of 0", S + 1, 0, " counts spikes in nothing")
    none = by_hand.layers()
    none[DENSE] = replace(none[DENSE], size=np.array([-1]))
    yield "layers: a size below 0", _of(none), FIELD, 21, "population 2 counts spikes in nothing"
    for emit, reset, size in ((2, 1, 0), (1, 2, 0)):
        made = _layers(emit=emit, most=emit, reset=reset, gives_back=False, size=np.array([size]))
        told = where + " counts spikes in nothing"
        yield f"layers: a size of 0, emit {emit}, reset {reset}", made, FIELD, 21, told
    made = _layers(emit=1, most=1, reset=1, gives_back=False, size=np.array([0]))
    yield "layers: a size of 0 that nothing counts in", made, 0, 0, ""
    told = ": its population says 20"
    yield case("a threshold below its population's", T + 2, 19, told)
    yield case("no threshold of its population's", T, 21, told)
    for vector, first in (("leak", LEAK + 3), ("current's leak", CURRENT)):
        for name, leak in (
            ("0 with a shift", (0, 16, 0)), ("below 0", (-1, 16, 0)),
            ("0 with a fine part", (0, 0, 1)), ("beyond 32,767", (32768, 30, 0)),
            ("a shift of 13", (1, 13, 0)), ("a shift of 31", (1, 31, 0)), ("no shift", (1, 0, 0)),
            ("a shift below 0", (1, -1, 0)),
            ("a fine part of a small one", (16383, 20, 1)),
            ("a fine part beyond", (16384, 20, 16384)), ("a fine part below", (16384, 20, -16385)),
            ("more than there is", (16385, 14, 0)), ("more by its fine part", (16384, 14, 1)),
        ):  # fmt: skip
            yield case(f"a {vector} of {name}", first, leak, " has a leak out of range")
        for leak in (
            (32767, 15, 16383),
            (16384, 14, 0),
            (1, 30, 0),
            (16384, 30, -16384),
            (0, 0, 0),
        ):
            yield f"layers: a {vector} of {leak}", _word(first, *leak), 0, 0, ""
    last = layered().size[21] // 4 - 1
    for value in (0, -1, 1 << 24):
        yield case(f"a multiplier of {value}", M + 1, value, " multiplies out of range")
        told = "layer of population 3 multiplies out of range"
        yield f"layers: a last multiplier of {value}", _word(last, value), FIELD, 21, told
    yield "layers: a multiplier of 2^24 - 1", _word(last, (1 << 24) - 1), 0, 0, ""
    data = layered().of(21)
    for size in (4, 40, 4 * (M + 1), len(data) - 4):
        blob = layered().section(21, data[:size])
        yield f"layers: {size} bytes of numbers", blob, FIELD, 21, "VECTORS is too short"
    yield "layers: no numbers", layered().section(21, b""), FIELD, 21, "VECTORS is too short"
    more = layered().section(21, data + bytes(4))
    yield "layers: a number too many", more, FIELD, 21, "VECTORS goes on behind its end"


def paths() -> Cases:
    """The records of PATHS: of the convolution, of the matrix, of its own, of the read-out."""

    def case(
        name: str, path: int, at: int, form: str, values: tuple, told: str, code: int = FIELD
    ) -> tuple:
        blob = _at(22, PATH * path + at, form, *values)
        return f"a path {name}", blob, code, 22, f"path {path} " + told

    for value in (2, 255):
        told = f"layer of population 1 has a path that varies {value}"
        yield f"a path that varies {value}", _at(22, 4, "B", value), FIELD, 22, told
    last = layered().size[22] - PATH
    told = "layer of population 3 has a path that varies 1"
    yield "a path that varies with nothing", _at(22, last + 4, "B", 1), FIELD, 22, told
    data = layered().of(22)
    less = layered().section(22, data[:-PATH])
    claims = _at(20, 3 * RECORD + 4, "H", 2)
    yield "a path claimed too many", claims, FIELD, 22, "layer of population 3 has 2 paths"
    yield "a path too few", less, FIELD, 22, "layer of population 3 has 1 paths"
    yield "no paths at all", layered().section(22, b""), FIELD, 22, "population 1 has 1 paths"
    more = layered().section(22, data + data[-PATH:])
    yield "a path too many", more, FIELD, 22, "PATHS goes on behind its end"
    yield case("from no layer", 3, 0, "H", (4,), "comes from layer 4", INDEX)
    yield case("of form 2", 0, 2, "B", (2,), "has an unknown form")
    for bits in (0, 1, 3, 16):
        yield case(f"of {bits} bits", 1, 3, "B", (bits,), "has an unknown form")
    for at in (5, 26, 27):
        blob = _at(22, at, "B", 1)
        yield (
            f"a path's zero {at}",
            blob,
            FIELD,
            22,
            "the blob is not in its canonical form, in PATHS",
        )
    silent = by_hand.layers()
    silent[DENSE] = replace(silent[DENSE], paths=(*silent[DENSE].paths[:1], replace(
        silent[DENSE].paths[1], source=3, source_dims=(1, 1, 5), weight=np.zeros((5, 10), np.int8),
    )))  # fmt: skip
    yield "a path from what emits nothing", _of(silent), FIELD, 22, "path 2 is for other layers"
    for name, at, dims in (
        ("from another size", 6, (4, 4, 1)), ("to another size", 12, (2, 4, 4)),
        ("from nothing", 6, (0, 4, 2)), ("to nothing", 12, (2, 0, 3)),
    ):  # fmt: skip
        yield case(name, 0, at, "3H", dims, "is for other layers")
    yield case("to rows of more than one", 3, 12, "3H", (5, 1, 1), "has the kernel (0, 0)")
    yield case("to columns of more than one", 3, 12, "3H", (1, 5, 1), "has the kernel (0, 0)")
    for at, pool in ((18, (0, 1)), (18, (1, 0)), (18, (5, 1)), (18, (1, 5))):
        yield case(f"that pools {pool}", 0, at, "2B", pool, f"pools {pool}")
    for stride in ((0, 1), (2, 0)):
        yield case(f"of the stride {stride}", 0, 20, "2B", stride, "has the kernel (3, 2)")
    for kernel in ((0, 2), (3, 0)):
        yield case(f"of the kernel {kernel}", 0, 24, "2B", kernel, f"has the kernel {kernel}")
    yield case("of a convolution of 4 bits", 0, 3, "B", (4,), "has the kernel (3, 2)")
    for name, at in (("stride", 20), ("stride to the right", 21)):
        yield case(f"of a matrix and a {name}", 3, at, "B", (2,), "has the kernel (0, 0)")
        yield case(f"of a matrix without a {name}", 3, at, "B", (0,), "has the kernel (0, 0)")
    for name, at in (("padding", 22), ("padding left", 23)):
        yield case(f"of a matrix and {name}", 3, at, "B", (1,), "has the kernel (0, 0)")
    for kernel in ((1, 0), (0, 1)):
        yield case(f"of a matrix and the kernel {kernel}", 3, 24, "2B", kernel, "has the kernel")


def order_of_paths() -> Cases:
    """What 12.4 has of the paths of one layer."""

    def behind(name: str, layer: int, *paths: Path, told: bool = True, code: int = FIELD) -> tuple:
        made = by_hand.layers()
        made[layer] = replace(made[layer], paths=paths)
        last = layer - 2 + len(paths)
        words = f"path {last} comes behind one that it should come before" if told else ""
        return f"paths: {name}", _of(made), code, 22 if code else 0, words

    (conv,), (dense, own) = (by_hand.layers()[layer].paths for layer in (CONV, DENSE))
    yield behind("from a later layer first", DENSE, own, dense)
    yield behind("the last before the second", DENSE, dense, own, replace(dense, pool=(2, 1)))
    few = replace(own, bits=4, weight=own.weight // 16)
    yield behind("of more bits first", DENSE, own, few)
    yield behind("of fewer bits first", DENSE, few, own, told=False, code=0)
    yield behind("alike", DENSE, own, own, told=False, code=0)
    for name, change in (
        ("the first that differs", (0, 1, *[-1] * 8)), ("the only one that differs", (*[0] * 9, 1)),
    ):  # fmt: skip
        larger = replace(own, multiplier=own.multiplier + 2 + change)
        smaller = replace(own, multiplier=own.multiplier + 2)
        yield behind(f"{name} larger, behind", DENSE, smaller, larger)
        yield behind(f"{name} larger, first", DENSE, larger, smaller, told=False, code=0)
    one, other = conv.weight.copy(), conv.weight.copy()
    one[0, 0, :, 0], other[0, 0, :, 0] = ([5, 1], [1, 5])  # the last column is written first
    pair = replace(conv, weight=one), replace(conv, weight=other)
    yield behind("weights that ascend", CONV, *pair, told=False, code=0)
    yield (
        "paths: weights that descend",
        *behind("", CONV, *pair[::-1])[1:2], 0, 0, "path 1 comes behind one that",
    )  # fmt: skip


def weights() -> Cases:
    data = layered().of(23)
    for size in (4, len(data) - 4):
        blob = layered().section(23, data[:size])
        yield f"layers: {size} bytes of weights", blob, FIELD, 23, "WEIGHTS is too short"
    yield "layers: no weights", layered().section(23, b""), FIELD, 23, "WEIGHTS is too short"
    more = layered().section(23, data + bytes(4))
    yield "layers: weights that go on", more, FIELD, 23, "WEIGHTS goes on behind its end"
    fills = _at(23, 3, "B", 1)  # rows of the convolution have three
    yield "layers: the filling of a row", fills, 0, 0, "canonical form, in WEIGHTS"


def populations() -> Cases:
    """What 5.3 has for others, and a layer has not."""

    def case(name: str, **fields: int) -> tuple:
        blob = layered().population(lambda p: p.first == 56, **fields)
        told = "population 2 is a layer with fields of its own"
        return f"a layer's population {name}", blob, FIELD, 1, told

    usual = ALWAYS | ACC | EVERY | LAYER
    yield case("that leaks", leak=1, shift=14)
    yield case("that rests", refractory=1, snoozed=1)
    yield case("with a limit", limit=1)
    yield case("with an upper limit", flags=usual | UPPER, upper=9)
    yield case("that is mp-driven", flags=usual | MPD)
    yield case("that is updated when it got something", flags=usual & ~EVERY)
    yield case("with a chance", flags=usual & ~ALWAYS)
    yield case("that keeps nothing", flags=usual & ~ACC, low=0, high=0)


PARTS = populations, beside, rules, vectors, paths, order_of_paths, weights
