"""Development: FEAGI's acceptance cases, our order, and what each policy changes."""

from typing import Any

import numpy as np
import pytest

from ganglion.connectome import npz
from ganglion.connectome.model import Dynamics
from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Policy
from ganglion.frontends.feagi import develop as stage
from tests.support.genomes import area, develop, developed, encoded, rule


def pair(source: Any, target: Any) -> dict[str, Any]:
    return {"cAAAAA": source, "cBBBBB": target}


def two(
    size: tuple[int, int, int], other: tuple[int, int, int], *rules: Any, **fields: Any
) -> dict[str, Any]:
    """An area of `size` that maps to one of `other`."""
    return pair(area(size, {"cBBBBB": list(rules)}, **fields), area(other))


# Rows of research/feagi_facts.md, section 6. The rows on STDP are left out: plasticity is not run
# (a notice says so for every plastic rule); those on physiology are in test_genome_physiology.py,
# those on single morphologies in test_morphology.py, those on bursts in test_reference_float.py.


def test_the_origin_to_all_makes_four_synapses() -> None:
    assert develop(two((2, 2, 1), (2, 2, 1), rule("0-0-0_to_all"))).n_synapses == 4


def test_a_multiplier_below_zero_is_an_inhibitory_weight() -> None:
    connectome = develop(two((1, 1, 1), (1, 1, 1), rule("projector", -5)))
    assert (connectome.weight.tolist(), connectome.inhibitory.tolist()) == ([5], [True])


def test_no_attractivity_makes_no_synapse_and_is_meant() -> None:
    areas = two((9, 1, 1), (9, 1, 1), rule("projector", synapse_attractivity=0))
    connectome, said = developed(areas)
    assert connectome.n_synapses == 0
    assert "no-synapse" not in said and "no-synapses" in said


@pytest.mark.parametrize(
    ("morphology", "kind", "count"),
    [("block_to_block", "vectors", 25), ("block_to_block", "functions", 100)],
)
def test_block_to_block_drops_as_vectors_and_clamps_as_a_function(
    morphology: str, kind: str, count: int
) -> None:
    entry = {"type": kind, "parameters": {"vectors": [[0, 0, 0]]}}
    areas = two((10, 10, 1), (5, 5, 1), rule(morphology))
    assert develop(areas, {morphology: entry}).n_synapses == count


def test_a_threshold_gradient_rises_with_each_coordinate() -> None:
    found = develop({
        "cAAAAA": area(
            (3, 3, 2), firing_threshold=10, firing_threshold_increment_x=1,
            firing_threshold_increment_y=2, firing_threshold_increment_z=5,
        )
    })  # fmt: skip
    assert (found.threshold[0], found.threshold[17]) == (10.0, 21.0)
    assert found.threshold[found.neuron(0, 1, 2, 1) or 0] == 10 + 1 + 4 + 5


def test_a_gradient_below_float32s_epsilon_is_none() -> None:
    def second(increment: float) -> float:
        fields = {"firing_threshold": 1e-9, "firing_threshold_increment_x": increment}
        return float(develop({"cAAAAA": area((2, 1, 1), **fields)}).threshold[1])

    assert second(1.1e-7) == np.float32(1e-9)
    assert second(1.3e-7) == np.float32(1e-9) + np.float32(1.3e-7)


def test_neurons_of_one_voxel_share_its_threshold() -> None:
    found = develop({
        "cAAAAA": area(
            (2, 1, 1), per_voxel_neuron_cnt=3, firing_threshold=20, firing_threshold_increment_x=5
        )
    })  # fmt: skip
    assert found.threshold.tolist() == [20, 20, 20, 25, 25, 25]


def test_two_core_areas_and_a_full_chain_have_fifteen_neurons_and_forty_synapses() -> None:
    full = [rule("all_to_all")]
    found = develop({
        "_power": area(), "_death": area(), "cAAAAA": area((5, 1, 1), {"cBBBBB": full}),
        "cBBBBB": area((5, 1, 1), {"cCCCCC": full}), "cCCCCC": area((3, 1, 1)),
    })  # fmt: skip
    assert (found.n_neurons, found.n_synapses, found.power_neuron) == (15, 40, 1)


# Rules of section 2 ---------------------------------------------------------------------------


@pytest.mark.parametrize(("current", "psp"), [(0.5, 0), (500, 255), (7.9, 7), (-3, 0), (255, 255)])
def test_the_postsynaptic_current_is_cut_to_a_byte(current: float, psp: int) -> None:
    areas = two((1, 1, 1), (1, 1, 1), rule("projector"), postsynaptic_current=current)
    connectome, said = developed(areas)
    assert connectome.psp.tolist() == [psp]
    assert ("psp" in said) == (psp != current)


def test_every_neuron_projects_and_the_last_of_a_voxel_receives() -> None:
    areas = pair(
        area((2, 1, 1), {"cBBBBB": [rule("projector")]}, per_voxel_neuron_cnt=2),
        area((2, 1, 1), per_voxel_neuron_cnt=3),
    )
    found = develop(areas)
    assert found.source.tolist() == [0, 1, 2, 3]
    assert found.target.tolist() == [4 + 2, 4 + 2, 4 + 5, 4 + 5]


def test_the_function_block_to_block_projects_once_per_voxel() -> None:
    areas = pair(
        area((2, 1, 1), {"cBBBBB": [rule("block_to_block")]}, per_voxel_neuron_cnt=2),
        area((2, 1, 1)),
    )
    found = develop(areas, {"block_to_block": {"type": "functions"}})
    assert found.source.tolist() == [1, 3]


def test_projector_and_patterns_duplicate_across_rules_and_vectors_do_not() -> None:
    def count(*names: str) -> int:
        return develop(two((3, 1, 1), (3, 1, 1), *(rule(name) for name in names))).n_synapses

    assert count("projector", "projector", "all_to_all") == 3 + 3 + 9
    assert count("block_to_block", "block_to_block") == 3
    assert count("projector", "block_to_block") == 3
    assert count("block_to_block", "projector") == 6
    assert (
        count("lateral_+x", "all_to_0-0-0", "all_to_all", "lateral_+x", "lateral_-x") == 2 + 3 + 9
    )


def test_vectors_look_back_over_many_rules() -> None:
    rules = [rule(f"step{i}") for i in (0, 1, 2, 1, 0, 2, 3)]
    steps = {
        f"step{i}": {"type": "vectors", "parameters": {"vectors": [[i, 0, 0]]}} for i in range(4)
    }
    found = develop(two((50, 1, 1), (50, 1, 1), *rules), steps)
    assert found.n_synapses == 50 + 49 + 48 + 47
    assert len(set(zip(found.source.tolist(), found.target.tolist(), strict=True))) == 194


def test_an_area_may_map_to_itself_with_self_synapses() -> None:
    found = develop({"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("block_to_block")]})})
    assert found.source.tolist() == found.target.tolist() == [0, 1]


def test_synapses_are_ordered_by_source_then_rule_then_target() -> None:
    areas = {
        "cCCCCC": area((2, 1, 1), {"cBBBBB": [rule("all_to_all", 2)], "cAAAAA": [
            rule("all_to_all", 3), rule("lateral_+x", 4), rule("0-0-0_to_all", 5)]}),
        "cBBBBB": area((2, 1, 1)), "cAAAAA": area((2, 1, 1)),
    }  # fmt: skip
    found = develop(areas)
    assert [area.id for area in found.areas] == ["cAAAAA", "cBBBBB", "cCCCCC"]
    synapses = list(zip(found.source.tolist(), found.weight.tolist(), found.target.tolist(),
                        strict=True))  # fmt: skip
    assert synapses == [
        (4, 3, 0), (4, 3, 1), (4, 5, 0), (4, 5, 1), (4, 2, 2), (4, 2, 3),
        (5, 3, 0), (5, 3, 1), (5, 2, 2), (5, 2, 3),
    ]  # fmt: skip
    assert found.projections == (
        (2, 0, "all_to_all"), (2, 0, "lateral_+x"), (2, 0, "0-0-0_to_all"), (2, 1, "all_to_all"),
    )  # fmt: skip
    npz.check(found)


def test_a_rule_that_meets_nothing_is_said_to_make_nothing() -> None:
    _, said = developed(two((1, 1, 1), (1, 1, 1), rule("lateral_+x")))
    assert said["no-synapse"].fact == (
        'the rule "lateral_+x" to cBBBBB makes no synapse: '
        "no voxel of the one area meets one of the other"
    )


@pytest.mark.parametrize("name", ["episodic_memory", "memory_replay", "associative_memory"])
def test_memory_rules_make_no_synapse_and_say_so(name: str) -> None:
    ignore = Policy(learning="ignore")
    connectome, said = developed(two((2, 1, 1), (2, 1, 1), rule(name)), policy=ignore)
    assert connectome.n_synapses == 0
    assert f'"{name}" makes no fixed synapse' in said["memory-rule"].fact


def test_associative_memory_projects_between_memory_areas() -> None:
    areas = {
        "mAAAAA": area((4, 1, 1), {"mBBBBB": [rule("associative_memory", 3)]}, is_mem_type=True),
        "mBBBBB": area((2, 1, 1), is_mem_type=True),
    }
    connectome, said = developed(areas, policy=Policy(learning="ignore"))
    assert connectome.n_synapses == 4
    assert {"plasticity", "memory-area"} <= set(said)


@pytest.mark.parametrize(
    ("name", "count"),
    [("expander_x", 4), ("reducer_x", 4), ("lateral_pairs_x", 4), ("last_to_first", 1)],
)
def test_helper_morphologies_are_carried_out_unless_feagis_reading_is_wanted(
    name: str, count: int
) -> None:
    areas = two((4, 1, 1), (4, 1, 1), rule(name))
    entry = {name: {"type": "functions", "parameters": {}}}
    connectome, said = developed(areas, entry)
    assert connectome.n_synapses == count
    assert "is carried out, though FEAGI defines and never applies it" in (
        said["helper-morphology"].fact
    )
    connectome, said = developed(areas, entry, Policy(helper_morphologies="none"))
    assert connectome.n_synapses == 0
    assert "makes no synapse, as in FEAGI" in said["helper-morphology"].fact


@pytest.mark.parametrize("name", ["randomizer", "sweeper", "rotator", "projector_xy", "tile"])
def test_morphologies_that_feagi_never_defined_are_refused_by_name(name: str) -> None:
    kind = "composite" if name == "tile" else "functions"
    _, said = developed(two((1, 1, 1), (1, 1, 1), rule(name)), {name: {"type": kind}})
    assert f'the morphology "{name}" ({kind}) has no rule' in said["unimplemented-morphology"].fact


# Attractivity ---------------------------------------------------------------------------------


def attracted(percent: int, seed: int = 1) -> set[tuple[int, int]]:
    areas = two((100, 1, 1), (100, 1, 1), rule("all_to_all", synapse_attractivity=percent))
    found = develop(areas, policy=Policy(attractivity_seed=seed))
    return set(zip(found.source.tolist(), found.target.tolist(), strict=True))


def test_attractivity_draws_the_same_synapses_each_time() -> None:
    assert attracted(30) == attracted(30)
    assert attracted(30) != attracted(30, seed=2)


def test_attractivity_names_the_seed_it_draws_with() -> None:
    _, said = developed(two((9, 1, 1), (9, 1, 1), rule("projector", synapse_attractivity=30)))
    assert said["attractivity"].fact == (
        "30 percent of the synapses come to exist, drawn with the seed 1; "
        "FEAGI draws anew at each start"
    )


def test_attractivity_keeps_its_share_and_grows_by_adding() -> None:
    for percent in (1, 10, 50, 90, 99):
        assert abs(len(attracted(percent)) - 100 * percent) < 4 * (100 * percent) ** 0.5
    assert attracted(10) < attracted(50) < attracted(99)


def test_attractivity_is_even_over_sources_and_targets() -> None:
    kept = attracted(50)
    for side in (0, 1):
        counts = np.bincount([ends[side] - 100 * side for ends in kept], minlength=100)
        assert counts.min() >= 25 and counts.max() <= 75


# The whole ------------------------------------------------------------------------------------


def test_dynamics_may_be_overridden_for_all_areas() -> None:
    read = genome.parse(encoded({"cAAAAA": area(dynamics="every_burst"), "cBBBBB": area()}))
    own = {a.id: a.dynamics for a in stage.develop(read).areas}
    assert (own["cAAAAA"], own["cBBBBB"]) == (Dynamics.EVERY_BURST, Dynamics.ON_INPUT)
    forced = stage.develop(read, dynamics=Dynamics.ON_INPUT)
    assert {a.dynamics for a in forced.areas} == {Dynamics.ON_INPUT}


def test_a_genome_without_synapses_develops_with_a_warning() -> None:
    connectome, said = developed({"cAAAAA": area((3, 1, 1))})
    assert (connectome.n_neurons, connectome.n_synapses) == (3, 0)
    assert said["no-synapses"].severity.value == "warning"
    npz.check(connectome)


def test_a_genome_without_areas_develops_to_nothing() -> None:
    connectome = develop({})
    assert (connectome.n_neurons, connectome.areas) == (0, ())
    npz.check(connectome)


def test_a_gradient_beyond_float32_is_refused() -> None:
    with pytest.raises(GenomeError) as caught:
        develop({"cAAAAA": area((9, 1, 1), firing_threshold_increment_x=3e38)})
    assert str(caught.value).startswith("$.blueprint.cAAAAA: the threshold increments lead beyond")


def test_a_million_synapses_develop_by_index_arithmetic() -> None:
    found = develop(two((100, 10, 1), (1000, 1, 1), rule("all_to_all", 2)))
    assert found.n_synapses == 1_000_000
    assert np.array_equal(found.target, np.tile(np.arange(1000, 2000), 1000))
    npz.check(found)
