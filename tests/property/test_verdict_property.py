"""A brain that is called lossless fires as exact numbers do: a share of tools/search/lossless.py.

Each kind of state and inputs takes every third seed, another third each, so that all are taken.
"""

from collections import Counter

import pytest

from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from tools.search.lossless import INPUTS, STATES, network, run

COUNT = 120
KINDS = [(state, inputs) for inputs in INPUTS for state in STATES]


@pytest.mark.parametrize(("state", "inputs"), KINDS)
def test_a_lossless_brain_fires_as_exact_numbers_do(state: str, inputs: str) -> None:
    seeds = range(KINDS.index((state, inputs)) % 3, COUNT, 3)
    options = QuantizeOptions(state=state, inputs=inputs)
    seen = Counter(run(network(seed), options, seed) for seed in seeds)
    print(f"{state}, {inputs} inputs, every third seed from {seeds.start} on: {dict(seen)}")
    assert seen["equal"] > 3, "hardly any of the networks was lossless, so nothing was shown"


def test_auto_takes_16_bits_exactly_where_they_are_lossless() -> None:
    for seed in range(0, COUNT, 3):
        connectome = network(seed)
        chosen, _ = quantize(connectome, QuantizeOptions())
        _, at_16 = quantize(connectome, QuantizeOptions(state="int16"))
        assert chosen.state == (16 if at_16.lossless else 32), f"seed {seed}"
