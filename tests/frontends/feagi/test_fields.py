"""Each field of an area: its default, its range, its oddities, and the policy that reads them."""

from typing import Any

import pytest

from ganglion.connectome.model import Dynamics
from ganglion.errors import GenomeError, UsageError
from ganglion.frontends.feagi import GenomeArea, Policy, Severity
from ganglion.frontends.feagi.plasticity import MemoryFields
from tests.support.genomes import area, notices, read


def one(policy: Policy | None = None, **fields: Any) -> GenomeArea:
    found = read({"cAAAAA": area(**fields)}, policy).area("cAAAAA")
    assert found is not None
    return found


def notice_of(code: str, **fields: Any) -> str:
    found = [n for n in notices({"cAAAAA": area(**fields)}) if n.code == code]
    assert len(found) == 1, found
    return found[0].message


def refusal(policy: Policy | None = None, **fields: Any) -> str:
    with pytest.raises(GenomeError) as caught:
        one(policy, **fields)
    return str(caught.value)


def test_every_field_has_feagis_default() -> None:
    found = read({"cAAAAA": {}}).area("cAAAAA")
    assert found is not None
    assert (found.dimensions, found.neurons_per_voxel) == ((1, 1, 1), 1)
    assert (found.threshold, found.threshold_limit, found.leak) == (1.0, 0.0, 0.0)
    assert found.threshold_increment == (0.0, 0.0, 0.0)
    assert (found.refractory_period, found.consecutive_fire_limit, found.snooze) == (0, 0, 0)
    assert (found.excitability, found.postsynaptic_current) == (1.0, 1.0)
    flags = (found.mp_charge_accumulation, found.mp_driven_psp, found.psp_uniform)
    assert flags == (False, False, False)
    assert (found.is_memory, found.dynamics, found.group) == (False, Dynamics.ON_INPUT, "CUSTOM")


def test_a_leak_above_one_is_read_as_percent() -> None:
    assert one(leak_coefficient=10).leak == pytest.approx(0.1)
    assert one(leak_coefficient=250).leak == 1.0
    assert notice_of("leak", leak_coefficient=10) == (
        "the leak 10 is above 1 and is read as percent: 0.1; "
        "write the fraction lost, 0 to 1, or choose the policy leak_above_one"
    )


def test_a_leak_above_one_is_clamped_or_refused_on_request() -> None:
    assert one(Policy(leak_above_one="clamp"), leak_coefficient=10).leak == 1.0
    assert refusal(Policy(leak_above_one="refuse"), leak_coefficient=10) == (
        "$.blueprint.cAAAAA.leak_coefficient: the leak 10 is above 1; "
        "write the fraction lost, 0 to 1"
    )


def test_a_leak_below_zero_is_none() -> None:
    assert one(leak_coefficient=-0.5).leak == 0.0
    assert "outside 0 to 1 and is read as 0" in notice_of("leak", leak_coefficient=-0.5)


@pytest.mark.parametrize(
    ("field", "attribute"),
    [
        ("refractory_period", "refractory_period"),
        ("consecutive_fire_cnt_max", "consecutive_fire_limit"),
        ("snooze_length", "snooze"),
    ],
)
def test_counts_beyond_16_bits_wrap_as_in_feagi(field: str, attribute: str) -> None:
    assert getattr(one(**{field: 1_000_000}), attribute) == 16960
    saturate = Policy(wide_values="saturate")
    assert getattr(one(saturate, **{field: 1_000_000}), attribute) == 65535
    assert "1000000 does not fit in 16 bits; read as 16960" in notice_of(
        "wide-value", **{field: 1_000_000}
    )
    assert "does not fit in 16 bits" in refusal(Policy(wide_values="refuse"), **{field: 65536})


def test_snooze_i_is_accepted_and_said_to_be_ignored_by_feagi() -> None:
    from ganglion.frontends import feagi as genome

    flat = (
        b'{"version": "2.0", "blueprint": {"_____10c-cAAAAA-nx-snooze-i": 4,'
        b' "_____10c-cAAAAA-cx-_n_cnt-i": 1}}'
    )
    accepted = genome.parse(flat).area("cAAAAA")
    ignored = genome.parse(flat, Policy(snooze_i="ignore")).area("cAAAAA")
    assert accepted is not None and accepted.snooze == 4
    assert ignored is not None and ignored.snooze == 0
    both = flat.replace(b'{"_____', b'{"_____10c-cAAAAA-nx-snooze-f": 7, "_____', 1)
    winner = genome.parse(both).area("cAAAAA")
    assert winner is not None and winner.snooze == 7


def test_floats_in_integer_fields_are_cut_and_noticed() -> None:
    assert one(refractory_period=2.0).refractory_period == 2
    assert one(refractory_period=2.7).refractory_period == 2
    assert notice_of("float-in-integer", refractory_period=2.7).startswith(
        "2.7 is not whole; read as 2"
    )
    assert "2.0 is not an integer" in refusal(
        Policy(floats_in_integers="refuse"), refractory_period=2.0
    )


def test_numbers_in_quotes_are_read_and_noticed() -> None:
    assert one(firing_threshold="0.5").threshold == 0.5
    assert '"0.5" is a number in quotes; read as 0.5' in notice_of(
        "number-as-text", firing_threshold="0.5"
    )
    assert '"0.5" is text; write a number' in refusal(
        Policy(numbers_as_text="refuse"), firing_threshold="0.5"
    )
    for text in ("nan", "inf", "", "1" * 65):
        assert "is text" in refusal(firing_threshold=text)


def test_an_excitability_above_one_always_fires_or_is_percent_on_request() -> None:
    assert one(neuron_excitability=5.0).excitability == 5.0
    assert one(Policy(excitability_above_one="percent"), neuron_excitability=5).excitability == 0.05
    assert "the neurons fire whenever they can" in notice_of("excitability", neuron_excitability=5)
    assert one(neuron_excitability=100).excitability == 100.0  # today's files: always, silent
    assert notices({"cAAAAA": area(neuron_excitability=100)}) == []


@pytest.mark.parametrize("size", [[0, 1, 1], [1, -1, 1], [10**30, 0, 1]])
def test_dimensions_below_one_are_refused(size: list[int]) -> None:
    text = refusal(block_boundaries=size)
    assert text.startswith("$.blueprint.cAAAAA.block_boundaries: the dimensions are ")
    assert text.endswith("; write three whole numbers from 1")


def test_dimensions_of_another_shape_are_refused() -> None:
    assert refusal(block_boundaries=[1, 1]) == (
        "$.blueprint.cAAAAA.block_boundaries: the value is a list of 2; write three integers"
    )


def test_no_neuron_per_voxel_is_one() -> None:
    assert one(per_voxel_neuron_cnt=0).neurons_per_voxel == 1
    assert notice_of("no-neurons", per_voxel_neuron_cnt=0).startswith("0 neurons per voxel")


def test_a_value_of_another_type_is_refused() -> None:
    assert refusal(firing_threshold=True) == (
        "$.blueprint.cAAAAA.firing_threshold: true is a boolean; write a number"
    )
    assert refusal(cortical_name=5).endswith("5 is a number; write text")


def test_integers_below_zero_are_refused() -> None:
    assert refusal(refractory_period=-1) == (
        "$.blueprint.cAAAAA.refractory_period: -1 is not a number from 0 to 4294967295; "
        "write a whole number in that range"
    )


def test_reals_are_float32_up_to_the_largest() -> None:
    assert one(firing_threshold=3.4028235e38).threshold == 3.4028234663852886e38
    assert "1e+39 is beyond float32" in refusal(firing_threshold=1e39)
    assert one(firing_threshold=0.1).threshold == 0.10000000149011612


def test_flags_are_booleans_and_old_spellings_of_them() -> None:
    assert one(mp_driven_psp=1).mp_driven_psp
    assert one(mp_driven_psp="true").mp_driven_psp
    assert not one(mp_driven_psp="False").mp_driven_psp
    assert "1 stands where true or false belongs" in notice_of("flag-spelling", mp_driven_psp=1)
    assert "write true or false" in refusal(mp_driven_psp=2)


def test_null_is_absent() -> None:
    assert one(firing_threshold=None, relative_coordinate=[None, 3, None]).position == (0, 3, 0)


def test_a_blank_name_is_the_id_and_a_strange_group_is_custom() -> None:
    assert one(cortical_name="  ").name == "cAAAAA"
    assert one(cortical_name="a\x1b[31m\ud800").name == "a\ufffd[31m\ufffd"
    assert one(cortical_group="vision").group == "CUSTOM"
    assert one(cortical_group="opu").group == "OPU"
    assert notice_of("unknown-group", cortical_group="vision").startswith('the group "vision"')


def test_our_own_field_chooses_the_dynamics_of_an_area() -> None:
    assert one(dynamics="every_burst").dynamics is Dynamics.EVERY_BURST
    assert '"sometimes" is not a dynamics; write on_input or every_burst' in refusal(
        dynamics="sometimes"
    )


def test_fields_that_feagi_never_uses_are_named_once_for_all_areas() -> None:
    said = [
        n for n in notices({
            "cAAAAA": area(degeneration=0.5), "cBBBBB": area(degeneration=1, leak_variability=0),
        }) if n.code == "no-effect"
    ]  # fmt: skip
    assert [n.fact for n in said] == [
        "degeneration is set (0.5 here and in 1 other area); FEAGI reads it and never uses it"
    ]


def test_memory_has_the_fields_of_its_area_and_feagis_defaults() -> None:
    assert one(is_mem_type=True).memory == MemoryFields(1, 9, 1.0, 100)
    found = one(
        is_mem_type=True, temporal_depth=0, init_lifespan=5, lifespan_growth_rate=2.5,
        longterm_mem_threshold=7,
    )  # fmt: skip
    assert found.memory == MemoryFields(1, 5, 2.5, 7)
    assert one(temporal_depth=3).memory is None
    twin = one(memory_twin_of="cTWIN1").twin_of
    assert twin is not None and twin.text == "cTWIN1"


def test_memory_is_said_not_to_run_where_it_is_not_to() -> None:
    ignore = Policy(learning="ignore")
    assert one(ignore, is_mem_type=True).memory is None
    said = {
        n.fact
        for fields in ({"is_mem_type": True}, {"memory_twin_of": "mAAAAA"})
        for n in notices({"cAAAAA": area(**fields)}, ignore)
    }
    assert "the memory is not to run; its neurons are ordinary ones" in said
    assert "the area is a replay twin, and memory is not to run" in said


def test_repairs_are_warnings_and_trifles_are_notes() -> None:
    severities = {
        n.code: n.severity
        for n in notices({"cAAAAA": area(leak_coefficient=10, refractory_period=2.0)})
    }
    assert severities == {"leak": Severity.WARNING, "float-in-integer": Severity.INFO}


def test_a_policy_is_set_in_words() -> None:
    policy = Policy().with_settings(["leak-above-one=clamp", "max_neurons=5"])
    assert (policy.leak_above_one, policy.max_neurons) == ("clamp", 5)
    assert Policy().with_settings(["feagi"]) == Policy.like_feagi()
    for word, fact in (
        ("leak_above_one=maybe", "policy leak_above_one cannot be 'maybe'; use one of percent"),
        ("colour=red", "policy 'colour=red' is not NAME=VALUE of a known name; use one of"),
        ("max_neurons=many", "policy max_neurons cannot be 'many'; use a whole number"),
    ):
        with pytest.raises(UsageError) as caught:
            Policy().with_settings([word])
        assert fact in str(caught.value)
