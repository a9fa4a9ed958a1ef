"""Which voxels each morphology connects: FEAGI's acceptance cases, and a slow second opinion."""

import itertools
import random
from math import prod

import numpy as np
import pytest

from ganglion.errors import GenomeError
from ganglion.frontends.feagi.morphology import (
    Dimensions,
    Element,
    Morphology,
    Pattern,
    bound,
    pairs,
    targets,
)

Triple = tuple[Element, Element, Element]


def function(name: str) -> Morphology:
    return Morphology(name, "functions")


def vectors(*steps: tuple[int, int, int]) -> Morphology:
    return Morphology("mine", "vectors", vectors=steps)


def patterns(*listed: Pattern) -> Morphology:
    return Morphology("mine", "patterns", patterns=listed)


PROJECTOR = function("projector")
ALL: Triple = ("*", "*", "*")

# Rows of research/feagi_facts.md, section 6 --------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "location", "expected"),
    [(256, 128, 64, [32]), (128, 256, 64, [128, 129]), (128, 128, 64, [64])],
)
def test_a_projector_scales_an_axis(
    source: int, target: int, location: int, expected: list[int]
) -> None:
    found = targets(PROJECTOR, (location, 0, 0), (source, 1, 1), (target, 1, 1))
    assert found == [(x, 0, 0) for x in expected]


def test_a_location_outside_the_source_is_refused() -> None:
    with pytest.raises(GenomeError) as caught:
        targets(PROJECTOR, (10, 0, 0), (10, 1, 1), (10, 1, 1))
    assert str(caught.value) == (
        "voxel (10, 0, 0) lies outside a source area of (10, 1, 1); "
        "use coordinates from 0 to the dimension minus 1"
    )


def test_a_vector_steps_and_is_dropped_outside() -> None:
    size = (10, 10, 10)
    assert targets(vectors((1, 0, 0)), (5, 5, 5), size, size) == [(6, 5, 5)]
    assert targets(vectors((5, 5, 5)), (8, 8, 8), size, size) == []


def test_the_function_block_to_block_clamps() -> None:
    block = function("block_to_block")
    assert targets(block, (20, 5, 3), (21, 6, 4), (10, 10, 10)) == [(9, 5, 3)]


def test_expander_reducer_and_last_to_first_follow_feagis_rules() -> None:
    ten = (10, 10, 10)
    assert targets(function("expander"), (5, 5, 5), ten, (20, 20, 20)) == [(10, 10, 10)]
    assert targets(function("reducer_x"), (5, 0, 0), (8, 1, 1), (8, 1, 1)) == [(0, 0, 0), (2, 0, 0)]
    assert targets(function("last_to_first"), (9, 9, 9), ten, ten) == [(0, 0, 0)]
    assert targets(function("last_to_first"), (5, 5, 5), ten, ten) == []


def test_a_pattern_passes_coordinates_through() -> None:
    mine = patterns((("*", "*", 0), ("?", "?", 1)))
    assert targets(mine, (5, 5, 0), (10, 10, 2), (10, 10, 2)) == [(5, 5, 1)]
    assert targets(mine, (5, 5, 1), (10, 10, 2), (10, 10, 2)) == []


def test_a_pattern_excludes_the_source_coordinate() -> None:
    mine = patterns((ALL, ("!", 0, 0)))
    assert targets(mine, (1, 0, 0), (3, 1, 1), (3, 1, 1)) == [(0, 0, 0), (2, 0, 0)]


def test_the_origin_connects_to_all_and_all_to_the_origin() -> None:
    size = (2, 2, 1)
    to_all = patterns(((0, 0, 0), ALL))
    assert len(pairs(to_all, size, size)[0]) == 4
    assert len(pairs(patterns((ALL, (0, 0, 0))), size, size)[0]) == 4


@pytest.mark.parametrize(
    ("morphology", "source", "target", "count"),
    [
        (PROJECTOR, (10, 10, 1), (10, 10, 1), 100),
        (vectors((0, 0, 0)), (10, 10, 1), (5, 5, 1), 25),
        (function("block_to_block"), (10, 10, 1), (5, 5, 1), 100),
    ],
)
def test_the_number_of_pairs_is_feagis(
    morphology: Morphology, source: Dimensions, target: Dimensions, count: int
) -> None:
    assert len(pairs(morphology, source, target)[0]) == count


# Float32, and further rules -------------------------------------------------------------------


def test_a_projector_truncates_in_float32() -> None:
    def line(location: int, source: int, target: int) -> list[int]:
        return [
            x for x, _, _ in targets(PROJECTOR, (location, 0, 0), (source, 1, 1), (target, 1, 1))
        ]

    assert line(8, 16, 14) == [6]  # exactly it would be 7
    assert line(6, 14, 16) == [7, 8]
    assert line(7, 14, 16) == [9]


def test_float32_truncation_differs_from_exact_division_where_feagi_found_it() -> None:
    down = up = 0
    for large, small in itertools.combinations(range(128, 0, -1), 2):
        here, there = pairs(PROJECTOR, (large, 1, 1), (small, 1, 1))
        down += int((there != here * small // large).sum())
        here, there = pairs(PROJECTOR, (small, 1, 1), (large, 1, 1))
        up += int((here != there * small // large).sum())
    assert (down, up) == (450, 450)


def test_lateral_pairs_swap_neighbours() -> None:
    found = pairs(function("lateral_pairs_x"), (5, 1, 1), (5, 1, 1))
    assert list(zip(*(side.tolist() for side in found), strict=True)) == [
        (0, 1), (1, 0), (2, 3), (3, 2),
    ]  # fmt: skip


def test_repeated_vectors_and_overlapping_patterns_give_a_pair_once() -> None:
    size = (3, 1, 1)
    assert len(pairs(vectors((0, 0, 0), (0, 0, 0)), size, size)[0]) == 3
    overlapping = patterns((ALL, ALL), ((0, 0, 0), (0, 0, 0)), ((0, 0, 0), (0, 0, 0)))
    assert len(pairs(overlapping, size, size)[0]) == 9


def test_a_morphology_without_a_rule_is_refused_by_name() -> None:
    with pytest.raises(GenomeError) as caught:
        pairs(function("rotator"), (1, 1, 1), (1, 1, 1))
    assert str(caught.value) == (
        "morphology rotator (functions) has no known rule; "
        "use vectors, patterns, projector or block_to_block"
    )


def slow_targets(
    listed: tuple[Pattern, ...], at: Dimensions, target: Dimensions
) -> set[Dimensions]:
    """Patterns as FEAGI says them: voxel by voxel."""
    found = set()
    for source, wanted in listed:
        if any(isinstance(s, int) and s != a for s, a in zip(source, at, strict=True)):
            continue
        for voxel in itertools.product(*(range(size) for size in target)):
            if all(
                w == "*" or (w == "?" and v == a) or (w == "!" and v != a) or v == w
                for w, v, a in zip(wanted, voxel, at, strict=True)
            ):
                found.add(voxel)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_patterns_agree_with_a_search_of_every_voxel(seed: int) -> None:
    chance = random.Random(seed)

    def size() -> Dimensions:
        return (chance.randint(1, 4), chance.randint(1, 4), chance.randint(1, 3))

    def triple(wild: str) -> Triple:
        x, y, z = (
            chance.choice(wild) if chance.random() < 0.6 else chance.randint(-1, 4)
            for _ in range(3)
        )
        return x, y, z

    source, target = size(), size()
    listed = tuple((triple("*?!"), triple("*?!")) for _ in range(chance.randint(1, 4)))
    mine = patterns(*listed)
    assert bound(mine, source, target) >= len(pairs(mine, source, target)[0])
    for at in itertools.product(*(range(n) for n in source)):
        assert set(targets(mine, at, source, target)) == slow_targets(listed, at, target), at


@pytest.mark.parametrize(
    "morphology",
    [
        PROJECTOR, function("block_to_block"), function("expander_x"), function("reducer_x"),
        function("lateral_pairs_x"), function("last_to_first"),
        vectors((0, 1, -1), (2, 0, 0), (-9, 0, 0)), patterns((ALL, ("!", "?", "*")), (ALL, ALL)),
    ],
    ids=lambda morphology: morphology.name,
)  # fmt: skip
def test_pairs_are_sorted_in_range_and_within_the_bound(morphology: Morphology) -> None:
    sizes: list[Dimensions] = [(1, 1, 1), (5, 3, 2), (2, 7, 1), (16, 1, 3), (1, 1, 40)]
    for source, target in itertools.product(sizes, sizes):
        here, there = pairs(morphology, source, target)
        keys = here * prod(target) + there
        assert (np.diff(keys) > 0).all()
        assert len(keys) <= bound(morphology, source, target)
        if len(keys):
            assert here.min() >= 0 and here.max() < prod(source)
            assert there.min() >= 0 and there.max() < prod(target)
