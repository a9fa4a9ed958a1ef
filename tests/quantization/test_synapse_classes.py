"""Classes: every contribution is a weight times a multiplier, exactly."""

import numpy as np
import pytest

from ganglion.connectome.model import Connectome
from ganglion.frontends import synthetic
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import Quantization, quantize
from tests.support.tiny import Box, Net, Wire, chain


def made(
    connectome: Connectome, weights: str = "int8", state: str = "int32"
) -> tuple[QuantizedNetwork, Quantization]:
    return quantize(connectome, QuantizeOptions(weights=weights, state=state))


@pytest.mark.parametrize("weights", ["int8", "int4", "int2"])
@pytest.mark.parametrize("state", ["int8", "int16", "int32"])
def test_a_weight_times_its_class_is_what_the_scale_says(state: str, weights: str) -> None:
    connectome = synthetic.network(200, 6, seed=3)
    network, note = made(connectome, weights, state)
    made_of = {
        area: iter(np.array(note.scales[rank].contributions)[note.profiles[rank].value_of].tolist())
        for rank, area in enumerate(note.areas)
    }
    said = [
        (source, target, next(made_of[connectome.area[target]]))
        for source, target in zip(connectome.source, connectome.target, strict=True)
    ]
    ends = (note.neuron[network.source], note.neuron[network.target])
    assert sorted(zip(*ends, network.contribution, strict=True)) == sorted(said)


def test_one_or_two_weights_of_a_projection_are_classes_and_take_no_bytes() -> None:
    network, _ = made(chain(3, 3, 5, threshold=1000.0))
    assert [(c.weight, c.few_bits) for c in network.classes] == [(1, 0), (1, 0)]
    assert set(network.weight.tolist()) == {1}


def test_three_weights_are_own_weights_with_their_sign_in_the_class() -> None:
    network, _ = made(chain(3, 5, -7, threshold=1000.0))
    assert {c.weight for c in network.classes} == {0}
    assert sorted(c.multiplier > 0 for c in network.classes) == [False, True]
    assert sorted(network.weight.tolist()) == [3, 5, 7]


def test_weights_too_far_apart_for_seven_bits_each_become_a_class() -> None:
    network, _ = made(chain(1, 100, 255, threshold=1000.0))
    assert sorted(c.multiplier for c in network.classes)[-1] == max(network.contribution)
    assert len(network.classes) == 3


@pytest.mark.parametrize(("weights", "bits", "most"), [("int4", 4, 15), ("int2", 2, 3)])
def test_weights_of_few_bits_fit_them(weights: str, bits: int, most: int) -> None:
    network, note = made(synthetic.network(100, 10), weights)
    own = [c for c in network.classes if c.weight == 0]
    assert own and {c.few_bits for c in own} == {bits}
    assert network.weight.min() >= 0 and network.weight.max() == most
    assert not note.lossless


def test_few_bits_are_used_only_where_they_hold_every_weight() -> None:
    exact, note = made(chain(2, 4, 30, threshold=1000.0), "int4")
    assert [c.few_bits for c in exact.classes] == [4] and note.scales[1].exact
    assert sorted(exact.weight.tolist()) == [1, 2, 15]
    assert [c.few_bits for c in made(chain(2, 4, 6, threshold=1000.0), "int2")[0].classes] == [2]
    assert [c.few_bits for c in made(chain(2, 4, 6, threshold=1000.0), "int8")[0].classes] == [0]


def test_what_is_cut_to_the_same_is_one_class() -> None:
    network, _ = made(chain(1, 100, 255, threshold=1.0))
    assert len(network.classes) == 1


def test_mp_driven_contributions_are_a_multiplier_a_shift_and_a_cap() -> None:
    net = Net(
        {"i_in____": Box(group="IPU", mp_driven=True), "c_out___": Box(threshold=10.0)},
        [Wire(("i_in____", 0), ("c_out___", 0), 3)],
    )
    network, note = made(net.build())
    (only,) = network.classes
    assert only.mp_driven and only.shift == 0
    assert only.multiplier == 3 / note.scales[1].unit
    assert only.cap == note.scales[1].contributions[0]


def test_classes_are_sorted_and_none_is_there_twice() -> None:
    network, _ = made(synthetic.network(300, 10))
    keys = [(c.mp_driven, c.weight, c.multiplier, c.cap, c.shift, c.few_bits)
            for c in network.classes]  # fmt: skip
    assert keys == sorted(set(keys))
