"""Grouping: which of many small numbers are there, and where, in time that grows as they do.

In:  whole numbers from 0 on, as columns or made piece by piece, and what bounds them.
Out: the distinct ones, ascending, and which each element is; an order by several columns.
Never: sorts a column of all synapses: a sort of ten million takes twenty times that of one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.slices import slices

Ints = NDArray[np.int64]
Numbers = NDArray[np.unsignedinteger[Any]]
MOST = 1 << 20  # entries of a table, or four for each number


def distinct_of(
    codes_of: Callable[[slice], NDArray[np.integer[Any]]], length: int, bound: int
) -> tuple[Ints, Numbers]:
    """The distinct codes, ascending, and (length,) which each is. `codes_of` gives those of a
    slice, the same if it is asked twice; all are 0 to bound - 1."""
    few = bound <= max(MOST, 4 * length)
    which = np.empty(length, dtype=np.min_scalar_type(bound if few else length))
    if not few:
        pieces = [np.unique(codes_of(part)) for part in slices(length)]
        found = np.unique(np.concatenate(pieces or [np.zeros(0)])).astype(np.int64)
        for part in slices(length):
            which[part] = np.searchsorted(found, codes_of(part))
        return found, which
    there = np.zeros(bound, dtype=bool)
    for part in slices(length):
        codes = codes_of(part)
        there[codes] = True
        which[part] = codes
    found = np.flatnonzero(there)
    rank = np.zeros(bound, dtype=which.dtype)
    rank[found] = np.arange(len(found))
    for part in slices(length):
        which[part] = rank[which[part]]
    return found, which


def key_of(columns: Sequence[NDArray[np.integer[Any]]], spare: int = 0) -> tuple[Ints, int] | None:
    """(m,) one number that is ordered as the columns are, the first before the second and so on,
    and its bits; None if they and `spare` more are above 63. None is below 0."""
    bits = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(bits) + spare > 63:
        return None
    key = columns[0].astype(np.int64)
    for column, size in zip(columns[1:], bits[1:], strict=True):
        key <<= size
        key |= column
    return key, sum(bits)


def order_of(columns: Sequence[NDArray[np.integer[Any]]]) -> Ints:
    """(m,) the stable order by the first column, then the second and so on; none below 0."""
    length = len(columns[0])
    place = length.bit_length()
    made = key_of(columns, place)
    if made is None:
        return np.lexsort(tuple(reversed(columns)))
    key, bits = made
    if bits <= 16:
        return np.argsort(key.astype(np.uint16), kind="stable")  # numpy counts such
    key <<= place
    key |= np.arange(length)  # numbers all unlike are sorted faster than an order is found
    key.sort()
    key &= (1 << place) - 1
    return key
