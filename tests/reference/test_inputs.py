"""Inputs: real potentials become integers by SPEC 6.7, and a clamp that matters is counted."""

import numpy as np
import pytest

from ganglion.errors import StimulusError
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference.inputs import HostInput, Injection
from tests.support.tiny import Box, Net, Wire


def network(**options: object) -> QuantizedNetwork:
    """Neuron 0 forgets, neuron 1 keeps (and can be inhibited); the unit of both divides 0.5."""
    net = Net(
        {"i_forget": Box(group="IPU", threshold=0.5), "i_keep__": Box(group="IPU", threshold=0.5,
         keeps=True)},
        [Wire(("i_forget", 0), ("i_keep__", 0), -1)],
    )  # fmt: skip
    return quantize(net.build(), QuantizeOptions(state="int16", **options))[0]  # type: ignore[arg-type]


def convert(net: QuantizedNetwork, neurons: list[int], potentials: list[float]) -> Injection:
    return HostInput(net).convert(np.array(neurons), np.array(potentials, dtype=np.float32))


def units(net: QuantizedNetwork) -> list[float]:
    return [area.unit for area in net.areas]


def test_what_is_forgotten_rounds_down_and_what_is_kept_to_nearest() -> None:
    net = network()
    forget, keep = units(net)
    found = convert(net, [0, 1, 0, 1], [0.0, 0.0, 7.9 * forget, 7.9 * keep])
    assert found.amounts.tolist() == [7, 8]
    found = convert(net, [0, 1], [-7.1 * forget, -7.1 * keep])
    assert found.amounts.tolist() == [-8, -7]


def test_a_whole_number_that_float32_missed_by_its_own_rounding_is_that_number() -> None:
    net = network()
    forget = units(net)[0]
    below = np.nextafter(np.float32(7 * forget), np.float32(0))
    assert convert(net, [0], [float(below)]).amounts.tolist() == [7]


def test_potentials_of_one_neuron_are_summed_in_float32_first() -> None:
    net = network()
    found = convert(net, [1, 0, 1, 1], [1e8, 0.5, 0.25, -1e8])
    assert found.neurons.tolist() == [0, 1]
    assert found.amounts[1] == 0  # 1e8 + 0.25 is 1e8 in float32


def test_an_input_is_never_larger_than_the_proof_allows() -> None:
    net = network()
    most = net.per_neuron("input_max")
    for sign in (1, -1):
        found = convert(net, [0, 1], [sign * 3e38, sign * 3e38])
        assert np.abs(found.amounts).tolist() == most.tolist()


def test_a_clamp_is_counted_only_where_it_may_matter() -> None:
    net = network()
    assert convert(net, [0], [100.0]).clamped == 0  # it fires with the limit as with more
    assert convert(net, [1], [100.0]).clamped == 1  # it may be far below zero
    assert convert(network(maximum=100.0), [1], [100.0]).clamped == 0


def test_a_neuron_of_another_brain_is_refused() -> None:
    with pytest.raises(StimulusError) as refusal:
        convert(network(), [0, 7], [1.0, 1.0])
    assert str(refusal.value) == (
        "the input names neurons 0 to 7 of 2; use the neurons of this brain; `ganglion inspect` "
        "lists its areas"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_potential_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(StimulusError, match=r"the input of neuron 1 is .*; give finite potentials"):
        convert(network(), [1], [value])


def test_no_input_is_no_injection() -> None:
    found = convert(network(), [], [])
    assert len(found.neurons) == len(found.amounts) == 0
