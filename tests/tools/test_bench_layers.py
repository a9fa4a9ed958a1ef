"""Dense and convolutional paths cost at most 0.7 of textbook C's instructions, each sum equal."""

import pytest

from ganglion.reference.stimulus import RandomStimulus
from tools.bench.baseline.core import available
from tools.bench.layers import MOST, network, ours, theirs

pytestmark = pytest.mark.skipif(not available(), reason="apt install gcc-riscv64-unknown-elf")


@pytest.mark.parametrize(
    "brain",
    [
        network((1, 1, 200), (1, 1, 64)),
        network((16, 16, 2), (16, 16, 8), 3),
        network((16, 16, 8), (8, 8, 16), 3, 2),
    ],
    ids=["dense", "convolution", "strided convolution"],
)
def test_a_path_costs_at_most_seven_tenths_of_c(brain) -> None:  # type: ignore[no-untyped-def]
    stimulus = RandomStimulus.at_rate(1, 0.1)
    assert ours(brain, stimulus, "ganglion") <= MOST * theirs(brain, stimulus)
