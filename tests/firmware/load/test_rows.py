"""load/synapses.py: which links and pages of ROWS a board takes, and how it keeps them.

They are random, of the values at which a rule of SPEC 5.5 turns; what is in a page is proven by
kernel/common.py, and broken in test_codes.py.
"""

import random
import struct

from tests.support.questions import at_random

SEED = 14
NETS = 400
ASK = """
import binascii, io, struct
from array import array
from ganglion.load import synapses
from ganglion.load.refusal import Refused
class Net: pass
class Heap:
    # a gc that has so much free beside what the objects of a brain take
    def __init__(self, free): self.free = free
    def collect(self): pass
    def mem_free(self): return self.free + synapses.heap.OBJECTS
def hexadecimal(data):
    return "none" if data is None else binascii.hexlify(bytes(data)).decode()
def answer(data):
    file = io.BytesIO(data)
    head = file.read(20)
    net = Net()
    net.n, net.in_file, net.n_zones, classes, offset, size, free, rest = struct.unpack(
        "<HHHHHHiI", head)
    synapses.gc = Heap(free if free >= 0 else 1 << 30)
    net.zones = array("i", bytes(32 * net.n_zones))
    net.classes = array("i", struct.unpack("<" + "i" * (4 * classes), file.read(16 * classes)))
    for i in range(0, len(net.zones), 8):
        for j in range(1, 5):
            net.zones[i + j] = struct.unpack("<i", file.read(4))[0]
    try:
        f = io.BytesIO(file.read(rest))
        total = synapses.rows(net, f, (offset, size), classes)
        page = None if net.page is None else len(net.page)
        return (total, hexadecimal(net.links), net.n_links, net.n_pages, net.first_page,
            net.stream_at, net.pages_at if size else 0, hexadecimal(net.pages),
            hexadecimal(net.stream), page, net.file is f)
    except Refused as refused:
        return refused.code, refused.detail
"""
REFUSED = "22 4"
# multiplier, kind, cap or mask, shift or bits: see load/tables.py
CLASSES = ((5, 0, 0, 0), (-3, 1, 0, 0), (9, 2, 70, 3), (8, 3, 60, 2), (7, 4, 15, 4), (6, 4, 3, 2))


class Net:
    """Rows that are right, or of which one thing is not."""

    def __init__(self, chance: random.Random) -> None:
        one = chance.choice
        self.n = one((1, 31, 32, 33, 64, 65, 100, 2500))
        self.in_file = one((0, 0, 1, 2))
        self.classes = chance.sample(CLASSES, one((1, 2, 6)))
        stops = sorted({chance.randint(1, self.n), self.n})
        self.zones = [
            (first, stop, chance.randrange(3), chance.randrange(-2, 9))
            for first, stop in zip([0, *stops], stops, strict=False)
        ]
        every = [(k, z) for k in range(len(self.classes)) for z in range(len(self.zones))]
        self.links = sorted(chance.sample(every, chance.randint(1, len(every))))
        self.fault = one((
            *[""] * 16, "zero", "links swapped", "link twice", "same link", "class", "zone",
            "first page", "no pages", "too short", "offsets from 2", "odd", "descending", "end",
            "empty first", "empty last", "rows of none", "filled", "row beyond",
        ))  # fmt: skip
        self.wrong = self.fault == "same link"
        if self.wrong:
            self.links.insert(0, self.links[0])
        held = (self.n + 31) // 32
        self.first = chance.randrange(held)
        self.count = chance.randint(1, held - self.first) if one((0, 1)) else held - self.first
        self.total = 0
        unused = chance.randrange(len(self.links)) if chance.random() < 0.05 else -1
        self.wrong |= unused >= 0 and len(self.links) > 1
        left = [i for i in range(len(self.links)) if i != unused] or [0]
        self.pages = [self._page(chance, i, left) for i in range(self.count)]
        self.data = b"" if chance.random() < 0.02 else self._bytes(chance)
        needed = 4 * (self.count + 1) + sum(map(len, self.pages))  # of the heap, to be kept there
        self.free = one((-1, -1, needed, needed - 1))

    def _page(self, chance: random.Random, number: int, left: list[int]) -> bytes:
        """Rows of up to 32 neurons; in the first page each link is used."""
        neurons = min(32, self.n - 32 * (self.first + number))
        ends = number in (0, self.count - 1)
        if not ends and chance.random() < 0.8:
            return b""
        rows = sorted(chance.sample(range(neurons), chance.randint(1, min(3, neurons))))
        if self.fault == "row beyond" and neurons < 32:
            rows, self.wrong = [*rows, neurons], True
        heads, body = [0] * 32, b""
        for row in rows:
            heads[row] = 32 + len(body) // 2
            used = left if number == 0 and row == rows[0] else sorted(chance.sample(left, 1))
            body += b"".join(self._segment(chance, k, k == used[-1]) for k in used)
        return struct.pack("<32H", *heads) + body

    def _segment(self, chance: random.Random, link: int, last: bool) -> bytes:
        klass, zone = self.links[link]
        _, kind, _, bits = self.classes[klass]
        low, high = self.zones[zone][:2]
        n = min(high - low, chance.choice((1, 2, 3, 4, 7, 9)))
        targets = sorted(chance.sample(range(low, high), n))
        self.total += n
        head = struct.pack("<HH", link | 32768 * last, n)
        if kind != 1:
            body = struct.pack(f"<{n}H", *targets)
            return (
                head + body + b"\1" * (kind == 4) + bytes((n * bits + 15) // 16 * 2 - 1)
                if kind == 4
                else head + body
            )
        body = b""
        while targets:
            m = 4 if len(targets) >= 4 else 2 if len(targets) >= 2 else 1
            body += struct.pack(f"<{m}H", *targets[:m]) + b"\7" * m + b"\0" * (m == 1)
            targets = targets[m:]
        return head + body

    def _bytes(self, chance: random.Random) -> bytes:
        fault = self.fault
        links, pages, zero, first = list(self.links), list(self.pages), 0, self.first
        if fault == "zero":
            zero = 1
        elif fault == "links swapped" and len(links) > 1:
            links[:2] = links[1::-1]
        elif fault == "link twice" and len(links) > 1:
            links[1] = links[0]
        elif fault == "class":
            links[-1] = len(self.classes), links[-1][1]
        elif fault == "zone":
            links[-1] = links[-1][0], len(self.zones)
        elif fault == "first page":
            first = (self.n + 31) // 32 - len(pages) + 1
        elif fault == "no pages":
            pages = []
        elif fault == "empty first":
            pages = [b"", *pages]
            first = max(0, first - 1)
        elif fault == "empty last":
            pages.append(b"")
        elif fault == "rows of none":
            pages[-1] = bytes(64)
        elif fault == "filled":
            pages[-1] += b"\0\0"
        else:
            self.wrong |= fault in ("odd", "descending", "end", "too short", "offsets from 2")
        self.wrong |= (links, pages, zero, first) != (self.links, self.pages, 0, self.first)
        offsets = [sum(map(len, pages[:i])) for i in range(len(pages) + 1)]
        if fault == "offsets from 2":
            offsets[0] = 2
        elif fault == "odd":
            offsets[-1] += 1
            pages[-1] += b"\0"
        elif fault == "descending":
            offsets[-1] = -1 % 2**32 if len(offsets) == 2 else offsets[-2] - 2
        elif fault == "end":
            offsets[-1] += chance.choice((-2, 2))
        data = struct.pack("<HHII", len(links), zero, first, len(pages))
        data += b"".join(struct.pack("<HH", *link) for link in links)
        data += struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(pages)
        return data[: chance.choice((1, 11, 12, 15))] if fault == "too short" else data

    def sent(self) -> bytes:
        at = 5  # where the section lies; something follows it
        rest = bytes(at) + self.data + b"\3" * 20
        head = self.n, self.in_file, len(self.zones), len(self.classes), at, len(self.data)
        words = [x for klass in self.classes for x in klass] + [x for z in self.zones for x in z]
        return (
            struct.pack("<HHHHHHiI", *head, self.free, len(rest))
            + struct.pack(f"<{len(words)}i", *words)
            + rest
        )

    def answer(self) -> str:
        """What a board says: a refusal, or what its kernel reads."""
        if not self.data:
            return f"0 {'00' * 32} 0 0 0 0 0 {'00' * 4} {'00' * 4} None False"
        if self.wrong:
            return REFUSED
        links = b""
        for klass, zone in self.links:
            touch, tally = self.zones[zone][2:]
            kind = self.classes[klass][1]
            loop = 2 * kind + touch if kind < 2 and touch < 2 else 4
            words = *self.classes[klass], loop | 8 * (touch > 0), 32 * zone, tally, 0
            links += struct.pack("<8i", *words)
        table = 12 + 4 * len(self.links)
        stream = b"".join(self.pages)
        where = 5 + table + 4 * (self.count + 1), 5 + table
        kept = self.data[table : len(self.data) - len(stream)].hex(), stream.hex(), None, False
        if self.in_file or 0 <= self.free < 4 * (self.count + 1) + len(stream):
            kept = "none", "none", (max(map(len, self.pages)) + 3) // 4 * 4, True
        said = self.total, links.hex(), len(self.links), self.count, self.first, *where, *kept
        return " ".join(map(str, said))


nets, question, told = at_random(ASK, Net, NETS, SEED)


def test_a_board_takes_the_rows_that_the_specification_allows_and_keeps_them_as_they_are(told):
    wrong = [(said, net.answer(), vars(net)) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    answers = [net.answer() for net, _ in told]
    assert NETS / 4 < answers.count(REFUSED) < NETS * 3 / 4
