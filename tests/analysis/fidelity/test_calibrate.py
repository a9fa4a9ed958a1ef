"""Calibrate: a range is what was seen, and it never weakens the proof."""

from dataclasses import replace

import numpy as np
import pytest

from ganglion.analysis.fidelity.calibrate import MARGIN, calibrate
from ganglion.cli.options.quantize import QuantizeChoice
from ganglion.compiler import compile_connectome
from ganglion.errors import QuantizeError, UsageError
from ganglion.quantization.options import ANY_AREA, FEAGI_RANGE, Range, parse_range
from ganglion.reference.real import RealStimulus
from ganglion.simulation.stimuli import Ports, parse
from tests.support.tiny import chain

CHOICE = QuantizeChoice("auto", "int8", "genome", None, 100, None, None, False)


def down_and_up() -> RealStimulus:
    def inputs(burst: int) -> tuple[np.ndarray, np.ndarray]:
        return np.array([burst % 2]), np.array([1.5], dtype=np.float32)

    return RealStimulus("both", "graded", inputs, False, 1.5)


def test_the_range_is_what_was_kept_with_a_margin() -> None:
    connectome = chain(3, -2, threshold=10.0, keeps=True)
    seen = calibrate(connectome, down_and_up(), 60)
    assert set(seen.ranges) == {"c_out___"}
    assert seen.ranges["c_out___"] == Range(-2 * MARGIN, 10 * MARGIN)
    assert (seen.inputs, seen.maximum, seen.negative_inputs) == ("graded", 1.5, False)


def test_a_calibrated_brain_is_finer_and_still_proved() -> None:
    connectome = chain(3, -2, threshold=10.0, keeps=True, leak=0.1)
    seen = calibrate(connectome, down_and_up(), 60)
    plain = compile_connectome(connectome)
    small = compile_connectome(connectome, seen.options("int16"))
    assert small.bounds.slack(16) >= 0
    assert small.network.areas[1].unit <= plain.network.areas[1].unit * 2**16


def test_ranges_are_read_by_name() -> None:
    assert parse_range("genome") == {}
    assert parse_range("feagi") == {ANY_AREA: FEAGI_RANGE}
    assert parse_range("-3:4.5") == {ANY_AREA: Range(-3, 4.5, hard=True)}
    with pytest.raises(QuantizeError, match="write genome, feagi or LOW:HIGH, for example"):
        parse_range("wide")


def test_two_ranges_at_once_are_refused() -> None:
    both = replace(CHOICE, range_text="feagi", calibrate_by="whole:1")
    with pytest.raises(UsageError, match="--range feagi and --calibrate whole:1 both set the"):
        both.options(chain(1))


def test_options_follow_the_stimulus_unless_something_else_was_said() -> None:
    connectome = chain(1, threshold=3.0)
    graded = parse("graded:1", Ports.of_connectome(connectome))
    assert CHOICE.options(connectome).inputs == "whole"
    assert CHOICE.options(connectome, graded).inputs == "graded"
    assert replace(CHOICE, inputs="whole").options(connectome, graded).inputs == "whole"
    assert replace(CHOICE, max_input=7.0).options(connectome, graded).maximum == 7.0
    assert replace(CHOICE, negative_inputs=True).options(connectome).negative_inputs


def test_what_was_calibrated_is_what_a_command_quantizes_by() -> None:
    connectome = chain(3, -2, threshold=10.0, keeps=True)
    choice = replace(CHOICE, calibrate_by="whole:3:0.5")
    options = choice.options(connectome)
    assert set(options.ranges) == {"c_out___"} and options.inputs == "whole"
    assert options.maximum == 2.0
