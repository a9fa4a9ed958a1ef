"""The guides' own words: their blocks run, in order, and every option they name exists."""

import re
from pathlib import Path

import pytest

from ganglion.cli.main import load
from ganglion.cli.verbs import VERBS
from tests.docs import pages
from tests.support import ROOT

GUIDES = sorted(path for path in (ROOT / "docs").rglob("*.md") if pages.blocks(path))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.stem)
def test_the_blocks_of_a_guide_run_in_order_in_an_empty_directory(
    guide: Path, tmp_path: Path
) -> None:
    pages.run(guide, tmp_path)


def test_every_option_that_a_guide_names_exists() -> None:
    known = {name for verb in VERBS for param in load(verb).params for name in param.opts}
    for verb in VERBS:
        for below in getattr(load(verb), "commands", {}).values():
            known |= {name for param in below.params for name in param.opts}
    source = "".join(path.read_text() for path in (ROOT / "tools").rglob("*.py"))
    source += (ROOT / "tests" / "conftest.py").read_text()
    for guide in (ROOT / "docs").rglob("*.md"):
        for line in guide.read_text().splitlines():
            others = ("pip ", "esptool", "pytest", "make ", "usbipd ")  # programs, whose options
            if any(program in line for program in others):
                continue
            for option in set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]+)", line)):
                assert option in known or option in source, f"{guide.name} names {option}"
