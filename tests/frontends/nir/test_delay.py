"""Delays of whole steps, in integers as in the float reference; everywhere in a graph."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.analysis.fidelity.layers import inputs_of, measure
from ganglion.compiler import compile_layers
from ganglion.device.open import open_device
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.file import NirError
from ganglion.frontends.nir.lower import lower
from ganglion.frontends.nir.model import load
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tests.support import nirfile as nf

NIR = facts("nir", {"reset": "zero"}, dt=1e-4)
EIGHTHS = np.random.default_rng(3).integers(-4, 9, (6, 6)) / 8


def delay(*steps: float) -> dict[str, Any]:
    return {"type": "Delay", "delay": np.array(steps) * 1e-4}


GRAPHS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "of inputs": ({"d": delay(3)}, nf.chain("input", "d", "fc", "lif", "output")),
    "of each neuron": (
        {"d": delay(0, 1, 2, 3, 1, 0), "g": nf.linear(EIGHTHS), "b": nf.lif(6)},
        nf.chain("input", "fc", "lif", "d", "g", "b", "output"),
    ),
    "behind the weights": (
        {"d": delay(2, 0, 2, 5, 1, 0)}, nf.chain("input", "fc", "d", "lif", "output")
    ),
    "of a recurrence": (
        {"d": delay(2), "w": nf.linear(EIGHTHS / 2)},
        [*nf.chain("input", "fc", "lif", "output"), *nf.chain("lif", "d", "w", "lif")],
    ),
    "twice": (
        {"d": delay(2), "e": delay(1, 0, 1, 0, 1, 0)},
        nf.chain("input", "d", "fc", "e", "lif", "output"),
    ),
    "beside a way without": (
        {"d": delay(4), "g": nf.linear(EIGHTHS)},
        [*nf.chain("input", "fc", "lif", "output"), *nf.chain("input", "d", "g", "lif")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_integers_are_as_late_as_the_file_says(tmp_path: Path, name: str) -> None:
    more, edges = GRAPHS[name]
    nodes = {**nf.ends(6, 6), "fc": nf.linear(EIGHTHS), "lif": nf.lif(6), **more}
    model = load(nf.write(tmp_path / "a.nir", nodes, edges), NIR)
    brain = compile_layers(lower(model))
    found = measure(model, brain, inputs_of("random:2:0.3", brain, 60))
    assert found.different == 0, found.first
    assert all(layer.spikes > 10 for layer in found.layers if layer.values)


def test_a_delay_that_is_no_whole_step_is_refused_by_name(tmp_path: Path) -> None:
    nodes = {**nf.ends(6, 6), "fc": nf.linear(EIGHTHS), "d": delay(1.5), "lif": nf.lif(6)}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "d", "lif", "output"))
    with pytest.raises(NirError, match=r"node d: a delay is 1\.5 steps of 0\.0001"):
        load(path, NIR)


BIASED: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "of one time": ({"d": delay(2)}, nf.chain("input", "fc", "d", "lif", "output")),
    "of each neuron": (
        {"d": delay(0, 3, 1, 0, 5, 2)}, nf.chain("input", "fc", "d", "lif", "output")
    ),
    "twice, and through weights": (
        {"d": delay(2), "g": nf.linear(EIGHTHS, type="Affine", bias=np.full(6, 0.25)),
         "e": delay(1, 0, 1, 4, 0, 2)},
        nf.chain("input", "fc", "d", "g", "e", "lif", "output"),
    ),
    "beside a way without": (
        {"d": delay(4), "g": nf.linear(EIGHTHS, type="Affine", bias=np.full(6, 0.125))},
        [*nf.chain("input", "fc", "lif", "output"), *nf.chain("input", "g", "d", "lif")],
    ),
    "in a recurrence": (
        {"d": delay(3), "w": nf.linear(EIGHTHS / 2, type="Affine", bias=np.full(6, 0.25))},
        [*nf.chain("input", "fc", "lif", "output"), *nf.chain("lif", "w", "d", "lif")],
    ),
    "before a read-out": (
        {"d": delay(3), "g": nf.linear(EIGHTHS, type="Affine", bias=np.full(6, 0.5)),
         "li": {"type": "I", "r": np.full(6, 1e4)}},
        nf.chain("input", "fc", "lif", "g", "d", "li", "output"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BIASED)
def test_a_bias_that_is_delayed_begins_as_late_as_the_file_says(tmp_path: Path, name: str) -> None:
    more, edges = BIASED[name]
    affine = nf.linear(EIGHTHS, type="Affine", bias=np.array([4, 2, -1, 3, 0, 5]) / 8)
    nodes = {**nf.ends(6, 6), "fc": affine, "lif": nf.lif(6), **more}
    model = load(nf.write(tmp_path / "a.nir", nodes, edges), NIR)
    brain = compile_layers(lower(model))
    found = measure(model, brain, inputs_of("random:2:0.2", brain, 60))
    assert found.different == 0, found.first
    assert found.readout_error < 1e-3
    assert any(layer.spikes > 10 for layer in found.layers if layer.values)
    nothing = measure(model, brain, inputs_of("none", brain, 20))
    assert nothing.different == 0, nothing.first


def test_a_device_computes_a_delayed_bias_as_the_reference(tmp_path: Path) -> None:
    more, edges = BIASED["of each neuron"]
    affine = nf.linear(EIGHTHS, type="Affine", bias=np.full(6, 0.5))
    nodes = {**nf.ends(6, 6), "fc": affine, "lif": nf.lif(6), **more}
    brain = compile_layers(lower(load(nf.write(tmp_path / "a.nir", nodes, edges), NIR)))
    with open_device("virtual") as device:
        device.put(brain.blob)
        verdict = verify(brain.network, device, 30, RandomStimulus.at_rate(1, 0.2))
    assert verdict.identical, verdict.divergence
    assert verdict.spikes > 30
