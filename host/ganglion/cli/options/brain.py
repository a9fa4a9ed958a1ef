"""The brain that a command runs: from any file, and what is to be said of it first.

In:  a path.
Out: an opened brain; warnings on stderr.
Never: lets a brain pass in silence in which nothing can happen.
"""

from pathlib import Path

from ...api import brains
from ...api.brains import OpenedBrain
from .talk import settle, warn


def open_brain(path: Path) -> OpenedBrain:
    """The brain of a file; a genome or a connectome is compiled. Warns of one that does nothing."""
    opened = brains.open_brain(path)
    for warning in opened.warnings:
        warn(f"{path}: {warning}")
    settle()
    return opened


def warn_first(text: str) -> None:
    """A warning before a run, which --strict does not begin then."""
    warn(text)
    settle()
