"""Refusals of synapses, inputs, areas and places: see refusals.py."""

import struct
from collections.abc import Callable, Iterator

from tests.support.blobs import PLACED, Blob, grid, short, wide, zones

FIELD, INDEX = 21, 22


def rows() -> Iterator[tuple[str, Blob, int, int, str]]:
    blob = wide()
    at = blob.at[4]
    links, _, first, pages = struct.unpack_from("<HHII", blob.data, at)
    table = at + 12 + 4 * links
    stream = table + 4 * (pages + 1)
    end = struct.unpack_from("<I", blob.data, stream - 4)[0]

    def case(name: str, where: int, form: str, *values: int) -> tuple:
        return name, wide().write(where, form, *values), INDEX, 4, " "

    assert (first, pages) == (0, 1)
    data = blob.of(4)
    yield "rows that are cut", wide().section(4, data[:8]), INDEX, 4, " "
    yield "rows of 12 bytes", wide().section(4, data[:12]), INDEX, 4, " "
    yield "a stream that is cut", wide().section(4, data[:-2]), INDEX, 4, " "
    yield "a stream that goes on", wide().section(4, data + bytes(2)), INDEX, 4, " "
    yield case("the zero of ROWS", at + 2, "H", 1)
    yield case("no pages", at + 8, "I", 0)
    yield case("a page beyond the last neuron", at + 4, "I", 1)
    yield case("a link of no class", at + 12 + 4 * (links - 1), "H", len(blob.network.classes))
    for zone in (len(zones(blob)), 60_000):
        yield case(f"a link to zone {zone}, which is none", at + 12 + 4 * links - 2, "H", zone)
    one, two = data[12:16], data[16:20]
    swapped = data[:12] + two + one + data[20:]
    yield "links that descend", wide().section(4, swapped), INDEX, 4, " "
    yield "a link twice", wide().section(4, data[:12] + one + one + data[20:]), INDEX, 4, " "
    yield case("a first offset that is not 0", table, "I", 2)
    yield case("a last offset too far", stream - 4, "I", end + 2)
    yield case("a last offset too near", stream - 4, "I", end - 2)
    odd = data[:-1] + b"\0\0"
    more = struct.pack("<I", end + 1)
    at4 = 12 + 4 * links + 4 * pages
    yield "an odd offset", wide().section(4, odd[:at4] + more + odd[at4 + 4 :]), INDEX, 4, " "
    two_pages = data[:8] + struct.pack("<I", 2) + data[12:]
    for name, offsets in (
        ("an empty page at the end", (0, end, end)),
        ("... at the beginning", (0, 0, end)),
    ):
        made = two_pages[: 12 + 4 * links] + struct.pack("<3I", *offsets) + data[at4 + 4 :]
        larger = wide().section(4, made)
        yield name, larger, INDEX, 4, " "
    row = next(i for i in range(32) if struct.unpack_from("<H", blob.data, stream + 2 * i)[0])
    begins = stream + 2 * row
    value = struct.unpack_from("<H", blob.data, begins)[0]
    yield case("a row that begins late", begins, "H", value + 1)
    yield case("a row that is left out", begins, "H", 0)
    none = next(i for i in range(32) if not struct.unpack_from("<H", blob.data, stream + 2 * i)[0])
    yield case("a row of nothing", stream + 2 * none, "H", end // 2)
    yield case("a row of no neuron", stream + 62, "H", end // 2)
    segment, n = blob.link(lambda c, n: c.weight == 0 and n > 1)
    link = struct.unpack_from("<H", blob.data, segment)[0]
    yield case("a segment of no link", segment, "H", link & 32768 | links)
    yield case("a segment of none", segment + 2, "H", 0)
    yield case("a segment beyond its page", segment + 2, "H", 20_000)
    yield (
        case("a row without end", segment, "H", link & 32767)
        if link & 32768
        else case("a row that ends early", segment, "H", link | 32768)
    )
    target = struct.unpack_from("<H", blob.data, segment + 4)[0]
    zone = next(z for z in zones(blob) if z[0] <= target < z[1])
    yield case("a target below its zone", segment + 4, "H", (zone[0] - 1) & 0xFFFF)
    yield case("a target above its zone", segment + 4, "H", zone[1])
    ends, n = blob.link(lambda c, n: c.weight == 0 and n == 1)
    yield case("an own weight of 128", ends + 6, "B", 128)
    yield case("what fills a group of one", ends + 7, "B", 1)
    falls, n = blob.link(lambda c, n: c.weight == 0 and n == 2)
    a, b = struct.unpack_from("<HH", blob.data, falls + 4)
    if a < b:
        yield case("targets that descend", falls + 4, "HH", b, a)
        same = wide().write(falls + 4, "HHBB", a, a, 2, 1)
        yield "own weights that descend", same, INDEX, 4, " "
    narrow = short()
    few, n = narrow.link(lambda c, n: c.few_bits == 2 and n % 8 not in (0, 4))
    fill = few + 4 + 2 * n + (n * 2 + 15) // 16 * 2 - 1
    yield "bits that fill", short().write(fill, "B", 192), INDEX, 4, " "
    m = blob.network.n_synapses
    for count in (m - 1, m + 1):
        yield f"{count} synapses", wide().write(24, "I", count), INDEX, 4, f"synapses of {count}"
    yield "no rows", wide().section(4, b""), INDEX, 4, "synapses of"


def blocks() -> Iterator[tuple[str, Blob, int, int, str]]:
    def case(
        name: str, find: Callable[..., bool], at: int, form: str, *values: int, code: int = FIELD,
        of: Callable[[], Blob] = wide,
    ) -> tuple:  # fmt: skip
        blob = of()
        return name, blob.write(blob.block(find) + at, form, *values), code, 5, " "

    one = lambda count, d, runs: count == 1 and runs == 1  # noqa: E731
    two = lambda count, d, runs: runs > 1  # noqa: E731
    slide = lambda count, d, runs: count > 1 and not d  # noqa: E731
    tall = lambda count, d, runs: d > 0  # noqa: E731
    wide_ = wide()
    at = wide_.block(one)
    _, _, _, zone, start = struct.unpack_from("<HHHHH", wide_.data, at)
    low, high = zones(wide_)[zone]
    yield case("a block of no source", one, 2, "H", 0)
    yield case("a block of 32,769", one, 2, "H", 32769)
    yield case("a block without runs", one, 16, "H", 0)
    for place in (18, 19, 20, 23):
        yield case(f"the zero {place} of a block", one, place, "B", 1)
    yield case("a step of one source", one, 10, "h", 1)
    yield case("a divisor of 1", tall, 12, "H", 1, of=grid)
    yield case("a divisor beyond the count", tall, 12, "H", 60, of=grid)
    yield case("a start beside a divisor", tall, 8, "H", 1, of=grid)
    yield case("a step beside a divisor", tall, 10, "h", 1, of=grid)
    g = grid()
    at_grid = g.block(tall)
    _, count, _, _, _, _, d, words, runs = struct.unpack_from("<HHHHHhHHH", g.data, at_grid)
    inner = at_grid + 24 + 4 * runs + 2 * -(-count // d)
    least = struct.unpack_from(f"<{d}H", g.data, inner)
    raised = grid().write(inner, f"{d}H", *(b + 1 for b in least))
    yield "no B that is 0", raised, FIELD, 5, " "
    if (24 + 4 * runs + 2 * (-(-count // d) + d)) % 4:
        yield "a block's filling", grid().write(at_grid + 4 * words - 1, "B", 1), FIELD, 5, " "
    index = {"code": INDEX}
    yield case("words too few", one, 14, "H", 6, **index)
    yield case("words too many", one, 14, "H", 8, **index)
    data = wide_.of(5)
    yield "a block that is cut", wide().section(5, data + data[:20]), INDEX, 5, " "
    yield case("sources beyond their population", one, 2, "H", 2, **index)
    yield case("a source beyond the last", one, 0, "H", 65535, **index)
    yield case("a block of no class", one, 4, "H", 32766, **index)
    own = next(i for i, c in enumerate(wide_.network.classes) if c.weight == 0 and not c.mp_driven)
    yield case("a block of own weights", one, 4, "H", own, **index)
    for none in (len(zones(wide_)), 60_000):
        yield case(f"a block to zone {none}, which is none", one, 6, "H", none, **index)
    lone = struct.unpack_from("<H", data, 14)[0] * 4
    yield "a block twice", wide().section(5, data[:lone] + data), INDEX, 5, " "
    yield "blocks that descend", wide().section(5, data[lone:] + data[:lone]), INDEX, 5, " "
    yield case("a first offset above 0", one, 24, "H", 1, **index)
    yield case("a run of none", one, 26, "H", 0, **index)
    yield case(
        "runs that touch",
        two,
        28,
        "H",
        struct.unpack_from("<H", wide_.data, wide_.block(two) + 26)[0],
        **index,
    )
    yield case("targets below their zone", one, 8, "H", (low - 1) & 0xFFFF, **index)
    yield case("targets above their zone", one, 8, "H", high, **index)
    yield case("a run beyond its zone", one, 26, "H", high - start + 1, **index)
    yield (
        case("a step that leads out", slide, 10, "h", 32767, of=grid, **index)
        if _has(grid(), slide)
        else case("a run that leads out", one, 26, "H", 65535, **index)
    )


def _has(blob: Blob, find: Callable[..., bool]) -> bool:
    try:
        return bool(blob.block(find))
    except AssertionError:
        return False


def rest() -> Iterator[tuple[str, Blob, int, int, str]]:
    blob = wide()
    first, count, amount = struct.unpack_from("<HHi", blob.data, blob.at[6])
    n = blob.network.n_neurons
    inputs = {
        "an input of none": (first, 0, amount), "an input of 0": (first, count, 0),
        "an input below 0": (first, count, -1), "inputs beyond the last": (first, n, amount),
        "an input beyond J": (first, count, 2**31 - 1),
    }  # fmt: skip
    for name, values in inputs.items():
        yield name, wide().section(6, struct.pack("<HHi", *values)), FIELD, 6, " "
    record = struct.pack("<HHi", first, count, amount)
    over = record + struct.pack("<HHi", first + count - 1, 1, 1)
    yield "inputs that overlap", wide().section(6, over), FIELD, 6, "is out of place"
    touch = struct.pack("<HHiHHi", first, 1, 1, first + 1, count - 1, 1)
    yield "inputs that touch", wide().section(6, touch), 0, 0, ""
    yield "an input that is cut", wide().section(6, record[:6]), FIELD, 6, "a broken record"
    at = blob.at[7]
    areas = blob.of(7)
    for name, where, form, values in (
        ("a group that is none", 8, "B", (5,)), ("a name of 64 bytes", 9, "B", (64,)),
        ("0 neurons in a voxel", 10, "H", (0,)), ("no width", 12, "I", (0,)),
        ("no height", 16, "I", (0,)), ("no depth", 20, "I", (0,)),
        ("a unit of 0", 36, "d", (0.0,)), ("a unit below 0", 36, "d", (-1.0,)),
        ("a unit without end", 36, "d", (float("inf"),)),
        ("a unit that is none", 36, "d", (float("nan"),)),
        ("more than 2^32 places", 12, "III", (2**16, 2**16, 2)),
    ):  # fmt: skip
        yield name, wide().write(at + where, form, *values), FIELD, 7, " "
    length = areas[9]
    if length % 4:
        yield "an area's filling", wide().write(at + 44 + length, "B", 1), FIELD, 7, " "
    yield "areas that are cut", wide().section(7, areas[:-4]), FIELD, 7, " "
    yield "areas that go on", wide().section(7, areas + bytes(4)), FIELD, 7, "follow the areas"
    yield "no areas at all", wide().section(7, b""), FIELD, 7, " "
    yield "an id that is not UTF-8", wide().write(at, "B", 255), 0, 0, "not UTF-8"
    yield "a name that is not UTF-8", wide().write(at + 44, "B", 255), 0, 0, "not UTF-8"
    yield "places up to 2^32", wide().write(at + 12, "III", 2**16, 2**16, 1), 0, 0, ""
    room = grid()
    unplaced = next(p for p in room.network.populations if p.first and _default(room, p))
    area_at = room.at[7]
    for a in room.network.areas[: unplaced.area]:
        area_at += 44 + (len(a.name.encode()) + 3) // 4 * 4
    smaller = grid().write(area_at + 12, "III", unplaced.count - 1, 1, 1)
    yield "fewer places than neurons", smaller, FIELD, 8, " "
    places = room.of(8)
    runs = struct.unpack_from("<H", places)[0]
    body = [struct.unpack_from("<IHH", places, 2 + 8 * i) for i in range(runs)]

    def placed(*changed: tuple[int, int, int]) -> Blob:
        made = struct.pack("<H", len(changed)) + b"".join(struct.pack("<IHH", *r) for r in changed)
        return grid().section(8, made + places[2 + 8 * runs :])

    (p0, n0, s0), *others = body
    for name, changed in (
        ("a run of places of none", ((p0, 0, s0), *body)),
        ("a step of 0", ((p0, n0, 0), *others)),
        ("a place beyond its area", (*body[:-1], (60_000, *body[-1][1:]))),
        ("too few places", body[:-1]), ("too many", (*body, (0, 1, 1))),
        ("a run cut in two", ((p0, n0 - 1, s0), (p0 + (n0 - 1) * s0, 1, 1), *others)),
        ("a step of one", ((p0, 1, 2), (p0 + s0, n0 - 1, s0), *others)),
        ("runs of one that are a run", (*((p0 + i * s0, 1, 1) for i in range(n0)), *others)),
        ("no runs", ()),
    ):  # fmt: skip
        yield name, placed(*changed), FIELD, 8, " "
    yield "places that are cut", grid().section(8, places[:-4]), FIELD, 8, " "
    yield "places that go on", grid().section(8, places + bytes(2)), FIELD, 8, " "
    yield "no places", grid().section(8, b""), FIELD, 8, " "
    usual = struct.pack("<HIHH", 1, 0, unplaced.count, 1)
    at = room.record(lambda p: p == unplaced)
    flags = struct.unpack_from("<H", room.data, at + 4)[0]
    before = grid().write(at + 4, "H", flags | PLACED)
    after_first = room.network.populations[0] != unplaced
    said = places + usual if after_first else usual + places
    yield "places that hold without a word", before.section(8, said), FIELD, 8, " "


def _default(blob: Blob, p: object) -> bool:
    place = blob.network.place[p.first : p.stop]
    return bool((place == range(p.count)).all())
