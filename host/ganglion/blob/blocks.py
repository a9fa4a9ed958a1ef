"""Blob blocks: synapses that follow a rule, as a few bytes (SPEC.md, 5.5).

In:  a QuantizedNetwork, or the bytes of BLOCKS with what its records refer to.
Out: the bytes and which synapses they leave to ROWS, or the synapses of each block.
Never: chooses by anything but the number of bytes.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..network.model import Population, QuantizedNetwork, SynapseClass
from ..network.zones import Zone, zone_of_neurons, zones_of
from .sections import own_bits, require

HEAD = struct.Struct("<HHHHHhHHH6x")
MOST_SOURCES = 32_768
Ints = NDArray[np.int64]
Synapses = tuple[Ints, Ints, Ints, Ints]  # source, target, class, weight


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive sources whose targets, less their lowest, are the same."""

    source: int
    klass: int
    zone: int
    starts: Ints
    runs: bytes

    def record(self, first: int, count: int, start: int, step: int, d: int, tables: bytes) -> bytes:
        body = self.runs + tables
        return body_of(
            self.source + first, count, self.klass, self.zone, start, step, d,
            (HEAD.size + len(body)) // 4, len(self.runs) // 4, body,
        )  # fmt: skip


def body_of(*fields: int | bytes) -> bytes:
    """A record of its ten fields, the last of which are bytes."""
    *head, body = fields
    assert isinstance(body, bytes)
    return HEAD.pack(*head) + body


def _pieces(starts: Ints) -> list[tuple[int, int, int]]:
    """(index of the first, count, step): the longest pieces that rise by one step."""
    steps = np.diff(starts)
    changes = np.append(np.flatnonzero(np.diff(steps)) + 1, len(steps)).tolist()
    result, at, k = [], 0, 0
    while at < len(starts):
        step, count = 0, 1
        if at < len(steps) and -32_768 <= steps[at] <= 32_767:
            while changes[k] <= at:
                k += 1
            step, count = int(steps[at]), changes[k] - at + 1
        result.append((at, count, step))
        at += count
    return result


def _grid(starts: Ints, fixed: int, below: int) -> tuple[int, bytes] | None:
    """Divisor and tables of the smallest grid of fewer than `below` bytes, where `fixed` bytes do
    not depend on it."""
    m = len(starts)
    d = np.arange(2, m + 1)
    entries = -(-m // d) + d
    cost = fixed + (entries + 1) // 2 * 4
    order = np.lexsort((d, cost))
    steps = np.diff(starts)
    for i in order[: int(np.searchsorted(cost[order], below))].tolist():
        divisor = int(d[i])
        if divisor < len(steps) and steps[divisor] != steps[0]:
            continue  # the second row does not begin as the first
        head = starts[:divisor]
        inner = head - head.min()
        outer = starts[::divisor] - inner[0]
        if outer.min() >= 0 and np.array_equal((outer[:, None] + inner).ravel()[:m], starts):
            tables = np.concatenate([outer, inner]).astype("<u2").tobytes()
            return divisor, tables.ljust(int(cost[i]) - fixed, b"\0")
    return None


def _smallest(s: _Stretch) -> bytes:
    """The records of the smaller form of the two."""
    fixed = HEAD.size + len(s.runs)
    pieces = _pieces(s.starts)
    grid = _grid(s.starts, fixed, fixed * len(pieces)) if len(pieces) > 1 else None
    if grid is not None:
        return s.record(0, len(s.starts), 0, 0, *grid)
    return b"".join(s.record(i, n, int(s.starts[i]), step, 0, b"") for i, n, step in pieces)


def encode_blocks(network: QuantizedNetwork) -> tuple[bytes, NDArray[np.bool_]]:
    """The section, and (m,) whether a synapse is left to ROWS."""
    left = np.ones(network.n_synapses, dtype=bool)
    own = np.array([own_bits(c) for c in network.classes], dtype=bool)
    chosen = np.flatnonzero(~own[network.klass])
    if not len(chosen):
        return b"", left
    source, target = (a[chosen].astype(np.int64) for a in (network.source, network.target))
    klass = network.klass[chosen].astype(np.int64)
    zone = zone_of_neurons(zones_of(network.populations))[target]
    population = network.population_of[source]
    order = np.lexsort((target, source, zone, klass, population))
    source, target, klass, zone, population, chosen = (
        a[order] for a in (source, target, klass, zone, population, chosen)
    )

    def changes(*columns: Ints) -> NDArray[np.bool_]:
        different = np.zeros(len(source), dtype=bool)
        for column in columns:
            different[1:] |= column[1:] != column[:-1]
        different[0] = True
        return different

    new_bundle = changes(population, klass, zone)
    new_row = new_bundle | changes(source)
    row = np.flatnonzero(new_row)
    of_row = np.cumsum(new_row) - 1
    size = np.diff(row, append=len(source))
    step = np.diff(target, prepend=target[:1])
    begins_run = new_row | (step != 1)
    bundle = np.cumsum(new_bundle)[row]
    twice = np.bincount(bundle, np.logical_or.reduceat(~new_row & (step == 0), row))[bundle] > 0
    # a row has the pattern of the one before if all its targets moved by as much
    follows = np.zeros(len(row), dtype=bool)
    follows[1:] = (bundle[1:] == bundle[:-1]) & (size[1:] == size[:-1])
    follows[1:] &= np.diff(source[row]) == 1
    moved = target - target[np.arange(len(target)) - size[of_row]]  # the first row follows none
    follows &= np.logical_and.reduceat(moved == moved[row][of_row], row)
    number = np.arange(len(row))
    before = number - np.maximum.accumulate(number * ~follows)  # rows of the same stretch
    first = np.flatnonzero(before % MOST_SOURCES == 0)
    count = np.diff(first, append=len(row))
    runs = np.add.reduceat(begins_run, row, dtype=np.int64)[first]
    # 24 + 4·r against 24 + m·(6 + 2·g): more only of one source, since a grid of one row is never
    small = 2 * runs <= count * (3 + size[first])
    result: list[bytes] = []
    for i in np.flatnonzero(small & ~twice[first]).tolist():
        r, m = int(first[i]), int(count[i])
        at, g = int(row[r]), int(size[r])
        pattern = target[at : at + g] - target[at]
        begins = np.flatnonzero(begins_run[at : at + g])
        pairs = np.stack([pattern[begins], np.diff(begins, append=g)], axis=1)
        stretch = _Stretch(
            int(source[at]), int(klass[at]), int(zone[at]),
            target[row[r : r + m]], pairs.astype("<u2").tobytes(),
        )  # fmt: skip
        result.append(_smallest(stretch))
        left[chosen[at : at + m * g]] = False
    return b"".join(result), left


def decode_blocks(
    data: bytes,
    populations: Sequence[Population],
    zones: Sequence[Zone],
    classes: Sequence[SynapseClass],
) -> list[Synapses]:
    """The synapses of each record."""
    result: list[Synapses] = []
    stops = np.array([p.stop for p in populations])
    at = 0
    while at < len(data):
        where = f"block {len(result)}"
        require(at + HEAD.size <= len(data), f"{where} is cut")
        first, count, klass, zone, start, step, d, words, n_runs = HEAD.unpack_from(data, at)
        tables = at + HEAD.size + 4 * n_runs
        entries = -(-count // d) + d if d else 0
        ok = 0 < count <= MOST_SOURCES and d <= count and n_runs > 0
        require(ok and tables + 2 * entries <= at + 4 * words <= len(data), f"{where} is cut")
        ok = first < stops[-1] and first + count <= stops[np.searchsorted(stops, first, "right")]
        require(bool(ok), f"{where} has the sources {first}..+{count}")
        require(klass < len(classes) and zone < len(zones), f"{where} has class {klass}")
        require(own_bits(classes[klass]) == 0, f"{where} is of a class of own weights")
        j = np.arange(count)
        if d:
            table = np.frombuffer(data, "<u2", entries, tables).astype(np.int64)
            starts = table[j // d] + table[-(-count // d) + j % d]
        else:
            starts = start + j * step
        pairs = np.frombuffer(data, "<u2", 2 * n_runs, at + HEAD.size).astype(np.int64)
        offset, length = pairs[::2], pairs[1::2]
        ends = offset + length
        apart = offset[0] == 0 and (length > 0).all() and (offset[1:] > ends[:-1]).all()
        require(bool(apart), f"{where} has runs that are out of place")
        inside = zones[zone].first <= starts.min() and starts.max() + ends[-1] <= zones[zone].stop
        require(bool(inside), f"a target of {where} is outside zone {zone}")
        size = int(length.sum())
        inner = np.repeat(offset - np.cumsum(length) + length, length) + np.arange(size)
        target = (starts[:, None] + inner).ravel()
        n = len(target)
        fill = (np.full(n, v, dtype=np.int64) for v in (klass, classes[klass].weight))
        result.append((np.repeat(first + j, size), target, *fill))
        at += 4 * words
    return result
