"""Options of every command that quantizes, as one decorator, and the QuantizeOptions they mean.

In:  words of the command line; the stimulus that the command runs, if it runs one.
Out: a QuantizeChoice, from which a connectome's QuantizeOptions follow.
Never: quantizes; guesses at inputs that neither the words nor the stimulus tell of.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any

import rich_click as click

from ...analysis.fidelity.calibrate import calibrate, parse_range
from ...brains import network_of
from ...connectome.model import Connectome
from ...errors import UsageError
from ...files import read_bytes
from ...quantization.description import QuantizationConfig, configs_of
from ...quantization.options import INPUTS, STATES, WEIGHTS, QuantizeOptions
from ...quantization.scales import from_bytes, units_of
from ...reference.real import RealStimulus
from ...simulation.stimuli import NAMES, Ports, parse


@dataclass(frozen=True, slots=True)
class QuantizeChoice:
    """What was asked for; None where nothing was."""

    state: str
    weights: str
    range_text: str
    calibrate_by: str | None
    calibrate_bursts: int
    inputs: str | None
    max_input: float | None
    negative_inputs: bool
    scales: Path | None = None

    @property
    def weight_bits(self) -> int:
        """Bits of a weight of a .nir file."""
        return int(self.weights.removeprefix("int"))

    def options(
        self, connectome: Connectome, stimulus: RealStimulus | None = None
    ) -> QuantizeOptions:
        """The QuantizeOptions for one connectome, to be fed with `stimulus` if that is given.

        Raises UsageError for two ranges at once, QuantizeError or StimulusError for bad ones.
        """
        if self.weights == WIDE:
            raise UsageError(
                "weights of 16 bits are for trained networks (.nir), and this is a connectome",
                f"use {', '.join(WEIGHTS)}",
            )
        ranges = parse_range(self.range_text)
        options = QuantizeOptions(
            state=self.state,
            weights=self.weights,
            inputs=stimulus.kind if stimulus else "whole",
            negative_inputs=self.negative_inputs or bool(stimulus and stimulus.negative),
            maximum=stimulus.maximum if stimulus else 0.0,
            ranges=ranges,
            units=units_in(self.scales) if self.scales else {},
        )
        if self.calibrate_by is not None:
            if ranges:
                raise UsageError(
                    f"--range {self.range_text} and --calibrate {self.calibrate_by} both set the "
                    "range",
                    "give one of them",
                )
            seen = calibrate(
                connectome,
                parse(self.calibrate_by, Ports.of_connectome(connectome), connectome=connectome),
                self.calibrate_bursts,
            )
            kinds = {seen.inputs, options.inputs if stimulus else "whole"}
            options = replace(
                options,
                ranges=seen.ranges,
                inputs="graded" if "graded" in kinds else "whole",
                negative_inputs=options.negative_inputs or seen.negative_inputs,
                maximum=max(options.maximum, seen.maximum),
            )
        if self.inputs is not None:
            options = replace(options, inputs=self.inputs)
        if self.max_input is not None:
            options = replace(options, maximum=self.max_input)
        return options


def configs_in(path: Path) -> list[QuantizationConfig]:
    """The scales of a file of them, or of a blob. Raises QuantizeError or BlobError."""
    if path.suffix == ".gbn":
        return list(configs_of(network_of(path)[0]))
    return from_bytes(read_bytes(path), str(path))


def units_in(path: Path) -> dict[str, Fraction]:
    """The units of configs_in, by area id."""
    return units_of(configs_in(path))


WIDE = "int16"  # of layers: two matrices of 8 bits (SPEC 12.5)
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
        type=click.Choice((WIDE, *WEIGHTS)),
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
