"""Lint says everything odd about a genome, and nothing that is not so."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ganglion import examples as genomes
from ganglion.cli.commands import develop as develop_verb
from ganglion.cli.commands import lint as lint_verb
from ganglion.connectome import npz
from ganglion.connectome.model import Connectome
from ganglion.frontends.feagi import Notice, Policy
from ganglion.frontends.feagi.lint import highest_potential, lint
from ganglion.reference.floats import FloatReference
from tests.support import SHARED
from tests.support.genomes import area, develop, encoded, rule

GENOMES = SHARED / "genomes"


def found(areas: dict[str, dict[str, object]], policy: Policy | None = None) -> list[Notice]:
    return [n for n in lint(encoded(areas), policy) if n.code != "core-area"]


def codes(areas: dict[str, dict[str, object]]) -> dict[str, str]:
    return {notice.code: notice.fact for notice in found(areas)}


def chain(**fields: object) -> dict[str, dict[str, object]]:
    """An input that drives one area, which has the fields given."""
    return {"iAAAAA": area(to={"cBBBBB": [rule("projector", 2)]}), "cBBBBB": area(**fields)}


def test_our_example_has_no_oddity_but_the_core_areas_it_lacks() -> None:
    notices = lint(genomes.path("wall_avoider").read_bytes())
    assert {notice.code for notice in notices} == {"core-area"}


def test_a_threshold_that_nothing_can_reach_is_named() -> None:
    assert codes(chain(firing_threshold=2.0)) == {}
    assert codes(chain(firing_threshold=2.5)) == {
        "unreachable-threshold": "1 of 1 connected neuron of cBBBBB can never fire: "
        "the most that can meet in one is 2 and its threshold is 2.5"
    }


def test_charge_that_accumulates_reaches_what_the_leak_lets_it() -> None:
    keeps = {"mp_charge_accumulation": True}
    assert codes(chain(firing_threshold=1000.0, **keeps)) == {}
    assert codes(chain(firing_threshold=3.9, leak_coefficient=0.5, **keeps)) == {}
    assert "unreachable-threshold" in codes(
        chain(firing_threshold=4.1, leak_coefficient=0.5, **keeps)
    )


def test_neurons_that_never_fire_are_named() -> None:
    assert "limit-below-threshold" in codes(chain(firing_threshold_limit=0.5))
    assert "never-excitable" in codes(chain(neuron_excitability=0))
    assert "threshold-zero" in codes(chain(firing_threshold=0))


def test_areas_without_any_connection_are_named() -> None:
    assert codes({**chain(), "cCCCCC": area((2, 1, 1))}) == {
        "dead-area": "no synapse enters or leaves 2 neurons of cCCCCC"
    }


def test_areas_that_no_path_reaches_are_named() -> None:
    unreached = {"cCCCCC": area(to={"cDDDDD": [rule("projector")]}), "cDDDDD": area()}
    facts = [n.fact for n in found({**chain(), **unreached}) if n.code == "undriven-area"]
    assert facts == [
        "no path leads from an input or from power to cCCCCC: it never fires",
        "no path leads from an input or from power to cDDDDD: it never fires",
    ]


def test_inputs_nobody_reads_and_outputs_nobody_drives_are_named() -> None:
    areas = {
        "iAAAAA": area(), "oAAAAA": area(), "_power": area(to={"iAAAAA": [rule("projector")]}),
        "iBBBBB": area(to={"cBBBBB": [rule("projector")]}), "cBBBBB": area(),
        "oBBBBB": area(to={"cBBBBB": [rule("projector")]}),
    }  # fmt: skip
    assert {"unread-input", "unwritten-output", "dead-area"} <= set(codes(areas))


def test_a_genome_without_synapses_says_so() -> None:
    assert codes({"cAAAAA": area()})["no-synapses"] == "the genome makes no synapse at all"


def test_a_fault_of_development_is_an_error_with_its_path() -> None:
    areas = {"cAAAAA": area((1000, 1, 1), {"cAAAAA": [rule("all_to_all")] * 4})}
    last = found(areas)[-1]
    assert (last.severity.value, last.code) == ("error", "development")
    assert last.path == "$.blueprint.cAAAAA.cortical_mapping_dst.cAAAAA[3]"
    assert last.fact.startswith("with this rule the genome has up to 4000000 synapses")


def test_what_lint_calls_unreachable_never_fires() -> None:
    areas = {
        "iAAAAA": area((4, 1, 1), {"cBBBBB": [rule("all_to_all", 3)]}, postsynaptic_current=2),
        "cBBBBB": area(
            (8, 1, 1), {"cBBBBB": [rule("lateral_+x", 5), rule("lateral_-x", -1)]},
            firing_threshold=1, firing_threshold_increment_x=2, mp_charge_accumulation=True,
            leak_coefficient=0.5,
        ),
    }  # fmt: skip
    connectome = develop(areas)
    unreachable = connectome.threshold > highest_potential(connectome)
    assert unreachable.any() and not unreachable.all()
    fired = _fired_under_all_inputs(connectome)
    assert not (fired & unreachable).any()
    assert fired.sum() > 4


def _fired_under_all_inputs(connectome: Connectome) -> np.ndarray:
    reference = FloatReference(connectome)
    inputs = np.flatnonzero([connectome.areas[i].group == "IPU" for i in connectome.area])
    fired = np.zeros(connectome.n_neurons, dtype=np.bool_)
    for _ in range(100):
        fired[reference.step((inputs, np.ones(len(inputs), dtype=np.float32)))] = True
    return fired


def test_the_command_lists_notices_and_fails_only_for_errors(tmp_path: Path) -> None:
    path = tmp_path / "genome.json"
    path.write_bytes(encoded(chain(firing_threshold=2.5)))
    result = CliRunner().invoke(lint_verb.command, [str(path)])
    assert result.exit_code == 0
    assert "[unreachable-threshold]" in result.stdout
    assert result.stdout.endswith("3 notes, 1 warning, 0 errors\n")

    path.write_bytes(encoded(chain(refractory_period=-1)))
    result = CliRunner().invoke(lint_verb.command, [str(path), "--json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["counts"]["error"] == 1
    assert report["notices"][0]["path"] == "$.blueprint.cBBBBB.refractory_period"


def test_the_command_survives_what_is_no_genome(tmp_path: Path) -> None:
    path = tmp_path / "genome.json"
    path.write_bytes(b"\x00\xff")
    result = CliRunner().invoke(lint_verb.command, [str(path)])
    assert result.exit_code == 1
    assert "byte 1 of the file is not UTF-8" in result.stdout


def test_the_develop_command_writes_the_connectome(tmp_path: Path) -> None:
    source, target = genomes.path("wall_avoider"), tmp_path / "brain.npz"
    result = CliRunner().invoke(
        develop_verb.command,
        [str(source), "-o", str(target), "--json", "--dynamics", "every_burst"],
    )
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    connectome = npz.load(target)
    assert report["neurons"] == connectome.n_neurons == 130
    assert report["synapses"] == connectome.n_synapses
    assert {area.dynamics.value for area in connectome.areas} == {"every_burst"}


def test_the_develop_command_prints_a_table(tmp_path: Path) -> None:
    result = CliRunner().invoke(develop_verb.command, [str(genomes.path("wall_avoider"))])
    assert result.exit_code == 0
    assert "12 areas, 130 neurons (128 live)" in result.stdout


@pytest.mark.skipif(not GENOMES.is_dir(), reason="../shared/genomes is not there")
def test_real_genomes_have_no_error() -> None:
    for path in sorted(GENOMES.glob("*.json")):
        assert not [n for n in lint(path.read_bytes()) if n.severity.value == "error"], path.name
