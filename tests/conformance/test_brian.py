"""Brian2, another laboratory's simulator, told of the burst in integers, fires as the reference."""

import pytest

from ganglion.connectome.model import Dynamics
from tools.conformance.brian import difference

try:
    import brian2  # noqa: F401
except Exception as error:  # 2.9 with numpy 2.4 raises an ImportError of numpy's own
    pytest.skip(f"Brian2 is not here ({error}); `make witnesses` asks it", allow_module_level=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dynamics", list(Dynamics))
@pytest.mark.parametrize("state", ["int16", "int32"])
@pytest.mark.parametrize("seed", [0, 1])
def test_brian_fires_as_the_reference_in_every_burst(
    seed: int, state: str, dynamics: Dynamics
) -> None:
    assert difference(seed, state, dynamics, 60) is None
