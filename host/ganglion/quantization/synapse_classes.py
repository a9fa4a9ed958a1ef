"""Classes: what the weights of the synapses are multiplied by, and the weights themselves.

In:  a connectome and the scale of each area.
Out: the class table, sorted; per synapse its class and its i8 weight (SPEC.md, 6.4).
Never: rounds: every product weight · multiplier is the integer that the scale gave.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..errors import DoesNotFitError
from ..network.model import MAX_CLASSES, SynapseClass
from .contributions import LEVELS, Parts
from .grouping import distinct_of
from .learning_contributions import plastic_synapses
from .profile import AreaProfile
from .scale import Scale


def classify(
    c: Connectome,
    parts: Parts,
    profiles: dict[int, AreaProfile],
    scales: dict[int, Scale],
    weights: str,
) -> tuple[list[SynapseClass], NDArray[np.int64], NDArray[np.int64]]:
    """The classes, and per synapse its class and its weight (1 or −1; its own: 0..127)."""
    target_area = c.area[c.target].astype(np.int64)
    distinct_parts, part_of = parts.distinct()
    contribution = np.zeros(c.n_synapses, dtype=np.int64)
    plastic = plastic_synapses(c)
    ratio: dict[tuple[int, int], tuple[int, int, int]] = {}  # (area, part) -> M, r, cap
    for area, profile in profiles.items():
        mine = np.flatnonzero(target_area == area)
        contribution[mine] = np.array(scales[area].contributions, dtype=np.int64)[
            profile.value_of[: len(mine)]
        ]
        fixed = mine[~plastic[mine]]
        for part in np.unique(part_of[fixed][parts.driven[fixed]]).tolist():
            rho = abs(distinct_parts[part].value) / 255 / scales[area].unit
            shift = 0
            while rho.denominator > 1 and shift < 15 and rho * 2 ** (shift + 1) < 2**22:
                shift += 1
            multiplier = math.floor(rho * 2**shift + Fraction(1, 2))
            cap = int(abs(contribution[fixed[part_of[fixed] == part][0]]))
            ratio[area, part] = multiplier, shift, cap
    found: dict[SynapseClass, int] = {}
    klass = np.zeros(c.n_synapses, dtype=np.int64)
    weight = np.ones(c.n_synapses, dtype=np.int64)

    def put(synapses: NDArray[np.int64], item: SynapseClass) -> None:
        klass[synapses] = found.setdefault(item, len(found))

    for mine in parts.groups(c):
        if plastic[mine[0]]:  # in a projection instead
            continue
        if parts.driven[mine[0]]:
            area = int(target_area[mine[0]])
            for part in np.unique(part_of[mine]).tolist():
                multiplier, shift, cap = ratio[area, part]
                sign = -1 if distinct_parts[part].negative else 1
                these = mine[part_of[mine] == part]
                weight[these] = sign
                put(these, SynapseClass(multiplier, sign, True, cap, shift))
            continue
        low, high = int(contribution[mine].min()), int(contribution[mine].max())
        distinct, which = distinct_of(contribution[mine] - low, high - low + 1)
        distinct += low
        step = math.gcd(*(int(d) for d in distinct))
        own = len(distinct) > 2 and 0 < step < 2**24
        if own and np.abs(distinct).max() // step <= 127:
            weight[mine] = np.abs(contribution[mine]) // step
            negative = contribution[mine] < 0  # the sign is the class's: the device adds no test
            for these, sign in ((mine[~negative], 1), (mine[negative], -1)):
                if len(these):
                    few = _few_bits(weights, int(weight[mine].max()))
                    put(these, SynapseClass(sign * step, few_bits=few))
            continue
        for i, value in enumerate(distinct.tolist()):
            these = mine[which == i]
            weight[these] = -1 if value < 0 else 1
            put(these, SynapseClass(abs(value), -1 if value < 0 else 1))
    if len(found) > MAX_CLASSES:
        raise DoesNotFitError(
            f"the synapses have {len(found):,} kinds, and a brain holds {MAX_CLASSES:,}",
            "use fewer distinct weights or fan-outs",
        )
    ranked = sorted(
        found, key=lambda k: (k.mp_driven, k.weight, k.multiplier, k.cap, k.shift, k.few_bits)
    )
    rank = np.zeros(max(len(found), 1), dtype=np.int64)
    for position, item in enumerate(ranked):
        rank[found[item]] = position
    return ranked, rank[klass], weight


def _few_bits(weights: str, largest: int) -> int:
    """The fewest bits, of those asked for, that hold the largest own weight; 0 = 8."""
    if weights == "int2" and largest <= LEVELS["int2"]:
        return 2
    return 4 if weights != "int8" and largest <= LEVELS["int4"] else 0
