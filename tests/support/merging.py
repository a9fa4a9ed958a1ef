"""Merging: which populations a board takes as one, and which leaks it looks up, said once more.

In:  populations as a blob has them.
Out: zones (SPEC 1); the populations that load/merge.py leaves; the tables that load/leaks.py makes.
Never: asks the board.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.blobs import EVERY, PLACED, Blob
from tests.support.populations import (
    CALM,
    EVERY_BURST,
    LIMITED,
    TOUCHED,
    Net,
    has_tally,
    records_of,
)  # fmt: skip

MOST = 64  # neurons of a population made of several
EACH, WORDS = 16, 8192  # entries of a table for each neuron that reads it; words of all tables


@dataclass
class Zone:
    first: int
    stop: int
    rows: list[int]  # of its populations


def zones_of(net: Net) -> list[Zone]:
    found: list[Zone] = []
    before = None
    for i, p in enumerate(net.populations):
        key = p["area"], p["flags"] & EVERY, has_tally(p)
        if key != before:
            found.append(Zone(p["first"], 0, []))
        found[-1].stop = p["first"] + p["count"]
        found[-1].rows.append(i)
        before = key
    return found


def merged(net: Net) -> tuple[Net, list[list[int]]]:
    """The net in which what can be is one; and which populations each of its has."""
    groups: list[list[int]] = []
    alone = {z.rows[0] for z in zones_of(net) if len(z.rows) == 1}
    populations = net.populations
    for i, p in enumerate(populations):
        if i and i in alone and i - 1 in alone:
            first = populations[groups[-1][0]]
            size = p["first"] + p["count"] - first["first"]
            kinds = {net.kernel(first), net.kernel(p)}
            known = len(kinds) == 1 and kinds <= {CALM, TOUCHED, LIMITED, EVERY_BURST}
            if known and size <= MOST and _kept(first) == _kept(p):
                groups[-1].append(i)
                continue
        groups.append([i])
    made = object.__new__(Net)
    vars(made).update(vars(net))
    made.populations = [
        dict(populations[g[0]], count=sum(populations[i]["count"] for i in g)) for g in groups
    ]
    made.offsets = [net.offsets[g[0]] for g in groups]
    return made, groups


def _kept(p: dict[str, int]) -> dict[str, int]:
    """All that must be alike."""
    flags = p["flags"] & ~PLACED
    return {k: v for k, v in p.items() if k not in ("first", "count", "area")} | {"flags": flags}


def tables(kinds: bytes, rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Of which leaks there are tables, in the order of the first population that reads each: rows
    of first, stop, threshold, leak, half, shift."""
    neurons: dict[tuple[int, ...], int] = {}
    for kind, (first, stop, *key) in zip(kinds, rows, strict=True):
        if kind == EVERY_BURST:
            neurons[tuple(key)] = neurons.get(tuple(key), 0) + stop - first
    found: list[tuple[int, ...]] = []
    for key, count in neurons.items():
        if key[0] <= EACH * count and sum(map(words, [*found, key])) <= WORDS:
            found.append(key)
    return found


def words(key: tuple[int, ...]) -> int:
    """Of a table: two entries in each."""
    return (key[0] + 1) // 2


def on_a_board(blob: bytes, rows_kept: bool) -> tuple[int, int]:
    """How many populations a board goes round, and the words of their table."""
    whole = Blob(blob)
    net = object.__new__(Net)
    net.wide = whole.network.storage == 32
    net.populations = records_of(whole.of(1))
    net.offsets = [[] for _ in net.populations]
    before = 32 * len(net.populations)
    if whole.network.layers:
        return len(net.populations), before
    net, _ = merged(net)
    rows, kinds, _ = net.rows()
    found = tables(kinds, [(*row[:2], *row[3:7]) for row in rows]) if rows_kept else []
    if net.wide or not found:
        return len(rows), before
    return len(rows), 32 * len(rows) + sum(map(words, found))
