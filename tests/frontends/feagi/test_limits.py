"""What is no genome is refused, with the reason and in bounded time and memory."""

import json
from pathlib import Path

import pytest

from ganglion import examples as genomes
from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Notices, Policy
from ganglion.frontends.feagi.json_text import nesting
from tests.support.genomes import area, develop, encoded, read, rule


def refusal(data: bytes, policy: Policy | None = None) -> str:
    with pytest.raises(GenomeError) as caught:
        genome.parse(data, policy)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "the file is not JSON: Expecting value at line 1, column 1"),
        (b"{", "the file is not JSON: Expecting property name"),
        (b"[]", "the file holds a list and a genome is an object"),
        (b"null", "the file holds null and a genome is an object"),
        (b'{"a": NaN}', "the file holds NaN, which JSON does not have; write a finite number"),
        (b'{"a": -Infinity}', "the file holds -Infinity"),
        (b'{"a": 1e999}', 'the number "1e999" is too large; write a finite number'),
        (b'{"a": "\xff"}', "byte 7 of the file is not UTF-8; save the genome as UTF-8 JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the file holds what no genome holds"),
        ("{}".encode("utf-16"), "byte 0 of the file is not UTF-8"),
    ],
)
def test_bytes_that_are_no_genome_are_refused_with_the_place(data: bytes, fact: str) -> None:
    assert fact in refusal(data)


def test_a_byte_order_mark_is_no_fault() -> None:
    data = genomes.path("wall_avoider").read_bytes()
    assert genome.parse(b"\xef\xbb\xbf" + data).id == genome.parse(data).id


@pytest.mark.parametrize(
    ("data", "depth"),
    [
        (b"", 0), (b"{}", 1), (b'[[{"a": []}]]', 4), (b'"[[["', 0), (rb'"\"[[", [', 1),
        (rb'"\\", [[]]', 2), (b"[][][]", 1), (b"[" * 70, 70),
    ],
)  # fmt: skip
def test_nesting_is_measured_outside_of_text(data: bytes, depth: int) -> None:
    assert nesting(data) == depth


def test_deep_nesting_is_refused_before_it_is_parsed() -> None:
    assert refusal(b"[" * 1_000_000) == (
        "$: lists and objects are nested 1000000 deep and the limit is 64; "
        "check that the file is a genome, or raise the policy max_nesting"
    )
    deep = b'{"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert "the file holds what no genome holds" in refusal(deep, Policy(max_nesting=10**6))


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(b" " * 101)
    with pytest.raises(GenomeError) as caught:
        genome.read(path, Policy(max_bytes=100))
    assert "has more than the limit of 100 bytes" in str(caught.value)
    assert "has 101 bytes and the limit is 100" in refusal(b" " * 101, Policy(max_bytes=100))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenomeError) as caught:
        genome.read(tmp_path / "none.json")
    assert str(caught.value).endswith(
        "none.json cannot be read: No such file or directory; check the path"
    )


def test_too_many_areas_are_refused() -> None:
    areas = {f"c{i:05}": area() for i in range(11)}
    assert refusal(encoded(areas), Policy(max_areas=10)) == (
        "$.blueprint: the genome has more than the limit of 10 areas; "
        "check that the file is a genome, or raise the policy max_areas"
    )


def test_too_many_rules_are_refused() -> None:
    areas = {"cAAAAA": area(to={"cAAAAA": [rule("projector")] * 11})}
    assert "with this area the genome has 11 rules and the limit is 10" in refusal(
        encoded(areas), Policy(max_rules=10)
    )


def test_too_many_parts_of_morphologies_are_refused() -> None:
    mine = {"type": "vectors", "parameters": {"vectors": [[0, 0, 0]] * 10}}
    assert "there are 11 vectors and patterns, and the limit is 10" in refusal(
        encoded({}, {"mine": mine}), Policy(max_parts=10)
    )


def test_too_many_neurons_are_refused_before_they_are_made() -> None:
    areas = {"cAAAAA": area((1000, 1000, 1)), "cBBBBB": area()}
    with pytest.raises(GenomeError) as caught:
        develop(areas)
    assert str(caught.value) == (
        "the genome has 1000001 neurons and the limit is 1000000; "
        "make areas smaller, or raise the policy max_neurons"
    )
    assert "are more voxels than 1000000" in refusal(encoded({"cAAAAA": area((10**6, 2, 1))}))
    assert "are more than 1000000" in refusal(
        encoded({"cAAAAA": area(per_voxel_neuron_cnt=10**6 + 1)})
    )


def test_too_many_synapses_are_refused_before_they_are_made() -> None:
    areas = {"cAAAAA": area((1000, 1, 1), {"cAAAAA": [rule("all_to_all")] * 4})}
    with pytest.raises(GenomeError) as caught:
        develop(areas)
    assert str(caught.value) == (
        "$.blueprint.cAAAAA.cortical_mapping_dst.cAAAAA[3]: with this rule the genome has up to "
        "4000000 synapses, and the limit is 3000000; "
        "make areas smaller, or raise the policy max_synapses"
    )
    assert develop(areas, policy=Policy(max_synapses=4_000_000)).n_synapses == 4_000_000


def test_too_many_blocks_of_patterns_are_refused() -> None:
    mine = {"type": "vectors", "parameters": {"vectors": [[i, 0, 0] for i in range(6)]}}
    areas = {"cAAAAA": area(to={"cAAAAA": [rule("mine")] * 2})}
    with pytest.raises(GenomeError) as caught:
        develop(areas, {"mine": mine}, Policy(max_blocks=11))
    assert "the rules apply 12 vectors and patterns, and the limit is 11" in str(caught.value)


def test_a_file_of_oddities_is_refused() -> None:
    top = {f"x{i}": 0 for i in range(Notices.LIMIT + 1)}
    assert "the file has more than 10000 oddities, the last one at $.x10000" in refusal(
        json.dumps({"version": "2.0", "blueprint": {}, **top}).encode()
    )


def test_a_key_that_occurs_twice_is_noticed() -> None:
    found = genome.parse(b'{"version": "2.0", "version": "2.1", "blueprint": {}}')
    assert found.version == "2.1"
    notice = next(notice for notice in found.notices if notice.code == "duplicate-key")
    assert notice.fact == 'the key "version" occurs more than once in an object'


def test_an_id_longer_than_any_is_left_out() -> None:
    long = "c" * 65
    found = read({long: area(), "cAAAAA": area(to={long: [rule("projector")]})})
    assert [each.id.text for each in found.areas if each.written] == ["cAAAAA"]
    codes = {notice.code for notice in found.notices}
    assert codes >= {"unknown-id", "unknown-destination"}
