"""load/places.py: which inputs, areas and places a board takes, and what inputs become.

They are random, of the values at which a rule of SPEC 5.6 or 5.7 turns.
"""

import math
import random
import struct
from itertools import pairwise

from tests.support.blobs import PLACED
from tests.support.questions import at_random

SEED = 14
NETS = 900
ASK = """
import binascii, io, struct
from array import array
from ganglion.load import places
from ganglion.load.refusal import Refused
class Net: pass
def answer(data):
    file = io.BytesIO(data)
    head = file.read(22)
    net = Net()
    net.n, count, zones, areas, inputs, size, at, length = struct.unpack("<HHHHHIII", head)
    net.n_populations = count
    net.populations, net.zones = array("i", bytes(128 * count)), array("i", bytes(32 * zones))
    for i in range(count):
        row = struct.unpack("<iiii", file.read(16))
        for j in range(4):
            net.populations[32 * i + (1, 2, 22, 31)[j]] = row[j]
        if i:
            net.populations[32 * i] = net.populations[32 * i - 31]
    for i in range(zones):
        net.zones[8 * i + 2] = struct.unpack("<H", file.read(2))[0]
    of_inputs, of_areas, rest = file.read(inputs), file.read(size), file.read(at + length + 9)
    try:
        places.inputs(net, of_inputs, inputs)
        places.check(net, io.BytesIO(rest), of_areas, size, areas, (at, length))
        return (net.n_inputs, binascii.hexlify(bytes(net.inputs)).decode())
    except Refused as refused:
        return refused.code, refused.detail
"""
Run = tuple[int, int, int]


class Net:
    """Populations, inputs, areas and places; at most one is changed so that a rule may break."""

    def __init__(self, chance: random.Random) -> None:
        one = chance.choice
        self.n = self.zones = 0
        self.areas = [_area(chance) for _ in range(one((1, 1, 2, 3)))]
        self.populations, self.places = [], []
        for number in range(len(self.areas)):
            for _ in range(one((1, 2, 3))):
                self._population(chance, number)
        stops = [stop for stop, *_ in self.populations]
        self.zones = sorted({*(s for s in stops if chance.random() < 0.6), self.n})
        self.inputs = []
        at = 0
        while at < self.n and chance.random() < 0.9:
            first = min(self.n - 1, at + one((0, 0, 1, 2, 7)))
            count = min(self.n - first, one((1, 1, 1, 2, 5, 20, 99)))
            self.inputs.append([first, count, one((1, 1, 1, 5, 5, 6, 7))])
            at = first + count
        self.more = {"inputs": 0, "areas": 0, "places": 0}
        self.count, self.without = len(self.areas), None
        kinds = "input", "area", "run", "run", "run", "run", "size", "count", "record", "", ""
        what = one(kinds)
        if what == "input" and self.inputs:
            part = one(self.inputs)
            which = chance.randrange(3)
            part[which] = max(-1 if which == 2 else 0, part[which] + one((-1, 1, -part[which])))
        elif what == "area":
            _spoil(one(self.areas), chance)
        elif what == "run":
            self._spoil_run(chance)
        elif what == "size":
            self.more[one(tuple(self.more))] = one((-4, -1, 1, 4))
        elif what == "count":
            self.count += one((-1, 1))
        elif what == "record":
            self.without = -1

    def _population(self, chance: random.Random, area: int) -> None:
        one = chance.choice
        room = _room(self.areas[area])
        members = min(room, one((1, 2, 3, 9)))
        if room < 99:
            members = one((1, members, room, room + (chance.random() < 0.05)))
        placed = members <= room and one((0, 1))
        self.n += members
        self.populations.append([self.n, PLACED * placed | one((0, 63, 128)), one((5, 6, 7)), area])
        if placed:
            at = one((0, 0, 1, room - members, max(0, room - 140_000)))
            where = []
            step = one((1, 1, 1, 2))
            for _ in range(members):
                if at >= room:
                    at = chance.randrange(room)
                where.append(at)
                step = one((step, step, step, 1, 2, 65535, 65535, 65536, -1))
                at = max(0, at + step)
            runs = _runs(where)
            if runs == [(0, members, 1)]:
                self.populations[-1][1] &= ~PLACED
            else:
                self.places.append([members, room, runs])

    def _spoil_run(self, chance: random.Random) -> None:
        if not self.places:
            return
        *_, runs = part = chance.choice(self.places)
        number = chance.choice((0, len(runs) - 1, chance.randrange(len(runs))))
        start, n, step = runs[number]
        here = chance.choice((
            [(start, n, step), (start + n * step, 0, 1)], [], [(start, n, 0)],
            [(start, n, step + 1)],
            [(start + 1, n, step)], [(start, n + 1, step)], [(start, n - 1, step)],
            [(start + i * step, 1, 1) for i in range(n)],
            [(start, 1, 1), (start + step, n - 1, step)],
            [(start, 1, step), (start + step, n - 1, step)],
            [(start, 1, 1), (start + 65535, part[0] - 1, 1)],
            [(start, 1, 1), (start + 65535, 1, 1)],
            [(start, n - 1, step), (start + (n - 1) * step, 1, 1)], [(part[1] - 1, n, step)],
            [(max(0, part[1] - (n - 1) * step), n, step)], [(start, n, 1)], [(0, part[0], 1)],
        ))  # fmt: skip
        runs[number : number + 1] = [r for r in here if max(r) < 2**32 and max(r[1:]) < 65536]

    def parts(self) -> tuple[bytes, bytes, bytes]:
        """INPUTS, AREAS and PLACES."""
        inputs = b"".join(struct.pack("<HHi", *i) for i in self.inputs)
        areas = b"".join(map(_bytes, self.areas))
        places = b"".join(
            struct.pack("<H", len(runs)) + b"".join(struct.pack("<IHH", *r) for r in runs)
            for *_, runs in self.places[: self.without]
        )
        given = zip((inputs, areas, places), self.more.values(), strict=True)
        return tuple(part[:more] if more < 0 else part + bytes(more) for part, more in given)  # type: ignore[return-value]

    def sent(self) -> bytes:
        inputs, areas, places = self.parts()
        at = 3
        sizes = len(inputs), len(areas), at, len(places)
        head = self.n, len(self.populations), len(self.zones), self.count, *sizes
        table = b"".join(struct.pack("<iiii", *p) for p in self.populations)
        zones = struct.pack(f"<{len(self.zones)}H", *self.zones)
        rest = bytes(at) + places + b"\1" * 9
        return struct.pack("<HHHHHIII", *head) + table + zones + inputs + areas + rest

    def answer(self) -> str:
        """What a board says: the refusal (SPEC 5.6, 5.7), or the inputs as kernels read them."""
        inputs, areas, _ = self.parts()
        starts = [0, *(stop for stop, *_ in self.populations)]
        stop, table = 0, b""
        for first, count, amount in self.inputs:
            reached = [
                p for p, start in zip(self.populations, starts, strict=False)
                if start < first + count and p[0] > first
            ]  # fmt: skip
            right = first >= stop and count and amount > 0 and first + count <= self.n
            if not right or any(amount > most for _, _, most, _ in reached):
                return "21 6"
            stop = first + count
            zone = sum(end <= first for end in self.zones)
            table += struct.pack("<iiii", first, stop, amount, 32 * zone)
        if len(inputs) != 8 * len(self.inputs):
            return "21 6"
        whole = b"".join(map(_bytes, self.areas))
        if areas != whole or self.count != len(self.areas) or not all(map(_right, self.areas)):
            return "21 7"
        placed = iter(self.places)
        for end, start in zip(self.populations, starts, strict=False):
            room = _room(self.areas[end[3]])
            if not end[1] & PLACED:
                if end[0] - start > room:
                    return "21 8"
                continue
            members, _, runs = next(placed)
            where = [start + i * step for start, n, step in runs for i in range(n)]
            if len(where) != members or max(where) >= room or _runs(where) != runs:
                return "21 8"
            if runs == [(0, members, 1)]:
                return "21 8"
        less = self.more["places"] < 0 or self.without
        if self.more["places"] > 0 or (less and self.places):
            return "21 8"
        return f"{len(self.inputs)} {(table or bytes(16)).hex()}"


def _runs(where: list[int]) -> list[Run]:
    """The runs of places, each as long as possible."""
    runs: list[Run] = []
    at = 0
    while at < len(where):
        step = where[at + 1] - where[at] if at + 1 < len(where) else 0
        end = at + 1
        if 1 <= step <= 65535:
            gaps = [b - a for a, b in pairwise(where[at:])] + [0]
            end += next(i for i, gap in enumerate(gaps) if gap != step)
        runs.append((where[at], end - at, step if end - at > 1 else 1))
        at = end
    return runs


def _area(chance: random.Random) -> dict:
    one = chance.choice
    sizes = one(((1, 1, 1, 1), (1, 3, 3, 1), (2, 5, 1, 1), (1, 300, 700, 1), (1, 2**16, 2**16, 1)))
    return {
        "group": one((0, 1, 2, 3, 4)), "name": b"n" * one((0, 1, 2, 3, 4, 62, 63)),
        "sizes": list(sizes), "unit": one((1.0, 5e-324, 2.0**-1022, 1.7e308, 0.1)), "fill": 0,
    }  # fmt: skip


def _spoil(area: dict, chance: random.Random) -> None:
    what = chance.choice(("group", "name", "unit", "unit", "sizes", "fill", "most"))
    if what == "sizes":
        area["sizes"][chance.randrange(4)] = 0
    elif what == "most":
        area["sizes"] = chance.choice(
            ([2, 2**16, 2**15, 1], [1, 2**16, 2**16, 2], [2, 2**31, 1, 2])
        )
    else:
        area[what] = {
            "group": 5, "name": b"n" * 64, "fill": 1,
            "unit": chance.choice((0.0, -0.0, -1.0, math.inf, -math.inf, math.nan, -5e-324)),
        }[what]  # fmt: skip


def _bytes(area: dict) -> bytes:
    per_voxel, *sizes = area["sizes"]
    name = area["name"]
    head = struct.pack("<8sBBH", b"id", area["group"], len(name), per_voxel)
    filling = -len(name) % 4
    filled = bytes([area["fill"]] + [0] * filling)[-filling:] if filling else b""
    if filling and area["fill"]:
        filled = bytes(filling - 1) + b"\1"
    return head + struct.pack("<IIIiiid", *sizes, -1, 2, -3, area["unit"]) + name + filled


def _room(area: dict) -> int:
    return math.prod(area["sizes"])


def _right(area: dict) -> bool:
    fills = area["fill"] and len(area["name"]) % 4
    known = area["group"] < 5 and len(area["name"]) < 64 and not fills
    return known and 1 <= _room(area) <= 2**32 and 0 < area["unit"] < math.inf


nets, question, told = at_random(ASK, Net, NETS, SEED)


def test_a_board_takes_the_inputs_areas_and_places_that_the_specification_allows(told):
    wrong = [(said, net.answer(), vars(net)) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    answers = [net.answer() for net, _ in told]
    for refusal in ("21 6", "21 7", "21 8"):
        assert answers.count(refusal) > NETS / 20
    assert sum(len(answer) > 5 for answer in answers) > NETS / 4
