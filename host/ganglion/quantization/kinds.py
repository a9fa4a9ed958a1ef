"""Kinds: synapses that are alike, so that a brain of millions is reckoned kind by kind.

In:  a Connectome.
Out: per kind its areas, what its contribution is made of, how many it has; which each synapse is.
Never: rounds; looks at a synapse twice where its kind tells the same.

Synapses are of one kind if they join the same two areas and add the same (SPEC.md, 6.1): what they
add, their class and their weight (6.4) follow from that.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..connectome.slices import counts
from .grouping import Ints, Numbers, distinct_of, order_of


class Part(NamedTuple):
    """What one contribution is made of: ±numerator / divisor."""

    numerator: int  # weight·psp; the weight alone if mp-driven; without the weight if it is plastic
    negative: bool
    driven: bool  # the source's area is mp-driven: times its PSP
    divisor: int

    @property
    def value(self) -> Fraction:
        """The signed contribution; of an mp-driven one, at the largest PSP (255)."""
        size = self.numerator * (255 if self.driven else 1)
        return Fraction(-size if self.negative else size, self.divisor)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds, ascending by source area, target area and part. Arrays are (k,)."""

    parts: tuple[Part, ...]
    source: Ints  # index of an area
    target: Ints
    part: Ints  # index into parts
    count: Ints  # synapses
    of: Numbers  # (m,) which kind each synapse is

    @classmethod
    def among(cls, c: Connectome) -> "Kinds":
        """The kinds of a connectome's synapses."""
        parts, part_of = _parts(c)
        areas = max(len(c.areas), 1)
        area = c.area.astype(np.min_scalar_type(areas * areas))  # smaller: more of it in cache

        def pair(at: slice) -> NDArray[np.integer[Any]]:
            made: NDArray[np.integer[Any]] = area[c.source[at]] * areas + area[c.target[at]]
            return made

        pairs, pair_of = distinct_of(pair, c.n_synapses, areas * areas)
        n = max(len(parts), 1)
        codes, of = distinct_of(
            lambda at: pair_of[at].astype(np.int64) * n + part_of[at],
            c.n_synapses,
            max(len(pairs), 1) * n,
        )
        source, target = divmod(pairs[codes // n], areas)
        return cls(
            tuple(parts), source, target, codes % n, counts(of, len(codes)).astype(np.int64), of
        )

    def __len__(self) -> int:
        return len(self.part)

    def groups(self) -> list[Ints]:
        """The kinds by source area, target area, divisor and mp-driven: candidates for a class.
        Those of one group ascend by part."""
        divisor = np.array([part.divisor for part in self.parts], dtype=np.int64)[self.part]
        driven = np.array([part.driven for part in self.parts], dtype=np.int64)[self.part]
        keys = (self.source, self.target, divisor, driven)
        order = order_of(keys)
        changed = np.zeros(max(len(order) - 1, 0), dtype=bool)
        for key in keys:
            changed |= np.diff(key[order]) != 0
        return [part for part in np.split(order, np.flatnonzero(changed) + 1) if len(part)]

    def plastic(self, c: Connectome) -> NDArray[np.bool_]:
        """(k,) kinds between areas that a plastic rule joins."""
        return c.learning.changes(self.source.astype(np.int32), self.target.astype(np.int32))


def _parts(c: Connectome) -> tuple[list[Part], Numbers]:
    """The different parts, ascending, and (m,) which each synapse has."""
    divisor, driven = c.divisor(), c.mp_driven()
    bound = int(divisor.max(initial=0)) + 1
    divisors, which = distinct_of(lambda at: divisor[at], len(divisor), bound)
    n = max(len(divisors), 1)
    simple = np.where(driven, 1, 0)

    def code(at: slice) -> Ints:
        source = c.source[at]
        mine = simple[source]
        made = c.weight[at].astype(np.int64)
        if c.learning.rules:
            plastic = c.learning.changes(c.area[source], c.area[c.target[at]])
            made = np.where(plastic, np.where(mine, 0, 1), made)
        made *= np.where(mine, 1, c.psp[at])
        made <<= 1
        made |= c.inhibitory[at]
        made <<= 1
        made |= mine
        made *= n
        made += which[source]
        return made

    most = max(int(c.weight.max(initial=0)), 1) * max(int(c.psp.max(initial=0)), 1)
    codes, of = distinct_of(code, c.n_synapses, 4 * n * (most + 1))
    found = [
        Part(code >> 2, bool(code & 2), bool(code & 1), int(divisors[i]))
        for code, i in (divmod(code, n) for code in codes.tolist())
    ]
    return found, of
