"""The README's own words: its commands run, in order, in one directory."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganglion.examples import path as example
from tests.support import ROOT

BLOCKS = re.findall(r"<!-- run -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("ganglion")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("readme")
    shutil.copy(example("wall_avoider"), directory / "robot.json")
    return directory


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_runs(line: str, place: Path) -> None:
    words = line.split()[1:]
    done = subprocess.run(
        [sys.executable, "-c", "from ganglion.cli.main import main; main()", *words],
        cwd=place, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_command_that_the_readme_names_exists() -> None:
    from ganglion.cli.main import VERBS

    table = re.findall(r"^\| (`[a-z` ]+`) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = {word.strip("`") for row in table for word in row.split()}
    assert named <= set(VERBS), named - set(VERBS)


def test_make_help_names_what_the_readme_uses() -> None:
    help_text = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("demo", "test", "bench"):
        assert f"make {target}" in help_text
