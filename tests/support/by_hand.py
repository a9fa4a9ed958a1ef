"""By hand: a brain that learns in every form and one of layers of every form, record by record.

In:  nothing, or other records.
Out: networks, blobs of them.
Never: what a compiler would choose: a number here is what a rule of SPEC turns at. The container,
       where only records are asked for: a test of one of its modules goes without it.
"""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ganglion.network.layers import LIMIT, Layer, Path
from ganglion.network.learning import (
    ALL_PAIRS,
    ASSOCIATIVE,
    CLOSED,
    LISTED,
    NOBODY,
    Memory,
    NetworkLearning,
    Projection,
    Rule,
    Slots,
    Twin,
)
from ganglion.network.model import (
    AreaInfo,
    InputRange,
    Population,
    QuantizedNetwork,
    SynapseClass,
)
from tests.support import layers as of_layers
from tests.support.records import area, network_of, population

if TYPE_CHECKING:
    from tests.support.blobs import Blob

HIGH = 1 << 28
NONE16 = np.zeros(0, np.uint16)
NO_FLAGS = np.zeros(0, np.bool_)
# Areas 0 to 4: 5 neurons; 7 in two zones; 37 that are mp-driven; 3 slots; 2 slots.
FIRST = (0, 5, 8, 12, 49, 52)
N = 54


def _population(i: int, **fields: object) -> Population:
    usual = {
        "first": FIRST[i], "count": (*FIRST, N)[i + 1] - FIRST[i], "area": (0, 1, 1, 2, 3, 4)[i],
        "threshold": 40, "accumulates": True, "high": HIGH, "low": -HIGH, "input_max": 50,
    }  # fmt: skip
    return Population(**(usual | fields))


SLOTS = {"accumulates": False, "high": 0, "low": 0, "input_max": 0, "threshold": 5}
POPULATIONS = (
    _population(0, every_burst=True),
    _population(1),
    _population(2, every_burst=True, leak=20000, shift=16),
    _population(3, mp_driven=True, every_burst=True),
    _population(4, **SLOTS),
    _population(5, **SLOTS),
)
RULES = (Rule(0, 1, 2, 3, 1, True), Rule(1, 0, 1, 9, 4), Rule(2, 0, 3, 60, 7))


def listed(
    rule: int, zone: int, begin: list[int], targets: list[int], **fields: object
) -> Projection:
    """Listed synapses, the first of weight 10, the next of 11 and so on."""
    usual = {
        "multiplier": 3, "cap": 600, "sign": 1, "shift": 1, "mp_driven": rule == 2,
        "weight": (np.arange(10, 10 + len(targets)) % 256).astype(np.uint8),
    }  # fmt: skip
    return Projection(
        rule, zone, form=LISTED, begin=np.array(begin, np.uint16),
        target=np.array(targets, np.uint16), present=NO_FLAGS, **(usual | fields),
    )  # fmt: skip


def pairs(rule: int, zone: int, places: int, form: int = ALL_PAIRS, **fields: object) -> Projection:
    """All pairs; of an associative rule every third is there."""
    weight = np.arange(places, dtype=np.uint8)
    there = NO_FLAGS
    if form == ASSOCIATIVE:
        there = np.arange(places) % 3 == 1
        weight = np.where(there, weight, 0).astype(np.uint8)
    usual = {
        "multiplier": 2, "cap": 510, "sign": 1, "shift": 0, "mp_driven": False, "weight": weight,
        "present": there,
    }  # fmt: skip
    return Projection(rule, zone, form=form, begin=NONE16, target=NONE16, **(usual | fields))


def projections() -> list[Projection]:
    block = pairs(0, 1, 15, ASSOCIATIVE)
    block.weight[[0, 6]] = CLOSED  # from neuron 0 to 5, from 2 to 5: see the first
    last = [0, 2, 3, *[3] * 34, 5]
    return [
        listed(0, 1, [0, 2, 2, 3, 3, 3], [5, 5, 5], sign=-1),
        block,
        pairs(0, 2, 20, ASSOCIATIVE),
        pairs(1, 0, 35),
        listed(2, 0, last, [0, 4, 0, 1, 3], sign=-1, multiplier=1, cap=500, shift=3),
        listed(2, 0, [*last[:-2], 4, 6], [0, 4, 0, 2, 0, 0], multiplier=1, cap=65025, shift=0),
    ]


MEMORIES = (Memory(3, 2, (0, 1, 2), 9, 2, 12), Memory(4, 1, (0, 2), 0, 0, 5))
TWINS = (
    Twin(0, 0, 7, 13, np.array([5, 6, 7, 8, NOBODY], np.uint16)),
    Twin(0, 1, 20, 40, np.array([0, 1, 2, 3, 4, 0, 1], np.uint16)),
    Twin(1, 1, 3, 3, np.array([*range(12), *[NOBODY] * 25], np.uint16)),
)


def slots() -> tuple[Slots, ...]:
    one = Slots(
        np.array([1, 0, 3], np.uint8), np.array([4, 0, 30], np.int64),
        np.zeros((3, 2, 4), np.uint32),
    )  # fmt: skip
    one.pattern[0, 0, 0], one.pattern[2, 1, 2] = 0b10101, 1 << 12
    none = Slots(np.zeros(2, np.uint8), np.zeros(2, np.int64), np.zeros((2, 1, 3), np.uint32))
    return one, none


def learning(**fields: object) -> NetworkLearning:
    usual = {
        "rules": RULES, "projections": tuple(projections()), "memories": MEMORIES, "twins": TWINS,
        "slots": slots(),
    }  # fmt: skip
    return NetworkLearning(**(usual | fields))


def learner_by_hand(**fields: object) -> QuantizedNetwork:
    """A brain that learns, with one synapse beside; or another that is alike but for fields."""
    areas = tuple(
        AreaInfo(f"area{i:04}", f"a{i}", "CORE", (1, 1, count), 1, (i, 0, 0), 1.0)
        for i, count in enumerate((5, 7, 37, 3, 2))
    )
    usual = {
        "storage": 32, "state": 32, "populations": POPULATIONS, "classes": (SynapseClass(50, 1),),
        "inputs": (InputRange(0, 5, 45), InputRange(12, 37, 45)), "areas": areas,
        "offset": np.zeros(N, np.int8),
        "place": np.concatenate([np.arange(n) for n in (5, 7, 37, 3, 2)]),
        "source": np.array([0], np.uint16), "target": np.array([12], np.uint16),
        "klass": np.zeros(1, np.uint16), "weight": np.ones(1, np.int8), "learning": learning(),
    }  # fmt: skip
    return QuantizedNetwork(**(usual | fields))


SIZES = (7, 8, 9, 31, 32, 33, 64, 65)  # of zones, whose pairs with one neuron fill bytes or words


def sized() -> QuantizedNetwork:
    """A neuron that is joined to zones of these sizes, and seen by memories of depths 2 to 5."""
    n = 1 + sum(SIZES)
    populations, first = [population(0, 1)], 1
    for i, count in enumerate(SIZES):
        populations.append(population(first, count, area=1, every_burst=i % 2 > 0))
        first += count
    populations += [population(n + i, 1, area=2 + i, input_max=0) for i in range(4)]
    areas = [area("one", 1), area("zones", n), *(area(f"slots {i}", 1) for i in range(4))]
    learning = NetworkLearning(
        rules=(Rule(0, 1, 1, 1, 1, True),),
        projections=tuple(pairs(0, 1 + i, size, ASSOCIATIVE) for i, size in enumerate(SIZES)),
        memories=tuple(Memory(2 + i, 2 + i, (0,), 1, 1, 9) for i in range(4)),
    )
    network = network_of(populations, areas, [0, *range(n - 1), *[0] * 4])
    return replace(network, learning=learning, genome=b"by hand!")


@cache
def _learner() -> bytes:
    from ganglion.blob.container import encode
    from ganglion.compiler import golden

    network = learner_by_hand()
    return encode(replace(network, golden=golden(network)))


def learns() -> "Blob":
    return _blob(_learner())


def _blob(data: bytes) -> "Blob":
    from tests.support.blobs import Blob

    return Blob(data)


def learns_with(**fields: object) -> "Blob":
    """The same with other records, whatever they are; what it computes is not asked."""
    return network_with(learning=learning(**fields))


def network_with(**fields: object) -> "Blob":
    """The same brain with other parts."""
    from ganglion.blob.container import encode
    from tests.support.blobs import Blob

    return Blob.unread(encode(learner_by_hand(**fields)))


def _one(value: int) -> np.ndarray:
    return np.array([value], np.int64)


def _ramp(n: int, first: int) -> np.ndarray:
    return np.arange(first, first + n, dtype=np.int64)


def _weights(*shape: int, bits: int = 8) -> np.ndarray:
    top = 1 << bits - 1
    numbers = np.arange(np.prod(shape)) * 37 % (2 * top) - top
    return numbers.reshape(shape).astype(np.int8)


ALL_FLAGS = {"reset": 2, "at": 0, "gives_back": True, "loses_input": True, "from_old": True}


def layers() -> list[Layer]:
    """An input of 4 x 4 x 2; a convolution of it, 2 x 4 x 3; a matrix of that, pooled, to 10, and
    of themselves; a read-out of 5."""
    zero, none = _one(0), np.zeros((1, 3), np.int64)
    leak = np.array([[20000, 16, 3]], np.int64)
    conv = Path(
        0, True, 8, _ramp(3, 1), _weights(2, 3, 2, 3), (4, 4, 2), (2, 4, 3), (1, 1), (2, 1), (1, 0)
    )
    dense = Path(1, False, 4, _one(5), _weights(6, 10, bits=4), (2, 4, 3), (1, 1, 10), (1, 2))
    dense = replace(dense, weight=_weights(12, 10, bits=4))
    own = Path(2, False, 8, _ramp(10, 1), _weights(10, 10), (1, 1, 10), (1, 1, 10))
    last = Path(2, False, 2, _one(9), _weights(10, 5, bits=2), (1, 1, 10), (1, 1, 5))
    return [
        Layer(
            0, 32, 1, 0, 2, 4, 2, 0, False, False, False, 0, LIMIT, _one(1), _one(1), zero, zero,
            zero, none, none,
        ),
        Layer(
            32, 24, 3, 1, 2, 3, 2, 0, True, False, False, -LIMIT, 5000, _ramp(3, 20), _ramp(3, 9),
            zero, zero, _one(2), np.repeat(leak, 3, axis=0), none, (conv,),
        ),
        Layer(
            56, 10, 10, 3, 1, 1, 1, 2, False, True, True, -300, 5000, _one(30), zero, _ramp(10, 0),
            _ramp(10, -4), zero, none, leak, (dense, own),
        ),
        Layer(
            66, 5, 1, 2, 0, 0, 0, 0, False, False, False, -LIMIT, LIMIT, zero, zero, zero, zero,
            zero, leak, none, (last,),
        ),
    ]  # fmt: skip


def changed(fields: dict[str, object]) -> QuantizedNetwork:
    """The same but for the convolution."""
    made = layers()
    made[1] = replace(made[1], **fields)
    return of_layers.network_of(made)


def varying() -> QuantizedNetwork:
    """The same, but all of the convolution varies."""
    one = layers()[1]
    names = "threshold", "size", "reset_to", "bias", "drift"
    vectors = {name: np.resize(getattr(one, name), one.period) for name in names}
    leaks = {n: np.resize(getattr(one, n), (one.period, 3)) for n in ("leak", "leak_current")}
    return changed(vectors | leaks)


@cache
def _layered() -> bytes:
    from ganglion.blob.container import encode

    return encode(of_layers.network_of(layers()))


def layered() -> "Blob":
    return _blob(_layered())
