"""What only some layers of a tool do, as networks that were run in the tool itself showed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.compiler import compile_layers
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from ganglion.reference.integers import Reference
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


def test_norse_starts_at_v_reset_where_nothing_leaks_and_else_at_v_leak(tmp_path: Path) -> None:
    """IAFCell.initial_state is p.v_reset; LIFBoxCell's is p.v_leak."""
    norse = facts("norse", {"v_reset": "0.25"})
    soma = {"type": "IF", "r": np.ones(2), "v_threshold": np.ones(2), "v_reset": np.zeros(2)}
    box = nf.lif(tau=np.full(2, 2e-6), r=np.ones(2), v_leak=np.full(2, 0.5))
    for cell, after in ((soma, 0.875), (box, 0.8125)):
        nodes = {**nf.ends(), "fc": nf.linear(np.eye(2) * 0.625), "a": cell}
        path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "a", "output"))
        runner = FloatModel(load(path, norse))
        runner.step(np.array([1, 0]))
        assert runner.v["a"][0] == pytest.approx(after, abs=1e-6)
        brain = compile_layers(lower(load(path, norse)))
        want = FloatModel(load(path, norse))
        have, soma_ = Reference(brain.network), brain.network.layers[1]
        spikes = 0
        for _ in range(12):
            z = want.step(np.array([1, 1]))
            have.step(None, (np.array([0, 1]), np.array([1, 1])))
            assert z.tolist() == have.counts[soma_.first : soma_.stop].tolist()
            spikes += int(z.sum())
        assert spikes > 2


def test_spikingjellys_cubalif_starts_at_v_reset_and_decays_to_0(tmp_path: Path) -> None:
    """CUBALIFNode: v = v_decay·v + c; its v is v_reset before the first step."""
    soma = nf.lif(
        type="CubaLIF", tau=None, tau_mem=np.full(2, 2e-4), tau_syn=np.full(2, 2e-4),
        r=np.full(2, 2.0), w_in=np.full(2, 2.0), v_reset=np.full(2, -0.25),
    )  # fmt: skip
    nodes = {**nf.ends(), "fc": nf.linear(), "a": soma}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "a", "output"))
    model = load(path, facts("spikingjelly"))
    runner = FloatModel(model)
    have = Reference(compile_layers(lower(model)).network)
    for expected in (-0.125, -0.0625, 0.96875, -0.25):
        x = int(expected > 0 or runner.v.get("a", np.zeros(2))[0] > 0)
        z = runner.step(np.array([x, 0]))
        assert runner.v["a"][0] == expected
        have.step(None, (np.array([0]), np.array([x])))
        assert have.counts[2:4].tolist() == z.tolist()


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


def test_sinabs_reads_out_a_potential_before_it_is_limited(tmp_path: Path) -> None:
    """ExpLeak: what leaves is v, and v is then raised to min_v_mem."""
    reader = {"type": "LI", "tau": np.full(2, 1e9), "r": np.ones(2), "v_leak": np.zeros(2)}
    nodes = {**nf.ends(), "fc": nf.linear(np.eye(2) * -2), "a": reader}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "a", "output"))
    said = facts("sinabs", {"norm_input": "no", "v_min": "-0.5"})
    runner = FloatModel(load(path, said))
    assert runner.step(np.array([1, 0])).tolist() == [-2, 0]
    assert runner.v["a"].tolist() == [-0.5, 0]
