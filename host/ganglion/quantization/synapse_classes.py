"""Classes: what the weights of the synapses are multiplied by, and the weights themselves.

In:  the contributions of a connectome and the scale of each area.
Out: the class table, sorted; per kind of synapse its class and its i8 weight (SPEC.md, 6.4).
Never: rounds: every product weight · multiplier is the integer that the scale gave.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..errors import DoesNotFitError
from ..network.model import MAX_CLASSES, SynapseClass
from .contributions import LEVELS, Contributions
from .kinds import Part
from .profile import AreaProfile
from .scale import Scale


def classify(
    contributions: Contributions,
    plastic: NDArray[np.bool_],
    profiles: dict[int, AreaProfile],
    scales: dict[int, Scale],
    weights: str,
) -> tuple[list[SynapseClass], NDArray[np.uint16], NDArray[np.int8]]:
    """The classes, and per kind its class and its weight (1 or −1; its own: 0..127). `plastic`
    kinds have none: they are in a projection instead."""
    kinds = contributions.kinds
    contribution = np.zeros(len(kinds), dtype=np.int64)
    for area, profile in profiles.items():
        mine = np.flatnonzero(kinds.target == area)
        value = np.searchsorted(profile.numbers, contributions.of_kind[mine])
        contribution[mine] = np.array(scales[area].contributions, dtype=np.int64)[value]
    found: dict[SynapseClass, int] = {}
    klass = np.zeros(len(kinds), dtype=np.int64)
    weight = np.ones(len(kinds), dtype=np.int8)

    def put(mine: NDArray[np.int64], item: SynapseClass) -> None:
        klass[mine] = found.setdefault(item, len(found))

    for mine in kinds.groups():
        if plastic[mine[0]]:
            continue
        if kinds.parts[kinds.part[mine[0]]].driven:
            for kind in mine.tolist():
                part = kinds.parts[kinds.part[kind]]
                multiplier, shift = _multiplier(part, scales[int(kinds.target[kind])])
                sign = -1 if part.negative else 1
                weight[kind] = sign
                cap = abs(int(contribution[kind]))
                put(np.array([kind]), SynapseClass(multiplier, sign, True, cap, shift))
            continue
        distinct, which = np.unique(contribution[mine], return_inverse=True)
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
    return ranked, rank[klass].astype(np.uint16), weight


def _multiplier(part: Part, scale: Scale) -> tuple[int, int]:
    """M and r of an mp-driven class: what it adds per step of PSP is M / 2^r."""
    rho = abs(part.value) / 255 / scale.unit
    shift = 0
    while rho.denominator > 1 and shift < 15 and rho * 2 ** (shift + 1) < 2**22:
        shift += 1
    return math.floor(rho * 2**shift + Fraction(1, 2)), shift


def _few_bits(weights: str, largest: int) -> int:
    """The fewest bits, of those asked for, that hold the largest own weight; 0 = 8."""
    if weights == "int2" and largest <= LEVELS["int2"]:
        return 2
    return 4 if weights != "int8" and largest <= LEVELS["int4"] else 0
