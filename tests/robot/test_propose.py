"""A proposal can be read, compiled, and says what it leaves out."""

import json
from pathlib import Path
from typing import Any

import pytest

from ganglion.brains import open_brain
from ganglion.errors import RobotError
from ganglion.robot.compile import try_compile
from ganglion.robot.file import as_toml, parse_robot
from ganglion.robot.propose import propose, read_capabilities
from tests.support import EXAMPLES, SHARED

GENOMES = [*sorted((SHARED / "genomes").glob("*.json")), EXAMPLES / "wall_avoider.json"]


@pytest.mark.parametrize("genome", GENOMES, ids=lambda path: path.stem)
def test_every_genomes_proposal_is_a_robot_file_that_fits_its_areas(genome: Path) -> None:
    if genome.stem == "barebones":
        pytest.skip("it has no connection")
    network, _ = open_brain(genome)
    robot, left = propose(network, genome.stem)
    assert parse_robot(as_toml(robot), "proposed") == robot
    areas = [a for a in network.areas if a.group in ("IPU", "OPU")]
    assert bool(robot.sensor or robot.actuator or left) == bool(areas)
    for misfit in try_compile(robot, network).misfits:
        assert "pin" in misfit.why or "board takes" in misfit.why, misfit


OLD: dict[str, Any] = {"capabilities": {
    "input": {
        "proximity": {
            "0": {"custom_name": "front", "feagi_index": 0, "min_value": 0, "max_value": 250}
        },
        "gyro": {"0": {"custom_name": "imu", "feagi_index": 0,
                       "min_value": [-1, -1, -1], "max_value": [1, 1, 1]}},
        "infrared": {"0": {"custom_name": "eye", "feagi_index": 0, "disabled": True}},
        "camera": {"0": {"index": "00"}},
    },
    "output": {
        "motor": {"1": {"custom_name": "right", "feagi_index": 1, "max_power": 4094,
                        "rolling_window_len": -1}},
        "servo": {"0": {"custom_name": "neck", "feagi_index": 0, "min_value": 10, "max_value": 170,
                        "default_value": 90, "max_power": 10}},
    },
}}  # fmt: skip
NEW: dict[str, Any] = {
    "input_units_and_encoder_properties": {"Proximity": [[{
        "cortical_unit_index": 1,
        "io_configuration_flags": {"frame_change_handling": "Absolute",
                                   "percentage_neuron_positioning": "Fractional"},
        "device_grouping": [{"friendly_name": "left"}, {"channel_index_override": 3}],
    }, {"Percentage": [{"value": 10}, "Linear", False, "D1"]}]]},
    "output_units_and_decoder_properties": {"PositionalServo": [[{
        "cortical_unit_index": 0, "device_grouping": [{}],
        "io_configuration_flags": {"percentage_neuron_positioning": "Linear"}}, {}]]},
    "feedbacks": [],
}  # fmt: skip


def write(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "capabilities.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_old_capabilities_become_a_robot_file(tmp_path: Path) -> None:
    robot, left = read_capabilities(write(tmp_path, OLD))
    front, *imu = robot.sensor
    assert (front.area, front.driver, front.max) == ("i__pro", "hcsr04", 250)
    assert [(s.channel, s.value) for s in imu] == [(0, "gyro_x"), (1, "gyro_y"), (2, "gyro_z")]
    right, neck = robot.actuator
    assert (right.channel, right.max_power, right.window, right.wheel) == (1, 4094, 1, "right")
    assert (neck.min, neck.max, neck.start, neck.max_power) == (10, 170, 90, 10)
    assert any("camera" in line for line in left)
    assert parse_robot(as_toml(robot), "again") == robot


def test_new_capabilities_become_a_robot_file(tmp_path: Path) -> None:
    robot, _ = read_capabilities(write(tmp_path, NEW))
    left, other = robot.sensor
    assert left.area == "aXBybwECAQA="  # base64 of 69 70 72 6f 01 02 01 00
    assert (left.coding, left.positioning, left.channel, other.channel) == (
        "feagi3",
        "fractional",
        0,
        3,
    )
    (servo,) = robot.actuator
    assert servo.driver == "servo"
    assert servo.hop_area
    assert parse_robot(as_toml(robot), "again") == robot


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "is not JSON"), ("[]", "holds no capabilities"), ("[" * 100_000, "is not JSON"),
     ('{"capabilities": 3}', "holds no capabilities")],
)  # fmt: skip
def test_what_is_no_capabilities_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(RobotError, match=sentence):
        read_capabilities(write(tmp_path, text))
