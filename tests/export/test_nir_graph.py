"""A brain as a NIR graph: whole numbers that fire as the brain does, or a word on what does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("h5py")
pytest.importorskip("nir")

import h5py
import nir

from ganglion.brains import open_brain
from ganglion.compiler import compile_layers
from ganglion.errors import UsageError
from ganglion.examples import path as example
from ganglion.export.nir_graph import write_graph
from ganglion.export.nir_layers import order_of
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from ganglion.network.model import QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tests.support import nirfile as nf


def of_file(path: Path, network: QuantizedNetwork) -> FloatModel:
    assert nir.read(path).nodes  # with nir's own check of types
    dt = (network.timestep_us or 1000) / 1e6
    return FloatModel(load(path, facts("nir", dt=dt)))


@pytest.mark.parametrize("name", ["three_infrared", "two_eyes"])
def test_a_feagi_brain_of_which_nir_can_say_all_fires_the_same(tmp_path: Path, name: str) -> None:
    network, _ = open_brain(example(name))
    assert write_graph(network, "brain", tmp_path / "brain.nir") == ()
    model = of_file(tmp_path / "brain.nir", network)
    reference = Reference(network)
    stream = StimulusStream(network, RandomStimulus.at_rate(1, 0.2))
    entries = [(r.first + i, r.amount) for r in network.inputs for i in range(r.count)]
    spikes = 0
    for _ in range(60):
        neurons, amounts = stream.draw()
        arrived = dict(zip(neurons.tolist(), amounts.tolist(), strict=True))
        z = model.step(np.array([arrived.get(n, 0) / amount for n, amount in entries]))
        fired = reference.step((neurons, amounts))
        assert np.flatnonzero(z).tolist() == fired.tolist()
        spikes += len(fired)
    assert spikes > 100


def test_what_nir_cannot_say_is_named_and_kept_in_the_file(tmp_path: Path) -> None:
    network, _ = open_brain(example("wall_avoider"))
    said = write_graph(network, "0123456789abcdef", tmp_path / "brain.nir")
    assert "52 neurons have a refractory period" in said
    assert any("fire with a probability" in sentence for sentence in said)
    with h5py.File(tmp_path / "brain.nir") as file:
        meta = file["node/metadata"]
        assert meta["unsaid"][()].decode().splitlines() == list(said)
        assert meta["ganglion_brain"][()] == b"0123456789abcdef"
        assert meta["dt"][()] == network.timestep_us / 1e6


def test_layers_fire_the_same_over_matrices_convolutions_pools_and_recurrence(
    tmp_path: Path,
) -> None:
    one, rng = np.array([1, 1]), np.random.default_rng(4)
    weight = rng.integers(-30, 60, (4, 2, 3, 3)) / 64
    conv = {"type": "Conv2d", "weight": weight, "stride": one, "padding": one, "dilation": one,
            "groups": np.array(1), "bias": rng.integers(-4, 5, 4) / 64}  # fmt: skip
    pool = {"type": "SumPool2d", "kernel_size": 2 * one, "stride": 2 * one, "padding": 0 * one}
    nodes = {
        **nf.ends((2, 6, 8), 5), "c": conv,
        "a": {"type": "IF", "r": np.full((4, 6, 8), 1e4), "v_threshold": np.full((4, 6, 8), 2.0)},
        "p": pool, "f": {"type": "Flatten", "start_dim": np.array(0), "end_dim": np.array(-1)},
        "fc": nf.linear(rng.integers(-30, 60, (5, 48)) / 64),
        "b": {"type": "IF", "r": np.full(5, 1e4), "v_threshold": np.ones(5)},
        "w": nf.linear(rng.integers(-60, 30, (5, 5)) / 64),
    }  # fmt: skip
    edges = [*nf.chain("input", "c", "a", "p", "f", "fc", "b", "output"), *nf.chain("b", "w", "b")]
    path = nf.write(tmp_path / "a.nir", nodes, edges)
    network = compile_layers(lower(load(path, facts("nir", dt=1e-4)))).network
    assert write_graph(network, "brain", tmp_path / "b.nir") == ()
    model, reference = of_file(tmp_path / "b.nir", network), Reference(network)
    last, count = network.layers[-1], network.layers[0].count
    order = order_of((2, 6, 8), (6, 8, 2))
    spikes = 0
    for _ in range(40):
        x = (rng.random(count) < 0.2).astype(np.int64)
        reference.step(None, (np.flatnonzero(x), x[x > 0]))
        z = model.step(x[order].reshape(2, 6, 8))
        assert z.tolist() == reference.counts[last.first : last.stop].tolist()
        spikes += int(z.sum())
    assert spikes > 20


def test_a_reset_by_subtraction_is_named(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "a.nir")
    network = compile_layers(lower(load(path, facts("snntorch")))).network
    (_, reset) = write_graph(network, "brain", tmp_path / "b.nir")
    assert reset.startswith("layer layer001 is reset by subtraction in the next step: NIR has no")


def test_a_bias_that_begins_late_is_exported_as_neurons_that_always_fire(tmp_path: Path) -> None:
    fc = nf.linear(np.eye(3) / 2, type="Affine", bias=np.array([1, 2, 3]) / 8)
    soma = {"type": "IF", "r": np.full(3, 1e4), "v_threshold": np.ones(3)}
    nodes = {
        **nf.ends(3, 3), "fc": fc, "d": {"type": "Delay", "delay": np.array([0, 1, 3]) * 1e-4},
        "lif": soma,
    }  # fmt: skip
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "d", "lif", "output"))
    brain = compile_layers(lower(load(path, facts("nir", {"reset": "zero"}, dt=1e-4))))
    write_graph(brain.network, "brain", tmp_path / "b.nir")
    model = of_file(tmp_path / "b.nir", brain.network)
    reference = Reference(brain.network)
    lif = brain.network.layers[1]
    spikes = 0
    for _ in range(30):
        z = model.step(np.zeros(3))
        reference.step()
        assert z.tolist() == reference.counts[lif.first : lif.stop].tolist()
        spikes += int(z.sum())
    assert spikes > 10


def test_a_brain_of_more_neurons_than_a_matrix_has_room_for_is_refused(tmp_path: Path) -> None:
    network = replace(open_brain(example("two_eyes"))[0], offset=np.zeros(20_000, np.int8))
    with pytest.raises(UsageError, match=r"no sparse matrix.*400,000,000 weights, 1\.5 GiB"):
        write_graph(network, "brain", tmp_path / "b.nir")
