"""Whatever a .nir file holds, it is read rightly or refused in one sentence that names the node."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("h5py")

from ganglion.frontends.nir import file
from ganglion.frontends.nir.facts import facts
from ganglion.frontends.nir.file import NirError
from ganglion.frontends.nir.floats import FloatModel
from ganglion.frontends.nir.model import load
from tests.support import nirfile as nf
from tools.search.nir_files import search

SNN = facts("snntorch")
SHARED = Path(__file__).resolve().parents[4] / "shared"


def refusal(path: Path, given: Any = SNN) -> str:
    with pytest.raises(NirError) as caught:
        load(path, given)
    text = str(caught.value)
    assert "\n" not in text and ";" in text
    return text


def test_a_small_network_is_read(tmp_path: Path) -> None:
    model = load(nf.small(tmp_path / "a.nir"), SNN)
    assert model.neurons == ("lif",)
    runner = FloatModel(model)
    assert runner.step(np.array([1, 0])).tolist() == [0, 0]  # 1 is not above 1
    assert runner.step(np.array([1, 0])).tolist() == [1, 0]


@pytest.mark.parametrize("version", ["0.1.1", "0.2.0", "1.0.4", "1.0.8"])
def test_a_file_without_v_reset_resets_to_zero(tmp_path: Path, version: str) -> None:
    nodes = {**nf.ends(), "fc": nf.linear(), "lif": nf.lif(v_reset=None)}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "fc", "lif", "output"), version)
    rule = load(path, facts("nir", dt=1e-4)).rules["lif"]
    assert rule.reset_to is not None and not rule.reset_to.any()


def test_a_scalar_parameter_is_every_neurons(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "a.nir", lif=nf.lif(tau=np.array(1e-3), r=np.array(10.0)))
    assert load(path, SNN).rules["lif"].keep.tolist() == [0.9, 0.9]


def test_a_batch_that_norse_keeps_is_dropped(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "a.nir", input={"type": "Input", "shape": np.array([1, 2])})
    assert load(path, SNN).op("input").shape == (2,)


def test_edges_that_are_repeated_count_once(tmp_path: Path) -> None:
    nodes = {**nf.ends(), "fc": nf.linear(), "lif": nf.lif()}
    edges = nf.chain("input", "fc", "lif", "output")
    once = FloatModel(load(nf.write(tmp_path / "a.nir", nodes, edges), SNN))
    twice = FloatModel(load(nf.write(tmp_path / "b.nir", nodes, edges[::-1] * 2), SNN))
    x = np.array([1, 1])
    assert once.step(x).tolist() == twice.step(x).tolist()
    assert once.v["lif"].tolist() == twice.v["lif"].tolist()


def test_two_paths_into_a_node_are_added(tmp_path: Path) -> None:
    nodes = {**nf.ends(), "a": nf.linear(), "b": nf.linear(((0.5, 0), (0, 0.5))), "lif": nf.lif()}
    edges = [("input", "a"), ("input", "b"), ("a", "lif"), ("b", "lif"), ("lif", "output")]
    runner = FloatModel(load(nf.write(tmp_path / "a.nir", nodes, edges), SNN))
    runner.step(np.array([1, 0]))
    assert runner.v["lif"].tolist() == [1.5, 0]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": ({"fc": nf.linear(((np.nan, 0), (0, 1)))}, "node fc: weight holds nan"),
    "type": ({"lif": {"type": "Lapicque"}}, "node lif is of type Lapicque"),
    "shape": ({"lif": nf.lif(tau=np.ones(3))}, "node lif: tau has the shape (3,)"),
    "weight": ({"fc": nf.linear(np.ones((2, 3)))}, "node fc takes 3 values"),
    "dims": ({"fc": nf.linear(np.ones((2, 2, 2)))}, "node fc: weight has the shape (2, 2, 2)"),
    "missing": ({"lif": nf.lif(tau=None)}, "node lif: it has no tau"),
    "text": ({"lif": nf.lif(r="ten")}, "node lif: r is the text 'ten'"),
    "tau": ({"lif": nf.lif(tau=np.zeros(2))}, "node lif: tau is 0"),
    "short": ({"lif": nf.lif(tau=np.full(2, 1e-5), r=np.full(2, 0.1))}, "shorter than the step"),
    "gain": ({"lif": nf.lif(r=np.ones(2))}, "node lif: r·dt/tau is 0.1"),
    "not snnTorch's": ({"lif": {"type": "IF", "r": np.ones(2), "v_threshold": np.ones(2)}},
                       "node lif is of type IF, which snnTorch does not write"),
    "two inputs": ({"more": {"type": "Input", "shape": np.array([2])}}, "2 nodes of type Input"),
    "nothing leads": ({"lost": nf.linear()}, "nothing leads to node lost"),
    "many that are large": ({"input": {"type": "Input", "shape": np.full(40, 2.0**40)}},
                            "node input: shape holds 1.099511628e+12, beyond 2^30"),
    "a part": ({"input": {"type": "Input", "shape": np.full(40, 1.5)}},
               "node input: shape holds 1.5; write whole numbers"),
    "complex": ({"fc": nf.linear(np.ones((2, 2), complex))}, "node fc: weight is of type complex"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_and_the_node_named(tmp_path: Path, name: str) -> None:
    changes, words = WRONG[name]
    assert words in refusal(nf.small(tmp_path / "a.nir", **changes))


def conv(**changes: Any) -> dict[str, Any]:
    one = np.array([1, 1])
    node = {"type": "Conv2d", "weight": np.ones((1, 1, 3, 3)), "groups": np.array(1)}
    return node | {"stride": one, "padding": one, "dilation": one} | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"padding": "some"}, "node c: padding is 'some'"),
        ({"padding": "same", "stride": np.array([2, 2])}, "'same' at stride (2, 2)"),
        ({"stride": np.array([0, 1])}, "strides and dilations are above 0"),
        ({"groups": np.array(3)}, "1 channels enter"),
        ({"padding": np.array(0), "weight": np.ones((1, 1, 9, 9))}, "nothing is left"),
    ],
)
def test_a_wrong_convolution_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    nodes = {**nf.ends((1, 4, 4), (1, 4, 4)), "c": conv(**changes), "lif": nf.lif((1, 4, 4))}
    path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "c", "lif", "output"))
    assert words in refusal(path)


def test_padding_as_text_means_its_number(tmp_path: Path) -> None:
    out = []
    for padding in ("same", np.array(1), np.array([1, 1])):
        nodes = {**nf.ends((1, 4, 4), 16), "c": conv(padding=padding), "lif": nf.lif((1, 4, 4))}
        path = nf.write(tmp_path / "a.nir", nodes, nf.chain("input", "c", "lif", "output"))
        out.append(FloatModel(load(path, SNN)).step(np.eye(4)[None]).tolist())
    assert out[0] == out[1] == out[2]


def test_a_loop_through_two_layers_is_refused_by_name(tmp_path: Path) -> None:
    nodes = {**nf.ends(), "fc": nf.linear(), "a": nf.lif(), "w": nf.linear(), "b": nf.lif(),
             "back": nf.linear()}  # fmt: skip
    edges = [*nf.chain("input", "fc", "a", "w", "b", "back", "a"), ("b", "output")]
    text = refusal(nf.write(tmp_path / "a.nir", nodes, edges))
    assert "a loop leads through 2 layers of neurons (a, b)" in text


def test_a_loop_without_neurons_is_refused(tmp_path: Path) -> None:
    nodes = {**nf.ends(), "a": nf.linear(), "b": nf.linear(), "lif": nf.lif()}
    edges = [*nf.chain("input", "a", "b", "a"), ("b", "lif"), ("lif", "output")]
    assert "a loop leads through 0 layers of neurons (a, b)" in refusal(
        nf.write(tmp_path / "a.nir", nodes, edges)
    )


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    data = nf.small(tmp_path / "a.nir").read_bytes()
    for size in (0, 1, 100, len(data) // 2, len(data) - 1):
        cut = tmp_path / "cut.nir"
        cut.write_bytes(data[:size])
        assert "is not a whole NIR file" in refusal(cut)


def test_a_file_that_is_missing_or_something_else_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.nir")
    other = tmp_path / "other.nir"
    other.write_text("{}")
    assert "is not a whole NIR file" in refusal(other)


def test_the_source_must_be_said() -> None:
    with pytest.raises(NirError, match="say who means it: --source snntorch"):
        facts(None)
    with pytest.raises(NirError, match="there is no source 'brian'"):
        facts("brian")


def test_a_time_step_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    assert "say it: --dt SECONDS" in refusal(nf.small(tmp_path / "a.nir"), facts("nir"))


def test_what_sinabs_means_by_its_gain_is_asked_for(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "a.nir", lif=nf.lif(tau=np.full(2, 10.0), r=np.ones(2)))
    assert "--fact norm_input=yes or =no" in refusal(path, facts("sinabs"))
    load(path, facts("sinabs", {"norm_input": "no"}))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"v_min": "low"}, "the fact v_min is 'low'"),
        ({"reset": "never"}, "use subtract or zero or value or none"),
        ({"colour": "red"}, "there is no fact 'colour'"),
        ({"bias": "1"}, "sinabs has no fact bias"),
        ({"dt": "-1"}, "give a positive number"),
    ],
)
def test_a_fact_that_makes_no_sense_is_refused(words: dict[str, str], text: str) -> None:
    with pytest.raises(NirError, match=text):
        facts("sinabs", words)


def test_a_fact_for_a_node_that_there_is_not_is_refused(tmp_path: Path) -> None:
    text = refusal(nf.small(tmp_path / "a.nir"), facts("snntorch", {"x:reset": "zero"}))
    assert "a fact is given for node x" in text and "its layers are lif" in text


def test_damaged_files_are_read_or_refused() -> None:
    """More: python -m tools.search.nir_files --count 100000"""
    seed = int(os.environ.get("GANGLION_SEED", "0")) or random.SystemRandom().getrandbits(32)
    seen, failures = search(40, seed)
    assert not failures, "\n".join(failures)
    assert seen.total() == 40


def test_a_file_at_which_hdf5_does_not_come_back_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "PATIENCE", 0.0)
    assert "HDF5 has not read it in 0.0 s" in refusal(nf.small(tmp_path / "a.nir"))


def test_a_reader_that_does_not_come_back_ends_though_its_user_was_killed(tmp_path: Path) -> None:
    endless = """
import runpy, sys
from ganglion.frontends.nir import file
file.PATIENCE = 0.1
def read_here(path):
    while True:
        pass
file.read_here = read_here
runpy.run_module("ganglion.frontends.nir.hdf5", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", endless, "any.nir"], timeout=60)
    assert done.returncode == -signal.SIGPROF
