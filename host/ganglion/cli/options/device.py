"""Options that every command with a device shares, and what they lead to.

In:  words of the command line.
Out: the name of a device, with the levels of its port's lines; how long to run it, fed by what.
Never: opens one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import rich_click as click

from ...api.devices import with_lines
from ...api.stimuli import DEFAULT_STIMULUS, HELP


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
    return with_lines(
        spec, {name: level == "on" for name, level in (("dtr", dtr), ("rts", rts)) if level}
    )


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
