"""Options: a robot file beside a brain.

In:  words of the command line.
Out: the path of a robot file.
Never: reads it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click


def robot_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--robot, where it is not needed."""
    decorated: Callable[..., Any] = click.option(
        "--robot", "robot_path", type=click.Path(path_type=Path), metavar="FILE.toml",
        help="A robot file: its tables go into the brain, its own drivers onto the board.",
    )(function)  # fmt: skip
    return decorated
