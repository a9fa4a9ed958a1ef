"""FEAGI's own traces, in integers: at int32 every trace fires exactly as FEAGI's float32 did."""

import importlib.util
from pathlib import Path

import pytest

from ganglion.golden_trace import read

TRACES = Path(__file__).resolve().parents[2] / "shared" / "feagi-golden" / "dev"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="../shared/feagi-golden is not there")
CATEGORIES = sorted({path.name.split("_")[0] for path in TRACES.glob("*.json.gz")})


SPEC = importlib.util.spec_from_file_location(
    "integer_conformance", Path(__file__).resolve().parents[1] / "tools" / "integer_conformance.py"
)
assert SPEC is not None and SPEC.loader is not None
TOOL = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TOOL)
first_difference = TOOL.first_difference


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_trace_fires_identically_at_int32(category: str) -> None:
    paths = sorted(TRACES.glob(f"{category}_*.json.gz"))
    parted = {p.name: burst for p in paths if (burst := first_difference(read(p), "int32"))}
    assert parted == {}, f"of {len(paths)} traces these part from FEAGI, at the burst given"


def test_16_bits_part_from_some_of_them_so_that_the_comparison_can_fail() -> None:
    paths = sorted(TRACES.glob("03_*.json.gz"))  # leaks
    assert any(first_difference(read(p), "int16") for p in paths)
