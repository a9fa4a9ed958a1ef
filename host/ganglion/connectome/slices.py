"""Slices: long columns in pieces that stay in a processor's cache, and what is counted over them.

In:  columns of whole numbers from 0 on.
Out: slices that cover them; how often each number occurs, or what the occurrences weigh.
Never: a copy as long as the column: that one of ten million synapses takes is zeroed by the
       operating system first, which costs more than the arithmetic.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 17


def slices(length: int, piece: int = PIECE) -> Iterator[slice]:
    """Slices of at most `piece` elements that cover 0..length, in order."""
    for start in range(0, length, piece):
        yield slice(start, min(start + piece, length))


def counts(
    numbers: NDArray[np.integer],
    n: int,
    weigh: Callable[[slice], NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """(n,) how often each of 0..n - 1 occurs in `numbers`, or the sum of what `weigh` gives for
    the elements of a slice. Exact for whole numbers whose sums stay below 2^53; fastest where
    neighbours are close to each other."""
    result = np.zeros(n, dtype=np.float64)
    for part in slices(len(numbers)):
        piece = numbers[part]
        low = int(piece.min())
        found = np.bincount(piece - low, None if weigh is None else weigh(part))
        result[low : low + len(found)] += found
    return result


def marked(numbers: NDArray[np.integer], n: int) -> NDArray[np.bool_]:
    """(n,) which of 0..n - 1 occur in `numbers`."""
    mask = np.zeros(n, dtype=np.bool_)
    for part in slices(len(numbers)):
        mask[numbers[part]] = True
    return mask
