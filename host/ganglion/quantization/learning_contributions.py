"""Contributions of learning: what plastic synapses, created ones and twins can add (SPEC 11.6).

In:  a Connectome that learns, and the contributions of its synapses as they are.
Out: the same with every weight that a plastic synapse can have, every synapse that can come to
     exist and every replay: a value at the largest, and into how many steps it divides.
Never: rounds; changes anything for a connectome that does not learn.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..connectome.learning import LARGEST_WEIGHT, PlasticRule
from ..connectome.model import Connectome
from ..errors import QuantizeError
from ..network.learning import DEEPEST, LONGEST_WINDOW, MOST_PLACES
from .contributions import Contributions

Ints = NDArray[np.int64]
LARGEST_PSP = 255


def missing(c: Connectome, rule: PlasticRule) -> tuple[Ints, Ints]:
    """The pairs of neurons that an associative rule can join and that have no synapse yet."""
    sources = np.flatnonzero(c.area == rule.source)
    targets = np.flatnonzero(c.area == rule.target)
    if len(sources) * len(targets) > MOST_PLACES:
        raise QuantizeError(
            f"the associative rule from {c.areas[rule.source].id} to {c.areas[rule.target].id} can "
            f"join {len(sources) * len(targets):,} pairs, and a brain holds {MOST_PLACES:,}",
            "make the areas smaller, or choose the policy learning=ignore",
        )
    here, there = np.repeat(sources, len(targets)), np.tile(targets, len(sources))
    mine = (c.area[c.source] == rule.source) & (c.area[c.target] == rule.target)
    have = c.source[mine].astype(np.int64) * c.n_neurons + c.target[mine]
    new = ~np.isin(here * c.n_neurons + there, have)
    return here[new], there[new]


def learned_contributions(c: Connectome, plain: Contributions) -> Contributions:
    """The contributions, with what learning can make of them and add to them."""
    if not c.learning:
        return plain
    refuse(c)
    kinds = plain.kinds
    values, driven, base = list(plain.values), list(plain.driven), list(plain.base)
    of, more, targets = plain.of_kind.copy(), [plain.more], [plain.more_target]

    def number(value: Fraction, steps: int) -> int:
        values.append(value)
        driven.append(steps)
        base.append(Fraction(0))
        return len(values) - 1

    plastic = np.flatnonzero(kinds.plastic(c))
    part_of = [kinds.parts[i] for i in kinds.part[plastic].tolist()]
    numbers = {
        part: number(*largest(part.numerator, part.driven, part.negative, part.divisor))
        for part in sorted(
            set(part_of), key=lambda p: (p.numerator, p.driven, p.negative, p.divisor)
        )
    }
    of[plastic] = [numbers[part] for part in part_of]
    for rule in c.learning.rules:
        if rule.associative and rule.strengthen:
            mp = c.areas[rule.source].mp_driven_psp
            _, there = missing(c, rule)
            kind = number(*largest(rule.psp, mp, rule.inhibitory, 1))
            more.append(np.full(len(there), kind, dtype=np.int64))
            targets.append(there.astype(np.int32))
    for twin in c.learning.twins:
        depth = next(m.depth for m in c.learning.memory_areas if m.area == twin.memory_area)
        kind = number(depth * Fraction(twin.potential), depth)
        more.append(np.full(len(twin.played), kind, dtype=np.int64))
        targets.append(twin.played.astype(np.int32))
    return Contributions(
        kinds, tuple(values), tuple(driven), tuple(base), of,
        np.concatenate(more), np.concatenate(targets),
    )  # fmt: skip


def largest(psp: int, mp_driven: bool, inhibitory: bool, divisor: int) -> tuple[Fraction, int]:
    """A plastic synapse's contribution at the largest weight (and PSP), and its steps."""
    steps = LARGEST_WEIGHT * (LARGEST_PSP if mp_driven else 1)
    value = Fraction(steps * (1 if mp_driven else psp), divisor)
    return -value if inhibitory else value, steps


def refuse(c: Connectome) -> None:
    """Raises QuantizeError for what no brain can hold (SPEC 11.8)."""
    without = "choose the policy learning=ignore"
    for rule in c.learning.rules:
        source, target = c.areas[rule.source], c.areas[rule.target]
        name = f"the plastic rule from {source.id} to {target.id}"
        if rule.window > LONGEST_WINDOW:
            raise QuantizeError(
                f"{name} has a window of {rule.window} bursts, and a brain holds {LONGEST_WINDOW}",
                f"write a smaller plasticity_window, or {without}",
            )
        if not rule.associative:
            continue
        if not source.psp_uniform:
            raise QuantizeError(
                f"{name} creates synapses, and each divides what {source.id} sends anew",
                f"set psp_uniform_distribution of {source.id}, or {without}",
            )
    for memory in c.learning.memory_areas:
        name = f"the memory area {c.areas[memory.area].id}"
        if memory.depth > DEEPEST:
            raise QuantizeError(
                f"{name} has a temporal depth of {memory.depth}, and a brain holds {DEEPEST}",
                f"write a smaller temporal_depth, or {without}",
            )
        if not memory.slots:
            raise QuantizeError(
                f"{name} has no places for its neurons", "develop its genome with this program"
            )
    for twin in c.learning.twins:
        if twin.potential < 0:
            raise QuantizeError(
                f"the twin {c.areas[twin.twin].id} replays with {twin.potential:g}, its threshold",
                f"write a firing_threshold that is not negative, or {without}",
            )
