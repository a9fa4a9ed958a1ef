"""Changing a plastic synapse costs at most 1.5 times what textbook C for the same rule costs."""

import pytest

from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.compiler import compile_connectome
from ganglion.reference.stimulus import RandomStimulus
from tools.bench.baseline.core import available
from tools.bench.learning import network, ours, textbook

QUIET = 0.3  # instructions per plastic synapse where nobody fired: the test for it


@pytest.mark.parametrize(("kind", "rate"), [("listed", 0.1), ("listed", 0.4), ("block", 0.4)])
def test_a_plastic_synapse_costs_little_more_than_in_c(kind: str, rate: float) -> None:
    """A block has a place for each pair that an associative rule can join."""
    if not available():
        pytest.skip("apt-get install gcc-riscv64-unknown-elf: nothing to compare with")
    brain = compile_connectome(network(1, kind))
    stimulus = RandomStimulus.at_rate(1, rate)
    theirs = textbook(brain, stimulus)
    for back_end in BACK_ENDS:
        assert ours(brain, stimulus, back_end) <= 1.5 * theirs, back_end


@pytest.mark.parametrize("kind", ["listed", "block"])
def test_where_nobody_fires_a_rule_costs_the_test_for_it(kind: str) -> None:
    brain = compile_connectome(network(3, kind))
    places = brain.network.learning.projections[0].places
    assert ours(brain, RandomStimulus.at_rate(1, 0.0), "mpy-cross") < QUIET * places
