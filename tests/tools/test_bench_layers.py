"""Dense and convolutional paths cost at most 0.7 of textbook C's instructions, each sum equal."""

from typing import Any

import pytest

from ganglion.reference.stimulus import RandomStimulus
from tools.bench.baseline.core import available
from tools.bench.layers import MOST, network, ours, theirs

pytestmark = pytest.mark.skipif(not available(), reason="apt install gcc-riscv64-unknown-elf")


@pytest.mark.parametrize(
    "shape",
    [((1, 1, 200), (1, 1, 64)), ((16, 16, 2), (16, 16, 8), 3), ((16, 16, 8), (8, 8, 16), 3, 2)],
    ids=["dense", "convolution", "strided convolution"],
)
def test_a_path_costs_at_most_seven_tenths_of_c(shape: tuple[Any, ...]) -> None:
    brain = network(*shape)
    stimulus = RandomStimulus.at_rate(1, 0.1)
    assert ours(brain, stimulus, "ganglion") <= MOST * theirs(brain, stimulus)
