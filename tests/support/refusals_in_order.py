"""Refusals of a blob with two faults: the first in the order of SPEC 5.9, 11.7 and 12.4 is told.

In:  blobs of refusals.py's kind, a fault of one section each.
Out: as refusals.py has them; of a host it is not asked which of the two it tells.
Never: two faults in one record.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from ganglion.network.layers import LIMIT
from tests.support.blobs import Blob, wide
from tests.support.by_hand import layered, learns

FIELD, INDEX = 21, 22
Fault = Callable[[Blob], Blob]


def _write(kind: int, at: int, form: str, *values: int) -> Fault:
    return lambda blob: blob.write(blob.at[kind] + at, form, *values)


def _more(kind: int, data: bytes) -> Fault:
    return lambda blob: blob.section(kind, blob.of(kind) + data)


def _robot(blob: Blob) -> Blob:
    return blob.section(40, bytes(32))


def _next(p: object) -> bool:
    return p.first == 56


# by what is told first: name, code, detail, how
STATIC: tuple[tuple[str, int, int, Fault], ...] = (
    ("a class", FIELD, 3, _write(3, 11, "B", 1)),
    ("a block", FIELD, 5, _write(5, 18, "B", 1)),
    ("the rows", INDEX, 4, _write(4, 2, "H", 1)),
    ("the number of synapses", INDEX, 4, lambda blob: blob.write(24, "I", 9)),
    ("an input", FIELD, 6, _write(6, 2, "H", 0)),
    ("an area", FIELD, 7, _write(7, 8, "B", 9)),
)
LEARNING: tuple[tuple[str, int, int, Fault], ...] = (
    ("an area", FIELD, 7, _write(7, 8, "B", 9)),
    ("a rule", FIELD, 30, _write(30, 20, "B", 0)),
    ("a first projection", FIELD, 31, _write(31, 13, "B", 16)),
    ("its targets", INDEX, 32, _write(32, 0, "H", 1)),
    ("a last projection", FIELD, 31, _write(31, 100 + 13, "B", 16)),
    ("the length of targets", FIELD, 32, _more(32, bytes(4))),
    ("the length of weights", FIELD, 33, _more(33, bytes(1))),
    ("the length of presence", FIELD, 34, _more(34, bytes(4))),
    ("a first weight", FIELD, 33, _write(33, 3 + 2, "B", 9)),
    ("its presence", FIELD, 34, _write(34, 3, "B", 128)),
    ("a last weight", FIELD, 33, _write(33, 3 + 15 + 18, "B", 9)),
    ("a memory", FIELD, 35, _write(35, 2, "H", 0)),
    ("a twin", FIELD, 36, _write(36, 4, "i", -1)),
    ("a slot", FIELD, 37, _write(37, 0, "B", 2)),
    ("a robot", FIELD, 40, _robot),
)
LAYERS: tuple[tuple[str, int, int, Fault], ...] = (
    ("a robot", FIELD, 40, _robot),
    ("the length of layers", FIELD, 20, _more(20, bytes(16))),
    ("numbers that are not whole", FIELD, 21, _more(21, b"\0")),
    ("paths that are not whole", FIELD, 22, _more(22, b"\0")),
    ("weights that are not whole", FIELD, 23, _more(23, b"\0")),
    ("a layer", FIELD, 20, _write(20, 16 + 13, "B", 1)),
    ("its multiplier", FIELD, 21, _write(21, 4 * 32, "i", 0)),
    ("what the next keeps", FIELD, 1, lambda b: b.population(_next, high=LIMIT + 1)),
    ("its path's variance", FIELD, 22, _write(22, 28 + 4, "B", 2)),
    ("a layer behind", FIELD, 20, _write(20, 48 + 13, "B", 1)),
    ("the number of paths", FIELD, 22, _more(22, bytes(28))),
    ("the length of numbers", FIELD, 21, _more(21, bytes(4))),
    ("a first path", INDEX, 22, _write(22, 0, "H", 9)),
    ("the length of weights", FIELD, 23, _more(23, bytes(4))),
)  # fmt: skip


def in_order() -> Iterator[tuple[str, Blob, int, int, str]]:
    for base, faults in ((wide, STATIC), (learns, LEARNING), (layered, LAYERS)):
        for (name, code, detail, first), (other, _, _, second) in pairwise(faults):
            yield f"{base.__name__}: {name}, and {other}", first(second(base())), code, detail, " "
