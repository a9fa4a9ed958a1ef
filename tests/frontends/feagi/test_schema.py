"""The published schema and the reader agree on what a genome is."""

import json
import re

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from ganglion import examples as genomes
from ganglion.cli.commands.schema import command
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi.fields import DESCRIPTIVE, FLAT_AXES, FLAT_NAMES, NO_EFFECT
from ganglion.frontends.feagi.schema import GenomeFile, HierarchicalArea, RuleObject, genome_schema
from tests.support import SHARED

GENOMES = SHARED / "genomes"


def test_the_schema_is_printed_as_json() -> None:
    result = CliRunner().invoke(command, ["genome"])
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert schema == genome_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    text = json.dumps(genome_schema())
    for name in set(re.findall(r'"#/\$defs/(\w+)"', text)):
        assert name in genome_schema()["$defs"]


def test_every_field_that_has_an_effect_is_in_the_schema() -> None:
    silent = DESCRIPTIVE | set(NO_EFFECT) | {"memory_twin_of", "snooze_length_i"}
    effective = {*FLAT_NAMES.values(), *(name for name, _ in FLAT_AXES.values())} - silent
    assert effective <= set(HierarchicalArea.model_fields)


def test_the_defaults_of_the_schema_are_those_of_the_reader() -> None:
    written = {
        name: field.get_default(call_default_factory=True)
        for name, field in HierarchicalArea.model_fields.items()
    }
    explicit = json.dumps({"version": "2.1", "physiology": {}, "blueprint": {"cAAAAA": written}})
    empty = json.dumps({"version": "2.1", "physiology": {}, "blueprint": {"cAAAAA": {}}})
    assert genome.parse(explicit.encode()) == genome.parse(empty.encode())


def test_our_example_fits_the_schema() -> None:
    value = json.loads(genomes.path("wall_avoider").read_bytes())
    GenomeFile.model_validate(value)
    patterns = genome_schema()["properties"]["blueprint"]["anyOf"][0]["patternProperties"]
    for key in value["blueprint"]:
        suffix = key.split("-", 3)[3]
        known = any(re.search(pattern, key) for pattern in patterns)
        assert known or FLAT_NAMES.get(suffix, FLAT_AXES.get(suffix)) is not None


@pytest.mark.skipif(not GENOMES.is_dir(), reason="../shared/genomes is not there")
@pytest.mark.parametrize("name", ["barebones", "essential_2.1", "gesture_12_1", "turtlebot"])
def test_real_genomes_of_today_fit_the_schema(name: str) -> None:
    GenomeFile.model_validate_json((GENOMES / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    "field",
    [
        {"refractory_period": 1.5}, {"block_boundaries": [0, 1, 1]}, {"snooze_length": 65536},
        {"mp_driven_psp": 1}, {"leak_coefficient": -1}, {"dynamics": "sometimes"},
        {"cortical_mapping_dst": {"cAAAAA": [["projector"]]}},
    ],
)  # fmt: skip
def test_what_the_reader_would_repair_does_not_fit(field: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        HierarchicalArea.model_validate(field)


def test_a_rule_without_a_name_does_not_fit() -> None:
    with pytest.raises(ValidationError):
        RuleObject.model_validate({"morphology_id": ""})
