"""Proof: rerun on every blob that is loaded, and loud when its premises are broken."""

from dataclasses import replace

import pytest

from ganglion.blob.container import decode, encode
from ganglion.compiler import compile_connectome
from ganglion.errors import BlobError
from ganglion.network.model import InputRange, QuantizedNetwork
from ganglion.network.proof import bounds, prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from tests.support.tiny import Box, Net, Wire, chain
from tools.networks import STATES, random_connectome


def network(state: str = "int16") -> QuantizedNetwork:
    return quantize(chain(3, -2, threshold=4.0, keeps=True), QuantizeOptions(state=state))[0]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("seed", range(6))
def test_every_brain_that_is_compiled_is_proved(seed: int, state: str) -> None:
    brain = compile_connectome(random_connectome(seed), QuantizeOptions(state=state, anywhere=True))
    assert brain.bounds.slack(brain.network.storage) >= 0


def test_bounds_count_everything_that_can_meet_in_a_burst() -> None:
    net = network()
    found = bounds(net)
    p = net.populations[1]
    up = max(net.contribution)
    assert found.highest[2] == p.high + up + p.input_max
    assert found.lowest[2] == p.low + min(net.contribution) - p.input_max
    reach = InputRange(2, 1, 5)
    assert bounds(replace(net, inputs=(reach,))).highest[2] == found.highest[2] + 5
    power = replace(net, power_neuron=2, power_amount=9)
    assert bounds(power).highest[2] == found.highest[2] + 9


@pytest.mark.parametrize("field", ["high", "low", "input_max"])
def test_one_step_too_many_is_refused_with_neuron_and_remedy(field: str) -> None:
    net = network()
    p = net.populations[1]
    slack = bounds(net).slack(16)
    assert slack == 0
    value = getattr(p, field) + (-1 if field == "low" else 1)
    changed = replace(net, populations=(net.populations[0], replace(p, **{field: value})))
    with pytest.raises(BlobError) as refusal:
        prove(changed)
    assert str(refusal.value).startswith("neuron 2 could reach ")
    assert str(refusal.value).endswith(
        "beyond 16 bits; compile it again with a wider state (--state int32)"
    )


def test_a_blob_with_a_larger_input_is_refused_by_the_loader() -> None:
    net = network()
    p = replace(net.populations[1], input_max=net.populations[1].input_max + 1)
    with pytest.raises(BlobError, match="neuron 2 could reach"):
        decode(encode(replace(net, populations=(net.populations[0], p))))


def test_kept_potentials_stay_in_the_state_that_the_header_names() -> None:
    net = network("int8")
    p = replace(net.populations[1], high=128)
    with pytest.raises(BlobError, match=r"population 1 keeps -128..128, beyond the 8 bits"):
        prove(replace(net, populations=(net.populations[0], p)))


def test_the_magnitude_of_a_potential_is_a_word_because_the_leak_takes_it() -> None:
    net = network("int32")
    p = net.populations[1]
    lowest = bounds(net).lowest[2]
    assert lowest >= -(2**31) + 1
    down = replace(p, low=p.low - int(lowest + 2**31 - 1) - 1)
    with pytest.raises(BlobError, match="neuron 2 could reach -2147483648"):
        prove(replace(net, populations=(net.populations[0], down)))


def test_the_rounding_of_a_psp_fits_a_word_too() -> None:
    made = Net(
        {"i_in____": Box(group="IPU"), "c_out___": Box(mp_driven=True, keeps=True)},
        [Wire(("i_in____", 0), ("c_out___", 0)), Wire(("c_out___", 0), ("i_in____", 0))],
    )
    net = quantize(made.build(), QuantizeOptions(state="int32"))[0]
    p = next(p for p in net.populations if p.mp_driven)
    assert p.psp_bits > 1
    room = 2**31 - 1 - int(bounds(net).highest[p.first])
    others = tuple(replace(q, high=q.high + room) if q is p else q for q in net.populations)
    with pytest.raises(BlobError, match="rounding its PSP would leave 32 bits"):
        prove(replace(net, populations=others))


def test_a_threshold_that_no_potential_could_be_compared_with_is_refused() -> None:
    net = network("int32")
    p = replace(net.populations[1], threshold=-(2**30) - 1)
    with pytest.raises(BlobError, match=r"a threshold of -1073741825 is beyond 2\^30"):
        prove(replace(net, populations=(net.populations[0], p)))
