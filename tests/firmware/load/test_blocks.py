"""load/synapses.py: which BLOCKS a board takes, and what it makes of them for its kernel.

They are random, of the values at which a rule of SPEC 5.5 turns.
"""

import random
import struct

from tests.support.questions import at_random

SEED = 14
NETS = 800
ASK = """
import binascii, io, struct
from array import array
from ganglion.load import synapses
from ganglion.load.refusal import Refused
class Net: pass
def answer(data):
    file = io.BytesIO(data)
    head = file.read(8)
    net = Net()
    count, net.n_zones, classes, size = struct.unpack("<HHHH", head)
    net.populations = array("i", bytes(128 * count))
    net.zones = array("i", bytes(32 * net.n_zones))
    net.classes = array("i", bytes(16 * classes))
    for table, words, at in (
        (net.populations, 32, 0), (net.zones, 8, 1), (net.classes, 4, 0)
    ):
        for i in range(at, len(table), words):
            table[i], table[i + 1] = struct.unpack("<ii", file.read(8))
    data = bytearray(file.read(size)) + bytearray(b"\\1" * 8)
    try:
        total = synapses.blocks(net, data, size, classes)
        p = [tuple(net.populations[i : i + 4]) for i in range(28, 32 * count, 32)]
        said = " ".join(str(a) + "-" + str(b) for a, b, _, _ in p)
        return (total, net.blocks_length, said, binascii.hexlify(net.blocks[:size]).decode())
    except Refused as refused:
        return refused.code, refused.detail
"""
FORM = "<HHHHHhHHHHI"
NAMES = ["first", "count", "klass", "zone", "start", "step", "d", "words", "runs", "zero", "zeros"]
FIELD, INDEX = "21 5", "22 5"


class Net:
    """Populations, zones and classes, and blocks, at most one of which has one number changed."""

    def __init__(self, chance: random.Random) -> None:
        one = chance.choice
        self.populations, self.zones = [], []
        at = 0
        for _ in range(one((1, 2, 3))):
            size = one((1, 2, 5, 40, 130))
            self.populations.append((at, at + size))
            at += size
        at = 0
        for _ in range(one((1, 2, 3))):
            size = one((3, 40, 150, 700))
            self.zones.append((at, at + size))
            at += size
        # what a synapse adds, and the kind: of two others none is in a block
        kinds = [one((0, 0, 0, 2, 3, 1, 4)) for _ in range(one((1, 2, 4)))]
        self.classes = [(10 * i - 15, kind) for i, kind in enumerate([*kinds, 0])]
        records = [self._record(chance) for _ in range(one((1, 1, 2, 3)))]
        key = lambda r: (self._row(r["first"]), r["klass"], r["zone"], r["first"])  # noqa: E731
        records = list({key(r): r for r in records}.values())
        if chance.random() < 0.93:
            records.sort(key=key)
        if chance.random() < 0.04:
            records.append(records[-1])
        for record in records[:1] if chance.random() < 0.5 else []:
            _spoil(record, chance)
        self.data = b"".join(map(_bytes, records))
        if chance.random() < 0.05:
            self.data = self.data[:-4] if one((0, 1)) else self.data + bytes(one((4, 20, 23, 24)))

    def _row(self, neuron: int) -> int:
        return next(i for i, (_, stop) in enumerate(self.populations) if neuron < stop)

    def _record(self, chance: random.Random) -> dict:
        one = chance.choice
        begin, end = one(self.populations)
        count = min(end - begin, one((1, 2, 3, 4, 7, 20, 33, 130)))
        zone = chance.randrange(len(self.zones))
        low, high = self.zones[zone]
        runs, extent = [], 0
        while extent < min(high - low, 12) and (not runs or chance.random() < 0.5):
            offset = extent + 1 if runs else 0
            length = one((1, 1, 2, 3))
            if offset + length > high - low:
                break
            runs.append((offset, length))
            extent = offset + length
        room = high - low - extent  # of starts beyond the first
        record = {
            "first": one((begin, end - count)), "count": count, "zone": zone, "zero": 0, "zeros": 0,
            "klass": one([i for i, (_, kind) in enumerate(self.classes) if kind in (0, 2, 3)]),
            "runs": runs, "start": 0, "step": 0, "d": 0, "a": [], "b": [], "edges": [],
        }  # fmt: skip
        if count > 1 and chance.random() < 0.5:
            record["d"] = d = min(count, one((2, 2, 3, 5, count)))
            outer = -(-count // d)
            record["b"] = [chance.randint(0, room) for _ in range(d)]
            record["b"][chance.randrange(d)] = 0
            rest = count - (outer - 1) * d
            tops = [max(record["b"])] * (outer - 1) + [max(record["b"][:rest])]
            leasts = [0] * (outer - 1) + [min(record["b"][:rest])]
            for top, least in zip(tops, leasts, strict=True):
                edges = max(0, low - least), low + room - top
                record["edges"].append(edges)
                record["a"].append(one((*edges, chance.randint(*sorted(edges)))))
        else:
            steps = [s for s in (0, 0, 1, -1, 2, -3) if abs(s) * (count - 1) <= room]
            record["step"] = step = one(steps) if count > 1 else 0
            reach = abs(step) * (count - 1)
            base = one((low, low + room - reach))
            record["start"] = base if step >= 0 else base + reach
            more = 0 if step >= 0 else reach
            record["edges"] = [(low + more, low + room - reach + more)]
        return record

    def sent(self) -> bytes:
        tables = *self.populations, *self.zones, *self.classes
        head = len(self.populations), len(self.zones), len(self.classes), len(self.data)
        return (
            struct.pack("<HHHH", *head)
            + b"".join(struct.pack("<ii", *t) for t in tables)
            + self.data
        )

    def answer(self) -> str:
        """What a board says: a refusal, or what its kernel reads in place of the zeros."""
        data, at, total = bytearray(self.data), 0, 0
        of = [[0, 0] for _ in self.populations]
        before = (-1,)
        while at < len(data):
            if len(data) - at < 24:
                return INDEX
            r = dict(zip(NAMES, struct.unpack_from(FORM, data, at), strict=True))
            count, d = r["count"], r["d"]
            if (
                not 0 < count <= 32768
                or d == 1
                or d > count
                or not r["runs"]
                or r["zero"] | r["zeros"]
            ):
                return FIELD
            outer = -(-count // d) if d else 0
            numbers = 2 * r["runs"] + outer + d
            length = 24 + 2 * (numbers + numbers % 2)
            if length != 4 * r["words"] or length > len(data) - at:
                return INDEX
            if numbers % 2 and any(data[at + length - 2 : at + length]):
                return FIELD
            stops = [stop for _, stop in self.populations]
            row = sum(stop <= r["first"] for stop in stops)
            key = (row, r["klass"], r["zone"], r["first"])
            if row == len(stops) or r["first"] + count > stops[row] or key <= before:
                return INDEX
            before = key
            if r["klass"] >= len(self.classes) or self.classes[r["klass"]][1] not in (0, 2, 3):
                return INDEX
            if r["zone"] >= len(self.zones):
                return INDEX
            words = struct.unpack_from(f"<{numbers}H", data, at + 24)
            runs = list(zip(words[: 2 * r["runs"] : 2], words[1 : 2 * r["runs"] : 2], strict=True))
            reach = [a + b for a, b in runs]
            apart = all(b > end for (b, _), end in zip(runs[1:], reach, strict=False))
            if runs[0][0] or not all(n for _, n in runs) or not apart:
                return INDEX
            a, b = words[len(words) - outer - d : len(words) - d], words[len(words) - d :]
            if d and (r["start"] or r["step"] or min(b)):
                return FIELD
            if not d and count == 1 and r["step"]:
                return FIELD
            starts = [
                a[j // d] + b[j % d] if d else r["start"] + j * r["step"] for j in range(count)
            ]
            low, high = self.zones[r["zone"]]
            if min(starts) < low or max(starts) + reach[-1] > high:
                return INDEX
            size = sum(n for _, n in runs)
            adds, kind = self.classes[r["klass"]]
            one = size == 1  # of the same for all, by one to one target: the kernel's short forms
            if d:
                shift = (count - 1).bit_length() + (d - 1).bit_length()
                reciprocal = -(-(1 << shift) // d)
                assert all(j * reciprocal >> shift == j // d for j in range(count))
                struct.pack_into("<H", data, at + 8, outer)
                struct.pack_into(
                    "<HI", data, at + 18, 3 if kind == 0 and one else 5, reciprocal | shift << 24
                )
            else:
                form = 0 if kind else [0, 2][one] if r["step"] else [1, 4][one]
                struct.pack_into("<Hi", data, at + 18, form, adds if form == 4 else 0)
            of[row] = [of[row][0] if of[row][1] else at, at + length]
            total += count * size
            at += length
        return f"{total} {len(data)} {' '.join(f'{a}-{b}' for a, b in of)} {data.hex()}"


def _bytes(r: dict) -> bytes:
    numbers = [x for run in r["runs"] for x in run] + r["a"] + r["b"]
    body = struct.pack(f"<{len(numbers)}H", *numbers)
    body += b"\0\0" * (len(numbers) % 2)
    if r.get("fill") and len(numbers) % 2:
        body = body[:-2] + r["fill"]
    runs = r.get("n_runs", len(r["runs"]))
    words = r.get("words", (24 + len(body)) // 4)
    head = (r["first"], r["count"], r["klass"], r["zone"], r["start"], r["step"], r["d"])
    return struct.pack(FORM, *head, words, runs, r["zero"], r["zeros"]) + body


def _spoil(r: dict, chance: random.Random) -> None:
    """One change, of which it is not said here whether it breaks a rule."""
    r |= {"n_runs": len(r["runs"]), "words": len(_bytes(r)) // 4}
    name = chance.choice([
        "first", "count", "klass", "zone", "start", "step", "start", "step", "d", "words", "n_runs",
        "zero", "zeros", "fill", "offset", "length", "a", "b", "long", "raised", *["out"] * 6,
    ])  # fmt: skip
    near = chance.choice((-1, 1))
    if name == "fill":
        r["fill"] = chance.choice((b"\1\0", b"\0\1"))
    elif name in ("offset", "length"):
        number = chance.randrange(len(r["runs"]))
        run = list(r["runs"][number])
        run[name == "length"] = max(0, run[name == "length"] + near)
        r["runs"][number] = tuple(run)
    elif name == "out":  # the first or last target is one outside of the zone
        number = chance.randrange(len(r["edges"]))
        edge = max(0, r["edges"][number][near > 0] + near)
        if r["d"]:
            r["a"][number] = edge
        else:
            r["start"] = edge
    elif name == "raised":
        r["b"] = [b + 1 for b in r["b"]]
    elif name in ("a", "b"):
        if r[name]:
            number = chance.choice((0, -1))
            r[name][number] = max(0, r[name][number] + near)
    elif name == "long":
        r["count"] = chance.choice((0, 32768, 32769))
    else:
        value = chance.choice((r[name] + near, r[name] + near, chance.choice((0, 1, 2))))
        r[name] = value if name == "step" else max(0, value)


nets, question, told = at_random(ASK, Net, NETS, SEED)


def test_a_board_takes_the_blocks_that_the_specification_allows_and_makes_of_them_what_it_reads(
    told,
):
    wrong = [(said, net.answer(), vars(net)) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    answers = [net.answer() for net, _ in told]
    assert answers.count(FIELD) > NETS / 40
    assert answers.count(INDEX) > NETS / 10
    assert sum(len(answer) > 5 for answer in answers) > NETS / 3
