"""Options that every command with a recording shares, and what they lead to.

In:  words of the command line.
Out: a run of a recording; what was odd about it, said on stderr.
Never: chooses between several runs without saying so.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich_click as click

from ...api.recordings import Chosen, open_recording
from .talk import remark, settle, warn


def run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--run."""
    decorated: Callable[..., Any] = click.option(
        "--run", "number", type=int, metavar="N",
        help="Which run of the recording, from 1. Default: the longest.",
    )(function)  # fmt: skip
    return decorated


class _Span(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d*):(\d*)", value)
        if not found:
            self.fail(f"{value!r} is not FIRST:LAST, for example 100:200", param, ctx)
        first, last = (int(part) if part else None for part in found.groups())
        return first, last


def span_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--bursts FIRST:LAST."""
    decorated: Callable[..., Any] = click.option(
        "--bursts", "span", type=_Span(), default=":", metavar="FIRST:LAST",
        help="Only these bursts; either may be left out.",
    )(function)  # fmt: skip
    return decorated


def chosen_run(path: Path, number: int | None) -> Chosen:
    """One of the runs of a recording; says on stderr what a person should know."""
    chosen = open_recording(path, number)
    for warning in chosen.warnings:
        warn(warning)
    if chosen.remark:
        remark(chosen.remark)
    settle()
    return chosen
