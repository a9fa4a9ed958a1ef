"""Options of every command that quantizes, as one decorator.

In:  words of the command line.
Out: a QuantizeChoice, from which a connectome's QuantizeOptions follow.
Never: quantizes.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any

import rich_click as click

from ...api.quantization import INPUTS, STATES, WEIGHTS, WIDE_WEIGHTS, QuantizeChoice
from ...api.stimuli import NAMES

_OPTIONS = (
    click.option(
        "--state",
        type=click.Choice(STATES),
        default="auto",
        show_default=True,
        help="Width of potentials; auto takes int16 only where nothing can be lost.",
    ),
    click.option(
        "--weights",
        type=click.Choice((WIDE_WEIGHTS, *WEIGHTS)),
        default="int8",
        show_default=True,
        help="Width of the weights that synapses have of their own; those that a whole "
        "projection shares take none. int16: of a .nir file only.",
    ),
    click.option(
        "--range",
        "range_text",
        default="genome",
        show_default=True,
        metavar="genome|feagi|LOW:HIGH",
        help="What potentials need room for; feagi is FEAGI's INT8 range, -100:50.",
    ),
    click.option(
        "--calibrate",
        "calibrate_by",
        metavar="STIMULUS",
        help=f"Measure the range under {NAMES}.",
    ),
    click.option(
        "--calibrate-bursts",
        type=click.IntRange(1, 10_000_000),
        default=1000,
        show_default=True,
        help="How long to measure.",
    ),
    click.option(
        "--inputs",
        type=click.Choice(INPUTS),
        help="What sensors will send: whole numbers or any. [what the stimulus sends, or whole]",
    ),
    click.option(
        "--max-input",
        type=click.FloatRange(0, 1e30),
        help="The largest potential that sensors will send.",
    ),
    click.option(
        "--negative-inputs", is_flag=True, help="Sensors will send potentials below zero too."
    ),
    click.option(
        "--scales",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Give each area the unit that it has in this file of `ganglion scales`, or this "
        "brain, so that both speak one unit.",
    ),
)


def quantize_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options, given to the command as one `choice`."""
    names = [field.name for field in fields(QuantizeChoice)]

    @wraps(function)
    def collected(**words: Any) -> Any:
        choice = QuantizeChoice(**{name: words.pop(name) for name in names})
        return function(choice=choice, **words)

    decorated: Callable[..., Any] = collected
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
