"""A brain without plasticity has the bytes that it had before there was learning.

golden_brains.json holds the SHA-256 of every genome's brain, made with the default options. When
learning came (SPEC 11) the bytes before and after were compared and were equal; since then a
change of the format changes them all, and a change of one alone is a mistake.
"""

import hashlib
import json
from pathlib import Path

import pytest

from ganglion.compiler import compile_connectome
from ganglion.examples import names
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from tests.support import SHARED

GOLDEN: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("golden_brains.json").read_text()
)
GENOMES = SHARED / "genomes"
LEARNS = {name for name in names() if connectome_of(example(name))[0].learning}


def check(genome: Path, expected: str) -> None:
    brain = compile_connectome(connectome_of(genome)[0])
    assert not brain.network.learning
    found = hashlib.sha256(brain.blob).hexdigest()
    assert found == expected, (
        f"{genome.name} became another brain, {found}; if the format was to change, this is the "
        "value to write into golden_brains.json, with its reason in the commit"
    )


def test_every_example_that_does_not_learn_is_pinned() -> None:
    assert set(GOLDEN["examples"]) == set(names()) - LEARNS
    assert "pairing" in LEARNS


@pytest.mark.parametrize("name", sorted(GOLDEN["examples"]))
def test_an_example_without_plasticity_keeps_its_bytes(name: str) -> None:
    check(example(name), GOLDEN["examples"][name])


@pytest.mark.skipif(not GENOMES.is_dir(), reason="../shared/genomes is not there")
@pytest.mark.parametrize("name", sorted(GOLDEN["genomes"]))
def test_a_real_genome_without_plasticity_keeps_its_bytes(name: str) -> None:
    check(GENOMES / f"{name}.json", GOLDEN["genomes"][name])
