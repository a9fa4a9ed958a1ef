"""Options: what every command that reads a genome offers, as click decorators.

In:  words of the command line.
Out: a Policy.
Never: reads a file.
"""

from collections.abc import Callable
from typing import Any

import rich_click as click

from ...api.genomes import Policy


def policy_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--policy NAME=VALUE` (repeatable), given to the command as a Policy."""
    decorated: Callable[..., Any] = click.option(
        "--policy",
        "policy",
        multiple=True,
        metavar="NAME=VALUE",
        callback=lambda _ctx, _param, words: Policy().with_settings(words),
        help="How to read what old files and today's FEAGI disagree on; `ganglion policies` lists "
        "names and values. Repeatable.",
    )(function)
    return decorated
