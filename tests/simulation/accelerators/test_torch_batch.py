"""Many runs at once in PyTorch: each equal to its reference in every bit."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.errors import ToolError, UsageError
from ganglion.network.model import QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.runtime_device import open_runtime
from ganglion.simulation.accelerators.torch_batch import Batch
from ganglion.verification.verify import verify
from tests.support.brains import small_connectome
from tools.networks import random_connectome

torch = pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
torch.set_num_threads(1)  # the tests of other workers have the other cores


@cache
def brain(seed: int) -> QuantizedNetwork:
    state = ("int8", "int16", "int32")[seed % 3]
    return compile_connectome(random_connectome(seed), QuantizeOptions(state=state)).network


def require_equal(networks: list[QuantizedNetwork], bursts: int, seed: int, **how: Any) -> None:
    """Each run of a batch beside a reference, under its own stimulus and injections beyond J."""
    batch = Batch(networks, **how)
    references = [Reference(network) for network in networks]
    streams = [
        StimulusStream(network, RandomStimulus.at_rate(100 * seed + i, 0.3))
        for i, network in enumerate(networks)
    ]
    rng = np.random.default_rng(seed)
    n = networks[0].n_neurons
    most = min(int(networks[0].per_neuron("input_max").max()), 2**31 // 8)
    for burst in range(1, bursts + 1):
        stimulus, injected = np.zeros((2, len(networks), n), dtype=np.int64)
        hit = np.zeros((len(networks), n), dtype=bool)
        for i, (reference, stream) in enumerate(zip(references, streams, strict=True)):
            neurons, amounts = stream.draw()
            extra = rng.integers(0, n, 2)
            sizes = rng.integers(-2 * most, 2 * most + 1, 2)
            stimulus[i, neurons] = amounts
            np.add.at(injected[i], extra, sizes)
            hit[i, neurons] = hit[i, extra] = True
            reference.step((neurons, amounts), (extra, sizes))
        fired = batch.step(stimulus, injected, hit).numpy()
        digests = batch.digests()
        for i, reference in enumerate(references):
            where = f"seed {seed}, burst {burst}, run {i}"
            assert np.array_equal(np.flatnonzero(fired[i]), reference.fired), where
            for name in ("potential", "countdown", "consecutive", "psp"):
                ours = getattr(reference, name)
                assert np.array_equal(getattr(batch, name)[i].numpy(), ours), f"{where}: {name}"
            assert digests[i] == reference.digest(), where
    assert batch.chain.tolist() == [reference.chain for reference in references]
    assert batch.spikes.tolist() == [reference.spikes for reference in references]


@pytest.mark.parametrize("delivery", ["event", "dense"])
@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_every_run_of_a_batch_equals_its_reference_in_every_bit(seed: int, delivery: str) -> None:
    require_equal([brain(seed)] * 4, 25, seed, delivery=delivery)


@pytest.mark.parametrize("seed", [0, 2])
def test_variants_of_one_brain_run_together(seed: int) -> None:
    network = brain(seed)
    variants = [network]
    for change in (1, 2):
        populations = tuple(
            replace(p, threshold=p.threshold + change, limit=p.limit and p.limit + change)
            for p in network.populations
        )
        classes = tuple(
            replace(c, multiplier=max(1, c.multiplier // (1 + change))) for c in network.classes
        )
        variants.append(replace(network, populations=populations, classes=classes))
    require_equal(variants, 25, seed)


def test_stimuli_of_one_brain_run_together() -> None:
    network = brain(2)
    stimuli = [RandomStimulus.at_rate(seed, 0.2) for seed in range(6)]
    chains = Batch.of(network, 6).run(stimuli, 30)
    for chain, stimulus in zip(chains.tolist(), stimuli, strict=True):
        reference, stream = Reference(network), StimulusStream(network, stimulus)
        for _ in range(30):
            reference.step(stream.draw())
            reference.digest()
        assert chain == reference.chain
    with pytest.raises(UsageError, match="6 stimuli were given for 2 runs; give one for each"):
        Batch.of(network, 2).run(stimuli, 1)


def test_a_batch_of_one_network_many_times_is_of_that_many() -> None:
    batch = Batch.of(brain(0), 5)
    assert batch.step().shape == (5, brain(0).n_neurons)


def test_verify_says_identical_of_torch_and_refuses_a_device_that_is_not_here() -> None:
    made = compile_connectome(small_connectome())
    with open_runtime("torch") as device:
        device.put(made.blob)
        verdict = verify(made.network, device, 100, RandomStimulus.at_rate(1, 0.2))
    assert verdict.identical and verdict.spikes > 500
    with pytest.raises(UsageError, match="torch has no device 'abacus' here: "):
        open_runtime("torch:abacus").put(made.blob)


def test_networks_of_other_shapes_are_refused() -> None:
    other = compile_connectome(small_connectome()).network
    with pytest.raises(UsageError, match=r"network 1 of the batch has 400 neurons, and the first"):
        Batch([brain(0), other])
    with pytest.raises(UsageError, match="a batch of no networks was asked for; give one or more"):
        Batch([])


def test_a_device_that_torch_does_not_have_is_refused() -> None:
    for device in ("cuda:77", "abacus"):
        with pytest.raises(UsageError, match=f"torch has no device '{device}' here: "):
            Batch([brain(0)], device)


def test_a_delivery_that_is_unknown_is_refused() -> None:
    with pytest.raises(UsageError, match="the delivery 'thick' is unknown; use event or dense"):
        Batch([brain(0)], delivery="thick")


def test_without_torch_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ToolError, match="the package torch is not installed; run pip install"):
        Batch([brain(0)])
