"""Profile: exactly what of a connectome meets in each area, and nothing rounded."""

from fractions import Fraction

import numpy as np

from ganglion.connectome.selection import live_neurons, stimulated_neurons
from ganglion.quantization.contributions import contributions_of
from ganglion.quantization.kinds import Kinds
from ganglion.quantization.options import QuantizeOptions
from tests.support.profiles import profiles
from tests.support.tiny import Box, Net, Wire, chain


def net() -> Net:
    return Net(
        {
            "___power": Box(group="CORE"),
            "i_in____": Box(count=2, group="IPU", uniform=False),
            "c_mid___": Box(count=2, threshold=[0.1, 2.34567], leak=0.25, keeps=True),
            "c_unused": Box(),
        },
        [
            Wire(("i_in____", 0), ("c_mid___", 0), 2, 5),
            Wire(("i_in____", 0), ("c_mid___", 1), -2, 5),
            Wire(("i_in____", 1), ("c_mid___", 1), 7),
        ],
        power="___power",
    )


def test_only_neurons_with_a_synapse_are_kept() -> None:
    assert live_neurons(net().build()).tolist() == [1, 2, 3, 4]


def test_a_brain_without_synapses_keeps_its_power_neuron() -> None:
    alone = Net({"___power": Box(group="CORE"), "c_mid___": Box()}, power="___power").build()
    assert live_neurons(alone).tolist() == [0]


def test_contributions_are_divided_by_all_synapses_of_their_source() -> None:
    connectome = net().build()
    profile = profiles(connectome)[2]
    values = [profile.values[i] for i in profile.value_of]
    assert values == [Fraction(10, 2), Fraction(-10, 2), Fraction(7)]


def test_an_uniform_source_is_not_divided_and_an_mp_driven_one_counts_at_255() -> None:
    made = net()
    made.areas["i_in____"] = Box(count=2, group="IPU", mp_driven=True)
    connectome = made.build()
    kinds = Kinds.among(connectome)
    assert [kinds.parts[kinds.part[kind]].value for kind in kinds.of] == [510, -510, 1785]
    assert all(contributions_of(connectome).driven)


def test_the_stimulus_reaches_input_areas_first() -> None:
    connectome = net().build()
    keep = live_neurons(connectome)
    assert keep[stimulated_neurons(connectome, keep)].tolist() == [1, 2]


def test_without_an_input_area_the_stimulus_reaches_whom_no_synapse_does() -> None:
    made = net()
    made.areas["i_in____"] = Box(count=2, uniform=False)
    made.wires.append(Wire(("___power", 0), ("c_mid___", 0)))
    connectome = made.build()
    keep = live_neurons(connectome)
    assert keep[stimulated_neurons(connectome, keep)].tolist() == [1, 2]


def test_in_a_ring_the_stimulus_reaches_all() -> None:
    ring = Net(
        {"c_a_____": Box(), "c_b_____": Box()},
        [Wire(("c_a_____", 0), ("c_b_____", 0)), Wire(("c_b_____", 0), ("c_a_____", 0))],
    ).build()
    assert stimulated_neurons(ring, live_neurons(ring)).all()


def test_only_areas_that_are_fed_must_have_whole_inputs_and_short_thresholds() -> None:
    connectome = net().build()
    assert profiles(connectome, QuantizeOptions())[2].natural == ()
    everywhere = profiles(connectome, QuantizeOptions(anywhere=True))[2].natural
    assert set(everywhere) == {1, Fraction(1, 10)}  # 2.34567 is no short decimal


def test_a_threshold_that_float32_added_up_is_still_a_short_decimal() -> None:
    total = np.float32(0.1)
    for _ in range(7):
        total = np.float32(total + np.float32(0.003))
    connectome = chain(1)
    fed = Net({"i_in____": Box(group="IPU", threshold=total), "c_out___": Box()},
              [Wire(("i_in____", 0), ("c_out___", 0))]).build()  # fmt: skip
    assert profiles(fed)[0].natural == (
        1,
        Fraction(121, 1000),
    )
    assert profiles(connectome)[0].natural == (1, 1)


def test_weights_of_few_bits_are_multiples_of_one_number_and_exact_where_they_can_be() -> None:
    connectome = chain(10, 20, 30, -40)
    for width in ("int4", "int8"):
        few = contributions_of(connectome, width)
        assert sorted(few.values[i] for i in few.of_kind) == [-40, 10, 20, 30]
    coarse = contributions_of(chain(1, 100, 255), "int2")
    steps = {few for few in coarse.base if few}
    assert len(steps) == 1
    step = steps.pop()
    assert all((coarse.values[i] / step).denominator == 1 for i in coarse.of_kind)
    assert {abs(coarse.values[i] / step) <= 3 for i in coarse.of_kind} == {True}


def test_weights_that_a_projection_shares_take_no_bits_and_lose_none() -> None:
    connectome = chain(7, 7, -91)
    assert contributions_of(connectome, "int2").values == contributions_of(connectome).values
