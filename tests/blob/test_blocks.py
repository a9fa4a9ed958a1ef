"""blocks.py: the bytes of BLOCKS, found once more from SPEC 5.5, and what is refused by name."""

import random
import struct
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from ganglion.blob.blocks import decode_blocks, encode_blocks
from ganglion.errors import BlobError
from ganglion.network.model import SynapseClass
from ganglion.network.zones import zones_of
from tests.support.records import area, network_of, population

SEED = 14
CLASSES = (SynapseClass(2, 0), SynapseClass(5, 1), SynapseClass(7, -1))
Row = tuple[int, int, int, int]


class Neurons:
    """Populations that begin there, each an area and a zone of its own."""

    def __init__(self, *starts: int) -> None:
        self.starts = starts
        pairs = list(pairwise(starts))
        self.populations = [population(a, b - a, area=i) for i, (a, b) in enumerate(pairs)]
        self.zones = zones_of(self.populations)
        self.areas = [area(f"area {i}", b - a) for i, (a, b) in enumerate(pairs)]

    def network(self, synapses: list[Row]):
        place = np.concatenate([np.arange(p.count) for p in self.populations])
        return network_of(self.populations, self.areas, place, CLASSES, synapses)

    def of(self, neuron: int) -> int:
        return sum(neuron >= start for start in self.starts[1:])


def slides(starts: list[int]) -> list[tuple[int, int, int]]:
    """Index, count and step of the longest pieces."""
    found, at = [], 0
    while at < len(starts):
        count, step = 1, 0
        if at + 1 < len(starts) and -32_768 <= starts[at + 1] - starts[at] <= 32_767:
            step = starts[at + 1] - starts[at]
            while at + count < len(starts) and starts[at + count] - starts[at + count - 1] == step:
                count += 1
        found.append((at, count, step))
        at += count
    return found


def grid(starts: list[int], d: int) -> list[int] | None:
    """A and B of a divisor, if there are any."""
    inner = [s - min(starts[:d]) for s in starts[:d]]
    outer = [s - inner[0] for s in starts[::d]]
    made = [outer[j // d] + inner[j % d] for j in range(len(starts))]
    return outer + inner if made == starts and min(outer) >= 0 else None


def smallest(head, starts: list[int], runs: list[int], targets: int) -> bytes | None:
    """The records of a stretch whose first source, class and zone are `head`."""
    first, klass, zone = head
    m, fixed = len(starts), 24 + 2 * len(runs)
    pieces = slides(starts)
    forms = [(fixed * len(pieces), 0, 0)]
    forms += [
        (-(-(fixed + 2 * (-(-m // d) + d)) // 4) * 4, 1, d)
        for d in range(2, m + 1)
        if len(pieces) > 1 and grid(starts, d)  # else slides are the smallest
    ]
    forms.append((24 + m * (6 + 2 * targets), 2, 0))
    size, form, d = min(forms)
    if form == 2:
        return None
    if form == 1:
        tables = grid(starts, d)
        body = struct.pack(f"<{len(runs) + len(tables)}H", *runs, *tables).ljust(size - 24, b"\0")
        return record(first, m, klass, zone, 0, 0, d, size // 4, len(runs) // 2, body)
    body = struct.pack(f"<{len(runs)}H", *runs)
    return b"".join(
        record(first + i, n, klass, zone, starts[i], step, 0, fixed // 4, len(runs) // 2, body)
        for i, n, step in pieces
    )


def record(*fields) -> bytes:
    return struct.pack("<HHHHHhHHH6x", *fields[:-1]) + fields[-1]


def section(neurons: Neurons, synapses: list[Row]) -> tuple[bytes, set[Row]]:
    """What BLOCKS is of these, and the synapses that it leaves."""
    bundles = defaultdict(lambda: defaultdict(list))
    for s, t, k, _ in synapses:
        if CLASSES[k].weight:
            bundles[neurons.of(s), k, neurons.of(t)][s].append(t)
    data, kept = b"", set()
    for (_, k, z), targets_of in sorted(bundles.items()):
        if any(len(set(t)) < len(t) for t in targets_of.values()):
            continue
        stretches: list[list[int]] = []
        pattern = None
        for s in sorted(targets_of):
            mine = sorted(targets_of[s])
            shape = [t - mine[0] for t in mine]
            if shape != pattern or s != stretches[-1][-1] + 1 or len(stretches[-1]) == 32_768:
                stretches.append([])
            stretches[-1].append(s)
            pattern = shape
        for sources in stretches:
            mine = sorted(targets_of[sources[0]])
            begins = [t for t in mine if t - 1 not in mine]
            length = [next(n for n in range(1, 99_999) if t + n not in mine) for t in begins]
            runs = [x for t, n in zip(begins, length, strict=True) for x in (t - mine[0], n)]
            starts = [min(targets_of[s]) for s in sources]
            made = smallest((sources[0], k, z), starts, runs, len(mine))
            if made:
                data += made
                kept |= {(s, t, k) for s in sources for t in targets_of[s]}
    return data, kept


def agrees(neurons: Neurons, synapses: list[Row], again: str) -> bytes:
    network = neurons.network(synapses)
    data, left = encode_blocks(network)
    expected, kept = section(neurons, synapses)
    assert data == expected, again
    names = ("source", "target", "klass")
    rows = list(zip(*(getattr(network, name).tolist() for name in names), strict=True))
    assert {row for row, stays in zip(rows, left.tolist(), strict=True) if not stays} == kept, again
    back = decode_blocks(data, neurons.populations, neurons.zones, CLASSES)
    found = [row for part in back for row in zip(*(c.tolist() for c in part), strict=True)]
    weights = {k: c.weight for k, c in enumerate(CLASSES)}
    assert sorted(found) == sorted((*row, weights[row[2]]) for row in kept), again
    assert all(column.dtype == np.int64 for part in back for column in part)
    return data


def at_random(chance: random.Random) -> list[Row]:
    one = chance.choice
    found = []
    for source in (0, one((0, 7)), 20):
        m = one((1, 1, 2, 3, 5, 8, 12)) if source < 20 else one((1, 6, 20))
        pattern = one(([0], [0, 1], [0, 2, 3], [0, 3], list(range(9)), [0, 1, 5, 6, 9]))
        base = one((20, 40, 41))
        width, near, far = one((2, 3, 4)), one((0, 1, 2)), one((0, 1, 3))
        klass = one((1, 1, 2))
        for j in range(m):
            start = base + one(
                (near * j, near * (j % width) + far * (j // width))
                if chance.random() < 0.2
                else (near * (j % width) + far * (j // width),)
            )
            found += [(source + j, start + at, klass, CLASSES[klass].weight) for at in pattern]
    if chance.random() < 0.8:
        found = sorted(set(found))
    return [*found, (3, 9, 0, 12)]


def test_blocks_are_what_the_specification_says_and_read_back():
    chance = random.Random(SEED)
    neurons = Neurons(0, 20, 40, 150)
    for number in range(250):
        agrees(neurons, at_random(chance), f"seed {SEED}, number {number}")
    assert agrees(neurons, [], "no synapses") == b""
    assert agrees(neurons, [(3, 9, 0, 12)], "own weights") == b""


@pytest.mark.parametrize("step", [32_767, 32_768, -32_768, -32_769])
def test_a_step_is_one_of_16_bits_with_its_sign(step):
    neurons = Neurons(0, 5, 65_535)
    first = 5 if step > 0 else 60_000
    data = agrees(neurons, [(1, first, 1, 1), (2, first + step, 1, 1)], f"a step of {step}")
    assert len(data) == (28 if -32_768 <= step <= 32_767 else 36)


NEURONS = Neurons(0, 4, 10, 30)
GOOD = {
    "first": 4, "count": 3, "class": 1, "zone": 2, "start": 10, "step": 2, "d": 0, "words": 7,
    "runs": 1,
}  # fmt: skip
GRID = GOOD | {"start": 0, "step": 0, "d": 2, "words": 9}
PAIR = struct.pack("<HH", 0, 1)
TABLES = PAIR + struct.pack("<4H", 10, 14, 0, 5)


@pytest.mark.parametrize(
    ("fields", "body", "text"),
    [
        (GOOD | {"count": 0}, PAIR, "block 1 is cut"),
        (GOOD | {"count": 32_769}, PAIR, "block 1 is cut"),
        (GOOD | {"count": 32_768}, PAIR, "block 1 has the sources 4..+32768"),
        (GRID | {"d": 4}, TABLES, "block 1 is cut"),
        (GOOD | {"runs": 0}, PAIR, "block 1 is cut"),
        (GOOD | {"words": 6}, PAIR, "block 1 is cut"),
        (GOOD | {"words": 8}, PAIR, "block 1 is cut"),
        (GRID | {"words": 8}, TABLES, "block 1 is cut"),
        (GOOD, PAIR + b"\0", "block 2 is cut"),
        (GOOD | {"count": 7}, PAIR, "block 1 has the sources 4..+7"),
        (GOOD | {"first": 3, "count": 2}, PAIR, "block 1 has the sources 3..+2"),
        (GOOD | {"first": 30, "count": 1}, PAIR, "block 1 has the sources 30..+1"),
        (GOOD | {"class": 3}, PAIR, "block 1 has class 3"),
        (GOOD | {"zone": 3}, PAIR, "block 1 has class 1"),
        (GOOD | {"class": 0}, PAIR, "block 1 is of a class of own weights"),
        (GOOD | {"start": 9}, PAIR, "a target of block 1 is outside zone 2"),
        (GOOD | {"start": 26}, PAIR, "a target of block 1 is outside zone 2"),
        (GOOD | {"count": 1, "runs": 2, "words": 8}, struct.pack("<4H", 0, 1, 19, 2),
         "a target of block 1 is outside zone 2"),
        (GOOD, struct.pack("<HH", 0, 17), "a target of block 1 is outside zone 2"),
        *(
            (GOOD | {"count": 1, "runs": len(runs) // 2, "words": 6 + len(runs) // 2},
             struct.pack(f"<{len(runs)}H", *runs), "block 1 has runs that are out of place")
            for runs in ((0, 0), (1, 1), (0, 1, 1, 1), (0, 2, 1, 1), (0, 1, 0, 1), (0, 1, 2, 0),
                         (0, 3, 5, 1, 4, 1), (0, 65_535, 0, 65_535))
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_block_that_breaks_a_rule_is_refused_by_name(fields, body, text):
    before = record(*GOOD.values(), PAIR)
    with pytest.raises(BlobError) as refused:
        decode_blocks(
            before + record(*fields.values(), body), NEURONS.populations, NEURONS.zones, CLASSES
        )
    assert str(refused.value).startswith(f"{text}; ")


@pytest.mark.parametrize(
    ("fields", "body", "ends"),
    [
        (GOOD, PAIR, [(4, 10), (5, 12), (6, 14)]),
        (GOOD | {"start": 25}, PAIR, [(4, 25), (5, 27), (6, 29)]),
        (GOOD | {"start": 29, "step": -3}, PAIR, [(4, 29), (5, 26), (6, 23)]),
        (GOOD | {"count": 1}, struct.pack("<HH", 0, 20), [(4, t) for t in range(10, 30)]),
        (GOOD, struct.pack("<HH", 0, 16), [(4 + j, 10 + 2 * j + t) for j in range(3)
                                           for t in range(16)]),
        (GOOD | {"first": 29, "count": 1, "step": 0}, PAIR, [(29, 10)]),
        (GOOD | {"first": 4, "count": 6, "step": 0}, PAIR, [(s, 10) for s in range(4, 10)]),
        (GRID, TABLES, [(4, 10), (5, 15), (6, 14)]),
        (GRID | {"count": 2, "words": 9}, TABLES, [(4, 10 + 14), (5, 10)]),
        (GOOD | {"count": 1, "runs": 2, "words": 8}, struct.pack("<4H", 0, 2, 4, 1),
         [(4, 10), (4, 11), (4, 14)]),
    ],
    ids=str,
)  # fmt: skip
def test_a_block_is_what_its_record_says(fields, body, ends):
    (part,) = decode_blocks(
        record(*fields.values(), body), NEURONS.populations, NEURONS.zones, CLASSES
    )
    rows = zip(*(column.tolist() for column in part), strict=True)
    assert list(rows) == [(source, target, 1, 1) for source, target in ends]


def test_a_block_has_at_most_32768_sources():
    neurons = Neurons(0, 33_000, 33_100)
    for m in (32_768, 32_769):
        data = agrees(neurons, [(s, 33_005, 1, 1) for s in range(m)], f"{m} sources")
        assert len(data) == 28 * (1 + m - 32_768)


@pytest.mark.parametrize("targets", [1, 2, 9])
@pytest.mark.parametrize(
    "starts",
    [
        [20, 21, 22, 23, 40, 41, 42, 43, 44], [0, 5, 1, 6, 2, 7], [3, 0, 2], [3, 0, 2, 9],
        [0, 2, 7, 9, 1, 3, 8, 10, 5], [9, 9, 9, 3, 3, 3, 3], [0, 1, 0, 1, 0], [4, 4],
    ],
    ids=str,
)  # fmt: skip
def test_stretches_of_several_pieces_and_grids_from_the_first_neuron_on(starts, targets):
    neurons = Neurons(0, 60, 100)
    synapses = [(70 + j, s + t, 1, 1) for j, s in enumerate(starts) for t in range(targets)]
    agrees(neurons, synapses, f"{targets} targets from {starts} on")


@pytest.mark.parametrize("sources", [1, 2])
def test_each_set_of_targets_within_eight_neurons_of_one_source_or_two(sources):
    neurons = Neurons(0, 4, 12)
    sizes = set()
    for number in range(1, 256):
        targets = [4 + bit for bit in range(8) if number >> bit & 1]
        synapses = [(s, t, 1, 1) for s in range(sources) for t in targets]
        data = agrees(neurons, synapses, f"{targets}")
        runs = sum(t - 1 not in targets for t in targets)
        as_block = sources > 1 or 24 + 4 * runs <= 24 + 6 + 2 * len(targets)
        assert len(data) == (24 + 4 * runs if as_block else 0)
        sizes.add(len(data))
    assert sizes == {28, 32, 36, 40} | ({0} if sources == 1 else set())


@pytest.mark.parametrize("second", [2, -1, 0])
@pytest.mark.parametrize("third", [0, 1, 25])
def test_long_pieces_of_several_steps_are_slides(second, third):
    """Each begins where the one before ended or elsewhere: a grid of so many sources is larger."""
    neurons = Neurons(0, 200, 500)
    starts = [*range(230, 250), *(300 + second * j for j in range(20)), *range(400, 400 + third)]
    synapses = [(70 + j, start, 1, 1) for j, start in enumerate(starts)]
    data = agrees(neurons, synapses, f"a step of {second}, {third} more")
    assert len(data) == 28 * (3 if third else 2)
