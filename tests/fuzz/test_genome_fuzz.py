"""Whatever bytes a genome has, it becomes a connectome or a GenomeError."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from tools.search import broken_genomes as fuzz

CASES = 400


def test_mutated_genomes_are_developed_or_refused() -> None:
    sources = fuzz.bases()
    outcomes = set()
    for index in range(CASES):
        data = fuzz.case(sources, 20, index)
        try:
            outcomes.add(fuzz.run(data, with_lint=True))
        except Exception as error:
            pytest.fail(
                f"{error!r}; again: python -m tools.search.broken_genomes --seed 20 --only {index}"
            )
    assert outcomes == {"developed", "refused"}


def test_a_case_is_the_same_each_time() -> None:
    sources = fuzz.bases()
    assert fuzz.case(sources, 1, 7) == fuzz.case(sources, 1, 7)
    assert fuzz.mutated(sources[0], random.Random(1)) != fuzz.mutated(sources[0], random.Random(2))


def test_the_tool_fails_when_a_case_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def broken(data: bytes, with_lint: bool) -> str:
        raise KeyError("lost")

    assert fuzz.main(["--count", "3", "--seed", "5"]) == 0
    monkeypatch.setattr(fuzz, "run", broken)
    assert fuzz.main(["--count", "3", "--seed", "5"]) == 1
    said = capsys.readouterr().out
    assert "case 2: KeyError: 'lost'" in said
    assert "again: python -m tools.search.broken_genomes --seed 5 --only 2" in said
    assert said.endswith("0 developed, 0 refused, 3 failed\n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["version", "blueprint", "physiology", "neuron_morphologies", "cAAAAA",
                         "block_boundaries", "cortical_mapping_dst", "type", "parameters",
                         "vectors", "patterns", "cortical_areas", "cortical_id",
                         "_____10c-cAAAAA-cx-dstmap-d", "_____10c-_power-cx-___bbx-i"]),
        inner, max_size=5,
    ),
    max_leaves=30,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(value=JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    data = json.dumps(value).encode()
    try:
        genome.parse(data)
    except GenomeError as error:
        assert "; " in str(error)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(GenomeError):
        genome.parse(data)
