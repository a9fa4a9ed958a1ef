"""xxh64 names a pattern as FEAGI does: values that FEAGI's own code gave."""

import struct

import pytest

from tools.conformance.xxh64 import xxh64


@pytest.mark.parametrize(
    ("bursts", "hashed"),
    [
        ([[0]], "9f29cb17a2a49995"),
        ([[0], [1]], "3e2b2cfa71a5a6e9"),
        ([[], [0]], "f96a9dd0802aa462"),
        ([[0], []], "5c5a146fdb2e7e06"),
        ([[0, 5], [7], [], [1, 2, 3]], "84d47db7e2951bab"),
    ],
)
def test_a_pattern_has_the_hash_that_feagi_gives_it(bursts: list[list[int]], hashed: str) -> None:
    data = b"".join(struct.pack(f"<I{len(ids)}I", len(ids), *ids) for ids in bursts)
    assert f"{xxh64(data):016x}" == hashed
