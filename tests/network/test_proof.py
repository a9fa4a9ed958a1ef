"""Proof: rerun on every blob that is loaded, and loud when its premises are broken."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.blob.container import decode, encode
from ganglion.compiler import compile_connectome
from ganglion.errors import BlobError
from ganglion.network import layer_proof
from ganglion.network.layer_proof import largest, prove_layers
from ganglion.network.layers import LIMIT, Layer, Path
from ganglion.network.learning import ASSOCIATIVE, CLOSED, NOBODY, area_neurons, places_of
from ganglion.network.model import InputRange, QuantizedNetwork
from ganglion.network.proof import Bounds, bounds, prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from tests.support.layers import random_network
from tests.support.learning import KINDS, learner
from tests.support.tiny import Box, Net, Wire, chain
from tools.networks import STATES, random_connectome


def network(state: str = "int16") -> QuantizedNetwork:
    return quantize(chain(3, -2, threshold=4.0, keeps=True), QuantizeOptions(state=state))[0]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("seed", range(3))
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


def test_the_threshold_with_which_a_memory_fires_its_slot_is_in_the_bound() -> None:
    net = quantize(learner(1, "memory"), QuantizeOptions(state="int32"))[0]
    without = replace(net, learning=replace(net.learning, memories=()))
    (memory,) = net.learning.memories
    slots = area_neurons(net, memory.area)
    expected = np.zeros(net.n_neurons, dtype=np.int64)
    expected[slots.start : slots.stop] = net.threshold[slots.start : slots.stop]
    assert expected.any() and not expected.all()
    assert (bounds(net).highest - bounds(without).highest).tolist() == expected.tolist()
    assert bounds(net).lowest.tolist() == bounds(without).lowest.tolist()


def test_all_that_learning_can_add_is_in_the_bound() -> None:
    net = quantize(learner(1, "rules"), QuantizeOptions(state="int32"))[0]
    without = replace(net, learning=replace(net.learning, projections=()))
    up = bounds(net).highest - bounds(without).highest
    down = bounds(without).lowest - bounds(net).lowest
    signs = {described.sign for described in net.learning.projections}
    assert up.any() == (1 in signs)
    assert down.any() == (-1 in signs)
    assert (up >= 0).all() and (down >= 0).all() and up.any()


def test_power_that_takes_away_lowers_the_bound_of_its_neuron_alone() -> None:
    net = network()
    before, after = bounds(net), bounds(replace(net, power_neuron=2, power_amount=-9))
    assert (before.lowest - after.lowest).tolist() == [0] * (net.n_neurons - 1) + [9]
    assert after.highest.tolist() == before.highest.tolist()


@pytest.mark.parametrize("threshold", [2**30, -(2**30)])
def test_the_largest_threshold_of_either_sign_is_taken(threshold: int) -> None:
    net = network("int32")
    p = replace(net.populations[1], threshold=threshold)
    assert prove(replace(net, populations=(net.populations[0], p)))
    with pytest.raises(BlobError, match=r"a threshold of -?1073741825 is beyond 2\^30"):
        beyond = replace(p, threshold=threshold + (1 if threshold > 0 else -1))
        prove(replace(net, populations=(net.populations[0], beyond)))


@pytest.mark.parametrize(("field", "kept"), [("low", -128), ("high", 127)])
def test_a_population_keeps_all_that_its_state_holds_and_not_one_more(field, kept) -> None:
    net = network("int8")
    p = replace(net.populations[1], **{field: kept})
    prove(replace(net, populations=(net.populations[0], p)))
    worse = replace(p, **{field: kept + (1 if kept > 0 else -1)})
    with pytest.raises(BlobError, match=r"population 1 keeps .*beyond the 8 bits of its state"):
        prove(replace(net, populations=(net.populations[0], worse)))


def of_layers(weight: int, bias: int, conv: bool = False, most: int = 3) -> tuple[Layer, Layer]:
    """Two sources of `most` spikes, pooled from four, that reach four neurons."""
    base = next(x for x in random_network(1).layers if x.emit == 2)
    one = np.array([1], np.int64)
    base = replace(base, first=0, count=8, period=1, paths=(), most=most, bias=0 * one)
    dims, size = ((4, 1, 2), (2, 1, 2)) if conv else ((8, 1, 1), (1, 1, 4))
    kinds = np.full((2, 1, 1, 2) if conv else (4, 4), weight, np.int8)
    path = Path(0, conv, 8, 7 * one, kinds, dims, size, (2, 1))
    return base, replace(base, first=8, count=4, bias=bias * one, paths=(path,))


@pytest.mark.parametrize("conv", [False, True])
def test_the_bound_of_a_layer_is_what_its_sources_can_send_at_most(conv: bool) -> None:
    _, layer = of_layers(-5, 0, conv)
    # by hand: 3 spikes · 2 pooled · |−5| · 7, of 4 pooled sources, or of a kernel of 2 channels
    assert largest(layer.paths[0], 3, layer).tolist() == [3 * 2 * 5 * 7 * (2 if conv else 4)] * 4
    square = replace(layer.paths[0], pool=(2, 3))
    assert largest(square, 3, layer).tolist() == [3 * 6 * 5 * 7 * (2 if conv else 4)] * 4


def test_a_layer_that_could_gather_one_too_many_is_refused() -> None:
    reach = 3 * 2 * 5 * 7 * 4
    prove_layers(of_layers(-5, -(2**31 - 1 - reach)))
    for sign in (1, -1):
        with pytest.raises(BlobError) as refusal:
            prove_layers(of_layers(-5, sign * (2**31 - reach)))
        assert str(refusal.value) == (
            "layer 1 could gather 2147483648 in one burst, beyond 32 bits; "
            "compile it again, with weights and thresholds closer together"
        )


def test_a_number_of_a_layer_beyond_its_range_is_seen_in_every_vector() -> None:
    good = of_layers(1, 0)[0]
    assert layer_proof.rules(good)
    for name in ("threshold", "size", "reset_to", "bias", "drift"):
        for sign in (1, -1):
            at = np.array([sign * LIMIT], np.int64)
            assert layer_proof.rules(replace(good, **{name: at}))
            assert not layer_proof.rules(replace(good, **{name: at + sign}))


def counted(net: QuantizedNetwork) -> tuple[list[int], list[int]]:
    """The bounds again, one number at a time: lowest and highest of each neuron."""
    low, high = [], []
    for p in net.populations:
        for _ in range(p.count):
            low.append((p.low if p.accumulates else 0) - p.input_max)
            high.append((p.high if p.accumulates else 0) + p.input_max)

    def add(neuron: int, amount: int) -> None:
        high[neuron] += amount if amount > 0 else 0
        low[neuron] += amount if amount < 0 else 0

    for target, amount in zip(net.target.tolist(), net.contribution.tolist(), strict=True):
        add(target, amount)
    learning = net.learning
    for one in learning.projections:
        for k, target in enumerate(places_of(net, one).target.tolist()):
            grows = learning.rules[one.rule].up > 0 and one.weight[k] != CLOSED
            if one.form != ASSOCIATIVE or one.present[k] or grows:
                add(target, one.sign * one.cap)
    for twin in learning.twins:
        for player in twin.plays.tolist():
            if player != NOBODY:
                add(player, min(learning.memories[twin.memory].depth * twin.amount, twin.cap))
    for memory in learning.memories:
        for slot in area_neurons(net, memory.area):
            add(slot, int(net.threshold[slot]))
    for reach in net.inputs:
        for neuron in range(reach.first, reach.first + reach.count):
            add(neuron, reach.amount)
    if net.power_neuron is not None:
        add(net.power_neuron, net.power_amount)
    return low, high


@pytest.mark.parametrize("kind", [*KINDS, "random", "nothing kept"])
@pytest.mark.parametrize("power", [7, -7, 0])
def test_the_bounds_are_those_that_are_counted_one_by_one(kind: str, power: int) -> None:
    made = learner(2, kind, 4) if kind in KINDS else random_connectome(4, 24, 3)
    net = quantize(made, QuantizeOptions(state="int32", anywhere=True, negative_inputs=True))[0]
    net = replace(net, power_neuron=1, power_amount=power)
    if kind == "nothing kept":
        net = replace(
            net, populations=tuple(replace(p, accumulates=False) for p in net.populations)
        )
    if kind == "rules":  # each rule takes away as well
        turned = tuple(replace(p, sign=-p.sign) for p in net.learning.projections)
        net = replace(net, learning=replace(net.learning, projections=turned))
    found = bounds(net)
    assert (found.lowest.tolist(), found.highest.tolist()) == counted(net)


def test_slack_is_of_the_neuron_that_is_nearest_to_either_end_of_its_storage() -> None:
    for lowest, highest, slack in (([-5, -9], [3, 4], 118), ([-5, -9], [120, 4], 7)):
        found = Bounds(np.array(lowest), np.array(highest))
        assert found.slack(8) == slack
    with pytest.raises(AttributeError):
        found.lowest = found.highest  # type: ignore[misc]
    assert not hasattr(found, "__dict__")


def test_of_several_neurons_that_could_overflow_the_first_is_named() -> None:
    net = network()
    wide = tuple(replace(p, input_max=2**15) for p in net.populations)
    with pytest.raises(BlobError, match="neuron 0 could reach"):
        prove(replace(net, populations=wide))


def driven(psp_bits: int, room: int) -> QuantizedNetwork:
    """Two mp-driven neurons, which reach 2^31 - 1 less `room`."""
    made = Net(
        {"i_in____": Box(group="IPU"), "c_out___": Box(count=2, mp_driven=True, keeps=True)},
        [
            *(Wire(("i_in____", 0), ("c_out___", k)) for k in (0, 1)),
            Wire(("c_out___", 0), ("i_in____", 0)), Wire(("c_out___", 1), ("i_in____", 0)),
        ],
    )  # fmt: skip
    net = quantize(made.build(), QuantizeOptions(state="int32"))[0]
    p = next(p for p in net.populations if p.mp_driven)
    more = 2**31 - 1 - room - int(bounds(net).highest[p.first])
    changed = replace(p, high=p.high + more, psp_bits=psp_bits)
    return replace(net, populations=tuple(changed if q is p else q for q in net.populations))


@pytest.mark.parametrize("bits", [1, 2, 5])
def test_rounding_a_psp_has_room_for_half_of_what_it_is_shifted_by_and_no_less(bits: int) -> None:
    half = 2 ** (bits - 1)
    prove(driven(bits, half))
    net = driven(bits, half - 1)
    first = next(p for p in net.populations if p.mp_driven).first
    with pytest.raises(BlobError, match=f"neuron {first} could reach {2**31 - half}, and rounding"):
        prove(net)
