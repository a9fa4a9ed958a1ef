"""The figures of similarity are what their definitions say."""

import importlib.util
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.analysis.comparison.similarity import (
    Pattern,
    distances,
    f1,
    f1_tolerant,
    first_difference,
    identical_bursts,
    rates,
)

NEURONS, BURSTS = 4, 8
spikes = st.sets(st.tuples(st.integers(1, BURSTS), st.integers(0, NEURONS - 1)))


def pattern(of: set[tuple[int, int]]) -> Pattern:
    pairs = np.array(sorted(of, reverse=True), dtype=np.int64).reshape(-1, 2)
    return Pattern.of(pairs[:, 0], pairs[:, 1])


def most_pairs(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """By trying everything."""

    @cache
    def best(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return 0
        pair = 1 + best(i + 1, j + 1) if abs(a[i] - b[j]) <= 1 else 0
        return max(pair, best(i + 1, j), best(i, j + 1))

    return best(0, 0)


@given(spikes, spikes)
def test_f1_and_identical_bursts_are_their_definitions(a, b):
    total = len(a) + len(b)
    expected = 2 * len(a & b) / total if total else 1.0
    assert f1(pattern(a), pattern(b), NEURONS) == expected
    same = sum(
        {n for t, n in a if t == burst} == {n for t, n in b if t == burst}
        for burst in range(1, BURSTS + 1)
    )
    assert identical_bursts(pattern(a), pattern(b), BURSTS, NEURONS) == pytest.approx(same / BURSTS)


@given(spikes, spikes)
def test_f1_within_one_burst_pairs_as_many_as_can_be_paired(a, b):
    paired = sum(
        most_pairs(*(tuple(sorted(t for t, n in side if n == neuron)) for side in (a, b)))
        for neuron in range(NEURONS)
    )
    total = len(a) + len(b)
    expected = 2 * paired / total if total else 1.0
    assert f1_tolerant(pattern(a), pattern(b), NEURONS) == expected
    assert expected >= f1(pattern(a), pattern(b), NEURONS)


@given(spikes, spikes)
def test_the_first_difference_is_the_first(a, b):
    found = first_difference(pattern(a), pattern(b), NEURONS)
    if a == b:
        assert found is None
        return
    burst = min(t for t, _ in a ^ b)
    assert found is not None
    assert found[0] == burst
    assert found[1].tolist() == sorted(n for t, n in a - b if t == burst)
    assert found[2].tolist() == sorted(n for t, n in b - a if t == burst)


def test_rates_are_percent_of_the_area_per_burst():
    a, b = pattern({(1, 0), (2, 0), (2, 1), (1, 3)}), pattern({(1, 0), (1, 3)})
    first, second, third = rates(a, b, 2, [("x", 2), ("y", 1), ("z", 1)])
    assert (first.a, first.b, first.error) == (75.0, 25.0, pytest.approx(-2 / 3))
    assert (second.a, second.b, second.error) == (0.0, 0.0, 0.0)
    assert (third.a, third.b, third.error) == (50.0, 50.0, 0.0)


def test_distances_are_those_of_the_field():
    if importlib.util.find_spec("elephant") is None:
        pytest.skip("elephant is not installed: `pip install 'ganglion[neo]'` brings it")
    a = pattern({(2, 0), (5, 0), (3, 1), (4, 2)})
    b = pattern({(3, 0), (6, 0), (4, 2)})
    d = distances(a, b, NEURONS, BURSTS)
    # Neuron 0: two spikes shifted by one burst, at q = 1/2 each. Neuron 1: one spike removed.
    assert (d.differing, d.computed) == (2, 2)
    assert d.victor_purpura_max == pytest.approx(1.0)
    assert d.victor_purpura_mean == pytest.approx((2 * 0.5 + 1) / 2)
    # Van Rossum's D² = 2/τ · ∫ (f − g)² dt, normalised so that one spike alone is at distance 1.
    gap = np.exp(-np.abs(np.subtract.outer([2, 5, 3, 6], [2, 5, 3, 6])) / 2.0)
    sign = np.array([1, 1, -1, -1])
    assert d.van_rossum_max == pytest.approx(max(1.0, np.sqrt(sign @ gap @ sign)))


def test_equal_patterns_are_at_distance_zero_and_need_no_elephant():
    a = pattern({(2, 0), (5, 3)})
    d = distances(a, a, NEURONS, BURSTS)
    assert (d.van_rossum_max, d.victor_purpura_max, d.differing) == (0.0, 0.0, 0)
