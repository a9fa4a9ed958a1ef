"""places.py: which records are written of where neurons sit, and which are read (SPEC 5.7)."""

import struct

import numpy as np
import pytest

from ganglion.blob.places import decode_places, encode_places, placed
from ganglion.errors import BlobError
from tests.support.records import area, network_of, population

RUNS = [
    ([3], [(3, 1, 1)]),
    ([0, 2, 4, 7], [(0, 3, 2), (7, 1, 1)]),
    ([0, 65_535, 65_536, 131_072], [(0, 2, 65_535), (65_536, 1, 1), (131_072, 1, 1)]),
    ([5, 4], [(5, 1, 1), (4, 1, 1)]),
    ([7, 7, 8], [(7, 1, 1), (7, 2, 1)]),
    ([0, 1, 3, 5], [(0, 2, 1), (3, 2, 2)]),
    ([0, 5, 10, 15, 16, 17], [(0, 4, 5), (16, 2, 1)]),
    ([2, 1, 0, 4, 8, 9], [(2, 1, 1), (1, 1, 1), (0, 3, 4), (9, 1, 1)]),
]
AREAS = [area("one", 100_000, 2), area("two", 7)]


def record(*runs: tuple[int, int, int], large: bool = False) -> bytes:
    head, run = ("<I", "<III") if large else ("<H", "<IHH")
    return struct.pack(head, len(runs)) + b"".join(struct.pack(run, *each) for each in runs)


@pytest.mark.parametrize(("place", "runs"), RUNS, ids=str)
def test_the_runs_of_places_are_as_long_as_can_be_and_read_back(place, runs):
    n = len(place)
    populations = [population(0, 2), population(2, n), population(n + 2, 3, area=1)]
    network = network_of(populations, AREAS, [0, 1, *place, 1, 3, 5])
    assert placed(network) == [1, 2]
    data = encode_places(network, {2, 1})
    assert data == record(*runs) + record((1, 3, 2))
    back = decode_places(data, populations, AREAS, [1, 2])
    assert back.tolist() == network.place.tolist()


def test_a_population_that_begins_at_its_first_place_and_leaves_one_out_is_placed():
    two = [population(0, 3), population(3, 3, area=1)]
    for moved in range(6):
        place = [0, 1, 2, 0, 1, 2]
        place[moved] += 1
        assert placed(network_of(two, AREAS, place)) == [moved // 3]
    assert placed(network_of(two, AREAS, [0, 1, 2] * 2)) == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\1", "the places of population 1 are cut"),
        (record((0, 4, 1))[:-1], "the places of population 1 are cut"),
        (record(), "population 1 has 0 places for 4 neurons"),
        (record((0, 3, 1)), "population 1 has 3 places for 4 neurons"),
        (record((0, 5, 1)), "population 1 has 5 places for 4 neurons"),
        (record((0, 0, 1), (0, 4, 1)), "place -1 is outside two"),
        (record((0, 3, 1), (5, 1, 0)), "place 5 is outside two"),
        (record((1, 4, 2)), "place 7 is outside two"),
        (record((0, 3, 1), (7, 1, 1)), "place 7 is outside two"),
        (record((0, 4, 1)) + b"\0\0", "2 bytes follow the places"),
    ],
)
def test_places_that_are_not_those_of_a_population_are_refused_by_name(data, text):
    populations = [population(0, 2), population(2, 4, area=1)]
    for good in (record((0, 4, 2)), record((3, 1, 1), (4, 2, 2), (0, 1, 1))):
        assert len(decode_places(good, populations, AREAS, [1])) == 6
    with pytest.raises(BlobError) as refused:
        decode_places(data, populations, AREAS, [1])
    assert str(refused.value).startswith(f"{text}; ")


def test_an_area_has_room_for_as_many_places_as_its_voxels_have_neurons():
    one = [population(0, 2)]
    assert decode_places(record((0, 2, 199)), one, [area("one", 100, 2)], [0]).tolist() == [0, 199]
    with pytest.raises(BlobError, match="place 200 is outside one"):
        decode_places(record((0, 2, 200)), one, [area("one", 100, 2)], [0])
    with pytest.raises(BlobError, match="place 1 is outside one"):
        decode_places(b"", one, [area("one", 1)], [])
    with pytest.raises(BlobError, match="population 0 is of area 0 of 0"):
        decode_places(b"", one, [], [])


def test_more_neurons_than_a_board_numbers_have_wider_records():
    for n, large in ((65_535, False), (65_536, True)):
        some = [population(0, 1), population(1, n - 1)]
        network = network_of(some, [area("one", n + 1)], [0, *range(2, n + 1)])
        data = encode_places(network, [1])
        assert data == record((2, n - 1, 1), large=large)
        assert np.array_equal(decode_places(data, some, network.areas, [1]), network.place)


def test_places_that_a_record_claims_and_nobody_has_take_no_memory():
    populations = [population(0, 1), population(1, 70_000)]
    claims = record(*[(0, 2**32 - 2, 1)] * 9, large=True)  # 2^35 places, of 8 bytes each
    with pytest.raises(BlobError, match="population 1 has 38654705646 places for 70000 neurons; "):
        decode_places(claims, populations, [area("one", 1 << 31, 2)], [1])
