"""canonical.py: a second way to write a network is refused, by a host and as said by a board."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.blob.container import decode, encode
from ganglion.compiler import compile_connectome
from ganglion.errors import BlobError
from ganglion.network.model import InputRange, QuantizedNetwork, SynapseClass
from tests.support.brains import small_connectome
from tests.support.questions import Question, answers
from tools.faults import robot
from tools.faults.blobs import REASONS

FIELD = 21
BOARD = """
from ganglion.load import net, refusal
def answer(data):
    with open("one", "wb") as file:
        file.write(data)
    try:
        made = net.load("one")  # as a board loads it: in memory, if there is room
        return ("taken",) if made.file is None else ("not kept",)
    except refusal.Refused as refused:
        return refused.code, refused.detail
"""


def populations(network: QuantizedNetwork, which: int, **changes: object) -> QuantizedNetwork:
    changed = list(network.populations)
    changed[which] = replace(changed[which], **changes)
    return replace(network, populations=tuple(changed))


def unused_class(network: QuantizedNetwork) -> QuantizedNetwork:
    return replace(network, classes=(*network.classes, SynapseClass(2**30, 1)))


def descending_classes(_: QuantizedNetwork) -> QuantizedNetwork:
    network = robot().network
    last = len(network.classes) - 1
    assert last > 0
    classes = tuple(reversed(network.classes))
    klass = (last - network.klass.astype(np.int64)).astype(np.uint16)
    order = np.lexsort((network.weight, network.target, klass, network.source))
    parts = {name: getattr(network, name)[order] for name in ("source", "target", "weight")}
    return replace(network, classes=classes, klass=klass[order], **parts)


def spare_area(network: QuantizedNetwork) -> QuantizedNetwork:
    return replace(network, areas=(*network.areas, replace(network.areas[-1], id="spare")))


def twice_one_id(network: QuantizedNetwork) -> QuantizedNetwork:
    areas = list(network.areas)
    areas[1] = replace(areas[1], id=areas[0].id)
    return replace(network, areas=tuple(areas))


def one_place_for_two(network: QuantizedNetwork) -> QuantizedNetwork:
    place = network.place.copy()
    place[1] = place[0]
    return replace(network, place=place)


def input_too_large_for_the_last(network):
    """Its amount is the J of all that it reaches, less one in the last population."""
    amount = network.populations[0].input_max
    last = len(network.populations) - 1
    least = populations(network, last, input_max=amount - 1)
    return replace(least, inputs=(InputRange(0, network.n_neurons, amount),))


def name_behind_a_zero(network):
    areas = (replace(network.areas[0], name="a\0b"), *network.areas[1:])
    return replace(network, areas=areas)


CASES = {
    "an area without a population": (
        spare_area, "area spare has no population", f"{FIELD} 1"),
    "an unused class": (
        unused_class, "no synapse is of class ", "taken"),
    "classes in another order": (
        descending_classes, "class 1 does not ascend from the one before", f"{FIELD} 3"),
    "two areas of one id": (
        twice_one_id, "two areas have one id", "taken"),
    "two neurons at one place": (
        one_place_for_two, "two neurons of iin___ are at one place", "taken"),
    "a state wider than its storage": (
        lambda n: replace(n, storage=32, state=16),
        "a state of 16 bits is not stored in 32", f"{FIELD} 0"),
    "an id that nothing hashes": (
        lambda n: populations(n, 0, id=7),
        "population 0 has the id 7, and nothing hashes it", f"{FIELD} 1"),
    "thresholds that vary and are the same": (
        lambda n: populations(n, 0, threshold_step=3),
        "the thresholds of population 0 vary, and are all the same", f"{FIELD} 1"),
    "an input beyond what may enter": (
        lambda n: replace(n, inputs=(InputRange(0, 1, n.populations[0].input_max + 1),)),
        "the input from 0 on is ", f"{FIELD} 6"),
    "an input beyond what may enter the last that it reaches": (
        input_too_large_for_the_last, "the input from 0 on is ", f"{FIELD} 6"),
    "a name that goes on behind a zero byte": (
        name_behind_a_zero, "area 0 has a zero byte in its id or name", "taken"),
    "a power beyond what may enter": (
        lambda n: replace(n, power_neuron=0, power_amount=n.populations[0].input_max + 1),
        "the power is ", f"{FIELD} 0"),
    "a power of nothing": (
        lambda n: replace(n, power_neuron=0, power_amount=0), "the power is 0", f"{FIELD} 0"),
}  # fmt: skip


def question() -> Question:
    network = compile_connectome(small_connectome()).network
    return Question(BOARD, [(encode(change(network)), told) for change, _, told in CASES.values()])


@pytest.fixture(scope="module")
def told_by_a_board(micropython, tmp_path_factory) -> dict[str, str]:
    said = answers(question(), micropython, tmp_path_factory.mktemp("blobs"))
    return dict(zip(CASES, said, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_second_way_to_write_a_network_is_refused(name, small_brain, told_by_a_board):
    change, fact, board = CASES[name]
    with pytest.raises(BlobError) as caught:
        decode(encode(change(small_brain.network)))
    assert str(caught.value).startswith(fact)
    assert told_by_a_board[name] == board


def test_what_a_board_takes_and_a_host_refuses_is_what_only_a_host_checks(told_by_a_board):
    for name, (_, fact, _) in CASES.items():
        alone = any(reason in fact for reason in REASONS)
        assert alone == (told_by_a_board[name] == "taken"), name


def test_offsets_of_thresholds_have_one_form(small_brain):
    network = small_brain.network
    p = network.populations[0]
    for offsets, told in (
        ((0, 2), "the threshold offsets of population 0 are multiples of 2"),
        ((1, 2), "the least threshold offset of population 0 is 1, not 0"),
        ((-100, 101, -99), "the least threshold offset of population 0 is -100, not -74"),
    ):
        offset = network.offset.copy()
        offset[: p.count] = offsets[0]
        offset[: len(offsets)] = offsets
        changed = populations(replace(network, offset=offset), 0, threshold_step=1)
        with pytest.raises(BlobError) as caught:
            decode(encode(changed))
        assert str(caught.value).startswith(told)


def test_a_population_split_in_two_alike_is_taken_since_no_reader_can_tell(small_brain):
    network = small_brain.network
    p = network.populations[0]
    first, second = replace(p, count=40), replace(p, first=40, count=p.count - 40)
    changed = replace(network, populations=(first, second, *network.populations[1:]))
    assert decode(encode(changed)).populations[1].first == 40
