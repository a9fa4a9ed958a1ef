"""Populations: consecutive neurons of equal parameters, in integers that a device can compare."""

from fractions import Fraction

import numpy as np
import pytest

from ganglion.network.model import Population, QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.populations import _excitability, leak_code
from ganglion.quantization.quantize import Quantization, quantize
from tests.support.tiny import Box, Net, Wire


def made(state: str = "int32", **box: object) -> tuple[QuantizedNetwork, Quantization]:
    described = Box(**box)  # type: ignore[arg-type]
    net = Net(
        {"i_in____": Box(group="IPU"), "c_out___": described},
        [Wire(("i_in____", 0), ("c_out___", i)) for i in range(described.count)],
    )
    return quantize(net.build(), QuantizeOptions(state=state))


def of_output(network: QuantizedNetwork) -> list[Population]:
    return [p for p in network.populations if p.area == 1]


def test_equal_neurons_are_one_population() -> None:
    network, _ = made(count=7)
    assert [(p.first, p.count) for p in network.populations] == [(0, 1), (1, 7)]


def test_neurons_are_grouped_by_their_parameters_and_keep_their_order() -> None:
    network, note = made(count=6, refractory=[0, 2, 0, 2, 2, 0])
    assert [(p.count, p.refractory) for p in of_output(network)] == [(3, 0), (3, 2)]
    assert note.neuron.tolist() == [0, 1, 3, 6, 2, 4, 5]
    assert network.place.tolist() == [0, 0, 2, 5, 1, 3, 4]


def test_thresholds_that_vary_are_a_base_and_steps() -> None:
    network, note = made(count=5, threshold=[10, 10.5, 12, 11, 10.5])
    (p,) = of_output(network)
    assert p.threshold_step == Fraction(1, 2) / note.scales[1].unit
    real = network.threshold[1:] * note.scales[1].unit
    assert real.tolist() == [10, 10.5, 12, 11, 10.5]


@pytest.mark.parametrize("state", ["int16", "int32"])
def test_a_gradient_that_float32_added_up_is_one_population_of_equal_steps(state: str) -> None:
    net = Net(
        {"i_in____": Box(count=200, group="IPU", keeps=True, leak=0.1,
                         threshold=np.float32(2.5) + np.arange(200, dtype=np.float32)
                         * np.float32(0.001)), "c_out___": Box()},
        [Wire(("i_in____", i), ("c_out___", 0)) for i in range(200)],
    )  # fmt: skip
    network, _ = quantize(net.build(), QuantizeOptions(state=state, inputs="graded"))
    inputs = [p for p in network.populations if p.area == 0]
    assert len(inputs) == 1 and inputs[0].threshold_step > 0
    assert len(set(network.threshold[:200].tolist())) == 200


def test_more_than_256_steps_make_several_populations() -> None:
    network, note = made(count=400, threshold=np.arange(400) + 1.0)
    assert len(of_output(network)) == 2
    order = note.neuron[1:] - 1
    assert (network.threshold[1:] * note.scales[1].unit == order + 1).all()
    assert network.offset.min() >= -128 and network.offset.max() == 127


@pytest.mark.parametrize("leak", [0.5, 0.25, 1 / 128, 0.1, 0.03, 0.999, 1.0, 1e-4])
def test_a_leak_is_exact_to_30_bits_at_int32_and_15_at_int16(leak: float) -> None:
    code, fine, shift = leak_code(leak, 32)
    assert abs(Fraction(code * 2**15 + fine, 2 ** (shift + 15)) - Fraction(leak)) <= leak / 2**29
    assert code <= 32_767 and -(2**14) <= fine < 2**14
    code, fine, shift = leak_code(leak, 16)
    assert fine == 0 and abs(Fraction(code, 2**shift) - Fraction(leak)) <= leak / 2**14


def test_a_leak_never_takes_more_than_there_is() -> None:
    for leak in (1.0, 0.99999999, 2.0):
        code, fine, shift = leak_code(leak, 32)
        assert (code << 15) + fine <= 1 << (shift + 15)


def test_a_leak_too_small_to_write_is_none() -> None:
    assert leak_code(1e-12, 32) == (0, 0, 0)


def test_excitability_is_the_smallest_hash_that_does_not_fire() -> None:
    assert _excitability(np.float32(1.0)) == (True, 0)
    assert _excitability(np.float32(0.999)) == (True, 0)
    assert _excitability(np.float32(0.0)) == (False, 0)
    for e in (np.float32(0.25), np.float32(0.3), np.float32(1e-6), np.float32(0.99)):
        always, code = _excitability(e)
        assert not always
        assert np.float32(code) / np.float32(2**32) >= e
        assert np.float32(code - 1) / np.float32(2**32) < e


def test_where_the_hash_decides_neighbours_in_a_population_are_neighbours_in_the_genome() -> None:
    network, note = made(count=6, excitability=0.5, refractory=[0, 0, 2, 2, 0, 0])
    for p in of_output(network):
        mine = note.neuron[p.first : p.stop]
        assert mine.tolist() == list(range(p.id, p.id + p.count))


def test_only_what_accumulates_leaks_and_is_clamped() -> None:
    (p,) = of_output(made(leak=0.5)[0])
    assert (p.leak, p.shift, p.low, p.high) == (0, 0, 0, 0)
    (p,) = of_output(made(leak=0.5, keeps=True)[0])
    assert p.leak and p.high > 0


def test_a_snooze_is_added_to_the_refractory_period_and_needs_a_limit() -> None:
    (p,) = of_output(made(refractory=3, snooze=4)[0])
    assert (p.refractory, p.snoozed) == (3, 3)
    (p,) = of_output(made(refractory=3, snooze=4, consecutive=2)[0])
    assert (p.refractory, p.snoozed) == (3, 7)
    (p,) = of_output(made(refractory=65_000, snooze=65_000, consecutive=2)[0])
    assert p.snoozed == 65_535


def test_an_upper_limit_is_rounded_down() -> None:
    network, note = made("int16", limit=7.3)
    (p,) = of_output(network)
    assert p.upper is not None
    assert p.upper * note.scales[1].unit <= 7.3 < (p.upper + 1) * note.scales[1].unit
