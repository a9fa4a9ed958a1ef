"""The float reference fires as the tool that wrote the file, and keeps its membranes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "nir-golden" / "dev"
TOOL = ROOT / "tools" / "conformance" / "nir_conformance.py"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/nir-golden is not there")
pytest.importorskip("h5py")


def run(folder: Path, *words: str) -> tuple[int, list[str]]:
    made = subprocess.run(
        [sys.executable, str(TOOL), str(folder), *words], capture_output=True, text=True
    )
    assert not made.stderr, made.stderr
    return made.returncode, made.stdout.splitlines()


def test_every_case_fires_as_its_tool_did() -> None:
    code, lines = run(CASES, "--samples", "60")  # of 360; the tool runs all
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


def test_integers_fire_as_the_tool_but_where_weights_are_real_numbers() -> None:
    code, lines = run(CASES, "--state", "int32", *chosen(SOME))
    assert code == 0, lines
    assert lines[-1] == f"{len(SOME)} passed, 0 failed"


def test_real_weights_cost_less_than_one_value_in_a_hundred() -> None:
    code, lines = run(CASES, "--state", "int32", *chosen(("paper_braille_importers",)))
    assert code == 1
    share = float(lines[0].rpartition("(")[2].removesuffix(" %)"))
    assert 0 < share < 1


def chosen(names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--case", name)]


SOME = (  # one of each update and form
    "norse_lifbox_mlp_li", "rockpool_lif_bias", "sinabs_conv_sumpool", "sinabs_lif_tausyn",
    "snntorch_conv_avgpool", "snntorch_leaky_sub_now", "snntorch_rleaky_all",
    "snntorch_synaptic_sub", "spikingjelly_if_vreset", "spyx_cubalif", "spyx_psu_lif", "spyx_rlif",
)  # fmt: skip
