"""The float reference fires as the tool that wrote the file, and keeps its membranes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "nir-golden" / "dev"
TOOL = ROOT / "tools" / "conformance" / "nir.py"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/nir-golden is not there")
pytest.importorskip("h5py")


def run(folder: Path, *words: str) -> tuple[int, list[str]]:
    made = subprocess.run(
        [sys.executable, str(TOOL), str(folder), *words], capture_output=True, text=True
    )
    assert not made.stderr, made.stderr
    return made.returncode, made.stdout.splitlines()


def test_every_case_fires_as_its_tool_did() -> None:
    code, lines = run(CASES)
    assert lines[-1] == f"{len(list(CASES.glob('*.nir')))} passed, 0 failed"
    assert code == 0


def test_one_spike_more_is_a_failure(tmp_path: Path) -> None:
    name = "snntorch_leaky_sub_delay"
    for suffix in (".nir", ".json"):
        (tmp_path / (name + suffix)).write_bytes((CASES / (name + suffix)).read_bytes())
    with np.load(CASES / f"{name}.npz") as file:
        data = {key: file[key] for key in file.files}
    data["out"] = data["out"].copy()
    data["out"][50, 3] ^= 1
    np.savez(tmp_path / f"{name}.npz", **data)
    code, lines = run(tmp_path)
    assert code == 1
    assert lines == [f"FAIL {name:32} {'snntorch':16} out: 1 values", "0 passed, 1 failed"]
