"""FEAGI's own traces, in integers: at int32 every trace fires exactly as FEAGI's float32 did."""

from pathlib import Path

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.golden_trace import Trace, read
from ganglion.options import Options
from ganglion.precision import IntegerEngine

TRACES = Path(__file__).resolve().parents[2] / "shared" / "feagi-golden" / "dev"
pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="../shared/feagi-golden is not there")
CATEGORIES = sorted({path.name.split("_")[0] for path in TRACES.glob("*.json.gz")})


def first_difference(trace: Trace, state: str) -> int:
    """The first burst that fires otherwise than in the trace; 0 if none does."""
    values = [p for _, potentials in trace.stimulus.values() for p in potentials.tolist()]
    options = Options(
        state=state,
        anywhere=True,
        inputs="graded",
        negative_inputs=min(values, default=0.0) < 0,
        maximum=max(map(abs, values), default=0.0),
    )
    brain = compile_connectome(trace.connectome, options)
    kept = np.zeros(trace.connectome.n_neurons, dtype=bool)
    kept[brain.quantization.neuron] = True
    engine = IntegerEngine(brain.network, brain.quantization.neuron)
    for burst in range(1, trace.bursts + 1):
        expected = trace.fired[burst - 1]
        neurons, potentials = trace.inputs(burst)
        found = engine.step((neurons, potentials))
        if not np.array_equal(found, expected[kept[expected]]):
            return burst
    return 0


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_trace_fires_identically_at_int32(category: str) -> None:
    paths = sorted(TRACES.glob(f"{category}_*.json.gz"))
    parted = {p.name: burst for p in paths if (burst := first_difference(read(p), "int32"))}
    assert parted == {}, f"of {len(paths)} traces these part from FEAGI, at the burst given"


def test_16_bits_part_from_some_of_them_so_that_the_comparison_can_fail() -> None:
    paths = sorted(TRACES.glob("03_*.json.gz"))  # leaks
    assert any(first_difference(read(p), "int16") for p in paths)
