"""A .nir file in the verbs that make and judge a brain."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("h5py")

from tests.support import nirfile as nf


def run(*words: object) -> "subprocess.CompletedProcess[str]":
    program = "from ganglion.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)], capture_output=True, text=True
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return nf.small(tmp_path / "net.nir", fc=nf.linear(((0.6, 0.1), (0.0, 0.7))))


def test_compile_asks_which_tool_means_the_file(small: Path) -> None:
    done = run("compile", small)
    assert done.returncode == 1
    assert "say who means it: --source snntorch|" in done.stderr
    assert not small.with_suffix(".gbn").exists()


def test_what_is_assumed_is_said(small: Path) -> None:
    done = run("compile", small, "--source", "snntorch")
    assert done.returncode == 0, done.stderr
    assert "assumed: lif (LIF): dt = 0.0001, reset = subtract, reset_at = next" in done.stderr
    assert small.with_suffix(".gbn").exists()


def test_lint_has_a_verdict_for_each_node(small: Path) -> None:
    done = run("lint", small, "--source", "snntorch", "--reset", "zero", "--json")
    facts = json.loads(done.stdout)
    found = {v["node"]: v["status"] for v in facts["verdicts"]}
    assert found == {
        "input": "exact", "fc": "quantized", "lif": "assumed", "output": "exact",
    }  # fmt: skip
    assert "reset = zero as given" in next(
        v["words"] for v in facts["verdicts"] if v["node"] == "lif"
    )
    assert done.returncode == 0


def test_lint_refuses_a_node_with_the_question(tmp_path: Path) -> None:
    path = nf.small(tmp_path / "net.nir", lif=nf.lif(r=[1.0, 1.0]))
    done = run("lint", path, "--source", "snntorch")
    assert done.returncode == 1
    assert "refused: lif (LIF): node lif: r·dt/tau is 0.1, and snnTorch writes 1" in done.stdout


def test_verify_takes_the_file_itself(small: Path) -> None:
    done = run("verify", small, "--source", "snntorch", "--bursts", "20")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("identical: 20 bursts")
    assert "no synapse" not in done.stderr


def test_simulate_takes_the_file_itself(small: Path) -> None:
    done = run("simulate", small, "--source", "snntorch", "--bursts", "20")
    assert done.returncode == 0, done.stderr
    assert "no synapse" not in done.stderr
