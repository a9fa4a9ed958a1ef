"""What only some layers of a tool do, as networks that were run in the tool itself showed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.compiler import compile_layers
from ganglion.frontends.nir import FloatModel, facts, load, lower
from tests.support import nirfile as nf

ZERO = facts("snntorch", {"reset": "zero"})


def test_a_recurrent_layer_of_snntorch_loses_what_arrives_after_a_spike(tmp_path: Path) -> None:
    """RLeaky, unlike Leaky: v = (1 − r)·(k·v + x), with r whether it fired before."""
    back = {"w": nf.linear(((0.0, 0.0), (0.0, 0.0)))}
    for more, edges, left in ((back, nf.chain("lif", "w", "lif"), 0.0), ({}, [], 1.5)):
        nodes = {**nf.ends(), "fc": nf.linear(((1.5, 0), (0, 1.5))), "lif": nf.lif(), **more}
        edges = [*nf.chain("input", "fc", "lif", "output"), *edges]
        runner = FloatModel(load(nf.write(tmp_path / "a.nir", nodes, edges), ZERO))
        runner.step(np.array([1, 0]))
        runner.step(np.array([1, 0]))
        assert runner.v["lif"].tolist() == [left, 0]


def lif_of_float32(n: int) -> dict[str, Any]:
    """As snnTorch writes decays that differ: r·dt/tau is 1 but for its rounding."""
    beta = np.random.default_rng(2).uniform(0.5, 0.95, n).astype("f4")
    tau = np.float32(1e-4) / (1 - beta)
    return nf.lif(n, tau=tau, r=tau / np.float32(1e-4))


@pytest.mark.parametrize("source", ["snntorch", "spikingjelly"])
def test_a_gain_that_is_1_but_for_its_rounding_leaves_weights_exact(
    tmp_path: Path, source: str
) -> None:
    weight = np.random.default_rng(3).integers(-100, 100, (24, 16)) / 64
    nodes = {**nf.ends(16, 24), "fc": nf.linear(weight), "lif": lif_of_float32(24)}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "lif", "output"))
    brain = compile_layers(lower(load(path, facts(source, dt=1e-4))))
    assert brain.quantization.notes[1].exact_weights


def test_weights_of_16_bits_have_fewer_where_32_bits_have_no_room_for_their_sums(
    tmp_path: Path,
) -> None:
    weight = np.random.default_rng(4).normal(0, 1, (8, 400))
    slow = nf.lif(8, tau=np.full(8, 1e-2), r=np.full(8, 100.0))
    nodes = {**nf.ends(400, 8), "fc": nf.linear(weight), "lif": slow}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "lif", "output"))
    connectome = lower(load(path, facts("snntorch")))
    error = {b: compile_layers(connectome, b).quantization.notes[1].weight_error for b in (8, 16)}
    assert error[16] < error[8] / 8
