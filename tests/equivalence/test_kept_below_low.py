"""U3 keeps a potential inside LO..HI, or the overflow proof would not hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ganglion.analysis.bench import emulator as emulate
from ganglion.blob.container import encode
from ganglion.compiler import Brain, golden
from ganglion.network.model import Population, SynapseClass
from ganglion.network.proof import prove
from ganglion.reference.integers import Reference


def test_an_exhausted_neuron_far_below_its_floor_is_clamped(
    tmp_path: Path, small_brain: Brain
) -> None:
    one = small_brain.network
    network = replace(
        one,
        storage=16,
        state=16,
        populations=(
            Population(0, 1, 0, 1, 0, 0, 1),
            Population(1, 1, 0, -40_000, 100, 0, 0, accumulates=True, limit=1),
        ),
        classes=(SynapseClass(32_767, -1),),
        inputs=(),
        areas=one.areas[:1],
        offset=np.zeros(2, np.int8),
        place=np.arange(2, dtype=np.int64),
        source=np.array([0], np.uint16),
        target=np.array([1], np.uint16),
        klass=np.array([0], np.uint16),
        weight=np.array([-1], np.int8),
        power_neuron=0,
        power_amount=1,
    )
    network = replace(network, golden=golden(network))
    prove(network)
    reference = Reference(network)
    for _ in range(40):
        reference.step()
        assert reference.potential.min() >= -32_768
    path = tmp_path / "low.gbn"
    path.write_bytes(encode(network))
    brain, _ = emulate.load_brain(path, guard="after")
    assert brain.self_test() is None
