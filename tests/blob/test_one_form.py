"""canonical.py: each rule of SPEC 5.9 at its edge, told by name."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.blob.canonical import WIDTHS, check_one_form
from ganglion.errors import BlobError
from ganglion.network.model import InputRange, SynapseClass
from tests.support.records import area, network_of, population

CLASSES = (
    SynapseClass(1, -1), SynapseClass(2, -1), SynapseClass(0, 1), SynapseClass(0, -1, True, 3),
    SynapseClass(0, 1, True, 3),
)  # fmt: skip


def network(**changes):
    """Three areas of one, two and five neurons; classes of which all are used."""
    populations = [
        population(0, 1, input_max=1), population(1, 2, area=1, input_max=7),
        population(3, 5, area=2, always=False, excitability=1, id=4, threshold_step=3,
                   input_max=5),
    ]  # fmt: skip
    areas = [area("one", 1), area("two", 1 << 16), area("six", 2, 3)]
    synapses = [(0, 0, 0, -1), (0, 1, 1, -1), (0, 2, 2, 1), (0, 3, 3, -1), (0, 4, 4, 1)]
    made = network_of(populations, areas, [0, 9, 5, 0, 1, 2, 4, 5], CLASSES, synapses)
    made.offset[3:] = 0, 1, 1, 0, 1
    inputs = (InputRange(0, 3, 1), InputRange(1, 2, 7))
    return replace(made, **{"inputs": inputs, "power_neuron": 1, "power_amount": 7} | changes)


def parts(kind, which, /, **changes):
    """The network with one of its records changed."""
    found = list(getattr(network(), kind))
    found[which] = replace(found[which], **changes)
    return network(**{kind: tuple(found)})


def offsets(*values):
    made = network()
    made.offset[3:] = values
    return made


def test_storage_and_state_go_together_in_four_ways():
    assert set(WIDTHS) == {(16, 8), (16, 16), (32, 8), (32, 32)}


@pytest.mark.parametrize(
    "good",
    [
        network(), network(classes=(), klass=np.zeros(0, np.uint16)),
        offsets(0, 127, 126, 0, 0), offsets(-1, 127, 126, 0, 0), offsets(-128, 127, 0, 1, 2),
        network(power_neuron=None, power_amount=0), network(power_neuron=0, power_amount=1),
        parts("areas", 1, dimensions=(1 << 16, 1 << 15, 1), neurons_per_voxel=2),
        network(inputs=(InputRange(3, 5, 5),)), network(board="mine"),
    ],
)  # fmt: skip
def test_what_the_rules_allow_is_taken_up_to_their_edges(good):
    check_one_form(good)


def second_class_first():
    made = network()
    return replace(made, classes=(CLASSES[1], CLASSES[0], *CLASSES[2:]))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (parts("populations", 0, id=1), "population 0 has the id 1, and nothing hashes it"),
        (parts("populations", 0, excitability=1, id=1), "population 0 has the id 1, and nothing"),
        (parts("populations", 2, excitability=0), "population 2 has the id 4, and nothing"),
        (network(board="a\0b"), "the board's name goes on behind a zero byte"),
        (offsets(*[0] * 5), "the thresholds of population 2 vary, and are all the same"),
        (offsets(0, 2, 4, 0, 0), "the threshold offsets of population 2 are multiples of 2"),
        (offsets(1, 2, 4, 5, 6), "the least threshold offset of population 2 is 1, not 0"),
        (offsets(-1, 126, 0, 0, 0), "the least threshold offset of population 2 is -1, not 0"),
        (offsets(-2, 126, 0, 0, 1), "the least threshold offset of population 2 is -2, not -1"),
        (second_class_first(), "class 1 does not ascend from the one before"),
        (network(classes=(*CLASSES, CLASSES[4])), "class 5 does not ascend from the one before"),
        (parts("classes", 0, multiplier=0), "class 0 takes away 0"),
        (network(classes=(*CLASSES, SynapseClass(9, 1, True, 3))), "no synapse is of class 5"),
        (parts("areas", 1, id="one"), "two areas have one id"),
        (network(areas=(*network().areas, area("bare", 1))), "area bare has no population"),
        (network(place=np.array([0, 9, 9, 0, 1, 2, 4, 5])), "two neurons of two are at one place"),
        (parts("areas", 2, id="a\0b"), "area 2 has a zero byte in its id or name"),
        (parts("areas", 2, name="a\0b"), "area 2 has a zero byte in its id or name"),
        (
            parts("areas", 1, dimensions=(1 << 16, (1 << 16) + 1, 1)),
            "area two has 4295032832 places",
        ),
        (
            parts("areas", 1, dimensions=(1 << 16, 1 << 15, 1), neurons_per_voxel=3),
            "area two has 6442450944 places",
        ),
        (parts("inputs", 0, amount=2), "the input from 0 on is 2, and 1 may enter"),
        (parts("inputs", 1, amount=8), "the input from 1 on is 8, and 7 may enter"),
        (parts("inputs", 1, count=7, amount=6), "the input from 1 on is 6, and 5 may enter"),
    ],
)  # fmt: skip
def test_a_second_way_is_refused_by_name(bad, text):
    with pytest.raises(BlobError) as refused:
        check_one_form(bad)
    assert str(refused.value).startswith(text)


@pytest.mark.parametrize("amount", [0, 8])
def test_a_power_is_one_that_may_enter(amount):
    with pytest.raises(BlobError, match=f"the power is {amount}, and 1 to 7 may enter; "):
        check_one_form(replace(network(), power_amount=amount))
