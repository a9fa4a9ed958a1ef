"""FEAGI's own traces, in integers: at int32 every trace fires exactly as FEAGI's float32 did."""

import pytest

from ganglion.frontends.trace import read
from tests.support import SHARED
from tools.conformance.integer_conformance import first_difference

TRACES = SHARED / "feagi-golden" / "dev"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="../shared/feagi-golden is not there")
CATEGORIES = sorted({path.name.split("_")[0] for path in TRACES.glob("*.json.gz")})


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_trace_fires_identically_at_int32(category: str) -> None:
    paths = sorted(TRACES.glob(f"{category}_*.json.gz"))
    parted = {p.name: burst for p in paths if (burst := first_difference(read(p), "int32"))}
    assert parted == {}, f"of {len(paths)} traces these part from FEAGI, at the burst given"


def test_16_bits_part_from_some_of_them_so_that_the_comparison_can_fail() -> None:
    paths = sorted(TRACES.glob("03_*.json.gz"))  # leaks
    assert any(first_difference(read(p), "int16") for p in paths)
