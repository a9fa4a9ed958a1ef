"""The compiled engine is numpy's reference, in every bit of every burst."""

import importlib.util
import sys

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.reference import compiled
from ganglion.reference.compiled import CompiledReference, CompiledStream
from ganglion.reference.engine import reference_of, stream_of
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.networks import STATES, random_connectome

needs_numba = pytest.mark.skipif(not compiled.available(), reason="pip install 'ganglion[fast]'")


@needs_numba
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("seed", range(3))
def test_every_bit_of_every_burst_is_numpys(seed: int, state: str) -> None:
    connectome = random_connectome(seed)
    network = compile_connectome(connectome, QuantizeOptions(state=state, anywhere=True)).network
    stimulus = RandomStimulus.at_rate(seed, 0.2)
    one, other = Reference(network), CompiledReference(network)
    drawn, also = StimulusStream(network, stimulus), CompiledStream(network, stimulus)
    rng = np.random.default_rng(seed)
    one.watched = other.watched = np.array([3, 0, network.n_neurons - 1])
    for burst in range(60):
        first, second = drawn.draw(), also.draw()
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        injected = None
        if burst % 3 == 0:
            injected = rng.integers(0, network.n_neurons, 5), rng.integers(-9, 99, 5)
        told = f"seed {seed}, {state}: burst {burst + 1} differs"
        assert np.array_equal(one.step(first, injected), other.step(second, injected)), told
        assert np.array_equal(one.rule, other.rule), told
        assert np.array_equal(one.reached, other.reached), told
        assert one.digest() == other.digest(), told
    assert one.spikes == other.spikes > 0
    other.reset()
    assert not other.potential.any() and other.burst == other.chain == other.spikes == 0


@needs_numba
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("dynamics", Dynamics)
def test_a_population_is_numpys_whether_many_of_it_are_touched_or_few(
    dynamics: Dynamics, state: str
) -> None:
    connectome = synthetic.network(301, 10, dynamics=dynamics, gain=3)
    options = QuantizeOptions(state=state, anywhere=True, negative_inputs=True)
    network = quantize(connectome, options)[0]
    one, other = Reference(network), CompiledReference(network)
    rng = np.random.default_rng(4)
    shares, step = [], max(1, network.threshold.max() // 250)
    for burst in range(50):
        count = (1, 60, 0)[burst % 3] if burst < 30 else 1
        amounts = rng.integers(-500, 1000, count) * step
        injected = rng.integers(0, network.n_neurons, count), amounts
        assert np.array_equal(one.step(None, injected), other.step(None, injected)), burst
        assert np.array_equal(one.rule, other.rule), burst
        assert np.array_equal(one.potential, other.potential), burst
        assert one.digest() == other.digest(), burst
        shares.append(np.mean([part.any() for part in np.array_split(one.rule, 41)]))
    assert one.spikes > 100 and max(shares) > 0.5
    assert dynamics is Dynamics.EVERY_BURST or min(shares) < 0.2


@needs_numba
def test_it_is_taken_where_it_may_be_and_saves_more_than_loading_it_costs(
    small_brain, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, stimulus = small_brain.network, RandomStimulus.at_rate(1, 0.1)
    assert type(reference_of(network, bursts=10_000)) is CompiledReference
    assert type(stream_of(network, stimulus, bursts=10_000)) is CompiledStream
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert type(reference_of(network, bursts=100)) is Reference
    assert type(stream_of(network, stimulus, bursts=100)) is StimulusStream
    assert type(reference_of(network, engine="numba")) is CompiledReference


def test_without_numba_numpys_own_serves(small_brain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert type(reference_of(small_brain.network)) is Reference
    assert type(stream_of(small_brain.network, RandomStimulus.at_rate(1, 0.1))) is StimulusStream
