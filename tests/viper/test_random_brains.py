"""Our code for both instruction sets computes random brains as the reference does.

The tool is run by hand for thousands of brains; here a few of each instruction set.
"""

import pytest

from tests.support.xtensa import needs_xtensa
from tools.search import random_brains


@pytest.mark.parametrize("seed", range(1000, 1003))
@pytest.mark.parametrize("march", ["rv32imc", pytest.param("xtensawin", marks=needs_xtensa)])
def test_no_digest_of_a_random_brain_differs(march: str, seed: int) -> None:
    found = random_brains.difference(random_brains.quantized(seed), seed, march, "ganglion")
    again = f"python -m tools.search.random_brains --march {march} --seed {seed} --count 1"
    assert found is None, f"{found}\n{again} runs it again"
