"""Progress: how far something is, on stderr if that is a terminal.

In:  what is being done, and of how many.
Out: a bar with the time that is left; a moving one where its end cannot be told.
Never: prints to stdout; a bar where there is no terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function: done so far. `total` 0: nobody knows how long it takes."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    if not total:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            bar.add_task(title, total=None)
            yield lambda done: None
        return
    with bar_of(Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def bar_of(console: Console, clock: Callable[[], float] | None = None) -> Progress:
    """The time left is by the speed of the last ten minutes: steps may take minutes each. What the
    first call says was done before, and tells no speed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, get_time=clock,
        speed_estimate_period=600,
    )  # fmt: skip
