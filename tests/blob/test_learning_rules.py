"""learning_rules.py: what a slot may hold, and what may reach one (SPEC 11.1, 11.7)."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.blob.learning_rules import check_projections, check_slots, check_slots_unreached
from ganglion.errors import BlobError
from ganglion.network.learning import NOBODY, Memory, NetworkLearning, Rule, Slots, Twin
from ganglion.network.model import SynapseClass
from ganglion.network.zones import zones_of
from tests.support.by_hand import listed
from tests.support.records import area, network_of, population

AREAS = (range(32), range(32, 64), range(64, 95), range(95, 97), range(97, 160), range(160, 163))
SLOTS = 5  # their area


def one_of(words: int, neuron: int, first: int) -> np.ndarray:
    """A slot's pattern of one frame in which one neuron fires, from word `first` on."""
    pattern = np.zeros((1, 1, words), np.uint32)
    pattern[0, 0, neuron // 32 - first] = 1 << neuron % 32
    return pattern


@pytest.mark.parametrize("seen", range(5))
def test_a_pattern_is_of_upstream_neurons_alone(seen):
    """Area by area, bit by bit: those of other neurons in the same words are refused."""
    mine = AREAS[seen]
    first, last = mine.start // 32, (mine.stop - 1) // 32
    memory = Memory(SLOTS, 1, (seen,), 1, 1, 1)
    for neuron in range(32 * first, 32 * last + 32):
        slots = Slots(
            np.array([1], np.uint8), np.array([1]), one_of(last - first + 1, neuron, first)
        )
        if neuron in mine:
            check_slots(slots, memory, AREAS)
            continue
        with pytest.raises(BlobError, match="the slots of area 5 have patterns of other neurons; "):
            check_slots(slots, memory, AREAS)


def test_words_of_upstream_areas_follow_each_other():
    memory = Memory(SLOTS, 1, (0, 3, 4), 1, 1, 1)  # words 0; 2, 3; 3, 4
    pattern = np.array([[[2**32 - 1, 1 << 31, 1, 2**32 - 2, 2**32 - 1]]], np.uint32)
    check_slots(Slots(np.array([3], np.uint8), np.array([0]), pattern), memory, AREAS)
    for word, bit in ((1, 1 << 30), (2, 2), (3, 1)):  # 94, 97 and 96: of neighbours
        odd = pattern.copy()
        odd[0, 0, word] |= bit
        with pytest.raises(BlobError, match="have patterns of other neurons; "):
            check_slots(Slots(np.array([3], np.uint8), np.array([0]), odd), memory, AREAS)


def brain(target: int = 0, rule: int = 0, plays: int = NOBODY):
    """Areas of 3, of 2 that are slots, and of 3; a synapse, a rule, a twin of the first."""
    populations = [population(0, 3), population(3, 2, area=1), population(5, 3, area=2)]
    areas = [area("one", 3), area("slots", 2), area("two", 3)]
    classes = [SynapseClass(1, 1)]
    made = network_of(populations, areas, [0, 1, 2, 0, 1, 0, 1, 2], classes, [(0, target, 0, 1)])
    learning = NetworkLearning(
        rules=(Rule(0, rule, 1, 1, 1),),
        memories=(Memory(1, 1, (0,), 1, 1, 1),),
        twins=(Twin(0, 0, 1, 1, np.array([NOBODY, plays, NOBODY], np.uint16)),),
    )
    return replace(made, learning=learning)


@pytest.mark.parametrize("neuron", range(8))
def test_no_synapse_and_no_twin_reaches_a_slot(neuron):
    for made, what in ((brain(target=neuron), "synapse"), (brain(plays=neuron), "twin")):
        if neuron not in (3, 4):
            check_slots_unreached(made)
            continue
        with pytest.raises(BlobError, match=f"a {what} reaches a slot of area 1; "):
            check_slots_unreached(made)


def test_no_rule_reaches_a_slot():
    for target in (0, 2):
        check_slots_unreached(brain(rule=target))
    with pytest.raises(BlobError, match="a rule reaches a slot of area 1; "):
        check_slots_unreached(brain(rule=1))


@pytest.mark.parametrize(
    ("begins", "targets", "is_whole"),
    [
        ([0, 3, 6, 9], [5, 6, 7] * 3, True), ([0, 3, 6, 8], [5, 6, 7, 5, 6, 7, 5, 6], False),
        ([0, 3, 6, 9], [5, 6, 7, 5, 6, 6, 5, 6, 7], False),
        ([0, 3, 5, 8], [5, 6, 7, 6, 7, 5, 6, 7], False),
        ([0, 4, 6, 9], [5, 6, 7, 7, 5, 6, 5, 6, 7], False),
        ([0, 3, 6, 10], [5, 6, 7] * 3 + [7], False), ([0, 0, 0, 3], [5, 6, 7], False),
    ],
)  # fmt: skip
def test_what_is_listed_is_not_all_pairs(begins, targets, is_whole):
    """From three neurons to a zone of three that does not begin at neuron 0."""
    made = brain()
    zones = zones_of(made.populations)
    areas = [range(zone.first, zone.stop) for zone in zones]
    rules, lists = (Rule(0, 2, 1, 1, 1),), [listed(0, 2, begins, targets)]
    if not is_whole:
        check_projections(rules, lists, areas, zones)
        return
    with pytest.raises(BlobError, match="rule 0 lists all pairs, which has another form; "):
        check_projections(rules, lists, areas, zones)
