"""The words of docs/accelerators.md that need an extra: they run where it is installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.examples import path as example
from tests.support import ROOT
from tests.support.command import ganglion_in

GUIDE = (ROOT / "docs" / "accelerators.md").read_text()


def blocks(extra: str, language: str) -> list[str]:
    return re.findall(rf"<!-- run: {extra} -->\n```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(example("wall_avoider"), tmp_path / "robot.json")
    assert ganglion_in(tmp_path, "compile", "robot.json", "-o", "robot.gbn").returncode == 0
    return tmp_path


def python(place: Path, extra: str, count: int) -> list[str]:
    found = blocks(extra, "python")
    assert len(found) == count
    told = []
    for block in found:
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=place, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    return told


def test_the_onnx_of_the_guide_runs_and_its_check_says_right(place: Path) -> None:
    pytest.importorskip("onnxruntime", reason="`pip install 'ganglion[onnx]'` brings it")
    lines = [line for block in blocks("onnx", "sh") for line in block.splitlines()]
    assert len(lines) == 5
    for line in lines:
        done = ganglion_in(place, *line.split()[1:])
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert "verify" not in line or done.stdout.startswith("identical: ")
    assert python(place, "onnx", 1) == ["[array([ True])]\n"]


def test_the_torch_of_the_guide_runs_and_fires_as_trained(place: Path) -> None:
    pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
    batch, trained, layers = python(place, "torch", 3)
    assert len(eval(batch)) == 8
    assert trained == "12 of 12 samples have equal spike counts, 12 are equal in every burst\n"
    assert layers == "6 of 6 samples have equal spike counts, 6 are equal in every burst\n"


def test_the_sweep_of_the_guide_runs(place: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (place / "matrix.toml").write_text(text)
    done = ganglion_in(place, "sweep", "matrix.toml", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "5 of 5 units have a result, 5 of them new" in done.stderr
