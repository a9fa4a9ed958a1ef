"""Genomes of every layout read to the same brain, and the real files to the brain FEAGI names."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from ganglion import examples as genomes
from ganglion.connectome import ids, npz
from ganglion.connectome.model import Connectome
from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi.develop import develop
from ganglion.frontends.feagi.fields import FLAT_AXES, FLAT_NAMES
from tests.support import SHARED

GENOMES = SHARED / "genomes"
needs_shared = pytest.mark.skipif(not GENOMES.is_dir(), reason="../shared/genomes is not there")

RULE_NAMES = (
    "morphology_id", "morphology_scalar", "postSynapticCurrent_multiplier", "plasticity_flag",
    "plasticity_constant", "ltp_multiplier", "ltd_multiplier", "plasticity_window",
)  # fmt: skip


def wall_avoider() -> dict[str, Any]:
    value = json.loads(genomes.path("wall_avoider").read_bytes())
    assert isinstance(value, dict)
    return value


def hierarchical(flat: dict[str, Any]) -> dict[str, Any]:
    """A flat genome as FEAGI's importer would write it out: areas as objects, rules as objects."""
    areas: dict[str, dict[str, Any]] = {}
    for key, value in flat["blueprint"].items():
        _, identifier, _, suffix = key.split("-", 3)
        area = areas.setdefault(identifier, {})
        if suffix in FLAT_AXES:
            name, axis = FLAT_AXES[suffix]
            area.setdefault(name, [0, 0, 0])[axis] = value
        elif suffix == "dstmap-d":
            area[FLAT_NAMES[suffix]] = {
                target: [dict(zip(RULE_NAMES, rule, strict=True)) for rule in rules]
                for target, rules in value.items()
            }
        else:
            area[FLAT_NAMES[suffix]] = value
    return {**flat, "blueprint": areas}


def version_3(flat: dict[str, Any]) -> dict[str, Any]:
    """A flat genome with base64 ids."""

    def coded(identifier: str) -> str:
        return base64.b64encode(ids.read(identifier).key).decode()

    blueprint = {}
    for key, value in flat["blueprint"].items():
        prefix, identifier, rest = key.split("-", 2)
        if rest.endswith("dstmap-d"):
            value = {coded(target): rules for target, rules in value.items()}
        blueprint[f"{prefix}-{coded(identifier)}-{rest}"] = value
    return {**flat, "version": "3.0", "blueprint": blueprint}


def developed(value: dict[str, Any]) -> tuple[genome.Genome, Connectome]:
    read = genome.parse(json.dumps(value).encode())
    return read, develop(read)


@pytest.mark.parametrize("convert", [hierarchical, version_3])
def test_the_same_genome_in_another_layout_is_the_same_brain(convert: Any) -> None:
    _, expected = developed(wall_avoider())
    read, connectome = developed(convert(wall_avoider()))
    assert read.layout == ("hierarchical" if convert is hierarchical else "flat")
    for name in ("area", "threshold", "leak", "refractory_period", "source", "target", "weight",
                 "psp", "inhibitory", "projection", "excitability", "snooze"):  # fmt: skip
        assert np.array_equal(getattr(connectome, name), getattr(expected, name)), name
    names = [(a.name, a.group, a.dimensions, a.psp_uniform) for a in connectome.areas]
    assert names == [(a.name, a.group, a.dimensions, a.psp_uniform) for a in expected.areas]
    assert connectome.power_neuron == expected.power_neuron


def test_the_order_of_keys_in_the_file_does_not_matter() -> None:
    value = wall_avoider()
    reversed_keys = {**value, "blueprint": dict(reversed(value["blueprint"].items()))}
    _, expected = developed(value)
    _, connectome = developed(reversed_keys)
    assert np.array_equal(connectome.target, expected.target)
    assert connectome.areas == expected.areas


@needs_shared
@pytest.mark.parametrize(
    ("name", "areas", "neurons", "rules", "synapses", "precision"),
    [  # figures of research/feagi_facts.md, section 7, and of integer_contract.md, section 6
        ("barebones", 2, 2, 0, 0, "fp32"),
        ("essential_2.1", 24, 55357, 18, 1552, "fp16"),
        ("example_int8", 2, 150, 1, 5000, "int8"),
        ("example_fp32", 2, 150, 1, 5000, "fp32"),
        ("gesture_12_1", 37, 8352, 29, 14758, "fp32"),
        ("learning_v1.1b", 65, 47313, 111, 33946, "fp32"),
        ("mujoco_camera", 28, 15009, 19, 86416, "fp32"),
        ("blender_keyframe", 12, 203527, 2, 156, "fp32"),
        ("turtlebot", 25, 14005, 18, 400, "fp32"),
        ("pioneer2_basic", 5, 223, 56, 112, "fp32"),
        ("brightness_change_detection", 23, 180, 35, 206, "fp32"),
        ("static_1", 10, 177, 4, 20, "fp32"),
    ],
)
def test_a_real_genome_develops_to_the_figures_known_for_it(
    name: str, areas: int, neurons: int, rules: int, synapses: int, precision: str
) -> None:
    read = genome.read(GENOMES / f"{name}.json")
    written = [area for area in read.areas if area.written]
    assert len(written) == areas
    assert sum(area.neurons for area in written) == neurons
    assert sum(len(area.rules) for area in written) == rules
    assert read.precision == precision
    connectome = develop(read)
    assert connectome.n_synapses == synapses
    npz.check(connectome)


@needs_shared
def test_feagis_own_reading_of_a_shipped_genome_has_no_synapses() -> None:
    policy = genome.Policy.like_feagi()
    read = genome.read(GENOMES / "essential_2.1.json", policy)
    assert sum(len(area.rules) for area in read.areas) == 0
    assert {notice.code for notice in read.notices} >= {"short-rule", "snooze-i"}


@needs_shared
def test_the_example_layout_is_read_as_written_and_said_to_be_foreign() -> None:
    read = genome.read(GENOMES / "example_int8.json")
    motor = read.area("motor_1")
    assert motor is not None and motor.group == "OPU"
    assert (motor.threshold, motor.threshold_limit, motor.refractory_period) == (50.0, 100.0, 2)
    assert motor.mp_charge_accumulation and not motor.psp_uniform
    assert motor.dimensions == (10, 5, 1)
    assert [rule.psp for rule in motor.rules] == [50.0]
    foreign = next(notice for notice in read.notices if notice.code == "example-layout")
    assert "FEAGI loads as an empty brain" in foreign.fact


@needs_shared
def test_a_key_of_another_level_is_no_area() -> None:
    read = genome.read(GENOMES / "static_1.json")
    assert read.area("_____s") is None
    assert any(notice.code == "not-an-area" for notice in read.notices)


def test_a_genome_without_blueprint_is_refused_by_path() -> None:
    with pytest.raises(GenomeError) as caught:
        genome.parse(b'{"version": "2.0"}')
    expected = "$.blueprint: no blueprint; check that the file is a FEAGI genome"
    assert str(caught.value) == expected


def test_a_foreign_version_is_read_by_its_layout_and_noticed() -> None:
    read, _ = developed({**wall_avoider(), "version": "1.0"})
    notice = next(notice for notice in read.notices if notice.code == "version")
    assert notice.fact == 'the version is "1.0", and FEAGI accepts 2.x and 3.0'
    assert read.layout == "flat"


def test_unknown_fields_are_named_with_their_path() -> None:
    value = wall_avoider()
    value["blueprint"]["_____10c-c_near-cx-colour-t"] = "red"
    value["colour"] = "blue"
    read, _ = developed(value)
    unknown = {notice.path: notice.area for notice in read.notices if notice.code == "unknown-key"}
    assert unknown == {'$.blueprint["_____10c-c_near-cx-colour-t"]': "c_near", "$.colour": None}


def test_a_field_given_as_cx_and_as_nx_is_noticed() -> None:
    value = wall_avoider()
    value["blueprint"]["_____10c-c_near-cx-fire_t-f"] = 3.0
    read, _ = developed(value)
    area = read.area("c_near")
    assert area is not None and area.threshold == 3.0
    assert "duplicate-key" in {notice.code for notice in read.notices}


def before_2(flat: dict[str, Any]) -> dict[str, Any]:
    """The same genome as it was written before 2.0: what an area is like, one level deeper."""
    areas = hierarchical(flat)["blueprint"]
    outside = ("cortical_name", "cortical_group", "group_id", "cortical_mapping_dst")
    return {**flat, "version": "1.9", "blueprint": {
        identifier: {
            **{name: value for name, value in area.items() if name in outside},
            "neuron_params": {name: value for name, value in area.items() if name not in outside},
        }
        for identifier, area in areas.items()
    }}  # fmt: skip


def test_a_genome_before_2_keeps_the_sizes_that_it_has_one_level_deeper() -> None:
    now = genome.parse(json.dumps(hierarchical(wall_avoider())).encode())
    older = genome.parse(json.dumps(before_2(wall_avoider())).encode())
    assert [(a.dimensions, a.threshold, a.leak, a.position) for a in older.areas] == [
        (a.dimensions, a.threshold, a.leak, a.position) for a in now.areas
    ]
    assert any(a.dimensions != (1, 1, 1) for a in older.areas)
    (said, *_) = [n for n in older.notices if n.code == "neuron-params"]
    assert "block_boundaries" in said.fact
    assert said.fact.endswith("read, though today's FEAGI ignores them")
    assert said.severity.name == "WARNING"


def test_as_feagi_has_it_such_a_genome_is_one_voxel_an_area_and_says_so() -> None:
    data = json.dumps(before_2(wall_avoider())).encode()
    ignored = genome.parse(data, genome.Policy.like_feagi())
    assert {area.dimensions for area in ignored.areas} == {(1, 1, 1)}
    assert any("ignored, as FEAGI does" in notice.fact for notice in ignored.notices)
    with pytest.raises(GenomeError, match=r"stand under neuron_params, as before 2\.0; move"):
        genome.parse(data, genome.Policy(neuron_params="refuse"))


def test_what_an_area_says_itself_goes_before_what_it_says_deeper() -> None:
    value = before_2(wall_avoider())
    area = value["blueprint"]["c_forw"]
    area["block_boundaries"] = [2, 3, 4]
    read = genome.parse(json.dumps(value).encode())
    assert (2, 3, 4) in {area.dimensions for area in read.areas}
