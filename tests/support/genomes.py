"""What the tests of genomes share: small genomes in a few words, read and developed.

In:  areas by id, as hierarchical fields, and rules in short.
Out: the bytes of a genome; its notices; its connectome.
Never: used outside the tests.
"""

import json
from typing import Any

from ganglion.connectome.model import Connectome
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Genome, Notice, Policy
from ganglion.frontends.feagi.develop import develop_with_notices

Fields = dict[str, Any]


def rule(morphology: str, multiplier: Any = 1, **more: Any) -> Fields:
    """A mapping rule as an object."""
    return {
        "morphology_id": morphology,
        "postSynapticCurrent_multiplier": multiplier,
        "plasticity_flag": False,
        **more,
    }


def area(size: tuple[int, int, int] = (1, 1, 1), to: Any = None, **fields: Any) -> Fields:
    """A hierarchical area. `to` is destination id to a list of rules."""
    return {"block_boundaries": list(size), "cortical_mapping_dst": to or {}, **fields}


def encoded(areas: dict[str, Fields], morphologies: Fields | None = None, **top: Any) -> bytes:
    """A hierarchical 2.1 genome."""
    return json.dumps({
        "version": "2.1",
        "blueprint": areas,
        "neuron_morphologies": morphologies or {},
        "physiology": {},
        **top,
    }).encode()  # fmt: skip


def read(areas: dict[str, Fields], policy: Policy | None = None, **more: Any) -> Genome:
    return genome.parse(encoded(areas, **more), policy)


def develop(
    areas: dict[str, Fields], morphologies: Fields | None = None, policy: Policy | None = None
) -> Connectome:
    """The connectome, without the core areas that FEAGI would add."""
    return developed(areas, morphologies, policy)[0]


def developed(
    areas: dict[str, Fields], morphologies: Fields | None = None, policy: Policy | None = None
) -> tuple[Connectome, dict[str, Notice]]:
    """The connectome, and one notice of each code."""
    policy = (policy or Policy()).with_settings(["core_areas=as-written"])
    result = develop_with_notices(genome.parse(encoded(areas, morphologies), policy), policy)
    return result.connectome, {notice.code: notice for notice in result.notices}


def notices(areas: dict[str, Fields], policy: Policy | None = None, **more: Any) -> list[Notice]:
    """All notices of reading, but for the core areas that are added."""
    _, found = genome.examine(encoded(areas, **more), policy)
    return [notice for notice in found if notice.code != "core-area"]
