"""The README's own words: its blocks run, in order, in a directory where nothing is."""

import re
import subprocess
from pathlib import Path

from tests.docs import pages
from tests.support import ROOT

README = ROOT / "README.md"


def test_the_readme_runs_from_top_to_bottom_in_an_empty_directory(tmp_path: Path) -> None:
    """One test, so that no part of it waits for another in some other process."""
    assert sum(text.count("ganglion ") for _, text in pages.blocks(README)) >= 4
    pages.run(README, tmp_path)


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
