"""Mapping rules and morphologies in every form that files hold."""

from typing import Any

import pytest

from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Policy, Rule
from ganglion.frontends.feagi.plasticity import Plasticity
from tests.support.genomes import area, develop, developed, encoded, notices, read, rule


def rules_of(*listed: Any, policy: Policy | None = None) -> tuple[Rule, ...]:
    found = read({"cAAAAA": area(to={"cBBBBB": list(listed)}), "cBBBBB": area()}, policy)
    source = found.area("cAAAAA")
    assert source is not None
    return source.rules


def codes(*listed: Any, policy: Policy | None = None) -> list[str]:
    areas = {"cAAAAA": area(to={"cBBBBB": list(listed)}), "cBBBBB": area()}
    return [notice.code for notice in notices(areas, policy)]


FULL = ["projector", [1, 1, 1], -3, False, 1, 1, 1, 1]


@pytest.mark.parametrize("length", [8, 7, 4])
def test_array_rules_of_each_length_are_accepted(length: int) -> None:
    (found,) = rules_of(FULL[:length])
    assert (found.morphology, found.multiplier, found.attractivity) == ("projector", -3, 100)
    assert codes(FULL[:length]) == ([] if length == 8 else ["short-rule"])


def test_short_rules_are_dropped_or_refused_on_request() -> None:
    assert rules_of(FULL[:7], FULL, policy=Policy(short_rules="drop"))[0].path.endswith("[1]")
    with pytest.raises(GenomeError) as caught:
        rules_of(FULL[:7], FULL[:7], policy=Policy(short_rules="refuse"))
    assert str(caught.value) == (
        "$.blueprint.cAAAAA.cortical_mapping_dst: 2 rules of 7 instead of 8 elements; "
        "export the genome again"
    )


def test_object_rules_are_read() -> None:
    (found,) = rules_of(rule("projector", 2, synapse_attractivity=40))
    assert (found.multiplier, found.attractivity, found.plastic) == (2, 40, False)


@pytest.mark.parametrize(
    ("multiplier", "weight"),
    [(5, 5), (-5, -5), (2.0, 2), (1.5, 1), (None, 1), (300, 255), (-300, -255), (0, 0)],
)
def test_a_multiplier_is_a_whole_number_or_one(multiplier: Any, weight: int) -> None:
    assert rules_of(rule("projector", multiplier))[0].multiplier == weight


def test_an_odd_multiplier_is_said() -> None:
    areas = {"cAAAAA": area(to={"cAAAAA": [rule("projector", 1.5), rule("projector", 300)]})}
    assert [n.fact for n in notices(areas)] == [
        "the multiplier 1.5 is not a whole number; read as 1, as FEAGI does",
        "the multiplier 300 becomes a weight of 255",
    ]


LEARNS = {
    "plasticity_flag": True, "plasticity_constant": 2, "ltp_multiplier": 3, "ltd_multiplier": -1,
    "plasticity_window": 4,
}  # fmt: skip


def test_a_plastic_rule_has_its_numbers_as_an_object_and_as_a_list() -> None:
    for written in (rule("projector", **LEARNS), ["projector", 1, 1, True, 2, 3, -1, 4]):
        (found,) = rules_of(written)
        assert found.plastic and found.plasticity == Plasticity(2, 3, -1, 4, associative=False)
    (found,) = rules_of(rule("associative_memory", **{**LEARNS, "plasticity_flag": False}))
    assert found.plasticity == Plasticity(2, 3, -1, 4, associative=True)
    assert rules_of(rule("projector", **{**LEARNS, "plasticity_flag": False}))[0].plasticity is None


@pytest.mark.parametrize(
    ("field", "value", "fact"),
    [
        ("plasticity_window", 0, "the plasticity_window of a plastic rule is 0"),
        ("plasticity_window", -1, "the plasticity_window of a plastic rule is -1"),
        ("plasticity_window", None, "the plasticity_window of a plastic rule is missing"),
        ("plasticity_window", 1.0, "the plasticity_window of a plastic rule is 1.0"),
        ("plasticity_constant", None, "the plasticity_constant of a plastic rule is missing"),
        ("ltp_multiplier", "2", 'the ltp_multiplier of a plastic rule is "2"'),
        ("ltd_multiplier", True, "the ltd_multiplier of a plastic rule is true"),
    ],
)
def test_a_plastic_rule_without_its_numbers_is_refused_by_name(
    field: str, value: Any, fact: str
) -> None:
    broken = rule("projector", **{**LEARNS, field: value})
    with pytest.raises(GenomeError) as refused:
        rules_of(broken)
    assert refused.value.fact.endswith(fact)
    assert "or choose the policy learning" in refused.value.remedy
    assert rules_of(broken, policy=Policy(learning="ignore"))[0].plasticity is None


def test_a_plastic_rule_that_is_not_to_learn_keeps_its_first_weight_and_says_so() -> None:
    short = {"cAAAAA": area(to={"cBBBBB": [["projector", 1, 1, True, 1, 1, 1]]}), "cBBBBB": area()}
    said = [n for n in notices(short) if n.code == "plasticity"]
    assert [n.fact for n in said] == [
        'the rule "projector" is plastic and is a list without a window'
    ]
    assert codes(rule("projector", **LEARNS)) == []


def test_old_names_of_memory_morphologies_are_renamed() -> None:
    assert rules_of(rule("memory"))[0].morphology == "episodic_memory"
    (found,) = rules_of(rule("bi_directional_stdp", **LEARNS))
    assert found.morphology == "associative_memory"


@pytest.mark.parametrize(
    "broken", [[], ["projector"], 5, "projector", None, {}, [5, 1, 1, False, 1, 1, 1, 1]]
)
def test_a_rule_that_cannot_be_read_is_left_out_by_path(broken: Any) -> None:
    assert rules_of(broken, FULL)[0].path.endswith(".cBBBBB[1]")
    areas = {"cAAAAA": area(to={"cBBBBB": [broken]}), "cBBBBB": area()}
    (notice,) = notices(areas)
    assert notice.code == "malformed-rule"
    assert notice.path == "$.blueprint.cAAAAA.cortical_mapping_dst.cBBBBB[0]"
    assert notice.area == "cAAAAA"


def test_attractivity_outside_a_percentage_is_clamped() -> None:
    assert rules_of(rule("projector", synapse_attractivity=300))[0].attractivity == 100
    assert rules_of(rule("projector", synapse_attractivity=-1))[0].attractivity == 0
    assert codes(rule("projector", synapse_attractivity=300)) == ["attractivity"]


def test_a_mapping_to_an_unknown_area_is_named() -> None:
    connectome, said = developed({"cAAAAA": area(to={"//nowhere": [FULL]})})
    assert connectome.n_synapses == 0
    assert said["unknown-destination"].message == (
        'the mapping leads to "//nowhere", which is no area; '
        "it makes no synapse; remove it, or add the area"
    )


def test_an_unknown_morphology_leaves_out_its_rule_the_rest_or_the_genome() -> None:
    areas = {"cAAAAA": area(to={"cAAAAA": [rule("mystery"), rule("projector")]})}
    connectome, said = developed(areas)
    assert connectome.n_synapses == 1
    assert said["unknown-morphology"].fact == (
        'the morphology "mystery" is not defined; the rule is left out'
    )
    assert develop(areas, policy=Policy(unknown_morphology="skip-rest")).n_synapses == 0
    with pytest.raises(GenomeError) as caught:
        develop(areas, policy=Policy(unknown_morphology="refuse"))
    assert str(caught.value) == (
        "$.blueprint.cAAAAA.cortical_mapping_dst.cAAAAA[0]: "
        'the morphology "mystery" is not defined; define it, or remove the rule'
    )


@pytest.mark.parametrize(
    ("morphology", "synapses"),
    [
        ({"vectors": [[1, 0, 0]]}, 2),
        ({"patterns": [["*", "*", "*"], [0, 0, 0]]}, 3),  # one pair, not a list of pairs
        ({"patterns": [[["*", "*", "*"], [0, 0, 0]]]}, 3),
        ({"type": "vectors", "parameters": {"vectors": [[0, 0, 0], [0, 0, 0]]}}, 3),
    ],
)
def test_morphologies_of_every_form_are_read(morphology: dict[str, Any], synapses: int) -> None:
    areas = {"cAAAAA": area((3, 1, 1), {"cAAAAA": [rule("mine")]})}
    assert develop(areas, {"mine": morphology}).n_synapses == synapses


@pytest.mark.parametrize(
    "morphology",
    [{}, {"functions": True}, {"type": "functions"}, {"type": "spiral"}, {"type": "composite"}],
)
def test_a_morphology_without_a_rule_is_refused_by_name(morphology: dict[str, Any]) -> None:
    areas = {"cAAAAA": area(to={"cAAAAA": [rule("mine")]})}
    connectome, said = developed(areas, {"mine": morphology})
    assert connectome.n_synapses == 0
    assert 'the morphology "mine"' in said["unimplemented-morphology"].fact


def test_parts_of_a_morphology_that_cannot_be_read_are_left_out() -> None:
    mine = {"type": "vectors", "parameters": {"vectors": [[1, 0], "x", [2**31, 0, 0], [0, 0, 0]]}}
    areas = {"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("mine")]})}
    connectome, said = developed(areas, {"mine": mine})
    assert connectome.n_synapses == 2
    # the last of two
    assert said["malformed-morphology"].path == "$.neuron_morphologies.mine.vectors[2]"


def test_core_morphologies_are_there_without_being_written() -> None:
    for name, count in (
        ("projector", 3), ("block_to_block", 3), ("all_to_0-0-0", 3), ("0-0-0_to_all", 3),
        ("lateral_+x", 2), ("lateral_-x", 2), ("lateral_+y", 0), ("all_to_all", 9),
    ):  # fmt: skip
        areas = {"cAAAAA": area((3, 1, 1), {"cAAAAA": [rule(name)]})}
        assert develop(areas).n_synapses == count, name


def test_a_mapping_that_is_no_object_is_refused() -> None:
    with pytest.raises(GenomeError) as caught:
        genome.parse(encoded({"cAAAAA": area(to=[1])}))
    assert str(caught.value) == (
        "$.blueprint.cAAAAA.cortical_mapping_dst: the mappings are a list; write an object of rules"
    )
