"""No order of additions overflows: an adversary that may fire any neurons looks for one.

`python -m tools.search.overflow --count N` searches longer.
"""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.errors import BlobError
from ganglion.network.model import QuantizedNetwork
from ganglion.network.proof import bounds, prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from tools.networks import random_connectome
from tools.search import overflow as tool

COUNT, BURSTS = 4, 30


def test_no_adversary_finds_an_overflow() -> None:
    tally = tool.Tally()
    for seed in range(COUNT):
        try:
            tally.add(tool.search(seed, BURSTS))
        except tool.OverflowFound as found:
            pytest.fail(f"{found}; rerun: python -m tools.search.overflow --seed {seed} --count 1")
    print(f"seeds 0 to {COUNT - 1}: {tally.brains} brains, {tally.bursts} bursts, no overflow")
    assert tally.fullest > 0.99, "the adversary never came near the limit, so it shows nothing"


def broken(network: QuantizedNetwork, excess: int) -> QuantizedNetwork:
    """The network with one population's upper clamp `excess` above what the proof allows."""
    found = bounds(network)
    first = network.per_neuron("first")
    keeps = network.per_neuron("accumulates") > 0
    n = int(np.flatnonzero(keeps)[0])
    p = next(p for p in network.populations if p.first == first[n])
    mine = slice(p.first, p.stop)
    room = 2 ** (network.storage - 1) - 1 - int(found.highest[mine].max())
    pushed = replace(p, high=p.high + room + excess)
    rest = tuple(pushed if q is p else q for q in network.populations)
    return replace(network, populations=rest)


@pytest.mark.parametrize("seed", range(5))
def test_one_step_beyond_the_proof_is_refused_and_does_overflow(seed: int) -> None:
    network, _ = quantize(random_connectome(seed), QuantizeOptions(state="int16", anywhere=True))
    prove(broken(network, 0))
    beyond = broken(network, 1)
    with pytest.raises(BlobError, match=r"neuron \d+ could reach .* beyond 16 bits"):
        prove(beyond)
    adversary = tool.Adversary(beyond, np.random.default_rng(seed))
    worst = bounds(beyond)
    n = int(worst.highest.argmax())
    adversary.reference.potential[n] = beyond.per_neuron("high")[n]
    adversary.fired = lambda: np.unique(
        beyond.source[(beyond.target == n) & (beyond.contribution > 0)].astype(np.int64)
    )
    with pytest.raises(tool.OverflowFound, match=f"neuron {n} meets"):
        for _ in range(200):
            adversary.reference.potential[n] = beyond.per_neuron("high")[n]
            adversary.burst()
