"""load/memories.py: which memory areas, twins and slots a board takes, and what its kernels read.

They are random, of the values at which a rule of SPEC 11.7 turns.
"""

import json
import random
import struct

from tests.support.blobs import ACC, ALWAYS, MPD
from tests.support.populations import CALM, GENERAL, TOUCHED
from tests.support.questions import at_random

SEED = 14
NETS = 600
NOBODY = 65535
LONGEST = 2**30
ASK = """
import binascii, io, json
from array import array
from ganglion.load import memories
from ganglion.load.refusal import Refused
class Some: pass
def answer(data):
    asked = json.loads(data)
    net, learn = Some(), Some()
    rows = asked["populations"]
    net.populations, net.kinds = array("i", bytes(128 * len(rows))), bytearray(len(rows))
    for i, (flags, most, kind) in enumerate(rows):
        net.populations[32 * i + 2], net.populations[32 * i + 22] = flags, most
        net.kinds[i] = kind
    net.n, learn.size = asked["n"], asked["size"]
    spans = {}
    for area, (first, stop, driven, row) in asked["spans"]:
        spans[area] = first, stop, driven, -1 if row < 0 else 32 * row
    sections, whole = {}, b"?" * 5
    for kind, part in asked["sections"]:
        part = binascii.unhexlify(part)
        if part:
            sections[kind] = len(whole), len(part)
            whole += part + b"!!!!"
    learn.plays = ()
    try:
        memories.load(net, learn, io.BytesIO(whole + bytes(64)), sections, spans)
    except Refused as refused:
        return refused.code, refused.detail
    tables = [binascii.hexlify(bytes(t)).decode()
        for t in (learn.memories, learn.spans, learn.twins, learn.plays)]
    counts = learn.n_memories, learn.n_twins, learn.slots_at, learn.size, learn.seen, learn.slots
    return counts + tuple(tables)
"""
MEMORIES, TWINS, SLOTS = 35, 36, 37


def field(section: int) -> str:
    return f"21 {section}"


def index(section: int) -> str:
    return f"22 {section}"


class Net:
    """Areas, memories, twins, and slots perhaps; at most one thing is changed in them."""

    def __init__(self, chance: random.Random) -> None:
        one = chance.choice
        self.populations: list[tuple[int, int, int]] = []  # flags, J, kind
        self.spans: dict[int, tuple[int, int, int, int]] = {}
        at = one((0, 0, 5, 31))
        fit = []
        for area in range(one((2, 3, 4, 6))):
            size = one((1, 2, 31, 32, 33, 70))
            parts = one((1, 1, 1, 2)) if area or chance.random() < 0.95 else 40
            row = len(self.populations)
            can = chance.random() < 0.6
            for _ in range(parts):
                flags = ALWAYS if can else one((ALWAYS, ALWAYS | ACC, ALWAYS | MPD))
                kind = CALM if can else one((CALM, TOUCHED, GENERAL))
                self.populations.append((flags, 0 if can else one((0, 7)), kind))
            self.spans[area] = at, at + size, int(chance.random() < 0.3), row if parts == 1 else -1
            if can and parts == 1:
                fit.append(area)
            at += size
        self.n = at
        self.size = 4 * chance.randrange(20)
        chosen = sorted(chance.sample(fit, chance.randint(0, len(fit))))
        self.memories = [self._memory(chance, area) for area in chosen if len(self.spans) > 1]
        self.twins = []
        often = one((0.5, 1))
        for number, memory in enumerate(self.memories):
            for which, up in enumerate(memory["upstream"]):
                if chance.random() < often:
                    self.twins.append(self._twin(chance, number, which, up))
        short = all(m["depth"] < 9 for m in self.memories)
        self.slots = [self._slots(chance, m) for m in self.memories] if one((0, short)) else []
        if not any(any(s["alive"]) for s in self.slots):
            self.slots = []
        self.more = dict.fromkeys((MEMORIES, TWINS, SLOTS), 0)
        self.fill = b""
        if chance.random() < 0.65:
            self._spoil(chance)

    def _memory(self, chance: random.Random, area: int) -> dict:
        one = chance.choice
        others = [a for a in self.spans if a != area]
        return {
            "area": area, "depth": one((1, 1, 2, 3, 4, 255)), "zero": 0, "fill": b"\0\0",
            "upstream": sorted(chance.sample(others, chance.randint(1, len(others)))),
            "lives": [one((0, 1, 77, LONGEST)) for _ in range(3)],
        }  # fmt: skip

    def _twin(self, chance: random.Random, memory: int, which: int, area: int) -> dict:
        one = chance.choice
        first, stop, _, _ = self.spans[area]
        most = (2**31 - 1) // self.memories[memory]["depth"]
        return {
            "memory": memory, "which": which, "amount": one((0, 5, most)), "fill": b"\0\0",
            "cap": one((0, 2**31 - 1)),
            "plays": [one((0, self.n - 1, 300 % self.n, NOBODY)) for _ in range(first, stop)],
        }  # fmt: skip

    def _slots(self, chance: random.Random, memory: dict) -> dict:
        first, stop, _, _ = self.spans[memory["area"]]
        alive = [chance.choice((0, 0, 1, 3)) for _ in range(first, stop)]
        lives = [chance.choice((0, 9, LONGEST)) if a else 0 for a in alive]
        return {"alive": alive, "life": lives, "pad": -len(alive) % 4 * [0]}

    def _spoil(self, chance: random.Random) -> None:
        one = chance.choice
        near = one((-1, 1))
        kinds = ["more"] * 2
        kinds += ["memory"] * 6 if self.memories else []
        kinds += ["twin"] * 6 if self.twins else []
        kinds += ["slot"] * 4 if self.slots else []
        kind = one(kinds)
        if kind == "more":
            self.more[one((MEMORIES, TWINS, SLOTS))] = one((-5, -4, -2, -1, 2, 4, 12, 15, 20))
            self.fill = one((b"\0", b"\xff"))
        elif kind == "memory":
            memory = one(self.memories)
            name = one((
                "area", "depth", "zero", "fill", "upstream", "upstream", "lives", "order", "row",
                "rows",
            ))  # fmt: skip
            if name == "area":
                memory["area"] = one((memory["area"] + near, len(self.spans)))
                memory["area"] = max(0, memory["area"])
                memory["upstream"] = [u for u in memory["upstream"] if u != memory["area"]] or [9]
            elif name == "depth":
                memory["depth"] = one((0, 255, 256))
            elif name == "zero":
                memory["zero"] = one((1, 256))
            elif name == "fill":
                memory["fill"] = one((b"\1\0", b"\0\1"))
            elif name == "lives":
                memory["lives"][chance.randrange(3)] = LONGEST + 1
            elif name == "order":
                self.memories.append(memory)
                chance.shuffle(self.memories)
            elif name == "rows":  # an area of several populations
                self.spans[memory["area"]] = *self.spans[memory["area"]][:3], -1
            elif name == "row":
                row = self.spans[memory["area"]][3]
                flags, most, of = self.populations[row]
                self.populations[row] = one((
                    (flags | ACC, most, of), (flags | MPD, most, of), (flags, 1, of),
                    (flags, most, TOUCHED), (flags, most, 0),
                ))  # fmt: skip
            else:
                up = memory["upstream"]
                at = chance.randrange(len(up))
                up[:] = one((
                    [], [*up[:at], up[at], *up[at:]], up[::-1], [*up, len(self.spans)],
                    sorted({*up, memory["area"]}), [*up[:at], up[at] + 1, *up[at + 1 :]],
                ))  # fmt: skip
        elif kind == "twin":
            twin = one(self.twins)
            name = one(("memory", "which", "amount", "cap", "plays", "plays", "fill", "order"))
            depth = self.memories[twin["memory"]]["depth"]
            if name == "amount":
                twin["amount"] = one((-1, min(2**31 - 1, (2**31 - 1) // depth + 1)))
            elif name == "cap":
                twin["cap"] = -1
            elif name == "plays":
                at = one((0, -1))
                twin["plays"][at] = one((self.n, 65534))
            elif name == "fill":
                twin["fill"] = one((b"\1\0", b"\0\1"))
            elif name == "order":
                self.twins.append(twin)
                chance.shuffle(self.twins)
            else:
                twin[name] = one((len(self.memories), twin[name] + 1, max(0, twin[name] - 1)))
        else:
            slots = one(self.slots)
            name = one(("alive", "pad", "life", "dead", "none"))
            at = chance.randrange(len(slots["alive"]))
            if name == "alive":
                slots["alive"][at] = one((2, 4, 255))
            elif name == "pad":
                slots["pad"] = [1] * len(slots["pad"])
            elif name == "life":
                slots["alive"][at], slots["life"][at] = 1, LONGEST + 1
            elif name == "dead":
                slots["alive"][at], slots["life"][at] = 0, 1
            else:
                for some in self.slots:
                    some["alive"] = some["life"] = [0] * len(some["alive"])

    def sections(self) -> dict[int, bytes]:
        memories = b""
        for m in self.memories:
            head = m["area"], m["depth"], len(m["upstream"]), m["zero"], *m["lives"]
            memories += struct.pack("<HHHHIII", *head)
            memories += struct.pack(f"<{len(m['upstream'])}H", *m["upstream"])
            memories += m["fill"][: len(memories) % 4]
        twins = b""
        for t in self.twins:
            twins += struct.pack("<HHii", t["memory"], t["which"], t["amount"], t["cap"])
            twins += struct.pack(f"<{len(t['plays'])}H", *t["plays"])
            twins += t["fill"][: len(twins) % 4]
        slots = b""
        for m, s in zip(self.memories, self.slots, strict=False):
            slots += bytes(s["alive"] + s["pad"])
            slots += struct.pack(f"<{len(s['life'])}I", *s["life"])
            slots += b"\7" * (4 * self._words(m) * m["depth"] * len(s["alive"]))
        found = {MEMORIES: memories, TWINS: twins, SLOTS: slots}
        for kind, more in self.more.items():
            found[kind] = found[kind][:more] if more < 0 else found[kind] + self.fill * more
        return found

    def _words(self, memory: dict) -> int:
        """Of a frame."""
        spans = [self.spans.get(up, (0, 1, 0, 0)) for up in memory["upstream"]]
        return sum((stop - 1) // 32 - first // 32 + 1 for first, stop, *_ in spans)

    def sent(self) -> bytes:
        sections = [(kind, part.hex()) for kind, part in self.sections().items()]
        return json.dumps({
            "populations": self.populations, "n": self.n, "size": self.size,
            "spans": list(self.spans.items()), "sections": sections,
        }).encode()  # fmt: skip

    def answer(self) -> str:
        """What a board says: a refusal, or what its kernels read."""
        data = self.sections()
        memories, said = self._memories(data[MEMORIES])
        if said:
            return said
        twins, said = self._twins(data[TWINS], memories)
        if said:
            return said
        if data[SLOTS] and (said := self._living(data[SLOTS], memories)):
            return said
        at = 5 + sum(len(data[k]) + 4 for k in (MEMORIES, TWINS) if data[k]) if data[SLOTS] else 0
        rows, spans = b"", b""
        size = self.size
        for m in memories:
            frames, depth, words, slots = size, m["depth"], m["words"], m["slots"]
            flags = frames + 4 * words * (depth + 1)
            alive = flags + _whole(depth + 1)
            life = alive + _whole(slots)
            patterns = life + 4 * slots
            size = patterns + 4 * words * depth * slots
            m |= {"frames": frames, "flags": flags}
            rows += struct.pack(
                "<16I", depth, words, slots, *m["lives"], frames, flags, alive, life, patterns,
                len(spans), len(m["upstream"]), LONGEST, 0, 0,
            )  # fmt: skip
            for up in m["upstream"]:
                first, stop, *_ = self.spans[up]
                bits = 0xFFFFFFFF
                spans += struct.pack(
                    "<IIII", first // 32, (stop - 1) // 32, bits << first % 32 & bits,
                    bits >> 31 - (stop - 1) % 32,
                )  # fmt: skip
        played = b""
        for t in twins:
            m = memories[t["memory"]]
            before = m["upstream"][: t["which"]]
            first, stop, *_ = self.spans[m["upstream"][t["which"]]]
            played += struct.pack(
                "<12I", t["amount"], t["cap"],
                m["frames"] + 4 * self._words({"upstream": before}),
                (stop - 1) // 32 - first // 32 + 1, m["flags"], m["depth"], first % 32, t["at"],
                0, 0, 0, 0,
            )  # fmt: skip
        seen = []  # of each memory, its upstream areas and where in a frame each begins
        for up in (m["upstream"] for m in memories):
            seen.append([(a, self._words({"upstream": up[:i]})) for i, a in enumerate(up)])
        tables = rows or bytes(4), spans or bytes(4), played or bytes(4)
        plays = data[TWINS] + bytes(-len(data[TWINS]) % 4)
        firsts = [self.spans[m["area"]][0] for m in memories]
        words = len(memories), len(twins), at, size, seen, firsts
        return " ".join([*map(str, words), *(t.hex() for t in (*tables, plays))])

    def _memories(self, data: bytes) -> tuple[list[dict], str]:
        found: list[dict] = []
        at, last = 0, -1
        while at < len(data):
            if len(data) < at + 24:
                return [], field(MEMORIES)
            area, depth, count, zero, *lives = struct.unpack_from("<HHHHIII", data, at)
            end = at + 20 + 2 * count
            if count == 0 or zero or len(data) < _whole(end) or any(data[end : _whole(end)]):
                return [], field(MEMORIES)
            if area <= last or not 1 <= depth <= 255 or max(lives) > LONGEST:
                return [], field(MEMORIES)
            if area not in self.spans:
                return [], index(MEMORIES)
            first, stop, _, row = self.spans[area]
            if row < 0:
                return [], field(MEMORIES)
            flags, most, kind = self.populations[row]
            if flags & ACC or most or kind != CALM:
                return [], field(MEMORIES)
            upstream = list(struct.unpack_from(f"<{count}H", data, at + 20))
            ascend = upstream == sorted(set(upstream))
            if not ascend or area in upstream or not {*upstream} <= {*self.spans}:
                return [], index(MEMORIES)
            made = {"area": area, "depth": depth, "lives": lives, "upstream": upstream}
            found.append(made | {"slots": stop - first, "words": self._words(made)})
            at, last = _whole(end), area
        return found, ""

    def _twins(self, data: bytes, memories: list[dict]) -> tuple[list[dict], str]:
        found: list[dict] = []
        at = 0
        while at < len(data):
            if len(data) < at + 16:
                return [], field(TWINS)
            memory, which, amount, cap = struct.unpack_from("<HHii", data, at)
            if memory >= len(memories) or which >= len(memories[memory]["upstream"]):
                return [], index(TWINS)
            before = (found[-1]["memory"], found[-1]["which"]) if found else (-1, -1)
            if (memory, which) <= before or amount < 0 or cap < 0:
                return [], field(TWINS)
            if amount * memories[memory]["depth"] >= 2**31:
                return [], field(TWINS)
            first, stop, *_ = self.spans[memories[memory]["upstream"][which]]
            end = at + 12 + 2 * (stop - first)
            if len(data) < _whole(end):
                return [], field(TWINS)
            plays = struct.unpack_from(f"<{stop - first}H", data, at + 12)
            if any(self.n <= neuron != NOBODY for neuron in plays):
                return [], index(TWINS)
            if any(data[end : _whole(end)]):
                return [], field(TWINS)
            twin = {"memory": memory, "which": which, "amount": amount, "cap": cap}
            found.append(twin | {"at": at + 12})
            at = _whole(end)
        return found, ""

    def _living(self, data: bytes, memories: list[dict]) -> str:
        at = living = 0
        for m in memories:
            slots = m["slots"]
            life, patterns = at + _whole(slots), at + _whole(slots) + 4 * slots
            end = patterns + 4 * m["words"] * m["depth"] * slots
            if len(data) < end:
                return field(SLOTS)
            alive = data[at : at + slots]
            lives = struct.unpack_from(f"<{slots}I", data, life)
            if not {*alive} <= {0, 1, 3} or any(data[at + slots : life]):
                return field(SLOTS)
            if any(n > LONGEST or (n and not a) for a, n in zip(alive, lives, strict=True)):
                return field(SLOTS)
            living += sum(map(bool, alive))
            at = end
        return "" if at == len(data) and living else field(SLOTS)


def _whole(n: int) -> int:
    return -(-n // 4) * 4


nets, question, told = at_random(ASK, Net, NETS, SEED)


def test_a_board_takes_the_memories_that_the_specification_allows_and_lays_them_out(told):
    wrong = [(said, net.answer(), vars(net)) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    refused = [said for _, said in told if len(said) < 9]
    for section in (MEMORIES, TWINS, SLOTS):
        assert refused.count(field(section)) > NETS / 50
    assert refused.count(index(MEMORIES)) > NETS / 50 < refused.count(index(TWINS))
    assert len(refused) < NETS * 2 / 3
