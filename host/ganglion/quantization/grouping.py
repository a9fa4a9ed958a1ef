"""Grouping: which of many small numbers are there, and where, in time that grows as they do.

In:  arrays of whole numbers from 0 on, and what bounds them.
Out: the distinct ones, ascending, and which each element is; an order by several columns.
Never: sorts what a table can count: a sort of ten million synapses takes twenty times that of one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
MOST = 1 << 27  # entries of a table


def distinct_of(codes: NDArray[np.integer], bound: int) -> tuple[Ints, Ints]:
    """The distinct codes, ascending, and (m,) which each is, as numpy's unique; all are 0 to
    bound - 1."""
    if bound > max(MOST, 4 * len(codes)):
        distinct, which = np.unique(codes, return_inverse=True)
        return distinct.astype(np.int64), which.ravel().astype(np.int64)
    there = np.zeros(bound + 1, dtype=bool)
    there[codes] = True
    found = np.flatnonzero(there)
    rank = np.zeros(bound + 1, dtype=np.int64)
    rank[found] = np.arange(len(found))
    return found, rank[codes]


def order_of(columns: Sequence[NDArray[np.integer]]) -> Ints:
    """(m,) the stable order by the first column, then the second and so on; none below 0."""
    bits = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(bits) > 63:
        return np.lexsort(tuple(reversed(columns)))
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column, size in zip(columns, bits, strict=True):
        key <<= size
        key |= column.astype(np.int64)
    if sum(bits) <= 16:
        return np.argsort(key.astype(np.uint16), kind="stable")  # numpy counts such
    return np.argsort(key, kind="stable")
