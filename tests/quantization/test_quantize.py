"""Quantize: a connectome in integers, the same each time, with a verdict that can be explained."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion import examples as genomes
from ganglion.blob.container import encode
from ganglion.errors import QuantizeError
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.quantization.description import QuantizationConfig, configs_of
from ganglion.quantization.options import ANY_AREA, FEAGI_RANGE, QuantizeOptions, Range
from ganglion.quantization.quantize import quantize
from tests.support.tiny import Box, Net, Wire, chain


def losses(state: str = "int16", inputs: str = "whole", *weights: int, **box: object) -> list[str]:
    _, note = quantize(
        chain(*(weights or (1,)), **box), QuantizeOptions(state=state, inputs=inputs)
    )
    return [loss.code for loss in note.losses[1]]


def test_the_same_connectome_gives_the_same_bytes() -> None:
    connectome, _ = connectome_of(genomes.path("wall_avoider"))
    assert encode(quantize(connectome)[0]) == encode(quantize(connectome)[0])


def test_auto_takes_16_bits_where_nothing_can_be_lost_and_32_elsewhere() -> None:
    assert quantize(chain(1, threshold=3.0, keeps=True))[1].state == 16
    assert quantize(chain(1, threshold=3.0, keeps=True, leak=0.1))[1].state == 32


def test_graded_inputs_that_are_gathered_need_32_bits() -> None:
    gathers = Net({"i_in____": Box(group="IPU", keeps=True), "c_out___": Box()},
                  [Wire(("i_in____", 0), ("c_out___", 0))]).build()  # fmt: skip
    assert quantize(gathers, QuantizeOptions(inputs="whole"))[1].state == 16
    assert quantize(gathers, QuantizeOptions(inputs="graded"))[1].state == 32


def test_graded_inputs_that_fire_or_are_forgotten_do_not() -> None:
    assert quantize(chain(1), QuantizeOptions(inputs="graded"))[1].state == 16


def test_consecutive_limits_are_lossless() -> None:
    assert losses(consecutive=3, keeps=True) == []


def test_a_leak_that_never_acts_is_lossless_and_one_that_does_is_not() -> None:
    assert losses("int16", "whole", 5, threshold=2.0, keeps=True, leak=0.1) == []
    assert losses("int16", "whole", 1, threshold=2.0, keeps=True, leak=0.1) == ["leak"]
    assert losses("int16", "whole", 1, threshold=2.0, keeps=True, leak=1.0) == []


def test_a_leak_acts_on_the_little_that_an_mp_driven_source_can_send() -> None:
    """At a PSP of 255 one touch fires the target; at 1 something is left, which leaks away."""
    net = Net(
        {
            "i_in____": Box(group="IPU", mp_driven=True),
            "c_out___": Box(threshold=100.0, keeps=True, leak=0.1),
        },
        [Wire(("i_in____", 0), ("c_out___", 0))],
    )
    _, note = quantize(net.build(), QuantizeOptions(state="int16"))
    assert [loss.code for loss in note.losses[1]] == ["leak"]
    assert not note.lossless and quantize(net.build())[1].state == 32


def test_inhibition_that_adds_up_is_a_loss_and_inhibition_that_is_forgotten_is_none() -> None:
    assert losses("int16", "whole", 2, -1, keeps=True) == ["inhibition"]
    assert losses("int16", "whole", 2, -1) == []


def test_chance_and_upper_limits_are_lossless_where_nothing_lowers_a_potential() -> None:
    assert losses(excitability=0.5, keeps=True) == []
    assert losses(limit=3.0, keeps=True) == []
    assert losses("int16", "whole", 2, -1, limit=3.0, keeps=True) == ["inhibition"]


def test_rounded_weights_are_a_loss() -> None:
    found = losses("int8", "whole", 201, 203, threshold=150.0, keeps=True, excitability=0.5)
    assert "weights" in found


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"state": "int64"}, "the state width 'int64' is unknown; use auto, int8, int16, int32"),
        ({"weights": "int3"}, "the weight width 'int3' is unknown; use int8, int4, int2"),
        ({"inputs": "odd"}, "the kind of inputs 'odd' is unknown; use whole, graded"),
        ({"maximum": -1.0}, "the largest input is -1.0; give a finite number, 0 for unknown"),
    ],
)
def test_impossible_options_are_refused_with_the_possible_ones(
    options: dict[str, object], text: str
) -> None:
    with pytest.raises(QuantizeError) as refusal:
        QuantizeOptions(**options)  # type: ignore[arg-type]
    assert str(refusal.value) == text


def test_a_range_must_hold_zero() -> None:
    with pytest.raises(QuantizeError, match=r"the range 1\.\.5 does not hold 0"):
        Range(1.0, 5.0)
    with pytest.raises(QuantizeError, match="has no end"):
        Range(-1.0, float("inf"))


def test_an_area_has_its_own_range_or_that_of_all() -> None:
    options = QuantizeOptions(ranges={"a": Range(-1, 1), ANY_AREA: FEAGI_RANGE})
    assert options.range_of("a") == Range(-1, 1)
    assert options.range_of("b") is FEAGI_RANGE
    assert QuantizeOptions().range_of("a") is None


@pytest.mark.parametrize("state", ["int8", "int16", "int32"])
def test_feagis_range_clamps_what_is_kept(state: str) -> None:
    options = QuantizeOptions(state=state, ranges={ANY_AREA: FEAGI_RANGE})
    network, note = quantize(chain(5, -3, threshold=4.0, keeps=True), options)
    p, unit = network.populations[1], note.scales[1].unit
    assert p.low * unit >= -100 and p.high * unit <= 50


def test_a_config_relates_integers_and_real_potentials() -> None:
    network, note = quantize(
        chain(3, 5, threshold=40.0, keeps=True), QuantizeOptions(state="int16")
    )
    config = configs_of(network)[1]
    assert config.zero_point == 0 and config.quantize(0.0) == 0 and config.dequantize(0) == 0.0
    assert config.activation_scale == float(note.scales[1].unit)
    assert config.state_width == 16
    real = {network.weight[i] * config.weight_scale[config.classes.index(int(k))]
            for i, k in enumerate(network.klass)}  # fmt: skip
    assert real == {3.0, 5.0}
    assert QuantizationConfig.from_dict(config.as_dict()) == config


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"zero_point": 42}, "area x has the zero point 42; only 0 keeps a potential of 0 at 0"),
        ({"state_width": 12}, "area x has the state width 12; use 8, 16 or 32"),
        ({"activation_scale": 0.0}, "area x has the scales"),
        ({"classes": (1, 2)}, "area x has 1 weight scales for 2 classes"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(change: dict[str, object], text: str) -> None:
    good: dict[str, object] = {
        "area": "x", "state_width": 16, "activation_scale": 0.5, "output_scale": 0.5,
        "weight_scale": (1.0,), "classes": (0,),
    }  # fmt: skip
    QuantizationConfig(**good)  # type: ignore[arg-type]
    with pytest.raises(QuantizeError, match=text):
        QuantizationConfig(**{**good, **change})  # type: ignore[arg-type]


def test_a_config_with_a_field_too_many_is_refused() -> None:
    config = configs_of(quantize(chain(1))[0])[0].as_dict()
    with pytest.raises(QuantizeError, match="these differ: colour"):
        QuantizationConfig.from_dict({**config, "colour": 1})


def test_own_weights_that_inhibit_have_a_scale_below_zero() -> None:
    network = quantize(synthetic.network(50, 5))[0]
    (population,) = (c for c in configs_of(network) if c.area == "cpopulat")
    assert min(population.weight_scale) < 0 < max(population.weight_scale)
    assert QuantizationConfig.from_dict(population.as_dict()) == population


def test_synapses_in_any_order_give_the_same_network_sorted_by_source_class_target_weight() -> None:
    connectome = synthetic.network(300, 10, seed=5)
    rng = np.random.default_rng(5)
    mixed = rng.permutation(connectome.n_synapses)
    columns = ("source", "target", "weight", "psp", "inhibitory", "projection")
    changed = replace(connectome, **{name: getattr(connectome, name)[mixed] for name in columns})
    (first, note), (second, other) = quantize(connectome), quantize(changed)
    keys = (first.weight, first.target, first.klass, first.source)
    assert (np.lexsort(keys) == np.arange(first.n_synapses)).all()
    for name in ("source", "target", "klass", "weight"):
        assert (getattr(first, name) == getattr(second, name)).all(), name
    for network, kept, c in ((first, note, connectome), (second, other, changed)):
        joined = zip(kept.neuron[network.source], kept.neuron[network.target], strict=True)
        assert sorted(joined) == sorted(zip(c.source, c.target, strict=True))
