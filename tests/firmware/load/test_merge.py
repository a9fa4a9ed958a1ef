"""load/merge.py: small neighbours that are alike become what the board would have made of one.

They are random; each differs from the one before in nothing, or in one field.
"""

import random
import struct
from functools import cache

import pytest

from tests.support.blobs import ACC, ALWAYS, EVERY, PLACED
from tests.support.merging import MOST, merged, zones_of
from tests.support.populations import CALM, EVERY_BURST, LIMITED, TOUCHED, Net, has_tally
from tests.support.questions import Question, answers

SEED = 14
NETS = 400
ASK = """
import binascii, io, struct
from array import array
from ganglion.load import merge, populations, tables
class Net: pass
def answer(data):
    file = io.BytesIO(data)
    net = Net()
    head = struct.unpack("<BIHHHHHHHHB", file.read(22))
    net.wide, net.n, areas, count, size, offsets, net.n_links, net.n_inputs = head[:8]
    joined, blocks, learns = head[8:]
    net.power = net.power_amount = 0xFFFFFFFF
    records = io.BytesIO(file.read(size + offsets))
    found = {1: (0, size), 2: (size, offsets)}
    populations.load(net, records, count, areas, found)
    tables._zones(net)
    for i in range(count):
        net.populations[32 * i + 28], net.populations[32 * i + 29] = struct.unpack(
            "<HH", file.read(4))
    def zones(n, words, at):
        table = array("i", bytes(4 * words * (n + 1)))
        for i in range(n):
            table[words * i + at] = 32 * struct.unpack("<H", file.read(2))[0]
        return table
    net.links, net.inputs = zones(net.n_links, 8, 5), zones(net.n_inputs, 4, 3)
    net.learn = None
    if learns:
        net.learn = Net()
        net.learn.n_projections = joined
        net.learn.projections = zones(joined, 24, 8)
    net.blocks_length = blocks
    net.blocks = bytearray(file.read(blocks)) + bytearray(b"\\7" * 16)
    merge.merge(net)
    words = [net.populations[: 32 * net.n_populations], net.zones[: 8 * net.n_zones]]
    words += [net.kinds[: net.n_populations], net.links, net.inputs, net.blocks]
    words.append(net.learn.projections if learns else b"-")
    return tuple(binascii.hexlify(bytes(w)).decode() for w in words)
"""


class Case:
    """Populations, some of them alike; what refers to their zones."""

    def __init__(self, chance: random.Random, most: int = 0) -> None:
        self.net = Net(chance)
        while self.net.refusal():
            self.net = Net(chance)
        self.net.power = 0xFFFFFFFF
        one = chance.choice
        lengths = (20,) if most else (28, 32, 1024)  # of a block
        most = most or one((6, 23))
        sizes = one(((1, 2, 3), (5, 31), (62, 63, 64, 65)))
        self._plain(chance)
        last = self.net.populations[-1]
        while len(self.net.populations) < most:
            last = dict(last, count=one(sizes), first=self.net.stop(), area=last["area"] + 1)
            if chance.random() < 0.2:
                last["area"] -= 1
            last["flags"] ^= one((0, 0, PLACED))
            if chance.random() < 0.25:
                self._differ(last, chance)
            self.net.populations.append(last)
            self.net.offsets.append([])
            if not self.net.allowed(last):
                self.net.populations.pop()
                self.net.offsets.pop()
                last = self.net.populations[-1]
        self.net.n, self.net.areas = self.net.stop(), last["area"] + 1
        self.zones = zones_of(self.net)
        of = range(len(self.zones))
        self.links = [one(of) for _ in range(one((0, 1, 3)))]
        self.inputs = [one(of) for _ in range(one((0, 1, 3)))]
        self.joined = one((None, [one(of) for _ in range(one((0, 1, 3)))]))
        self.blocks, self.of = [], []
        for _ in self.net.populations:
            at = sum(size for _, size in self.blocks)
            more = [(one((0, one(of))), one(lengths)) for _ in range(one((0, 0, 1, 2)))]
            self.blocks += more
            self.of.append((at, at + sum(s for _, s in more)) if more else (0, 0))

    def _plain(self, chance: random.Random) -> None:
        """One that can be merged, of a kind by chance, behind those that there are."""
        before = self.net.populations[-1]
        p = dict.fromkeys(before, 0) | {"count": 1, "first": self.net.stop(), "threshold": 9}
        p |= {"area": before["area"] + 1, "high": 2**30, "low": -5, "input_max": 3}
        p["flags"] = ALWAYS | ACC
        if chance.random() < 0.3:  # what keeps nothing, with the flag or without it
            p |= {"threshold": 1, "low": 0, "high": 0}
        kind = chance.choice((CALM, TOUCHED, LIMITED, EVERY_BURST, 0))
        if kind == EVERY_BURST:
            p["flags"] |= EVERY
        elif kind == TOUCHED:
            p |= {"leak": 20000, "shift": 17, "fine": 5 if self.net.wide else 0}
        elif kind == LIMITED:
            p |= {"limit": 2, "snoozed": 3, "refractory": 1}
        elif kind == 0:
            p["flags"] &= ~ALWAYS
            p["excitability"] = 5
        self.net.populations.append(p)
        self.net.offsets.append([])

    def _differ(self, p: dict[str, int], chance: random.Random) -> None:
        name = chance.choice((
            "threshold", "leak", "refractory", "snoozed", "limit", "fine", "low", "high",
            "input_max", "flags", "shift",
        ))  # fmt: skip
        if name == "flags":
            p["flags"] ^= chance.choice((EVERY, ALWAYS, ACC, ACC))
        elif name == "shift" and p["shift"]:
            p["shift"] += 1
        elif name != "shift":
            p[name] += chance.choice((-1, 1))
            if name in ("refractory", "snoozed", "limit"):
                p[name] = min(65535, max(0, p[name]))
        if name in ("refractory", "snoozed") and not p["limit"]:
            p["refractory"] = p["snoozed"] = p[name]
        if name == "leak" and not p["shift"]:
            p["leak"] = 0

    def sent(self) -> bytes:
        net = self.net
        records, offsets = net.records(), net.varied()
        head = (
            net.wide, net.n, net.areas, len(net.populations), len(records), len(offsets),
            len(self.links), len(self.inputs), len(self.joined or ()),
            sum(size for _, size in self.blocks), self.joined is not None,
        )  # fmt: skip
        referring = [*self.links, *self.inputs, *(self.joined or ())]
        data = struct.pack("<BIHHHHHHHHB", *head) + records + offsets
        data += b"".join(struct.pack("<HH", *at) for at in self.of)
        data += struct.pack(f"<{len(referring)}H", *referring)
        return data + self._blocks(range(len(self.zones)))

    def _blocks(self, number: object) -> bytes:
        return b"".join(
            b"\1" * 6 + struct.pack("<H", number[zone]) + b"\2" * 6  # type: ignore[index]
            + struct.pack("<H", size // 4) + b"\3" * (size - 16)
            for zone, size in self.blocks
        )  # fmt: skip

    def answer(self) -> str:
        net, groups = merged(self.net)
        rows, kinds, _ = net.rows()
        zones = zones_of(net)
        old = [next(i for i, z in enumerate(zones) if was.first < z.stop) for was in self.zones]
        table, tallied = b"", 0
        for number, zone in enumerate(zones):
            touch = 0
            of = [net.populations[i] for i in zone.rows]
            for i, p in zip(zone.rows, of, strict=True):
                touch = max(touch, has_tally(p) * (2 if 0 < p["limit"] < 128 else 1))
                spans = [self.of[j] for j in groups[i] if self.of[j][1]]
                rows[i][26] = 32 * number
                rows[i][28:30] = (spans[0][0], spans[-1][1]) if spans else (0, 0)
            key = of[0]["area"] << 2 | of[0]["flags"] & EVERY | has_tally(of[0])
            table += struct.pack(
                "<8i", 0, zone.first, zone.stop, touch, zone.first - tallied,
                zone.rows[0], zone.rows[-1] + 1, key,
            )  # fmt: skip
            tallied += sum(p["count"] for p in of if has_tally(p))
        words = b"".join(struct.pack("<32i", *row) for row in rows)

        def referring(which: list[int], words: int, at: int) -> bytes:
            made = b"".join(
                bytes(4 * at) + struct.pack("<i", 32 * old[z]) + bytes(4 * (words - at - 1))
                for z in which
            )
            return made + bytes(4 * words)

        parts = [
            words, table, kinds, referring(self.links, 8, 5), referring(self.inputs, 4, 3),
            self._blocks(old) + b"\7" * 16,
            b"-" if self.joined is None else referring(self.joined, 24, 8),
        ]  # fmt: skip
        return " ".join(part.hex() for part in parts)


@cache
def nets() -> list[Case]:
    chance = random.Random(SEED)
    return [*(Case(chance) for _ in range(NETS)), Case(chance, 700)]


def question() -> Question:
    return Question(ASK, [(case.sent(), case.answer()) for case in nets()])


@pytest.fixture(scope="module")
def told(micropython, tmp_path_factory) -> list[tuple[str, str]]:
    asked = question()
    said = answers(asked, micropython, tmp_path_factory.mktemp("merge"))
    return list(zip(said, (right for _, right in asked.cases), strict=True))


def test_neighbours_that_are_alike_become_what_one_would_have_been(told):
    wrong = [number for number, (said, right) in enumerate(told) if said != right]
    assert wrong == [], f"of the nets of seed {SEED}"
    found = [group for case in nets() for group in merged(case.net)[1]]
    assert sum(len(group) > 1 for group in found) > NETS / 2
    assert MOST in {p["count"] for case in nets() for p in merged(case.net)[0].populations}
