"""Options that every command with a device shares, and what they lead to.

In:  words of the command line.
Out: a brain (compiled on the way if a genome was named), a stimulus, a device that has the brain.
Never: prints to stdout; a progress bar where there is no terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import rich_click as click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ...device.device import Device
from ...errors import UsageError
from ...link.ports import with_lines
from ...reference.stimulus import DEFAULT_STIMULUS
from ...simulation.stimuli import HELP


def ephemeral(spec: str) -> bool:
    """Whether a device begins empty and keeps nothing: virtual, or a board as a virtual one."""
    return spec == "virtual" or spec.startswith("virtual-")


def device_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--device, and the levels of its port's lines, as every command takes them."""

    @wraps(function)
    def with_levels(*args: Any, dtr: str | None, rts: str | None, **words: Any) -> Any:
        words["device_spec"] = port_with_levels(words["device_spec"], dtr, rts)
        return function(*args, **words)

    decorated: Callable[..., Any] = click.option(
        "--device",
        "device_spec",
        default="virtual",
        show_default=True,
        help="virtual (virtual:DIR keeps its flash, virtual-150k has an ESP32's memory), qemu, "
        "auto, a port, id:SERIAL, socket://HOST:PORT or rfc2217://HOST:PORT.",
    )(level_options(with_levels))
    return decorated


def level_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--dtr and --rts, for a board whose RESET or BOOT hangs on a line of its port."""
    for name in ("rts", "dtr"):
        function = click.option(
            f"--{name}",
            type=click.Choice(["on", "off"]),
            help=f"Level of {name.upper()} while the port is open, for boards wired to it.",
        )(function)
    return function


def port_with_levels(spec: str, dtr: str | None, rts: str | None) -> str:
    """A port, and behind it what --dtr and --rts said. Raises UsageError."""
    levels = {name: level == "on" for name, level in (("dtr", dtr), ("rts", rts)) if level}
    if levels and spec.startswith(("virtual", "qemu", "socket://")):
        raise UsageError(
            f"{spec.partition(':')[0]} has no lines {' and '.join(levels)}",
            f"leave out --{' and --'.join(levels)}",
        )
    return with_lines(spec, levels)


def run_options(
    default_bursts: int, least: int = 1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--bursts, --stimulus and --inject."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        function = click.option(
            "--stimulus",
            default=DEFAULT_STIMULUS,
            show_default=True,
            help=HELP,
        )(function)
        function = click.option(
            "--inject",
            "injections",
            multiple=True,
            metavar="AREA:X,Y,Z=POTENTIAL@BURST",
            help="Inject a potential into a voxel in one burst. Repeatable.",
        )(function)
        decorated: Callable[..., Any] = click.option(
            "--bursts",
            type=click.IntRange(least, 2**31),
            default=default_bursts,
            show_default=True,
            help="How many bursts.",
        )(function)
        return decorated

    return decorate


def period_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--period, where a run is as fast as possible unless it is given."""
    decorated: Callable[..., Any] = click.option(
        "--period",
        type=click.FloatRange(0, 268_000),
        default=0.0,
        metavar="MS",
        help="Milliseconds from burst to burst; 0 = as fast as possible.",
    )(function)
    return decorated


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr if that is a terminal. Gives a function: done so far."""
    if not sys.stderr.isatty():
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


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """Something whose end cannot be told: a moving bar and the time so far, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task(title, total=None)
        yield


def deploy(device: Device, blob: bytes) -> bool:
    """Device.ensure with a progress bar. Says whether the brain was sent."""
    with progress("deploying", len(blob)) as advance:
        return device.ensure(blob, lambda done, _: advance(done))
