"""What a genome says of learning becomes what its connectome learns, or is refused by name."""

from typing import Any

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.connectome import npz
from ganglion.connectome.learning import MemoryArea, PlasticRule
from ganglion.errors import GanglionError, GenomeError, QuantizeError
from ganglion.frontends.feagi import Policy
from ganglion.frontends.feagi.lint import lint
from tests.support.genomes import area, develop, developed, encoded, rule

Areas = dict[str, dict[str, Any]]


def plastic(morphology: str = "projector", multiplier: int = 1, **more: int) -> dict[str, Any]:
    numbers = {"constant": 1, "ltp": 5, "ltd": 2, "window": 1} | more
    return rule(
        morphology, multiplier, plasticity_flag=True, plasticity_constant=numbers["constant"],
        ltp_multiplier=numbers["ltp"], ltd_multiplier=numbers["ltd"],
        plasticity_window=numbers["window"],
    )  # fmt: skip


def two(*listed: dict[str, Any], **source: Any) -> Areas:
    return {
        "cAAAAA": area((2, 1, 1), {"cBBBBB": list(listed)}, **source),
        "cBBBBB": area((2, 1, 1)),
    }


def test_a_rule_has_the_products_of_its_constants_and_the_psp_of_its_source() -> None:
    areas = two(plastic(multiplier=-7, constant=2, ltp=4, ltd=200), postsynaptic_current=6.9)
    (found,) = develop(areas).learning.rules
    assert found == PlasticRule(0, 1, 1, 8, 255, False, 6, True)


def test_the_last_plastic_rule_of_two_areas_counts_and_says_so() -> None:
    areas = two(plastic(ltp=9, window=3), rule("projector"), plastic("block_to_block", ltp=4))
    connectome, said = developed(areas)
    assert [r.strengthen for r in connectome.learning.rules] == [4]
    assert said["plasticity"].path.endswith("[0]")
    assert "is replaced by" in said["plasticity"].fact


def test_a_memory_area_sees_all_that_is_mapped_to_it_but_other_memory() -> None:
    areas = {
        "cAAAAA": area((3, 1, 1), {"mMMMMM": [rule("episodic_memory")]}),
        "iBBBBB": area((2, 1, 1), {"mMMMMM": [rule("projector")]}),
        "mMMMMM": area(is_mem_type=True, temporal_depth=2, init_lifespan=7),
        "mNNNNN": area((1, 1, 1), {"mMMMMM": [rule("episodic_memory")]}, is_mem_type=True),
    }
    connectome, said = developed(areas, policy=Policy(memory_slots=5))
    assert connectome.learning.memory_areas == (
        MemoryArea(2, 2, (0, 1), 7, 1, 100, first=7, slots=5),
    )
    assert connectome.areas[-1].id == "MMMMMM" and connectome.areas[-1].count == 5
    assert connectome.n_neurons == 12
    assert "no area leads to the memory area" in said["memory-area"].fact


def test_a_twin_plays_the_last_neuron_of_each_voxel_that_it_has() -> None:
    areas = {
        "cAAAAA": area((2, 2, 1), {"mMMMMM": [rule("episodic_memory")]}),
        "cTTTTT": area((2, 1, 1), memory_twin_of="cAAAAA", per_voxel_neuron_cnt=2,
                       firing_threshold=2.5),
        "mMMMMM": area(to={"cTTTTT": [rule("memory_replay")]}, is_mem_type=True),
    }  # fmt: skip
    (twin,) = develop(areas).learning.twins
    assert (twin.memory_area, twin.upstream, twin.twin, twin.potential) == (2, 0, 1, 2.5)
    assert (twin.shown.tolist(), twin.played.tolist()) == ([0, 2], [5, 7])


def test_a_genome_without_plasticity_learns_nothing() -> None:
    connectome = develop(two(rule("projector")))
    assert not connectome.learning and len(connectome.areas) == 2


@pytest.mark.parametrize(
    ("areas", "error", "text"),
    [
        (
            two(plastic(window=128)), QuantizeError,
            "the plastic rule from cAAAAA to cBBBBB has a window of 128 bursts, and a brain holds "
            "127",
        ),
        (
            two(plastic("associative_memory"), psp_uniform_distribution=False), QuantizeError,
            "the plastic rule from cAAAAA to cBBBBB creates synapses, and each divides what cAAAAA "
            "sends anew; set psp_uniform_distribution of cAAAAA",
        ),
        (
            {
                "mAAAAA": area((1, 1, 1), {"cBBBBB": [plastic("associative_memory")]},
                               is_mem_type=True),
                "cBBBBB": area((2, 1, 1), {"mAAAAA": [rule("projector")]}),
            },
            GenomeError,
            '$.blueprint.mAAAAA.cortical_mapping_dst.cBBBBB[0]: the rule "associative_memory" has '
            "a memory area at an end, where FEAGI makes synapses without end",
        ),
        (
            {
                "iAAAAA": area((1, 1, 1), {"mBBBBB": [rule("episodic_memory")]}),
                "mBBBBB": area(is_mem_type=True, temporal_depth=256),
            },
            QuantizeError,
            "the memory area mBBBBB has a temporal depth of 256, and a brain holds 255",
        ),
        (
            {
                "cAAAAA": area((1100, 1, 1), {"cBBBBB": [plastic("associative_memory")]},
                               psp_uniform_distribution=True),
                "cBBBBB": area((1000, 1, 1)),
            },
            QuantizeError,
            "can join 1,100,000 pairs, and a brain holds 1,048,576",
        ),
    ],
)  # fmt: skip
def test_what_no_brain_can_hold_is_refused_by_name(
    areas: Areas, error: type[GanglionError], text: str
) -> None:
    with pytest.raises(error) as refused:
        compile_connectome(develop(areas))
    assert text in str(refused.value)
    assert "learning=ignore" in refused.value.remedy
    compile_connectome(develop(areas, policy=Policy(learning="ignore")))


def test_a_brain_that_ignores_learning_is_the_brain_of_the_rules_alone() -> None:
    still = compile_connectome(develop(two(rule("projector", 3))))
    ignored = compile_connectome(
        develop(two({**plastic(multiplier=3)}), policy=Policy(learning="ignore"))
    )
    assert ignored.blob == still.blob
    assert compile_connectome(develop(two(plastic(multiplier=3)))).blob != still.blob


@pytest.mark.parametrize(
    ("areas", "code", "text"),
    [
        (two(plastic(ltp=0)), "never-strengthens", "can only weaken: constant"),
        (two(plastic(ltp=-2)), "never-strengthens", "can only weaken: constant"),
        (
            two(plastic(window=2), refractory_period=1), "never-strengthens",
            "a window of 2 asks that both neurons fire in 2 bursts in a row, and those of cAAAAA "
            "rest for 1",
        ),
        (two(plastic(window=3)), "coincidence", "a single coincidence weakens"),
    ],
)  # fmt: skip
def test_lint_says_what_can_never_strengthen(areas: Areas, code: str, text: str) -> None:
    found = [n for n in lint(encoded(areas)) if n.code == code]
    assert len(found) == 1 and text in found[0].fact
    assert found[0].path.endswith("cBBBBB[0]")


def test_a_rule_that_strengthens_is_not_warned_of() -> None:
    codes = {n.code for n in lint(encoded(two(plastic())))}
    assert not codes & {"never-strengthens", "coincidence", "plasticity"}


def test_learning_is_kept_in_the_file_of_a_connectome(tmp_path: Any) -> None:

    areas = {
        "cAAAAA": area((2, 2, 1), {"mMMMMM": [rule("episodic_memory")], "cTTTTT": [plastic()]}),
        "cTTTTT": area((2, 1, 1), memory_twin_of="cAAAAA"),
        "mMMMMM": area(to={"cTTTTT": [rule("memory_replay")]}, is_mem_type=True),
    }
    connectome = develop(areas)
    npz.save(connectome, tmp_path / "c.npz")
    back = npz.load(tmp_path / "c.npz")
    assert back.learning.plain() == connectome.learning.plain()
    assert compile_connectome(back).blob == compile_connectome(connectome).blob
    assert np.array_equal(back.learning.twins[0].played, connectome.learning.twins[0].played)
