"""--junit: a verdict for a CI system, whatever becomes of the command.

In:  the words of the option; a command at work in a `with` block.
Out: a JUnit file.
Never: leaves a file of an earlier run to be taken for this one's.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rich_click as click

from ...api.files import write_bytes
from ...api.verdicts import junit
from ...errors import GanglionError, MismatchError
from .output import OutputFile


def junit_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--junit FILE.xml."""
    decorated: Callable[..., Any] = click.option(
        "--junit", "junit_path", type=OutputFile((".xml",)), metavar="OUT.xml",
        help="Write the verdict as JUnit XML too, for a CI system.",
    )(function)  # fmt: skip
    return decorated


@contextmanager
def reported(path: Path | None, suite: str, case: str) -> Iterator[dict[str, object]]:
    """Writes what becomes of the block; the dictionary takes facts about it."""
    facts: dict[str, object] = {}
    if path is None:
        yield facts
        return
    begun = time.monotonic()
    why, error = "interrupted", True
    try:
        yield facts
        why = ""
    except GanglionError as refusal:
        why, error = str(refusal), not isinstance(refusal, MismatchError)
        raise
    finally:
        seconds = time.monotonic() - begun
        write_bytes(path, junit(suite, case, seconds, why, facts, error=error and bool(why)))
