"""Choice: how a person wants a connectome quantized, before anybody has looked at it.

In:  the words for widths, ranges, inputs and scales; the stimulus that will be run, if one will.
Out: a QuantizeChoice, from which a connectome's QuantizeOptions follow; its brain, fed so.
Never: guesses at inputs that neither the words nor the stimulus tell of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from ...blob.container import BLOB_SUFFIX
from ...brains import network_of
from ...compiler import Brain, compile_connectome
from ...connectome.model import Connectome
from ...errors import UsageError
from ...files import read_bytes
from ...quantization.description import QuantizationConfig, configs_of
from ...quantization.options import WEIGHTS, WIDE_WEIGHTS, QuantizeOptions, parse_range
from ...quantization.scales import from_bytes, units_of
from ...reference.real import RealStimulus
from ...simulation.stimuli import Ports, parse


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
        if self.weights == WIDE_WEIGHTS:
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
            from .calibrate import calibrate

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


def configs_in(path: Path) -> Sequence[QuantizationConfig]:
    """The scales of a file of them, or of a blob. Raises QuantizeError or BlobError."""
    if path.suffix == BLOB_SUFFIX:
        return configs_of(network_of(path)[0])
    return from_bytes(read_bytes(path), str(path))


def units_in(path: Path) -> dict[str, Fraction]:
    """The units of configs_in, by area id."""
    return units_of(configs_in(path))


def prepared(
    connectome: Connectome, stimulus_text: str, choice: QuantizeChoice, anywhere: bool = False
) -> tuple[RealStimulus, QuantizeOptions, Brain]:
    """The stimulus, the options that suit it, and the brain. A trace feeds any area."""
    ports = Ports.of_connectome(connectome)
    if stimulus_text.startswith("random"):
        options = choice.options(connectome)
        brain = compile_connectome(connectome, options)
        return parse(stimulus_text, ports, brain.network), options, brain
    stimulus = parse(stimulus_text, ports, connectome=connectome)
    options = replace(choice.options(connectome, stimulus), anywhere=anywhere)
    return stimulus, options, compile_connectome(connectome, options)
