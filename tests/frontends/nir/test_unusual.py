"""Right graphs that no tool writes fire in integers as in float32."""

import pytest

from tools.search.nir_unusual import KINDS, MOST, compared


@pytest.mark.parametrize("kind", KINDS)
def test_an_unusual_graph_fires_as_in_float32(kind: str) -> None:
    for number in range(2):
        wrong, total, tie = compared(kind, f"ci {number}", 16)
        assert tie or wrong <= MOST * total, f"ci {number}"
