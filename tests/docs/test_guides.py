"""The guides' own words: their commands run, and every option they name exists."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.examples import path as example
from tests.support import ROOT

GUIDES = sorted((ROOT / "docs").glob("*.md"))
RUN = re.compile(r"<!-- run -->\n```(sh|python)\n(.*?)```", re.DOTALL)


def steps(guide: Path) -> list[tuple[str, str]]:
    """What a guide has its reader run, in order: a command, or a whole Python program."""
    found: list[tuple[str, str]] = []
    for language, block in RUN.findall(guide.read_text(encoding="utf-8")):
        lines = [line for line in block.splitlines() if line.startswith("ganglion")]
        found += [("sh", line) for line in lines] if language == "sh" else [("python", block)]
    return found


def run(directory: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from ganglion.cli.main import main; main()", *words],
        cwd=directory, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(example("wall_avoider"), tmp_path / "robot.json")
    shutil.copy(example("pairing"), tmp_path / "pairing.json")
    for genome in (ROOT / "tests" / "golden" / "genomes").glob("*.json"):
        shutil.copy(genome, tmp_path)
    return tmp_path


@pytest.mark.parametrize("guide", [g for g in GUIDES if steps(g)], ids=lambda p: p.stem)
def test_what_a_guide_has_its_reader_run_runs_in_order(guide: Path, place: Path) -> None:
    for language, text in steps(guide):
        if language == "sh":
            done = run(place, *text.split()[1:])
        else:
            words = [sys.executable, "-c", text]
            done = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{text}: {done.stderr}"


def test_every_option_that_a_guide_names_exists(place: Path) -> None:
    verbs = (
        "compile",
        "fidelity",
        "simulate",
        "explain",
        "verify",
        "lint",
        "flash",
        "deploy",
        "run",
        "export",
        "sweep",
        "scales",
        "drive",
        "replay",
        "robot new",
        "robot check",
    )
    known = "".join(run(place, *verb.split(), "--help").stdout for verb in verbs)
    folder = ROOT / "tools"
    tools = [folder / "bench" / name for name in ("fidelity.py", "batch.py", "qat_digits.py")]
    tools.append(folder / "search" / "overflow.py")
    known += "".join(tool.read_text() for tool in tools)
    for guide in GUIDES:
        for option in set(re.findall(r"`?(--[a-z][a-z-]+)", guide.read_text())):
            assert option in known, f"{guide.name} names {option}"


def test_the_python_of_a_guide_runs(place: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "quantization.md").read_text(),
                        re.DOTALL)  # fmt: skip
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=place, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
