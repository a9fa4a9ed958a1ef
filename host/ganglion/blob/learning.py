"""Blob learning: the sections of a brain that learns, each both ways (SPEC.md, 11.7).

In:  a QuantizedNetwork, or the bytes of sections 30 to 36 and the records that they point to.
Out: the bytes, or a NetworkLearning whose every index is in range.
Never: looks at another section than these.
"""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from ..network.learning import (
    ASSOCIATIVE,
    CLOSED,
    DEEPEST,
    LISTED,
    LONGEST_LIFE,
    LONGEST_WINDOW,
    MOST_LISTED,
    NOBODY,
    Memory,
    NetworkLearning,
    Projection,
    Rule,
    Slots,
    Twin,
)
from ..network.model import Population, QuantizedNetwork
from ..network.zones import is_calm, zones_of
from .learning_rules import check_projections, check_slots
from .sections import require

RULES, PROJECTIONS, TARGETS, WEIGHTS, PRESENT, MEMORIES, TWINS, SLOTS = range(30, 38)
SECTIONS = {
    RULES: "RULES",
    PROJECTIONS: "PROJECTIONS",
    TARGETS: "TARGETS",
    WEIGHTS: "WEIGHTS",
    PRESENT: "PRESENT",
    MEMORIES: "MEMORIES",
    TWINS: "TWINS",
    SLOTS: "SLOTS",
}
RULE = struct.Struct("<HHBBBB")
PROJECTION = struct.Struct("<HHiibBBBI")
MEMORY = struct.Struct("<HHHHIII")
TWIN = struct.Struct("<HHii")


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _behind(data: bytes, end: int, cut: str, filled: str) -> int:
    """Where the next begins, behind zero bytes to a multiple of four; BlobError if they are not
    there, or other bytes."""
    behind = end + -end % 4
    require(behind <= len(data), cut)
    require(not any(data[end:behind]), filled)
    return behind


def encode_learning(network: QuantizedNetwork) -> dict[int, bytes]:
    """The sections by type; empty ones are absent in a blob."""
    learning = network.learning
    parts = dict.fromkeys(SECTIONS, b"")
    for r in learning.rules:
        parts[RULES] += RULE.pack(r.source, r.target, r.window, r.up, r.down, int(r.associative))
    for p in learning.projections:
        parts[PROJECTIONS] += PROJECTION.pack(
            p.rule, p.zone, p.multiplier, p.cap, p.sign, p.shift, p.form, int(p.mp_driven), p.places
        )
        if p.form == LISTED:
            both = p.begin.astype("<u2").tobytes() + p.target.astype("<u2").tobytes()
            parts[TARGETS] += _padded(both)
        parts[WEIGHTS] += p.weight.astype(np.uint8).tobytes()
        if p.form == ASSOCIATIVE:
            parts[PRESENT] += _padded(np.packbits(p.present, bitorder="little").tobytes())
    for m in learning.memories:
        record = (
            MEMORY.pack(m.area, m.depth, len(m.upstream), 0, m.init, m.growth, m.longterm)
            + np.array(m.upstream, dtype="<u2").tobytes()
        )
        parts[MEMORIES] += _padded(record)
    for t in learning.twins:
        record = TWIN.pack(t.memory, t.upstream, t.amount, t.cap)
        parts[TWINS] += _padded(record + t.plays.astype("<u2").tobytes())
    if any(s.alive.any() for s in learning.slots):
        parts[SLOTS] = b"".join(slots_bytes(s) for s in learning.slots)
    return parts


def slots_bytes(slots: Slots) -> bytes:
    """The slots of one memory area, as in SLOTS and in the state of a run."""
    lives = slots.life.astype("<u4").tobytes() + slots.pattern.astype("<u4").tobytes()
    return _padded(slots.alive.astype(np.uint8).tobytes()) + lives


def decode_learning(
    data: Mapping[int, bytes], populations: Sequence[Population], n_areas: int
) -> NetworkLearning:
    """The learning of a blob. Raises BlobError for anything that SPEC 11.7 does not allow."""
    if not any(kind in data for kind in SECTIONS):
        return NetworkLearning()
    areas = _areas_of(populations, n_areas)
    rules = _rules(data.get(RULES, b""), areas)
    projections = _projections(data, rules, areas, populations)
    memories = _memories(data.get(MEMORIES, b""), populations, areas)
    twins = _twins(data.get(TWINS, b""), memories, areas, populations[-1].stop)
    slots: tuple[Slots, ...] = ()
    if SLOTS in data:
        slots, end = read_slots(data[SLOTS], 0, memories, areas)
        require(end == len(data[SLOTS]), f"{len(data[SLOTS]) - end} bytes follow the slots")
        for s, memory in zip(slots, memories, strict=True):
            check_slots(s, memory, areas)
        require(any(s.alive.any() for s in slots), "SLOTS has none in use")
    return NetworkLearning(rules, projections, memories, twins, slots)


def words_of(memory: Memory, areas: Sequence[range]) -> int:
    """The words of a frame of a memory area."""
    seen = [areas[up] for up in memory.upstream]
    return sum((s.stop - 1 >> 5) - (s.start >> 5) + 1 for s in seen)


def slots_size(memory: Memory, areas: Sequence[range]) -> int:
    """The bytes of its slots, as in SLOTS and in the state of a run."""
    n = len(areas[memory.area])
    return n + -n % 4 + 4 * n + 4 * n * memory.depth * words_of(memory, areas)


def read_slots(
    data: bytes, at: int, memories: Sequence[Memory], areas: Sequence[range]
) -> tuple[tuple[Slots, ...], int]:
    """The slots of each memory area, from bytes that hold them in a row from `at` on; and where
    they end."""
    found = []
    for memory in memories:
        n, words = len(areas[memory.area]), words_of(memory, areas)
        require(
            at + slots_size(memory, areas) <= len(data), "SLOTS ends before the memory areas do"
        )
        alive = np.frombuffer(data, np.uint8, n, at)
        at = _behind(data, at + n, "SLOTS is cut", "SLOTS is not padded")
        life = np.frombuffer(data, "<u4", n, at).astype(np.int64)
        at += 4 * n
        pattern = np.frombuffer(data, "<u4", n * memory.depth * words, at).astype(np.uint32)
        at += pattern.nbytes
        found.append(Slots(alive, life, pattern.reshape(n, memory.depth, words)))
    return tuple(found), at


def _areas_of(populations: Sequence[Population], n_areas: int) -> list[range]:
    found = [range(0)] * n_areas
    for p in populations:
        require(p.area < n_areas, f"a population is of area {p.area} of {n_areas}")
        before = found[p.area]
        found[p.area] = range(before.start if before else p.first, p.stop)
    return found


def _rules(data: bytes, areas: Sequence[range]) -> tuple[Rule, ...]:
    require(len(data) % RULE.size == 0, f"RULES has {len(data)} bytes")
    result: list[Rule] = []
    before: tuple[int, ...] = ()
    for i, (source, target, window, up, down, flags) in enumerate(RULE.iter_unpack(data)):
        where = f"rule {i}"
        require(before < (source, target), f"{where} is not in order")
        ok = source < len(areas) and target < len(areas) and areas[source] and areas[target]
        require(bool(ok), f"{where} joins the areas {source} and {target} of {len(areas)}")
        require(1 <= window <= LONGEST_WINDOW, f"{where} has a window of {window}")
        require(flags < 2, f"{where} has the unknown flags {flags:#x}")
        before = source, target
        result.append(Rule(source, target, window, up, down, bool(flags)))
    return tuple(result)


def _projections(
    data: Mapping[int, bytes],
    rules: Sequence[Rule],
    areas: Sequence[range],
    populations: Sequence[Population],
) -> tuple[Projection, ...]:
    zones = zones_of(populations)
    records, targets = data.get(PROJECTIONS, b""), data.get(TARGETS, b"")
    weights, present = data.get(WEIGHTS, b""), data.get(PRESENT, b"")
    require(len(records) % PROJECTION.size == 0, f"PROJECTIONS has {len(records)} bytes")
    result: list[Projection] = []
    at_target = at_weight = at_present = 0
    before: tuple[int, ...] = ()
    for i, record in enumerate(PROJECTION.iter_unpack(records)):
        rule, zone, multiplier, cap, sign, shift, form, flags, places = record
        where = f"projection {i}"
        key = rule, zone, form, sign, multiplier, cap, shift
        require(before < key, f"{where} is not in order")
        before = key
        require(rule < len(rules) and zone < len(zones), f"{where} has rule {rule}, zone {zone}")
        described, its_zone = rules[rule], zones[zone]
        inside = areas[described.target]
        require(
            inside.start <= its_zone.first and its_zone.stop <= inside.stop,
            f"{where} leaves the target area of its rule",
        )
        require(
            sign in (1, -1) and shift <= 15 and form <= ASSOCIATIVE and flags < 2 and cap >= 0
            and 0 <= multiplier < (1 << 15 if flags else 1 << 23),
            f"{where} has fields that are out of range",
        )  # fmt: skip
        driven = all(q.mp_driven for q in populations if q.area == described.source)
        is_it = ("is not", "is")
        require(
            flags == driven,
            f"{where} {is_it[flags]} mp-driven, and its source area {is_it[driven]}",
        )
        fits = form == LISTED or (form == ASSOCIATIVE) == described.associative
        require(fits, f"{where} has the form {form}")
        sources = areas[described.source]
        size = its_zone.stop - its_zone.first
        fits = 0 < places <= MOST_LISTED if form == LISTED else places == len(sources) * size
        require(fits, f"{where} has {places} places")
        begin = target = np.zeros(0, dtype=np.uint16)
        if form == LISTED:
            end = at_target + 2 * (len(sources) + 1 + places)
            cut = f"TARGETS ends before {where} does"
            behind = _behind(targets, end, cut, "TARGETS is not padded")
            both = np.frombuffer(targets[at_target:end], dtype="<u2").astype(np.uint16)
            begin, target = both[: len(sources) + 1], both[len(sources) + 1 :]
            require(
                begin[0] == 0
                and begin[-1] == places
                and bool((np.diff(begin.astype(int)) >= 0).all()),
                f"{where} has rows that are out of place",
            )
            require(
                bool(((target >= its_zone.first) & (target < its_zone.stop)).all()),
                f"{where} has targets outside its zone",
            )
            at_target = behind
        require(at_weight + places <= len(weights), f"WEIGHTS ends before {where} does")
        weight = np.frombuffer(weights[at_weight : at_weight + places], dtype=np.uint8)
        at_weight += places
        there = np.zeros(0, dtype=np.bool_)
        if form == ASSOCIATIVE:
            end = at_present + -(-places // 32) * 4
            require(end <= len(present), f"PRESENT ends before {where} does")
            bits = np.frombuffer(present[at_present:end], dtype=np.uint8)
            all_bits = np.unpackbits(bits, bitorder="little").astype(np.bool_)
            there = all_bits[:places]
            require(not all_bits[places:].any(), "PRESENT is not padded")
            absent = weight[~there]
            ok = bool(((absent == 0) | (absent == CLOSED)).all())
            require(ok, f"{where} has weights where no synapse is")
            at_present = end
        result.append(
            Projection(
                rule, zone, multiplier, cap, sign, shift, form, bool(flags), weight, begin, target,
                there,
            )
        )  # fmt: skip
    for name, used, section in (
        ("TARGETS", at_target, targets), ("WEIGHTS", at_weight, weights),
        ("PRESENT", at_present, present),
    ):  # fmt: skip
        require(used == len(section), f"{len(section) - used} bytes of {name} are of no projection")
    check_projections(rules, result, areas, zones)
    return tuple(result)


def _memories(
    data: bytes, populations: Sequence[Population], areas: Sequence[range]
) -> tuple[Memory, ...]:
    result: list[Memory] = []
    before: tuple[int, ...] = ()
    at = 0
    while at < len(data):
        where = f"memory {len(result)}"
        require(at + MEMORY.size <= len(data), f"{where} is cut")
        area, depth, count, zero, init, growth, longterm = MEMORY.unpack_from(data, at)
        end = at + MEMORY.size + 2 * count
        behind = _behind(data, end, f"{where} is cut", "MEMORIES is not padded")
        require(zero == 0 and count > 0, f"{where} is cut")
        upstream = np.frombuffer(data[at + MEMORY.size : end], dtype="<u2").astype(int).tolist()
        ok = before < (area,) and area < len(areas)
        require(ok, f"{where} has the area {area} of {len(areas)}")
        require(1 <= depth <= DEEPEST, f"{where} has a depth of {depth}")
        require(max(init, growth, longterm) <= LONGEST_LIFE, f"{where} has lives beyond 2^30")
        ok = upstream == sorted(set(upstream)) and upstream[-1] < len(areas)
        ok = ok and all(areas[up] for up in upstream) and area not in upstream
        require(ok, f"{where} looks at the areas {upstream}")
        fits = [
            is_calm(p) and not p.accumulates and p.input_max == 0
            for p in populations
            if p.area == area
        ]
        require(fits == [True], f"{where} has no slots in area {area}")
        before = (area,)
        result.append(Memory(area, depth, tuple(upstream), init, growth, longterm))
        at = behind
    return tuple(result)


def _twins(
    data: bytes, memories: Sequence[Memory], areas: Sequence[range], n: int
) -> tuple[Twin, ...]:
    result: list[Twin] = []
    before: tuple[int, ...] = ()
    at = 0
    while at < len(data):
        where = f"twin {len(result)}"
        require(at + TWIN.size <= len(data), f"{where} is cut")
        memory, upstream, amount, cap = TWIN.unpack_from(data, at)
        ok = memory < len(memories) and upstream < len(memories[memory].upstream)
        require(ok, f"{where} has memory {memory}, upstream {upstream}")
        require(before < (memory, upstream), f"{where} is not in order")
        require(amount >= 0 and cap >= 0, f"{where} replays {amount}, at most {cap}")
        require(amount * memories[memory].depth < 2**31, f"{where} replays {amount}, too much")
        end = at + TWIN.size + 2 * len(areas[memories[memory].upstream[upstream]])
        behind = _behind(data, end, f"{where} is cut", "TWINS is not padded")
        plays = np.frombuffer(data[at + TWIN.size : end], dtype="<u2").astype(np.uint16)
        require(bool(((plays < n) | (plays == NOBODY)).all()), f"{where} plays what is not there")
        before = memory, upstream
        result.append(Twin(memory, upstream, amount, cap, plays))
        at = behind
    return tuple(result)
