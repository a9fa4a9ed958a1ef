"""load/learning.py and load/memories.py: what a board makes of the records for its kernels.

What they refuse is in refusals_of_learning.py. Of what they take, every word of every table is as
the host computes it from the network.
"""

import hashlib
import struct
from dataclasses import replace
from functools import cache

import numpy as np

from ganglion.blob.container import decode, encode, sections
from ganglion.compiler import draft
from ganglion.network.learning import (
    ASSOCIATIVE,
    CLOSED,
    LISTED,
    NetworkLearning,
    area_neurons,
)
from ganglion.network.model import QuantizedNetwork
from ganglion.network.zones import zones_of
from tests.support import by_hand
from tests.support.learning import learner
from tests.support.questions import Question, answers
from tests.support.refusals import Case
from tests.support.refusals_of_learning import PARTS

TABLES = ("areas", "projections", "targets", "memories", "spans", "twins", "plays")
NUMBERS = (
    "n_areas", "n_projections", "n_weights", "size", "weights_at", "present_at", "n_memories",
    "n_twins", "slots_at",
)  # fmt: skip
ASK = """
import os
from ganglion.load import envelope, learning, populations, tables
from ganglion.load.refusal import Refused
class Net: pass
def answer(data):
    if len(data) == 4:
        return (learning.signed(int.from_bytes(data, "little")),)
    with open("one", "wb") as file:
        file.write(data)
    net = Net()
    with open("one", "rb") as f:
        n_populations, n_classes, n_areas = envelope.check(net, f, len(data), "board", None)
        populations.load(net, f, n_populations, n_areas, net.sections)
        tables.load(net, f, n_classes)
        try:
            learning.load(net, f, net.sections)
        except Refused as refused:
            return refused.code, refused.detail
    learn = net.learn
    out = []
    for name in NUMBERS:
        out.append(getattr(learn, name))
    for name in TABLES:
        words = list(getattr(learn, name))
        out.append(name + ":" + ",".join(map(str, words)))
    out.append("slots:" + ",".join(map(str, getattr(learn, "slots", ()))))
    out.append("sections:" + ",".join("%d+%d" % s for s in learn.sections[:2]))
    return tuple(out)
""".replace("NUMBERS", repr(NUMBERS)).replace("TABLES", repr(TABLES))


def brains() -> list[bytes]:
    made = [by_hand.learns().sealed(), *(encode(network) for network in _others())]
    for kind, size in (("rules", 6), ("driven", 6), ("divided", 100)):  # the last has numbers > 255
        made.append(encode(draft(learner(2, kind, size=size)).network))
    return made + [case.blob for case in _cases() if not case.code and not case.host]


@cache
def _cases() -> list[Case]:
    made = [case for part in PARTS for _, *case in part()]
    return [Case(blob.sealed(), *words) for blob, *words in made]


def _others() -> list[QuantizedNetwork]:
    """What decides a row: whether a multiple of the largest weight is below the cap; padding."""
    made = []
    for number, fields in (
        (3, {"cap": 509}), (3, {"shift": 1}), (5, {"cap": 65024}), (3, {"sign": -1}),
    ):  # fmt: skip
        changed = by_hand.projections()
        changed[number] = replace(changed[number], **fields)
        made.append(by_hand.learner_by_hand(learning=by_hand.learning(projections=changed)))
    rules = by_hand.RULES
    windows = (replace(rules[0], window=5), replace(rules[1], window=2), rules[2])
    made.append(by_hand.learner_by_hand(learning=by_hand.learning(rules=windows)))
    apart = by_hand.listed(0, 0, [0, 1, *[1] * 36], [4], mp_driven=True)
    between = by_hand.learning(rules=by_hand.RULES[2:], projections=(apart,))
    made.append(by_hand.learner_by_hand(learning=between))
    many = [by_hand.listed(2, 0, [0, 1, *[1] * 36], [0], cap=500 + i) for i in range(20)]
    many = by_hand.learning(projections=[*by_hand.projections()[:4], *many])
    made.append(by_hand.learner_by_hand(learning=many))
    none = by_hand.learning(rules=(), projections=())
    made.append(by_hand.learner_by_hand(learning=none))
    made.append(by_hand.learner_by_hand(learning=by_hand.learning(memories=(), twins=(), slots=())))
    made.append(by_hand.learner_by_hand(learning=by_hand.learning(twins=(), slots=())))
    return [*made, _whole_words()]


def _whole_words() -> QuantizedNetwork:
    """One neuron and all pairs of it with 32 neurons of a zone, with 33 of another."""
    populations = (
        replace(by_hand.POPULATIONS[0], count=1),
        replace(by_hand.POPULATIONS[1], first=1, count=32),
        replace(by_hand.POPULATIONS[2], first=33, count=33),
    )
    areas = by_hand.learner_by_hand().areas[:2]
    areas = (areas[0], replace(areas[1], dimensions=(1, 1, 65)))
    blocks = [by_hand.pairs(0, i, 31 + i, ASSOCIATIVE) for i in (1, 2)]
    none = np.zeros(0, np.uint16)
    return by_hand.learner_by_hand(
        populations=populations, areas=areas, inputs=(), classes=(), source=none, target=none,
        klass=none, weight=none.astype(np.int8), offset=np.zeros(66, np.int8),
        place=np.concatenate([np.arange(1), np.arange(65)]),
        learning=NetworkLearning(by_hand.RULES[:1], tuple(blocks)),
    )  # fmt: skip


def _mask(first: int, stop: int) -> tuple[int, int]:
    """Of the first word the bits from `first` on, of the last those before `stop`, as i32."""
    bits = (range(first % 32, 32), range((stop - 1) % 32 + 1))
    low, high = (sum(1 << i for i in places) for places in bits)
    return low - (1 << 32), high - (high >> 31 << 32)


def right(blob: bytes) -> str:
    """The tables, word by word, as load/learning.py describes them."""
    network = decode(blob)
    learning = network.learning
    where = {s.type: (s.offset, s.length) for s in sections(blob)}
    zones = zones_of(network.populations)
    spans = {a: area_neurons(network, a) for a in range(len(network.areas))}
    areas: list[int] = []
    row_of, skip, used = {}, {}, 0
    for i, (area, window) in enumerate(learning.windows().items()):
        s = spans[area]
        row_of[area], skip[area] = 32 * i, s.start - used
        areas += [s.start, s.stop, window, skip[area], 0, *_mask(s.start, s.stop), 0]
        used += len(s)
    weights_at = (used + 3) // 4 * 4
    n_weights = sum(p.places for p in learning.projections)
    present_at = (weights_at + n_weights + 3) // 4 * 4
    table: list[int] = []
    targets, present, at = b"", 0, weights_at
    for p in learning.projections:
        rule, zone = learning.rules[p.rule], zones[p.zone]
        s = spans[rule.source]
        begins, first = 0, zone.first
        if p.form == LISTED:
            begins, first = len(targets), len(targets) + 2 * (len(s) + 1)
            targets += p.begin.astype("<u2").tobytes() + p.target.astype("<u2").tobytes()
            targets += bytes(-len(targets) % 4)
        there = p.form == ASSOCIATIVE
        fast = p.shift == 0 and 255 * p.multiplier * (255 if p.mp_driven else 1) <= p.cap
        table += [
            s.start, s.stop, p.form, p.multiplier * (p.sign if fast else 1), p.cap,
            (1 << p.shift) // 2, p.shift, (p.sign < 0) + 2 * p.mp_driven + 4 * fast, 32 * p.zone,
            at, begins, first, zone.stop - zone.first, there * (present_at + present), rule.window,
            rule.up, rule.down, skip[rule.source], skip[rule.target], row_of[rule.source],
            row_of[rule.target], p.places,
            int(there and bool((~p.present & (p.weight == CLOSED)).any())), 0,
        ]  # fmt: skip
        at += p.places
        present += there * ((p.places + 31) // 32 * 4)
    size = present_at + present
    memories: list[int] = []
    spread: list[int] = []
    seen: list[dict[int, int]] = []
    for m in learning.memories:
        begin, words = 4 * len(spread), 0
        seen.append({})
        for up in m.upstream:
            s = spans[up]
            seen[-1][up] = words
            spread += [s.start // 32, (s.stop - 1) // 32, *_mask(s.start, s.stop)]
            words += (s.stop - 1) // 32 - s.start // 32 + 1
        slots = len(spans[m.area])
        sizes = [
            4 * words * (m.depth + 1), (m.depth + 4) // 4 * 4, (slots + 3) // 4 * 4, 4 * slots,
            4 * words * m.depth * slots,
        ]  # fmt: skip
        places = [size + sum(sizes[:i]) for i in range(6)]
        size = places.pop()
        life = 1 << 30
        numbers = [m.depth, words, slots, m.init, m.growth, m.longterm]
        memories += [*numbers, *places, begin, len(m.upstream), life, 0, 0]
    twins: list[int] = []
    plays = b""
    for t in learning.twins:
        area = learning.memories[t.memory].upstream[t.upstream]
        s, m = spans[area], memories[16 * t.memory :][:16]
        words = (s.stop - 1) // 32 - s.start // 32 + 1
        plays += bytes(12)
        twins += [
            t.amount, t.cap, m[6] + 4 * seen[t.memory][area], words, m[7], m[0], s.start % 32,
            len(plays), 0, 0, 0, 0,
        ]  # fmt: skip
        plays += t.plays.astype("<u2").tobytes()
        plays += bytes(-len(plays) % 4)
    slots_at = where.get(37, (0, 0))[0]
    numbers = [
        len(row_of), len(learning.projections), n_weights, size, weights_at, present_at,
        len(learning.memories), len(learning.twins), slots_at,
    ]  # fmt: skip
    if learning.twins:
        plays = blob[where[36][0] :][: len(plays)]
    if any(35 <= kind < 38 for kind in where):
        memories, spread, twins = (words or [0] for words in (memories, spread, twins))
    kept = (areas, table, targets, memories, spread, twins, plays)
    said = [f"{n}:{','.join(map(str, t))}" for n, t in zip(TABLES, kept, strict=True)]
    said.append(f"slots:{','.join(str(spans[m.area].start) for m in learning.memories)}")
    said.append(
        "sections:" + ",".join("{}+{}".format(*where.get(kind, (0, 0))) for kind in (33, 34))
    )
    return " ".join([*map(str, numbers), *said])


def question() -> Question:
    words = (0, 1, -2, -1, -(1 << 31), (1 << 31) - 1)
    signed = [(struct.pack("<i", x), str(x)) for x in words]
    refused = [(case.blob, f"{case.code} {case.detail}") for case in _cases() if case.code]
    asked = [*signed, *refused, *((blob, right(blob)) for blob in brains())]
    return Question(ASK, asked, heap=64)  # one has 2^20 places


def test_every_word_of_every_table_is_what_the_records_say(micropython, tmp_path):
    asked = question()
    said = answers(asked, micropython, tmp_path)
    wrong = [i for i, (_, words) in enumerate(asked.cases) if said[i] != words]
    assert wrong == [], (said[wrong[0]], asked.cases[wrong[0]][1])
    assert len({hashlib.sha256(words.encode()).digest() for _, words in asked.cases}) > 20
