"""Pages: README and the guides, run as a reader would: block by block, in one empty directory."""

import os
import re
import subprocess
from pathlib import Path

from tests.support import ROOT
from tests.support.command import ganglion_in, path

_BLOCK = re.compile(r"<!-- run -->\n```(sh|python)\n(.*?)```", re.DOTALL)
# What sets up the environment that the tests have already.
_SET_UP = re.compile(r"^(make (demo|test)|python3? -m venv|pip install|\. \.venv/|git clone|cd )")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every block that is to be run, in order."""
    return [(kind, text) for kind, text in _BLOCK.findall(page.read_text())]


def start(command: list[str], directory: Path) -> "subprocess.CompletedProcess[str]":
    """A command in a directory, in the environment that a reader has made."""
    environment = {**os.environ, "PATH": path()}
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, env=environment)


def run(page: Path, directory: Path) -> None:
    """Every block of a page, in order. Nothing is put into the directory before."""
    for kind, text in blocks(page):
        if kind == "sh":
            text = "\n".join(line for line in text.splitlines() if not _SET_UP.match(line))
            done = start(["sh", "-euc", text], directory)
        else:
            done = ganglion_in(directory, python=text)
        where = f"{page.relative_to(ROOT)}:\n{text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert done.returncode == 0, where
