"""Physiology: the time step and the precision, with every alias, default and repair."""

import json
from typing import Any

import pytest

from ganglion.connectome.model import canonical_precision
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Genome
from tests.support.genomes import area, encoded


def with_physiology(physiology: Any, **top: Any) -> Genome:
    return genome.parse(encoded({"cAAAAA": area()}, physiology=physiology, **top))


def said(found: Genome) -> list[str]:
    return [n.code for n in found.notices if n.code != "core-area"]


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("fp32", "fp32"), ("float32", "fp32"), ("F32", "fp32"), ("FP16", "fp16"),
        ("float16", "fp16"), ("f16", "fp16"), ("int8", "int8"), ("i8", "int8"), ("INT8", "int8"),
    ],
)  # fmt: skip
def test_every_alias_of_a_precision_is_known(text: str, precision: str) -> None:
    found = with_physiology({"quantization_precision": text})
    assert found.precision == canonical_precision(text) == precision
    assert said(found) == ([] if text == precision else ["precision"])


@pytest.mark.parametrize("text", ["", "invalid", "int4"])
def test_an_empty_or_invalid_precision_is_repaired_to_int8(text: str) -> None:
    found = with_physiology({"quantization_precision": text})
    assert found.precision == "int8"
    notice = next(n for n in found.notices if n.code == "precision")
    assert notice.path == "$.physiology.quantization_precision"
    assert notice.message == (
        f'"{text}" is not a precision; repaired to int8, as FEAGI does; write fp32, fp16 or int8'
    )


def test_a_physiology_without_precision_is_fp32_and_none_is_int8() -> None:
    assert with_physiology({}).precision == "fp32"
    assert with_physiology({"quantization_precision": 8}).precision == "fp32"
    assert with_physiology(None).precision == "int8"


def test_only_the_flat_layout_takes_no_physiology_for_an_empty_one() -> None:
    flat = {"version": "2.0", "blueprint": {"_____10c-cAAAAA-cx-_n_cnt-i": 1}}
    assert genome.parse(json.dumps(flat).encode()).precision == "fp32"
    flat["physiology"] = None  # type: ignore[assignment]
    assert genome.parse(json.dumps(flat).encode()).precision == "int8"
    hierarchical = {"version": "2.1", "blueprint": {"cAAAAA": {}}}
    assert genome.parse(json.dumps(hierarchical).encode()).precision == "int8"


@pytest.mark.parametrize(
    ("physiology", "timestep"),
    [
        ({}, 0.025),
        ({"simulation_timestep": 0.01}, 0.01),
        ({"burst_delay": 0.03}, 0.03),
        ({"simulation_timestep": 0.01, "burst_delay": 0.03}, 0.01),
        ({"simulation_timestep": 0}, 0.025),
        ({"simulation_timestep": -1}, 0.025),
        (None, 0.025),
    ],
)
def test_the_time_step_has_feagis_default_and_repair(physiology: Any, timestep: float) -> None:
    assert with_physiology(physiology).timestep == timestep


def test_the_oldest_files_hold_the_time_step_at_the_top() -> None:
    assert with_physiology(None, burst_delay=0.1).timestep == 0.1


def test_a_physiology_that_is_no_object_is_ignored_with_a_warning() -> None:
    found = with_physiology([1])
    assert (found.precision, found.timestep) == ("fp32", 0.025)
    assert "wrong-type" in said(found)


def test_fields_that_are_not_physiology_are_named() -> None:
    found = with_physiology({"colour": 1, "max_age": 5})
    assert [n.path for n in found.notices if n.code == "unknown-key"] == ["$.physiology.colour"]
