"""learnt.py: what a state of SPEC 11.3 holds, a file of it, and a brain that begins with it."""

import struct
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from ganglion.blob.learning import encode_learning
from ganglion.blob.learnt import (
    Learnt,
    begin_with,
    counts_of,
    learnt_in,
    load,
    save,
    shape_of,
    synapses_in,
    synapses_of,
)
from ganglion.errors import BlobError, RecordingError, UsageError
from ganglion.network.learning import ASSOCIATIVE, LISTED, NetworkLearning, Slots
from ganglion.network.model import QuantizedNetwork
from tests.support import by_hand

BRAIN = by_hand.learner_by_hand()
PROJECTIONS = BRAIN.learning.projections
AREAS = (range(5), range(5, 12), range(12, 49), range(49, 52), range(52, 54))
ZONES = (range(5), range(5, 8), range(8, 12))
FRAMES = (4, 3)  # words of a frame of each memory: areas 0, 1, 2 and 0, 2


def weights() -> list[np.ndarray]:
    """All are others but those that are listed first, and those where no synapse is."""
    found, at = [], 0
    for p in PROJECTIONS:
        found.append(((np.arange(at, at + p.places) * 7 + 3) % 251).astype(np.uint8))
        at += p.places
    found[0][:] = PROJECTIONS[0].weight
    for p, w, there in zip(PROJECTIONS, found, present(), strict=True):
        if p.form == ASSOCIATIVE:
            w[~there] = p.weight[~there]
    found[4].sort()
    found[5].sort()
    return found


def present() -> list[np.ndarray]:
    """Those that were there, and two more of the first block."""
    found = [p.present.copy() for p in PROJECTIONS]
    found[1][[2, 14]] = True
    return found


def slots() -> tuple[Slots, Slots]:
    one, two = by_hand.slots()
    one.alive[:], one.life[:] = (3, 1, 0), (2**30, 5, 0)
    one.pattern[1, 0, 3], one.pattern[2] = 1 << 16, 0
    two.alive[1], two.life[1], two.pattern[1, 0, 0] = 1, 2, 9
    return one, two


def filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def state() -> bytes:
    """Arrays 9 to 12, of SPEC 11.3."""
    data = filled(bytes(range(5 + 7 + 37)))  # histories of the areas that a rule joins
    data += filled(b"".join(w.tobytes() for w in weights()))
    for p, there in zip(PROJECTIONS, present(), strict=True):
        if p.form == ASSOCIATIVE:
            data += filled(np.packbits(there, bitorder="little").tobytes())
    for memory, words, found in zip(BRAIN.learning.memories, FRAMES, slots(), strict=True):
        frames = words * (memory.depth + 1)
        data += bytes(range(1, 4 * frames + 1)) + filled(bytes([1] * (memory.depth + 1)))
        data += filled(found.alive.tobytes()) + struct.pack(f"<{len(found.life)}I", *found.life)
        data += found.pattern.astype("<u4").tobytes()
    return data


def learnt() -> Learnt:
    return Learnt(shape_of(BRAIN), tuple(weights()), tuple(present()), slots())


def assert_alike(found: Learnt, expected: Learnt) -> None:
    assert found.shape == expected.shape
    for name in ("weights", "present"):
        pairs = zip(getattr(found, name), getattr(expected, name), strict=True)
        for a, b in pairs:
            assert a.dtype == b.dtype and np.array_equal(a, b), name
    for a, b in zip(found.slots, expected.slots, strict=True):
        for name in ("alive", "life", "pattern"):
            assert np.array_equal(getattr(a, name), getattr(b, name)), name


def test_what_was_learnt_is_in_the_state_of_a_run():
    assert_alike(learnt_in(BRAIN, state()), learnt())


def odd() -> tuple[QuantizedNetwork, Learnt, bytes]:
    """A brain of blocks and frames of many sizes, what it learnt, and its state."""
    made = by_hand.sized()
    rng = np.random.default_rng(14)
    there = [rng.random(size) < 0.5 for size in by_hand.SIZES]
    weights = [(rng.integers(1, 256, len(has)) * has).astype(np.uint8) for has in there]
    n = 1 + sum(by_hand.SIZES)
    alive = np.array([1], np.uint8)
    slots = [Slots(alive, np.array([i + 4]), np.ones((1, 2 + i, 1), np.uint32)) for i in range(4)]
    learnt = Learnt(shape_of(made), tuple(weights), tuple(there), tuple(slots))
    data = filled(bytes(n)) + filled(b"".join(w.tobytes() for w in weights))
    data += b"".join(filled(np.packbits(has, bitorder="little").tobytes()) for has in there)
    for i in range(4):
        depth = 2 + i
        data += b"\7" * 4 * (depth + 1) + filled(b"\1" * (depth + 1))
        data += struct.pack(f"<II{depth}I", 1, i + 4, *[1] * depth)
    return made, learnt, data


def test_each_part_of_a_state_is_padded():
    made, learnt, data = odd()
    assert_alike(learnt_in(made, data), learnt)
    with pytest.raises(BlobError, match=f"has {len(data) - 4} bytes, and this brain's {len(data)}"):
        learnt_in(made, data[4:])


def test_a_state_of_another_length_is_no_state_of_this_brain():
    whole = state()
    for size in (*range(len(whole)), len(whole) + 1, len(whole) + 4):
        with pytest.raises(BlobError) as refused:
            learnt_in(BRAIN, (whole + bytes(4))[:size])
        assert str(refused.value) == (
            f"what the device has learnt has {size} bytes, and this brain's {len(whole)}; "
            "name the brain that is on the device"
        )


def test_a_shape_names_what_can_be_learnt_and_not_what_was():
    parts = encode_learning(BRAIN)
    whole = sha256(BRAIN.genome)
    for kind in (30, 31, 32, 35, 36):
        whole.update(struct.pack("<I", len(parts[kind])) + parts[kind])
    assert shape_of(BRAIN) == whole.digest()[:8]
    assert shape_of(begin_with(BRAIN, learnt())) == shape_of(BRAIN)
    assert shape_of(replace(BRAIN, genome=b"another!")) != shape_of(BRAIN)
    for name in ("rules", "twins"):
        fewer = getattr(BRAIN.learning, name)[:-1]
        assert shape_of(by_hand.learner_by_hand(learning=by_hand.learning(**{name: fewer}))) != (
            shape_of(BRAIN)
        )


def test_a_brain_begins_with_what_another_run_learnt():
    begun = begin_with(BRAIN, learnt()).learning
    for p, before, w, there in zip(begun.projections, PROJECTIONS, weights(), present(),
                                   strict=True):  # fmt: skip
        assert np.array_equal(p.weight, w) and np.array_equal(p.present, there)
        assert (p.rule, p.zone, p.form) == (before.rule, before.zone, before.form)
    assert [s.alive.tolist() for s in begun.slots] == [[3, 1, 0], [0, 1]]
    empty = tuple(Slots(s.alive * 0, s.life * 0, s.pattern * 0) for s in slots())
    assert begin_with(BRAIN, replace(learnt(), slots=empty)).learning.slots == ()
    with pytest.raises(UsageError) as refused:
        begin_with(BRAIN, replace(learnt(), shape=b"another!"))
    assert str(refused.value) == (
        "what was learnt is of another brain; "
        "name the genome, policies and options with which that brain was compiled"
    )


def rows() -> list[tuple[int, int, int, int]]:
    """Source, target, weight and rule of each synapse, place by place."""
    found = []
    for p, w, there in zip(PROJECTIONS, weights(), present(), strict=True):
        rule = BRAIN.learning.rules[p.rule]
        if p.form == LISTED:
            ends = [
                (AREAS[rule.source][i], int(p.target[k]))
                for i in range(len(AREAS[rule.source]))
                for k in range(p.begin[i], p.begin[i + 1])
            ]
        else:
            ends = [(s, t) for s in AREAS[rule.source] for t in ZONES[p.zone]]
        found += [
            (source, target, p.sign * int(weight), p.rule)
            for (source, target), weight, is_there in zip(
                ends, w, there if len(there) else [True] * len(w), strict=True
            )
            if is_there
        ]
    return found


def test_synapses_are_those_that_there_are_with_their_sign():
    table = synapses_of(BRAIN, learnt())
    assert table.dtype == np.int64
    assert [tuple(row) for row in table.tolist()] == rows()
    bare = by_hand.learner_by_hand(learning=NetworkLearning())
    none = synapses_of(bare, Learnt(shape_of(bare), (), (), ()))
    assert none.shape == (0, 4) and none.dtype == np.int64


def test_what_changed_was_created_or_is_remembered_is_counted():
    changed = 0
    for p, w, there in zip(PROJECTIONS, weights(), present(), strict=True):
        for k in range(p.places):
            is_new = len(there) and there[k] and not p.present[k]
            changed += bool(w[k] != p.weight[k]) and not is_new
    assert counts_of(BRAIN, learnt()) == {
        "synapses": len(rows()), "changed": changed, "created": 2, "memories": 3,
    }  # fmt: skip


def test_a_file_holds_what_was_learnt(tmp_path):
    path = tmp_path / "learnt.npz"
    save(path, BRAIN, learnt())
    assert_alike(load(path, BRAIN), learnt())
    shape, table = synapses_in(path)
    assert shape == shape_of(BRAIN)
    assert [tuple(row) for row in table.tolist()] == rows() and table.dtype == np.int64
    with np.load(path) as file:
        assert str(file["format"]) == "ganglion-learnt-1"
        assert file["places"].tolist() == [p.places for p in PROJECTIONS]
        assert file["blocks"].tolist() == [0, 15, 20, 0, 0, 0]
    bare = by_hand.learner_by_hand(learning=NetworkLearning())
    nothing = Learnt(shape_of(bare), (), (), ())
    save(path, bare, nothing)
    assert_alike(load(path, bare), nothing)


def test_a_file_of_another_brain_is_told(tmp_path):
    path = tmp_path / "learnt.npz"
    other = by_hand.learner_by_hand(learning=by_hand.learning(twins=()))
    save(path, other, replace(learnt(), shape=shape_of(other)))
    with pytest.raises(UsageError, match="what was learnt is of another brain; "):
        load(path, BRAIN)
    assert synapses_in(path)[0] == shape_of(other)


def changed(path, **arrays) -> None:
    with np.load(path) as file:
        found = {name: file[name] for name in file.files}
    found |= arrays
    np.savez(path, **{name: array for name, array in found.items() if array is not None})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("format", np.array("ganglion-learnt-2"), "no file"), ("format", None, "no file"),
        ("shape", None, "no file"), ("weights", None, "no file"), ("present", None, "no file"),
        ("memory", None, "no file"), ("places", None, "no file"), ("blocks", None, "no file"),
        ("places", np.array([3, 15, 20, 35, 5, 5]), "no file"),
        ("places", np.array([3, 15, 20, 35, 5, 7]), "no file"),
        ("places", np.array([3, 15, 20, 36, -1, 11]), "no file"),
        ("places", np.array([2, 16, 20, 35, 5, 6]), "is damaged"),
        ("places", np.array([3, 15, 20, 35, 11]), "is damaged"),
        ("blocks", np.array([0, 16, 19, 0, 0, 0]), "is damaged"),
        ("blocks", np.array([0, 15, 20]), "is damaged"),
        ("blocks", np.array([35, 0, 0, 0, 0, 0]), "is damaged"),
        ("weights", np.zeros(83, np.uint8), "no file"),
        ("memory", np.zeros(4, np.uint8), "is damaged"),
        ("memory", np.zeros(156, np.uint8), "is damaged"),
        ("memory", np.full(148, 2, np.uint8), "is damaged"),
        ("present", np.ones(35, np.bool_), "is damaged"),
        ("weights", np.arange(84, dtype=np.uint8), "is damaged"),
    ],
    ids=str,
)  # fmt: skip
def test_a_file_that_was_changed_is_told(name, value, told, tmp_path):
    path = tmp_path / "learnt.npz"
    save(path, BRAIN, learnt())
    changed(path, **{name: value})
    full = {
        "no file": f"{path} is no file of what a brain has learnt; "
        "make one with `ganglion learned`",
        "is damaged": f"{path} is damaged; make it anew with `ganglion learned`",
    }[told]
    with pytest.raises(RecordingError) as refused:
        load(path, BRAIN)
    assert str(refused.value) == full


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for read in (lambda path: load(path, BRAIN), synapses_in):
        with pytest.raises(RecordingError) as refused:
            read(tmp_path / "none.npz")
        assert str(refused.value) == (
            f"{tmp_path / 'none.npz'} cannot be read: No such file or directory; check the path"
        )


@pytest.mark.parametrize("shape", [(), (4,), (4, 3), (4, 5), (2, 4, 4), (2, 2, 4)])
def test_a_table_of_synapses_has_four_columns(shape, tmp_path):
    path = tmp_path / "learnt.npz"
    save(path, BRAIN, learnt())
    changed(path, synapses=np.zeros(shape, np.int64))
    with pytest.raises(RecordingError, match="is no file of what a brain has learnt; "):
        synapses_in(path)
    changed(path, synapses=np.zeros((0, 4), np.int64))
    assert synapses_in(path)[1].shape == (0, 4)


class Pickled:
    """What runs if a file is unpickled."""

    ran = False

    def __reduce__(self) -> tuple:
        return ran, ()


def ran() -> None:
    Pickled.ran = True


def test_nothing_in_a_file_is_run(tmp_path):
    path = tmp_path / "learnt.npz"
    save(path, BRAIN, learnt())
    for name in ("format", "synapses", "weights"):
        odd = np.empty((), object)
        odd[()] = Pickled()
        changed(path, **{name: odd})
        for read in (lambda: load(path, BRAIN), lambda: synapses_in(path)):
            with pytest.raises(RecordingError, match="is no file of what a brain has learnt; "):
                read()
        assert not Pickled.ran
        save(path, BRAIN, learnt())
