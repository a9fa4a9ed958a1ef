"""Synapses as one matrix product per area: whole sums, and a report of which areas qualify."""

from pathlib import Path

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.simulation.accelerators.gemm import NEVER, areas_of, gemm_model
from ganglion.simulation.accelerators.onnx_delivery import parts_of
from tests.support.brains import small_connectome
from tests.support.command import ganglion_in
from tests.support.tiny import chain
from tools.networks import random_connectome


def test_the_products_are_the_sums_of_the_synapses() -> None:
    ort = pytest.importorskip("onnxruntime", reason="`pip install 'ganglion[onnx]'` brings it")
    network = compile_connectome(random_connectome(3), QuantizeOptions(state="int8")).network
    model = gemm_model(network)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    plain, _ = parts_of(network)
    for _ in range(10):
        spikes = (rng.random(network.n_neurons) < 0.3).astype(np.float32)
        sums = np.zeros(network.n_neurons)
        np.add.at(sums, plain.target, plain.contribution * spikes[plain.source])
        steps = {p.key: int(p.value) for p in model.metadata_props}
        names = [o.name for o in session.get_outputs()]
        found = dict(zip(names, session.run(names, {"spikes": spikes[None]}), strict=True))
        for index, area in enumerate(network.areas):
            mine = np.flatnonzero(network.per_neuron("area") == index)
            if f"sums_{area.id}" in found:
                whole = found[f"sums_{area.id}"][0] * steps[f"step_{area.id}"]
                assert np.array_equal(whole, sums[mine])


def test_an_area_qualifies_if_its_weights_fit_a_byte_and_its_sums_two() -> None:
    fits = areas_of(compile_connectome(small_connectome()).network)
    assert fits and all(fit.qualifies for fit in fits)
    large = compile_connectome(chain(99, 200, threshold=250), QuantizeOptions(state="int32"))
    (fit,) = areas_of(large.network)
    assert not fit.qualifies
    assert fit.reason.startswith("contributions need ")


def test_the_command_says_that_the_form_was_never_run_on_a_chip(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="`pip install 'ganglion[onnx]'` brings it")
    (tmp_path / "brain.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    words = ["export", "brain.gbn", "-o", "gemm.onnx", "--form", "gemm"]
    done = ganglion_in(tmp_path, *words)
    assert done.returncode == 0
    assert NEVER in done.stderr
    assert "iout__ qualifies: sums from 0 to 1 fit 8 bits at scale 1" in done.stdout


def test_a_brain_is_no_recording_and_a_recording_no_brain(tmp_path: Path) -> None:
    for words, sentence in (
        (["brain.gbn", "-o", "x.csv"], "brain.gbn is a brain, and x.csv no format for one; use .o"),
        (["run.gbr", "-o", "x.onnx"], "run.gbr is a recording, and x.onnx no format for one; use"),
    ):  # fmt: skip
        done = ganglion_in(tmp_path, "export", *words)
        assert done.returncode == 2
        assert sentence in done.stderr
