"""rows.py: the bytes of ROWS, written once more from SPEC 5.5, and what is refused by name."""

import random
import struct
from itertools import pairwise

import numpy as np
import pytest

from ganglion.blob.rows import decode_rows, encode_rows
from ganglion.errors import BlobError, DoesNotFitError
from ganglion.network.model import SynapseClass
from ganglion.network.zones import zones_of
from tests.support.records import area, network_of, population

SEED = 14
CLASSES = (
    SynapseClass(5, 1), SynapseClass(2, 0), SynapseClass(1, 0, few_bits=4),
    SynapseClass(1, 0, few_bits=2), SynapseClass(5, -1),
)  # fmt: skip
BITS = (0, 8, 4, 2, 0)
STARTS = (0, 40, 67, 200)  # of zones: the neurons 0 to 39, 40 to 66, 67 to 199
POPULATIONS = [population(a, b - a, area=i) for i, (a, b) in enumerate(pairwise(STARTS))]
ZONES = zones_of(POPULATIONS)
AREAS = [area(name, 200) for name in ("one", "two", "six")]
Row = tuple[int, int, int, int]


def network(synapses: list[Row]):
    place = [n - max(s for s in STARTS if s <= n) for n in range(STARTS[-1])]
    return network_of(POPULATIONS, AREAS, place, CLASSES, synapses)


def few(weights: list[int], bits: int) -> bytes:
    """The lowest bits first, in whole words of two bytes."""
    number = sum(w << bits * i for i, w in enumerate(weights))
    return number.to_bytes((len(weights) * bits + 15) // 16 * 2, "little")


def segment(synapses: list[tuple[int, int]], bits: int) -> bytes:
    targets, weights = zip(*synapses, strict=True)
    if bits < 8:
        data = struct.pack(f"<{len(targets)}H", *targets)
        return data + few(list(weights), bits) if bits else data
    data, at = b"", 0
    while at < len(targets):
        n = next(n for n in (4, 2, 1) if n <= len(targets) - at)
        data += struct.pack(f"<{n}H{n}B", *targets[at : at + n], *weights[at : at + n])
        at += n
    return data + bytes(len(data) % 2)


def section(synapses: list[Row]) -> bytes:
    """What ROWS is of these."""
    links = sorted({(k, sum(t >= s for s in STARTS[1:])) for _, t, k, _ in synapses})
    sources = sorted({s for s, _, _, _ in synapses})
    pages = []
    for page in range(sources[0] // 32, sources[-1] // 32 + 1):
        begins, data = [0] * 32, b""
        for source in [s for s in sources if s // 32 == page]:
            begins[source % 32] = 32 + len(data) // 2
            mine: dict[int, list[tuple[int, int]]] = {}
            for s, t, k, w in sorted(synapses, key=lambda row: (row[1], row[3])):
                if s == source:
                    link = links.index((k, sum(t >= z for z in STARTS[1:])))
                    mine.setdefault(link, []).append((t, w))
            for link in sorted(mine):
                last = 32_768 * (link == max(mine))
                data += struct.pack("<HH", link | last, len(mine[link]))
                data += segment(mine[link], BITS[links[link][0]])
        pages.append(struct.pack("<32H", *begins) + data if data else b"")
    return rows(links, sources[0] // 32, pages)


def rows(links, first, pages, zero=0, n_pages=None, offsets=None) -> bytes:
    """Those parts put together."""
    ends = [sum(map(len, pages[:i])) for i in range(len(pages) + 1)] if offsets is None else offsets
    data = struct.pack("<HHII", len(links), zero, first, len(pages) if n_pages is None else n_pages)
    data += b"".join(struct.pack("<HH", *link) for link in links)
    return data + struct.pack(f"<{len(ends)}I", *ends) + b"".join(pages)


def at_random(chance: random.Random) -> list[Row]:
    found = []
    ends = chance.choice(((0, 39, 40, 66, 67, 199), (67, 80, 199)))
    for source in chance.sample(range(200), chance.choice((1, 2, 5))):
        for klass in chance.sample(range(5), chance.choice((1, 2, 4))):
            for _ in range(chance.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 40))):
                weight = {0: 1, 8: chance.choice((0, 1, 127)), 4: chance.randrange(16)}.get(
                    BITS[klass], chance.randrange(4)
                )
                weight = -1 if klass == 4 else weight
                found.append((source, chance.choice(ends), klass, weight))
    return found


def test_rows_are_what_the_specification_says_and_read_back():
    chance = random.Random(SEED)
    for number in range(60):
        synapses = at_random(chance) if number else [(0, 40, 0, 1), (1, 0, 0, 1)]
        made = network(synapses)
        data = encode_rows(made, np.ones(len(synapses), dtype=bool))
        assert data == section(synapses), f"seed {SEED}, number {number}"
        columns = zip(*decode_rows(data, ZONES, CLASSES, 200), strict=True)
        source, target, klass, weight = (np.concatenate(column).tolist() for column in columns)
        assert sorted(zip(source, target, klass, weight, strict=True)) == sorted(synapses)


def test_what_is_not_chosen_is_left_out():
    made = network([(3, 1, 0, 1), (3, 2, 0, 1), (9, 2, 0, 1)])
    chosen = np.array([True, False, True])
    assert encode_rows(made, chosen) == section([(3, 1, 0, 1), (9, 2, 0, 1)])
    assert encode_rows(made, ~chosen | True) == section([(3, 1, 0, 1), (3, 2, 0, 1), (9, 2, 0, 1)])
    assert encode_rows(made, chosen & False) == b"" and decode_rows(b"", ZONES, CLASSES, 200) == []


def test_a_page_holds_131070_bytes():
    most = [(3, 1, 0, 1)] * 65_501
    for extra, size in (([], 131_070), ([(3, 1, 0, 1)], 131_072)):
        made = network(most + extra)
        chosen = np.ones(made.n_synapses, dtype=bool)
        if not extra:
            data = encode_rows(made, chosen)
            assert len(data) == 12 + 4 + 8 + size
            assert len(decode_rows(data, ZONES, CLASSES, 200)[0][0]) == 65_501
            continue
        text = (
            "32 neurons have 131,072 bytes of synapses, and a page holds 131,070; lower the fan-out"
        )
        with pytest.raises(DoesNotFitError) as refused:
            encode_rows(made, chosen)
        assert str(refused.value) == text
        page = struct.pack("<32H", *[0] * 3, 32, *[0] * 28)
        page += struct.pack("<HH", 32_768, 65_502) + bytes([1, 0]) * 65_502
        with pytest.raises(BlobError, match="page 0 has 131072 bytes; "):
            decode_rows(rows([(0, 0)], 0, [page]), ZONES, CLASSES, 200)


def page(*segments: bytes, row: int = 1, begin: int = 32) -> bytes:
    return struct.pack("<32H", *[0] * row, begin, *[0] * (31 - row)) + b"".join(segments)


def head(link: int, count: int, *targets: int, last: bool = True) -> bytes:
    return struct.pack(f"<HH{len(targets)}H", link | 32_768 * last, count, *targets)


LINKS = [(0, 0), (1, 1), (4, 2)]
ONE = page(head(0, 2, 0, 39))
ROW33 = [
    (head(0, 1, last=False) + b"\0\0", "row 33 is cut"),
    (head(0, 1, 5, last=False) + bytes(3), "row 33 is cut"),
    (head(0, 1, 0, last=False) + head(0, 0), "row 33 has link 0, 0 targets"),
    (head(0, 2, 5), "row 33 is cut"),
    (head(1, 1, 40) + b"\1", "row 33 is cut"),
    (head(3, 1, 5), "row 33 has link 3, 1 targets"),
    (head(0, 0) + b"\0\0", "row 33 has link 0, 0 targets"),
    (head(0, 2, 5, 40), "row 33 has a target outside zone 0"),
    (head(1, 1, 39) + b"\1\0", "row 33 has a target outside zone 1"),
    (head(1, 2, 40, 67) + b"\1\1", "row 33 has a target outside zone 1"),
    (head(1, 1, 40) + b"\x80\0", "row 33 has a weight above 127"),
    (head(0, 1, 5) + b"\0\0", "2 bytes follow the rows of page 1"),
]
WHOLE = [
    (rows(LINKS, 1, [ONE])[:11], "ROWS has no header"),
    (struct.pack("<HHII", 0, 0, 0, 0), "the pages 0..+0 do not fit"),
    (rows(LINKS, 1, [ONE], zero=1), "the pages 1..+1 do not fit"),
    (rows(LINKS, 1, [], n_pages=0), "the pages 1..+0 do not fit"),
    (rows(LINKS, 7, [ONE]), "the pages 7..+1 do not fit"),
    (rows(LINKS, 1, [])[:-4] + bytes(4), "the pages 1..+0 do not fit"),
    (rows(LINKS, 1, [], n_pages=1, offsets=[0]), "the pages 1..+1 do not fit"),
    (rows([(5, 0)], 1, [ONE]), "a link is of class 5 and zone 0"),
    (rows([(0, 3)], 1, [ONE]), "a link is of class 0 and zone 3"),
    (rows(LINKS, 1, [ONE, ONE], offsets=[0, 145, 144]), "page offsets descend"),
    (rows(LINKS, 1, [ONE], offsets=[1, 72]), "page offsets descend"),
    (rows(LINKS, 1, [ONE], offsets=[0, 71]), "the page offsets end elsewhere"),
    (rows(LINKS, 1, [ONE], offsets=[0, 73]), "the page offsets end elsewhere"),
    (rows(LINKS, 1, [ONE[:64]]), "page 1 has 64 bytes"),
    (rows(LINKS, 1, [ONE, ONE[:64]]), "page 2 has 64 bytes"),
    (rows(LINKS, 1, [ONE, ONE + bytes(2)]), "2 bytes follow the rows of page 2"),
    (rows(LINKS, 1, [page(head(0, 2, 0, 39), begin=33)]), "row 33 begins elsewhere"),
    (rows(LINKS, 6, [page(head(0, 2, 0, 39), row=8)]), "row 200 begins elsewhere"),
    *((rows(LINKS, 1, [page(data)]), text) for data, text in ROW33),
]


@pytest.mark.parametrize(("data", "text"), WHOLE, ids=[text for _, text in WHOLE])
def test_rows_that_break_a_rule_are_refused_by_name(data, text):
    with pytest.raises(BlobError) as refused:
        decode_rows(data, ZONES, CLASSES, 200)
    assert str(refused.value).startswith(f"{text}; ")


def test_rows_at_their_edges_are_read():
    for data, expected in (
        (rows(LINKS, 1, [ONE]), [(33, 0, 0, 1), (33, 39, 0, 1)]),
        (rows(LINKS, 6, [page(head(2, 1, 67), row=7)]), [(199, 67, 4, -1)]),
        (
            rows(LINKS, 1, [page(head(1, 2, 40, 66) + b"\0\x7f")]),
            [(33, 40, 1, 0), (33, 66, 1, 127)],
        ),
        (rows(LINKS, 0, [b"", page(head(0, 1, 7))], offsets=[0, 0, 70]), [(33, 7, 0, 1)]),
        (rows(LINKS, 1, [b""]), []),
    ):
        read = decode_rows(data, ZONES, CLASSES, 200)
        found = [row for part in read for row in zip(*(c.tolist() for c in part), strict=True)]
        assert found == expected
        assert all(column.dtype == np.int64 for part in read for column in part)


def test_there_are_at_most_32768_links():
    classes = tuple(SynapseClass(m, 1) for m in range(1, 16_386))
    for links in (32_768, 32_769):
        synapses = [(i % 200, 40 * (i & 1), i >> 1, 1) for i in range(links)]
        made = network_of(POPULATIONS, AREAS, [0] * 200, classes, synapses)
        if links == 32_768:
            data = encode_rows(made, np.ones(links, dtype=bool))
            assert len(decode_rows(data, ZONES, classes, 200)) == links
            continue
        with pytest.raises(DoesNotFitError) as caught:
            encode_rows(made, np.ones(links, dtype=bool))
        assert str(caught.value) == (
            "the synapses have 32,769 pairs of class and zone, and rows can name 32,768; "
            "give them fewer different weights"
        )
