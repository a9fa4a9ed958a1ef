"""learning.py: sections 30 to 37, written once more from SPEC 11.7, and read back as they were."""

import struct
from dataclasses import fields, replace

import numpy as np
import pytest

from ganglion.blob.learning import (
    decode_learning,
    encode_learning,
    read_slots,
    slots_bytes,
    words_of,
)
from ganglion.errors import BlobError
from ganglion.network.learning import ASSOCIATIVE, CLOSED, LISTED, Memory, NetworkLearning, Slots
from tests.support import by_hand

AREAS = (range(5), range(5, 12), range(12, 49), range(49, 52), range(52, 54))


def filled(data: bytes) -> bytes:
    while len(data) % 4:
        data += b"\0"
    return data


def bits(flags: list[bool]) -> bytes:
    data = bytearray((len(flags) + 7) // 8)
    for i, is_set in enumerate(flags):
        data[i >> 3] |= is_set << (i & 7)
    return filled(bytes(data))


def slots(found: Slots) -> bytes:
    lives = found.life.tolist()
    patterns = [word for slot in found.pattern for frame in slot for word in frame.tolist()]
    return filled(bytes(found.alive.tolist())) + struct.pack(
        f"<{len(lives) + len(patterns)}I", *lives, *patterns
    )


def sections(learning: NetworkLearning) -> dict[int, bytes]:
    """What they are of it."""
    data = dict.fromkeys(range(30, 38), b"")
    for r in learning.rules:
        data[30] += struct.pack("<2H4B", r.source, r.target, r.window, r.up, r.down, r.associative)
    for p in learning.projections:
        data[31] += struct.pack("<2H2ib3BI", p.rule, p.zone, p.multiplier, p.cap, p.sign, p.shift,
                                p.form, p.mp_driven, len(p.weight))  # fmt: skip
        if p.form == LISTED:
            numbers = p.begin.tolist() + p.target.tolist()
            data[32] += filled(struct.pack(f"<{len(numbers)}H", *numbers))
        data[33] += bytes(p.weight.tolist())
        if p.form == ASSOCIATIVE:
            data[34] += bits(p.present.tolist())
    for m in learning.memories:
        data[35] += filled(struct.pack(
            f"<4H3I{len(m.upstream)}H", m.area, m.depth, len(m.upstream), 0, m.init, m.growth,
            m.longterm, *m.upstream,
        ))  # fmt: skip
    for t in learning.twins:
        plays = t.plays.tolist()
        data[36] += filled(struct.pack(
            f"<2H2i{len(plays)}H", t.memory, t.upstream, t.amount, t.cap, *plays,
        ))  # fmt: skip
    data[37] = b"".join(map(slots, learning.slots))
    return data


def assert_alike(found: object, expected: object, where: str = "learning") -> None:
    assert type(found) is type(expected), where
    if isinstance(expected, tuple):
        assert len(found) == len(expected), where
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert_alike(a, b, f"{where} {i}")
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype and np.array_equal(found, expected), where
    elif hasattr(expected, "__dataclass_fields__"):
        for field in fields(expected):
            assert_alike(getattr(found, field.name), getattr(expected, field.name), field.name)
    else:
        assert found == expected, where


def several() -> list[NetworkLearning]:
    one, none = by_hand.slots()
    other = replace(
        none, alive=np.array([0, 3], np.uint8), life=np.array([0, 2**30]),
        pattern=np.array([[[0, 0, 0]], [[31, 2**32 - 4096, 2**17 - 1]]], np.uint32),
    )  # fmt: skip
    return [
        by_hand.learning(), by_hand.learning(slots=(one, other)),
        by_hand.learning(slots=(), twins=()), by_hand.learning(slots=(), twins=(), memories=()),
        by_hand.learning(rules=(), projections=()),
    ]  # fmt: skip


def read(data: dict[int, bytes]) -> NetworkLearning:
    return decode_learning(data, by_hand.POPULATIONS, len(AREAS))


def test_sections_of_what_learns_are_what_the_specification_says_and_read_back():
    for learning in several():
        network = by_hand.learner_by_hand(learning=learning)
        expected = sections(learning)
        assert encode_learning(network) == expected
        present = {kind: data for kind, data in expected.items() if data}
        assert_alike(read(present), learning)


def test_slots_are_read_one_area_behind_the_other_from_where_they_begin():
    both = by_hand.slots()
    data = b"\7\7\7\7" + b"".join(map(slots, both)) + b"\7"
    assert b"".join(map(slots_bytes, both)) == data[4:-1]
    found, end = read_slots(data, 4, by_hand.MEMORIES, AREAS)
    assert_alike(found, both)
    assert end == len(data) - 1


def test_blocks_of_each_size_are_padded():
    network = by_hand.sized()
    expected = sections(network.learning)
    assert encode_learning(network) == expected
    present = {kind: data for kind, data in expected.items() if data}
    assert_alike(decode_learning(present, network.populations, 6), network.learning)
    for kind in (34, 35):
        cut = present | {kind: present[kind][:-4]}
        with pytest.raises(BlobError, match=r"PRESENT ends before projection 7|memory 3 is cut"):
            decode_learning(cut, network.populations, 6)


@pytest.mark.parametrize("first", range(0, 100, 9))
@pytest.mark.parametrize("count", [1, 31, 32, 33, 64])
def test_a_frame_has_the_words_in_which_its_neurons_lie(first, count):
    areas = [range(first, first + count), range(5), range(5, 40)]
    words = len({neuron // 32 for neuron in areas[0]})
    assert words_of(Memory(1, 1, (0,), 1, 1, 1), areas) == words
    assert words_of(Memory(1, 1, (0, 1, 2), 1, 1, 1), areas) == words + 1 + 2


@pytest.mark.parametrize("count", range(1, 6))
def test_slots_that_end_early_are_refused(count):
    areas = [range(40), range(40, 40 + count)]
    memory = Memory(1, 3, (0,), 1, 1, 1)
    alive, life = np.ones(count, np.uint8), np.arange(count)
    made = Slots(alive, life, np.ones((count, 3, 2), np.uint32))
    data = slots(made)
    found, end = read_slots(data, 0, (memory,), areas)
    assert_alike(found, (made,))
    assert end == len(data)
    for size in range(len(data)):
        with pytest.raises(BlobError, match="SLOTS ends before the memory areas do; "):
            read_slots(data[:size], 0, (memory,), areas)


def test_slots_none_of_which_is_in_use_are_no_section():
    empty = tuple(Slots(np.zeros_like(s.alive), s.life * 0, s.pattern * 0) for s in by_hand.slots())
    network = by_hand.learner_by_hand(learning=by_hand.learning(slots=empty))
    assert encode_learning(network)[37] == b""


def test_a_brain_that_does_not_learn_has_no_section_of_it():
    network = by_hand.learner_by_hand(learning=NetworkLearning())
    assert not any(encode_learning(network).values())
    assert_alike(read({1: b"x", 29: b"x", 38: b"x", 40: b"x"}), NetworkLearning())


@pytest.mark.parametrize("kind", range(30, 38))
def test_a_section_alone_is_of_nothing_unless_it_is_the_first(kind):
    """What it refers to is not there."""
    data = sections(by_hand.learning())[kind]
    told = {
        30: "rule 0 has no projection", 31: "projection 0 has rule 0, zone 1",
        32: "196 bytes of TARGETS are of no", 33: "84 bytes of WEIGHTS are of no",
        34: "8 bytes of PRESENT are of no", 35: "", 36: "twin 0 has memory 0, upstream 0",
        37: "bytes follow the slots",
    }[kind]  # fmt: skip
    if not told:
        assert read({kind: data}).memories == by_hand.MEMORIES
        return
    with pytest.raises(BlobError) as refused:
        read({kind: data})
    assert told in str(refused.value), refused.value


def test_a_population_is_of_an_area_that_there_is():
    data = sections(by_hand.learning())
    with pytest.raises(BlobError, match="a population is of area 4 of 4; "):
        decode_learning(data, by_hand.POPULATIONS, 4)


def test_places_that_are_closed_and_listed_agree():
    made = by_hand.learning().projections[1]
    assert (made.weight[~made.present] == CLOSED).sum() == 2
