"""Right graphs that no tool writes fire in integers as in float32."""

from collections import Counter

import pytest

from ganglion.errors import GanglionError
from tools.search.nir_unusual import KINDS, compared


@pytest.mark.parametrize("kind", KINDS)
def test_an_unusual_graph_fires_as_in_float32(kind: str) -> None:
    told: Counter[str] = Counter()
    for number in range(4):
        try:
            wrong, _, tie = compared(kind, f"ci {number}", 16)
        except GanglionError as error:
            told[str(error)] += 1
            continue
        told["equal" if not wrong or tie else f"ci {number}: {wrong} values differ"] += 1
    assert told["equal"] >= 2, told
    others = {words for words in told if words != "equal"}
    assert all("by another factor at each place" in words for words in others), told
