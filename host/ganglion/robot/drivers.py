"""Drivers: the parts that robots have, and what of a robot file each of them needs.

In:  a driver's name.
Out: its parameters in the order in which the firmware takes them, its values, its unit, its time.
Never: code that runs on a board (that is firmware's drivers); a guess about a user's own driver.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

NO_PIN = -1


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of sensor or motor. Parameters without a default must be given."""

    acts: bool
    params: Mapping[str, int | None]
    title: str
    pins: tuple[str, ...] = ()  # which of the parameters are pins
    adc: tuple[str, ...] = ()  # ... that must be able to measure a voltage
    outputs: tuple[str, ...] = ()  # ... that must be able to drive
    values: tuple[str, ...] = ("value",)
    unit: str = ""  # that a robot file's min and max are in; empty: raw
    per_unit: Fraction = field(default_factory=lambda: Fraction(1))  # raw of one unit
    range: tuple[int, int] = (0, 1)  # in units, where a robot file says nothing
    cost_us: int = 20
    bus: bool = False  # its pins are a bus that several may share
    senses: str = ""  # of the world: range, infrared, bumper, battery, wheel, gyro


# 58 microseconds there and back per centimetre, as its data sheet says.
ECHO_US_PER_CM = 58

DRIVERS: dict[str, Part] = {
    "digital": Part(
        False, {"pin": None, "pull": 1, "invert": 0}, "a switch, bumper or IR module (0 or 1)",
        pins=("pin",), senses="bumper",
    ),
    "analog": Part(
        False, {"pin": None}, "a voltage (0..65535)", pins=("pin",), adc=("pin",),
        range=(0, 65535), cost_us=60, senses="infrared",
    ),
    "hcsr04": Part(
        False, {"trigger": None, "echo": None, "most_us": 0}, "HC-SR04 ultrasonic range (cm)",
        pins=("trigger", "echo"), outputs=("trigger",), unit="cm",
        per_unit=Fraction(ECHO_US_PER_CM), range=(0, 300), cost_us=300, senses="range",
    ),
    "vl53l0x": Part(
        False, {"scl": None, "sda": None, "address": 0x29}, "VL53L0X laser range (mm)",
        pins=("scl", "sda"), outputs=("scl", "sda"), unit="mm", range=(0, 1200), cost_us=700,
        bus=True, senses="range",
    ),
    "mpu6050": Part(
        False, {"scl": None, "sda": None, "address": 0x68},
        "MPU6050 acceleration (±2 g) and turn (±250 °/s), each −32768..32767",
        pins=("scl", "sda"), outputs=("scl", "sda"),
        values=("accel_x", "accel_y", "accel_z", "gyro_x", "gyro_y", "gyro_z"),
        range=(-32768, 32767), cost_us=600, bus=True, senses="gyro",
    ),
    "quadrature": Part(
        False, {"a": None, "b": None}, "a wheel's encoder: steps since the last reading",
        pins=("a", "b"), range=(-100, 100), cost_us=30, senses="wheel",
    ),
    "battery": Part(
        False, {"pin": None}, "the battery's voltage through a divider (0..65535)", pins=("pin",),
        adc=("pin",), range=(0, 65535), cost_us=60, senses="battery",
    ),
    "motor": Part(
        True, {"forward": None, "back": None, "full": 100, "frequency": 1000},
        "a motor bridge with two PWM inputs (DRV8833, L9110)", pins=("forward", "back"),
        outputs=("forward", "back"), cost_us=60,
    ),
    "motor_enable": Part(
        True, {"enable": None, "in1": None, "in2": None, "full": 100, "frequency": 1000},
        "a motor bridge with an enable input (L298N, TB6612)", pins=("enable", "in1", "in2"),
        outputs=("enable", "in1", "in2"), cost_us=60,
    ),
    "servo": Part(
        True, {"pin": None, "low": 0, "high": 18000, "low_us": 500, "high_us": 2500},
        "a hobby servo at 50 Hz", pins=("pin",), outputs=("pin",), cost_us=40,
    ),
    "led": Part(
        True, {"pin": None, "invert": 0}, "an LED or a relay: on above 0", pins=("pin",),
        outputs=("pin",),
    ),
    "pwm": Part(
        True, {"pin": None, "full": 100, "frequency": 1000}, "anything that takes a PWM",
        pins=("pin",), outputs=("pin",), cost_us=40,
    ),
    "neopixel": Part(
        True, {"pin": None, "count": 1, "full": 100}, "a NeoPixel strip, in white", pins=("pin",),
        outputs=("pin",), cost_us=120,
    ),
    "pca9685_motor": Part(
        True, {"scl": None, "sda": None, "address": 0x40, "forward": None, "back": None,
               "full": 4094},
        "a motor on two channels of a PCA9685", pins=("scl", "sda"), outputs=("scl", "sda"),
        cost_us=500, bus=True,
    ),
    "pca9685_servo": Part(
        True, {"scl": None, "sda": None, "address": 0x40, "channel": None, "low": 0,
               "high": 18000, "low_us": 500, "high_us": 2500},
        "a servo on a channel of a PCA9685", pins=("scl", "sda"), outputs=("scl", "sda"),
        cost_us=400, bus=True,
    ),
}  # fmt: skip

USER = "user:"  # and the name of a module of the user's own
TAKEN = {  # by MicroPython and the firmware, as far as a board loads them itself
    *DRIVERS, "array", "binascii", "boot", "board", "ganglion", "gc", "hashlib", "json", "machine",
    "main", "micropython", "os", "select", "struct", "sys", "time", "uctypes",
}  # fmt: skip
