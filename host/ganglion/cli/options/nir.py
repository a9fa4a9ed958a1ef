"""Options of every verb that takes a NIR file: what such a file does not say.

In:  words of the command line.
Out: the Facts under which the API reads a .nir file, for as long as the verb runs.
Never: reads a file; fills in what the user left open.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import rich_click as click

from ...api.networks import SOURCES, NirMeaning, nir_meaning
from ...errors import UsageError

_OPTIONS = (
    click.option(
        "--source",
        type=click.Choice(list(SOURCES)),
        help="Of a .nir file: the tool that means it.",
    ),
    click.option(
        "--dt",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="Of a .nir file: its time step. [the tool's default]",
    ),
    click.option(
        "--reset",
        type=click.Choice(["subtract", "zero", "value", "none"]),
        help="Of a .nir file: what a spike does to the potential. [the tool's default]",
    ),
    click.option(
        "--fact",
        "facts",
        multiple=True,
        metavar="[NODE:]NAME=VALUE",
        help="Of a .nir file: another fact that it does not hold, for all nodes or one: reset_at, "
        "v_reset, tau_syn, bias, v_min, spikes, norm_input, flatten, source. Repeatable.",
    ),
)


def nir_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--source`, `--dt`, `--reset` and `--fact`; the verb runs under what they say."""
    decorated = _under(function)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _under(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def collected(*args: Any, **words: Any) -> Any:
        given = [words.pop(name) for name in ("source", "dt", "reset", "facts")]
        with nir_meaning(_meaning(*given)):
            return run(*args, **words)

    return collected


def _meaning(
    source: str | None, dt: float | None, reset: str | None, facts: tuple[str, ...]
) -> NirMeaning:
    said: dict[str, str] = {} if reset is None else {"reset": reset}
    for word in facts:
        name, equals, value = word.rpartition("=")
        if not equals or not name:
            raise UsageError(
                f"the fact {word!r} is not understood",
                "write NAME=VALUE or NODE:NAME=VALUE, for example v_reset=-0.5",
            )
        said[name] = value
    return NirMeaning(source, dt, said)
