"""Dense and convolutional paths cost at most 0.7 of textbook C's instructions, each sum equal."""

from typing import Any

import pytest

from ganglion.analysis.bench.xtensa import available as emulated
from ganglion.reference.stimulus import RandomStimulus
from tools.bench.baseline.core import available
from tools.bench.layers import MOST, network, ours, theirs

NEEDS = {
    "rv32imc": "apt install gcc-riscv64-unknown-elf",
    "xtensawin": "apt install gcc-xtensa-lx106 qemu-user",
}


@pytest.mark.parametrize("isa", NEEDS)
@pytest.mark.parametrize(
    "shape",
    [((1, 1, 200), (1, 1, 64)), ((16, 16, 2), (16, 16, 8), 3), ((16, 16, 8), (8, 8, 16), 3, 2)],
    ids=["dense", "convolution", "strided convolution"],
)
def test_a_path_costs_at_most_seven_tenths_of_c(shape: tuple[Any, ...], isa: str) -> None:
    if not available(isa) or (isa == "xtensawin" and not emulated()):
        pytest.skip(NEEDS[isa])
    brain = network(*shape)
    stimulus = RandomStimulus.at_rate(1, 0.1)
    assert ours(brain, stimulus, "ganglion", isa) <= MOST * theirs(brain, stimulus, isa)
