"""A robot file that does not fit is told so, part by part, in one sentence each."""

from dataclasses import replace

import pytest

from ganglion.boards.board import load_board
from ganglion.brains import open_brain
from ganglion.errors import RobotError
from ganglion.robot.check import check
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import as_toml, parse_robot
from tests.support import EXAMPLES
from tests.support.robots import ROBOT, robot_file, wired_brain

NETWORK = wired_brain()


def misfits(text: str, board: str = "esp32") -> list[str]:
    _, found, _ = check(robot_file(text), NETWORK, load_board(board))
    return [str(misfit) for misfit in found]


def test_quiet_silences_the_least_reading_and_not_a_switch() -> None:
    """A switch's area has one voxel a channel, and off is silent as it is."""
    network, _ = open_brain(EXAMPLES / "pairing.json")
    text = """
name = "bell"
[[sensor]]
name = "bell"
driver = "digital"
pins = { pin = 13 }
area = "i_tone"
"""
    loud, quiet = (compile_robot(robot_file(text + more), network) for more in ("", "quiet = true"))
    assert loud == quiet
    assert [len(cell) for cell in loud.encoders[0].fires] == [0, 1]
    one = robot_file(text + 'quiet = true\ncoding = "feagi3"')
    _, found, _ = check(one, network, None)
    assert [str(misfit) for misfit in found] == [
        "bell: quiet: i_tone has one voxel a column, which all readings fire"
    ]


def test_the_robot_of_these_tests_fits() -> None:
    assert misfits(ROBOT) == []


def test_an_area_may_be_named_by_its_name() -> None:
    (name,) = {area.name for area in NETWORK.areas if area.id == "i__pro"}
    assert misfits(ROBOT.replace('area = "i__pro"', f'area = "{name.upper()}"')) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('area = "i__pro"\nchannel = 0', 'area = "i__gyr"',
         "left range: the brain has no area 'i__gyr' with a connection; there are i__pro"),
        ("channel = 1\nmin", "channel = 4\nmin",
         "right eye: x = 4, y = 0 lies outside i__pro, which is 4 x 1"),
        ("channel = 1\nmin", "channel = 0\nmin",
         "right eye: left range has i__pro at x = 0, y = 0 too"),
        ("echo = 34", "echo = 99", "left range: esp32 has no pin 99 for its echo"),
        ("trigger = 16", "trigger = 36",
         "left range: pin 36 of esp32 can only be read, and trigger drives it"),
        ("trigger = 16", "trigger = 6", "left range: pin 6 of esp32 is the flash chip's"),
        ("pin = 35", "pin = 18", "right eye: pin 18 of esp32 cannot measure a voltage"),
        ("pin = 35", "pin = 34", "right eye: its pin is pin 34, which is left range's echo"),
        ("echo = 34", "ekko = 34", "left range: hcsr04 has no 'ekko', but trigger, echo, most_us"),
        ("trigger = 16, ", "", "left range: pins lacks 'trigger', which hcsr04 needs"),
        ("min = 60000", "min = 0", "right eye: min and max are both 0"),
        ('driver = "servo"', 'driver = "digital"', "neck: digital moves nothing"),
        ('driver = "analog"', 'driver = "led"', "right eye: led is no sensor"),
        ("max_power = 5", "max_power = 5\nmin = 90\nmax = 90", "neck: min 90 is not below max 90"),
        ("max = 100\nevery", "max = 400\nevery",
         "left range: the parts take up to 24,320 us of a burst, and its period is 20,000 us; this "
         "one alone 24,100 us: read it less often, or over a shorter range"),
    ],
)  # fmt: skip
def test_every_misfit_is_named(old: str, new: str, sentence: str) -> None:
    assert old in ROBOT
    assert sentence in misfits(ROBOT.replace(old, new, 1))


BUS = """
name = "bus"
[[sensor]]
name = "left laser"
driver = "vl53l0x"
pins = { scl = 22, sda = 21 }
area = "i__pro"
[[sensor]]
name = "turn"
driver = "mpu6050"
value = "gyro_z"
pins = { scl = 22, sda = 21 }
area = "i__pro"
channel = 1
[[sensor]]
name = "tilt"
driver = "mpu6050"
value = "accel_x"
pins = { scl = 22, sda = 21 }
area = "i__pro"
channel = 2
[[actuator]]
name = "wheel"
driver = "pca9685_motor"
pins = { scl = 22, sda = 21, forward = 0, back = 1 }
area = "o__mot"
[[actuator]]
name = "neck"
driver = "pca9685_servo"
pins = { scl = 22, sda = 21, channel = 2 }
area = "o__ser"
"""


def test_parts_share_a_bus_but_no_address_and_no_channel_of_a_chip() -> None:
    assert misfits(BUS) == []
    assert misfits(BUS.replace("channel = 2 }", "channel = 1 }")) == [
        "neck: its channel is channel 1, which is wheel's"
    ]
    laser = '[[sensor]]\nname = "right laser"\ndriver = "vl53l0x"\narea = "i__pro"\nchannel = 3\n'
    pins = "pins = { scl = 22, sda = 21, address = ADDRESS }\n"
    assert misfits(BUS + laser + pins.replace("ADDRESS", "41")) == [
        "right laser: its address 41 on this bus is left laser's"
    ]
    assert misfits(BUS + laser + pins.replace("ADDRESS", "104")) == [
        "right laser: its address 104 on this bus is turn's"
    ]
    assert misfits(BUS + laser + pins.replace("ADDRESS", "42")) == []


def test_a_sensor_that_gives_more_than_a_board_can_sum_is_a_misfit() -> None:
    most = tuple(replace(p, input_max=2**31 - 1) for p in NETWORK.populations)
    text = ROBOT.replace(
        'area = "i__pro"\nchannel = 0', 'area = "i__pro"\nchannel = 0\npotential = 3e9'
    )
    _, found, _ = check(robot_file(text), replace(NETWORK, populations=most), load_board("esp32"))
    (misfit,) = found
    assert "can give neuron " in str(misfit) and " 2,147,483,647 units in a burst" in str(misfit)
    assert "a board takes 1,073,741,823: give it less, or compile" in str(misfit)


def test_several_misfits_are_all_named() -> None:
    found = misfits(
        ROBOT.replace("echo = 34", "echo = 99").replace("channel = 1\nmin", "channel = 9\nmin")
    )
    assert len(found) == 2


def test_adc2_is_a_misfit_only_with_wifi() -> None:
    text = ROBOT.replace("pin = 35", "pin = 4")
    assert misfits(text) == []
    assert misfits("wifi = true\n" + text) == [
        "right eye: pin 4 of esp32 is of ADC2, which Wi-Fi blocks while it is on"
    ]


def test_one_who_compiles_all_the_same_is_told_the_first_and_how_many_more() -> None:
    text = ROBOT.replace("echo = 34", "ekko = 34").replace("channel = 1\nmin", "channel = 9\nmin")
    with pytest.raises(RobotError, match=r"left range: hcsr04 has no 'ekko'.*\(and 1 more\)"):
        compile_robot(robot_file(text), NETWORK)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "robot.toml is not TOML"),
        ('name = "x"\nperiod_ms = -1', "robot.toml: period_ms: input should be greater than"),
        ('name = "x"\nspeed = 3', "robot.toml: speed: extra inputs are not permitted"),
        (ROBOT.replace('"analog"', '"telepathy"'), "there is no driver 'telepathy'"),
        (ROBOT.replace("right eye", "left range"), "two parts are called 'left range'"),
        (ROBOT.replace('"analog"', '"user:no-module"'), "names no Python module"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_the_place(text: str, sentence: str) -> None:
    with pytest.raises(RobotError) as refused:
        parse_robot(text, "robot.toml")
    assert sentence in str(refused.value)


def test_a_file_written_is_the_file_read() -> None:
    robot = robot_file()
    assert parse_robot(as_toml(robot), "again") == robot
