"""Talk: what is said beside the results: remarks and warnings on stderr, and how much of it.

In:  -q, -v and --strict, which every verb takes; sentences.
Out: lines on stderr; whether a warning is an error.
Never: writes to stdout; silences an error.
"""

import shlex
import sys
from collections.abc import Sequence
from typing import Any

import rich_click as click

from ...errors import GanglionError


class _Talk:
    """Of the one command that this process runs."""

    quiet = False
    verbose = False
    strict = False
    warnings = 0
    command = ""  # the line that a shell would take


TALK = _Talk()


def begin(words: Sequence[str] = ()) -> None:
    """Nothing has been said and nothing was asked for, but by `words` of the command line."""
    TALK.command = shlex.join(["ganglion", *words])
    TALK.quiet = TALK.verbose = TALK.strict = False
    TALK.warnings = 0


def remark(text: str) -> None:
    """Something worth knowing. -q leaves it out."""
    if not TALK.quiet:
        print(text, file=sys.stderr)


def warn(text: str, count: int = 1) -> None:
    """Something that may make the result another than was meant. --strict refuses it."""
    TALK.warnings += count
    if TALK.strict or not TALK.quiet:
        print(f"ganglion: {text}", file=sys.stderr)


def warned(count: int) -> None:
    """So many warnings were shown by other means."""
    TALK.warnings += count


def settle() -> None:
    """Raises GanglionError if there were warnings and --strict was given; before a result is kept,
    and at the end."""
    if TALK.strict and TALK.warnings:
        many = "1 warning" if TALK.warnings == 1 else f"{TALK.warnings:,} warnings"
        raise GanglionError(
            f"{many}, and --strict takes warnings for errors", "mend what was said above"
        )


def options() -> list[click.Option]:
    """-q, -v and --strict, as every verb takes them."""

    def keep(name: str) -> Any:
        def callback(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
            if value:
                setattr(TALK, name, True)

        return callback

    words = (
        (("-q", "--quiet"), "quiet", "No remarks on stderr: results and errors only."),
        (("-v", "--verbose"), "verbose", "With an error, where in the program it came from."),
        (("--strict",), "strict", "Warnings are errors (exit code 1)."),
    )
    return [
        click.Option(
            names, is_flag=True, expose_value=False, is_eager=True, help=text, callback=keep(name)
        )
        for names, name, text in words
    ]
