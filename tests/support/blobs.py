"""Blobs, field by field: brains of every feature, and a change of one thing in them.

In:  nothing, or bytes of a blob.
Out: a Blob, whose fields can be written by what they mean; its bytes, sealed anew.
Never: says what becomes of a blob so changed (refusals.py).
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from ganglion.blob.container import decode, encode, sections
from ganglion.compiler import compile_connectome, golden
from ganglion.network.learning import Slots, area_neurons
from ganglion.network.model import QuantizedNetwork
from ganglion.network.zones import zones_of
from ganglion.quantization.options import QuantizeOptions
from tests.support.layers import random_network as layered_network
from tests.support.learning import learner
from tests.support.robots import driven_network, wired_connectome
from tests.support.tiny import Box, Net, Wire
from tools.faults.blobs import reseal
from tools.networks import camera, random_connectome

RECORD, CLASS = 52, 12  # bytes
ACC, EVERY, UPPER, ALWAYS, MPD, VARY, PLACED, LAYER = (1 << i for i in range(8))
AT = {
    "first": (0, "H"), "count": (2, "H"), "flags": (4, "H"), "area": (6, "H"),
    "threshold": (8, "i"), "step": (12, "i"), "upper": (16, "i"), "leak": (20, "H"),
    "shift": (22, "B"), "psp_bits": (23, "B"), "refractory": (24, "H"), "snoozed": (26, "H"),
    "limit": (28, "H"), "fine": (30, "h"), "excitability": (32, "I"), "low": (36, "i"),
    "high": (40, "i"), "input_max": (44, "i"), "id": (48, "I"),
}  # fmt: skip


@cache
def _read(data: bytes) -> tuple[QuantizedNetwork, dict[int, int], dict[int, int]]:
    found = sections(data)
    return decode(data), {s.type: s.offset for s in found}, {s.type: s.length for s in found}


class Blob:
    """Bytes, and where in them what lies."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.network, self.at, self.size = _read(data)

    @classmethod
    def unread(cls, data: bytes) -> "Blob":
        """Of bytes that a host may refuse: there is no network."""
        made = cls.__new__(cls)
        found = sections(data)
        made.data = bytearray(data)
        made.at = {s.type: s.offset for s in found}
        made.size = {s.type: s.length for s in found}
        return made

    def write(self, at: int, form: str, *values: int | float) -> "Blob":
        struct.pack_into("<" + form, self.data, at, *values)
        return self

    def record(self, find: Callable[..., bool]) -> int:
        """Where the first population that is so has its record."""
        found = next(i for i, p in enumerate(self.network.populations) if find(p))
        return self.at[1] + RECORD * found

    def population(self, find: Callable[..., bool], **fields: int) -> "Blob":
        at = self.record(find)
        for name, value in fields.items():
            self.write(at + AT[name][0], AT[name][1], value)
        return self

    def klass(self, find: Callable[..., bool], last: bool = False) -> int:
        """Where the first class that is so, or the last, has its record."""
        found = [i for i, c in enumerate(self.network.classes) if find(c)]
        return self.at[3] + CLASS * found[-1 if last else 0]

    def section(self, kind: int, data: bytes) -> "Blob":
        """Another content for a section, and all that follows moved; none: it is left out."""
        before = bytes(self.data)
        parts = {t: before[self.at[t] : self.at[t] + self.size[t]] for t in self.at} | {kind: data}
        parts = {t: part for t, part in sorted(parts.items()) if part}
        body, table, at = b"", b"", 128 + 16 * len(parts)
        self.at, self.size = {}, {t: len(part) for t, part in parts.items()}
        for t, part in parts.items():
            self.at[t] = at + len(body)
            table += struct.pack("<HHIII", t, 0, at + len(body), len(part), zlib.crc32(part))
            body += part + bytes(-len(part) % 4)
        head = before[:10] + struct.pack("<HI", len(parts), at + len(body) + 32) + before[16:128]
        self.data = bytearray(head + table + body + bytes(32))
        return self

    def of(self, kind: int) -> bytes:
        return bytes(self.data[self.at[kind] : self.at[kind] + self.size[kind]])

    def sealed(self) -> bytes:
        return reseal(bytes(self.data))

    def link(self, find: Callable[[object], bool]) -> tuple[int, int]:
        """The first segment in ROWS of a class that is so: where it begins, and its synapses."""
        at = self.at[4]
        links, _, _, pages = struct.unpack_from("<HHII", self.data, at)
        classes = [struct.unpack_from("<H", self.data, at + 12 + 4 * i)[0] for i in range(links)]
        stream = at + 12 + 4 * links + 4 * (pages + 1)
        offsets = struct.unpack_from(f"<{pages + 1}I", self.data, stream - 4 * (pages + 1))
        for begin in offsets[:-1]:
            for row in struct.unpack_from("<32H", self.data, stream + begin):
                here, more = stream + begin + 2 * row, row
                while more:
                    k, n = struct.unpack_from("<HH", self.data, here)
                    klass = self.network.classes[classes[k & 32767]]
                    if find(klass, n):
                        return here, n
                    bits = (klass.few_bits or 8) if klass.weight == 0 else 0
                    here += 4 + 2 * n + (n * bits + 15) // 16 * 2
                    more = not k & 32768
        raise AssertionError("there is no such segment")

    def block(self, find: Callable[..., bool]) -> int:
        """Where the first record of BLOCKS is that is so: of count, divisor and runs."""
        at = self.at[5]
        while at < self.at[5] + self.size[5]:
            _, count, _, _, _, _, d, words, runs = struct.unpack_from("<HHHHHhHHH", self.data, at)
            if find(count, d, runs):
                return at
            at += 4 * words
        raise AssertionError("there is no such block")


BRAINS = {
    "wide": {"state": "int32"}, "four": {"state": "int32", "weights": "int4"},
    "short": {"state": "int16", "weights": "int2"}, "grid": {"state": "int16"},
}  # fmt: skip


def brains() -> dict[str, bytes]:
    """Blobs of 32 bits with own weights of 8 and 4, of 16 bits with 2; one with a grid."""
    return {name: brain(name) for name in BRAINS}


@cache
def brain(name: str) -> bytes:
    connectome = camera(8) if name == "grid" else random_connectome(2, neurons=30)
    return compile_connectome(connectome, QuantizeOptions(**BRAINS[name])).blob


@cache
def driven() -> bytes:
    """A blob with a robot."""
    network = compile_connectome(wired_connectome()).network
    return encode(replace(network, robot=driven_network().robot))


@cache
def others() -> dict[str, bytes]:
    """Blobs of 8 bits, of one that learns, of layers, and of one that drives a robot."""
    bytes8 = QuantizeOptions(state="int8")
    limits = random_connectome(2, neurons=30)
    most = np.where(limits.consecutive_fire_limit > 1, 125 + limits.consecutive_fire_limit, 1)
    limits = replace(limits, consecutive_fire_limit=most.astype(np.uint16))
    mixed = decode(brain("wide"))  # areas some of whose populations are updated in every burst
    halves = [replace(p, every_burst=i % 3 > 0) for i, p in enumerate(mixed.populations)]
    mixed = replace(mixed, populations=tuple(halves))
    return {
        "limits of 127 and 128": compile_connectome(limits).blob,
        "mixed dynamics": encode(replace(mixed, golden=golden(mixed))),
        "bytes": compile_connectome(random_connectome(1, neurons=20), bytes8).blob,
        "bytes in 32": compile_connectome(random_connectome(2, neurons=20), bytes8).blob,
        "learns": compile_connectome(learner(0)).blob,
        "begins with a memory": _with_a_memory(compile_connectome(learner(0)).network),
        "layers": encode(layered_network(3)),
        "robot": driven(),
    }


def _with_a_memory(network: QuantizedNetwork) -> bytes:
    """In the first slot of each memory area: one neuron of its first upstream area."""
    slots = []
    for memory in network.learning.memories:
        areas = [area_neurons(network, area) for area in memory.upstream]
        words = sum((a.stop - 1 >> 5) - (a.start >> 5) + 1 for a in areas)
        count = len(area_neurons(network, memory.area))
        first = Slots(
            np.zeros(count, np.uint8),
            np.zeros(count, np.int64),
            np.zeros((count, memory.depth, words), np.uint32),
        )
        first.alive[0], first.life[0], first.pattern[0, 0, 0] = 1, 9, 1 << (areas[0].start & 31)
        slots.append(first)
    begun = replace(network, learning=replace(network.learning, slots=tuple(slots)))
    return encode(replace(begun, golden=golden(begun)))


@cache
def edges() -> dict[str, bytes]:
    """Brains in which every array has an odd end: by how many neurons and of which kind."""
    options = QuantizeOptions(state="int16")
    made = {"1 neuron": Net({"c_one___": Box()})}
    for n in (32, 33):  # a word of the fired set is full, or the next has one
        rest = Box(9, keeps=True, consecutive=130, snooze=300)
        wires = [Wire(("i_in____", i), ("c_mid___", i % 9)) for i in range(n - 9)]
        areas = {"i_in____": Box(n - 9, group="IPU"), "c_mid___": rest}
        made[f"{n} neurons"] = Net(areas, wires)
    limited = Box(4, threshold=9, consecutive=127, snooze=2)
    areas = {"c_mid___": limited, "i_in____": Box(16, group="IPU")}
    pairs = [(i, j) for i in range(16) for j in range(4)]
    wires = [Wire(("i_in____", i), ("c_mid___", j), 3 + i * j % 11) for i, j in pairs]
    made["a limit from the first neuron on"] = Net(areas, wires)
    beats = {"threshold": 300, "leak": 0.25, "keeps": True, "every": True}  # looked up: leaks.py
    areas = {"i_in____": Box(300, group="IPU", **beats), "c_mid___": Box(300, **beats)}
    wires = [Wire(("i_in____", i), ("c_mid___", i)) for i in range(300)]
    made["all of it in every burst"] = Net(areas, wires)
    outs = {"o_one___": Box(3, group="OPU"), "o_two___": Box(3, group="OPU")}
    wires = [Wire(("i_in____", i), (name, i)) for i in range(3) for name in outs]
    made["neighbours alike"] = Net({"i_in____": Box(3, group="IPU"), **outs}, wires)
    return {name: compile_connectome(net.build(), options).blob for name, net in made.items()}


def wide() -> Blob:
    return Blob(brain("wide"))


def short() -> Blob:
    return Blob(brain("short"))


def grid() -> Blob:
    return Blob(brain("grid"))


def zones(blob: Blob) -> list[tuple[int, int]]:
    """First neuron of each zone, and the one behind its last."""
    return [(z.first, z.stop) for z in zones_of(blob.network.populations)]
