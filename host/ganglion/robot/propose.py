"""Propose: a first robot file, from a brain's input and output areas or FEAGI's capabilities.

In:  a QuantizedNetwork or areas; a capabilities file of either age.
Out: a RobotFile with pins to be put right; what of the file has no place in it, as sentences.
Never: claims to know pins: the files of FEAGI hold none.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import RobotError
from ..network.model import AreaInfo, QuantizedNetwork
from .file import Actuator, Encoding, RobotFile, Sensor

# Areas, and the driver that suits them; by how their id begins.
_SENSORS = {
    "i__pro": "hcsr04", "ipro": "hcsr04", "i__inf": "digital", "iinf": "digital",
    "ibumpr": "digital", "ishock": "digital", "ishk": "digital", "i__bat": "battery",
    "ibat": "battery", "i__gyr": "mpu6050", "i__acc": "mpu6050", "iagpio": "analog",
    "iagp": "analog", "idgpio": "digital", "idgp": "digital", "i_spos": "analog",
    "isvm": "analog", "i_smot": "quadrature",
}  # fmt: skip
_MOTORS = {
    "o__mot": "motor", "omot": "motor", "o__ser": "servo", "o_spos": "servo", "opse": "servo",
    "odgpio": "led", "o_init": "led", "o_blnk": "led", "o_misc": "led", "oagpio": "pwm",
}  # fmt: skip
_INVERSE = ("i_iinf", "ii_inf")  # fires where i__inf does not
_FREE = (13, 14, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 4, 5, 32, 33, 34, 35, 36, 39)
_ADC = (32, 33, 34, 35, 36, 39)
_AROUND = 180  # degrees that range sensors are spread over
_MOST = 16  # channels proposed for one area
_AGAIN = "export it from FEAGI again"


class _Pins:
    """Pins of an ESP32 in the order in which they are given away; then the first ones again."""

    def __init__(self) -> None:
        self._free = list(_FREE)

    def take(self, adc: bool = False) -> int:
        fit = [pin for pin in self._free if not adc or pin in _ADC]
        fit = [pin for pin in fit if adc or pin not in (34, 35, 36, 39)] or fit
        if not fit:
            return 0
        self._free.remove(fit[0])
        return fit[0]


def propose(network: QuantizedNetwork, name: str) -> tuple[RobotFile, list[str]]:
    """A robot for a brain, and what was left out of it."""
    pins = _Pins()
    sensors: list[Sensor] = []
    actuators: list[Actuator] = []
    left: list[str] = []
    new = any(area.id[:4] in ("ipro", "iinf", "omot") for area in network.areas)
    coding = "feagi3" if new else "legacy"
    ids = {area.id for area in network.areas}
    inverse = next((i for i in _INVERSE if i in ids), None)
    for area in network.areas:
        if area.group == "IPU" and area.id not in _INVERSE:
            found = list(_sensors(area, pins, coding, inverse if area.id == "i__inf" else None))
            sensors += found
            if not found:
                left.append(f"{area.id} ({area.name}): no driver is known for it")
        elif area.group == "OPU":
            made = list(_actuators(area, pins, coding))
            actuators += made
            if not made:
                left.append(f"{area.id} ({area.name}): no driver is known for it")
    robot = {"name": name[:32] or "robot", "board": "esp32", "sensor": [], "actuator": []}
    made_robot = RobotFile.model_validate(robot)
    return made_robot.model_copy(update={"sensor": sensors, "actuator": actuators}), left


def _driver(table: dict[str, str], area: str) -> str | None:
    return next((driver for start, driver in table.items() if area.startswith(start)), None)


def _sensors(area: AreaInfo, pins: _Pins, coding: str, inverse: str | None) -> Iterator[Sensor]:
    driver = _driver(_SENSORS, area.id)
    if driver is None:
        return
    width, _, depth = area.dimensions
    if driver == "digital" and depth > 1:
        driver = "analog"
    count = min(width, _MOST)
    for channel in range(count):
        fields: dict[str, Any] = {
            "name": f"{area.id} {channel}", "driver": driver, "area": area.id, "channel": channel,
            "coding": coding,
        }  # fmt: skip
        if driver == "hcsr04":
            fields["pins"] = {"trigger": pins.take(), "echo": pins.take()}
            fields["every"] = min(count, 4)
        elif driver == "mpu6050":
            fields["pins"] = {"scl": 22, "sda": 21}
            fields["value"] = ("gyro_" if "gyr" in area.id else "accel_") + "xyz"[channel % 3]
        elif driver == "quadrature":
            fields["pins"] = {"a": pins.take(), "b": pins.take()}
        else:
            fields["pins"] = {"pin": pins.take(driver in ("analog", "battery"))}
        if driver in ("hcsr04", "analog", "digital"):
            angle = _AROUND // 2 - _AROUND * channel // max(count - 1, 1) if count > 1 else 0
            fields["at"] = (0, 0, angle)
        if inverse:
            fields["also"] = [Encoding.model_validate(
                {"area": inverse, "channel": channel, "invert": True}
            )]  # fmt: skip
        yield Sensor.model_validate(fields)


def _actuators(area: AreaInfo, pins: _Pins, coding: str) -> Iterator[Actuator]:
    driver = _driver(_MOTORS, area.id)
    if driver is None:
        return
    width = area.dimensions[0]
    two = area.id in ("o__mot", "o__ser") and coding == "legacy"
    for channel in range(min(max(width // 2, 1) if two else width, _MOST)):
        fields: dict[str, Any] = {
            "name": f"{area.id} {channel}", "driver": driver, "area": area.id, "channel": channel,
            "coding": coding,
        }  # fmt: skip
        if driver == "motor":
            fields["pins"] = {"forward": pins.take(), "back": pins.take()}
            fields["max_power"] = 100
            if channel < 2:
                fields["wheel"] = ("left", "right")[channel]
        else:
            fields["pins"] = {"pin": pins.take()}
        yield Actuator.model_validate(fields)


# ---- FEAGI's capabilities

_OLD_SENSORS = {
    "infrared": ("i__inf", "digital"), "proximity": ("i__pro", "hcsr04"),
    "gpio_digital": ("idgpio", "digital"), "digital_input": ("idgpio", "digital"),
    "gpio_analog": ("iagpio", "analog"), "analog_input": ("iagpio", "analog"),
    "accelerometer": ("i__acc", "mpu6050"), "gyro": ("i__gyr", "mpu6050"),
    "shock": ("ishock", "digital"), "battery": ("i__bat", "battery"),
    "servo_position": ("i_spos", "analog"), "servo_motion": ("i_smot", "quadrature"),
}  # fmt: skip
_OLD_MOTORS = {
    "motor": ("o__mot", "motor"), "servo": ("o__ser", "servo"), "led": ("o_misc", "led"),
    "gpio_digital": ("odgpio", "led"), "gpio_analog": ("oagpio", "pwm"),
    "digital_output": ("odgpio", "led"), "analog_output": ("oagpio", "pwm"),
}  # fmt: skip
_NEW_SENSORS = {"Infrared": "inf", "Proximity": "pro", "Shock": "shk", "Battery": "bat",
                "AnalogGPIO": "agp", "DigitalGPIO": "dgp", "ServoMotion": "svm"}  # fmt: skip
_NEW_MOTORS = {"RotaryMotor": "mot", "PositionalServo": "pse", "CountOutput": "cnt"}


def read_capabilities(path: Path) -> tuple[RobotFile, list[str]]:
    """The robot of a capabilities file, old or new. Raises RobotError."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RobotError(f"{path} cannot be read ({error.strerror})", "check the path") from None
    except (ValueError, RecursionError):
        raise RobotError(f"{path} is not JSON", _AGAIN) from None
    if isinstance(told, dict) and isinstance(told.get("capabilities"), dict):
        return _old(told["capabilities"], path)
    if isinstance(told, dict) and any(str(key).endswith("_coder_properties") or str(key) in (
        "input_units_and_encoder_properties", "output_units_and_decoder_properties",
    ) for key in told):  # fmt: skip
        return _new(told, path)
    raise RobotError(f"{path} holds no capabilities of FEAGI, old or new", _AGAIN)


def _devices(table: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The devices of one sensor's or motor's table, with their numbers."""
    if not isinstance(table, dict):
        return
    for key, device in table.items():
        if isinstance(device, dict) and not device.get("disabled"):
            index = str(device.get("feagi_index", key))
            yield (int(index) if index.isdigit() else 0), device


def _old(told: dict[str, Any], path: Path) -> tuple[RobotFile, list[str]]:
    pins = _Pins()
    sensors: list[Sensor] = []
    actuators: list[Actuator] = []
    left: list[str] = []
    for group, known in (("input", _OLD_SENSORS), ("output", _OLD_MOTORS)):
        for kind, table in (told.get(group) or {}).items():
            if kind not in known:
                left.append(f"{group} {kind}: no driver is known for it")
                continue
            area, driver = known[kind]
            for index, device in _devices(table):
                name = str(device.get("custom_name") or f"{kind} {index}")[:28]
                name += f" {index}" if any(p.name == name for p in [*sensors, *actuators]) else ""
                if group == "input":
                    sensors += _old_sensor(name, area, driver, index, device, pins, left)
                else:
                    actuators.append(_old_motor(name, area, driver, index, device, pins))
    return _file(path, sensors, actuators), left


def _old_sensor(
    name: str, area: str, driver: str, index: int, device: dict[str, Any], pins: _Pins,
    left: list[str],
) -> Iterator[Sensor]:  # fmt: skip
    low, high = device.get("min_value"), device.get("max_value")
    axes = len(low) if isinstance(low, list) else 1
    for axis in range(axes):
        fields: dict[str, Any] = {
            "name": f"{name} {axis}" if axes > 1 else name, "driver": driver, "area": area,
            "channel": index * axes + axis,
        }  # fmt: skip
        for key, end in (("min", low), ("max", high)):
            number = end[axis] if isinstance(end, list) and axis < len(end) else end
            # The range of a switch is 0 and 1; that of a gyro is in the driver's own numbers.
            if isinstance(number, int | float) and driver in ("hcsr04", "analog", "battery"):
                fields[key] = number
        if driver == "hcsr04":
            fields["pins"] = {"trigger": pins.take(), "echo": pins.take()}
            fields["at"] = (0, 0, 0)
        elif driver == "mpu6050":
            fields["pins"] = {"scl": 22, "sda": 21}
            fields["value"] = ("gyro_" if "gyr" in area else "accel_") + "xyz"[axis % 3]
            if axis == 0:
                left.append(f"{name}: min and max are in {driver}'s own numbers, −32768..32767")
        elif driver == "quadrature":
            fields["pins"] = {"a": pins.take(), "b": pins.take()}
        else:
            fields["pins"] = {"pin": pins.take(driver in ("analog", "battery"))}
        yield Sensor.model_validate(fields)


def _old_motor(
    name: str, area: str, driver: str, index: int, device: dict[str, Any], pins: _Pins
) -> Actuator:
    fields: dict[str, Any] = {"name": name, "driver": driver, "area": area, "channel": index}
    power = device.get("max_power")
    if isinstance(power, int | float) and power >= 1:
        fields["max_power"] = min(int(power), 16383)
    if driver == "motor":
        fields["pins"] = {"forward": pins.take(), "back": pins.take()}
        # 0 and −1 are in files of FEAGI, and leave its window without any value.
        window = device.get("rolling_window_len")
        fields["window"] = min(window, 16) if isinstance(window, int) and window > 0 else 1
        if index < 2:
            fields["wheel"] = ("left", "right")[index]
    else:
        fields["pins"] = {"pin": pins.take()}
    if driver == "servo":
        for key, source in (("min", "min_value"), ("max", "max_value"), ("start", "default_value")):
            if isinstance(device.get(source), int | float):
                fields[key] = device[source]
    return Actuator.model_validate(fields)


def _new(told: dict[str, Any], path: Path) -> tuple[RobotFile, list[str]]:
    pins = _Pins()
    sensors: list[Sensor] = []
    actuators: list[Actuator] = []
    left: list[str] = []
    for group, known in (
        ("input_units_and_encoder_properties", _NEW_SENSORS),
        ("output_units_and_decoder_properties", _NEW_MOTORS),
    ):
        for unit, entries in (told.get(group) or {}).items():
            if unit not in known:
                left.append(f"{unit}: no driver is known for it")
                continue
            for entry in entries if isinstance(entries, list) else []:
                _new_unit(known[unit], entry, pins, sensors, actuators, left)
    return _file(path, sensors, actuators), left


def _new_unit(
    unit: str, entry: Any, pins: _Pins, sensors: list[Sensor], actuators: list[Actuator],
    left: list[str],
) -> None:  # fmt: skip
    from .feagi3 import area_id, servo_ids

    head = entry[0] if isinstance(entry, list) and entry else entry
    if not isinstance(head, dict):
        left.append(f"{unit}: an entry that is no unit")
        return
    group = head.get("cortical_unit_index", 0)
    flags = head.get("io_configuration_flags") or {}
    fractional = str(flags.get("percentage_neuron_positioning", "")).lower() == "fractional"
    incremental = str(flags.get("frame_change_handling", "")).lower() == "incremental"
    acts = unit in _NEW_MOTORS.values()
    if unit == "pse":
        ids = [_text(i) for i in servo_ids(group, fractional=fractional)]
    else:
        ids = [_text(area_id("o" if acts else "i", unit, group=group, incremental=incremental,
                             fractional=fractional))]  # fmt: skip
    channels = head.get("device_grouping") or [{}]
    for channel, device in enumerate(channels):
        told = device.get("friendly_name") if isinstance(device, dict) else None
        number = device.get("channel_index_override") if isinstance(device, dict) else None
        fields: dict[str, Any] = {
            "name": f"{told or unit} {group}.{channel}"[:32], "area": ids[0], "coding": "feagi3",
            "channel": number if isinstance(number, int) else channel,
            "positioning": "fractional" if fractional else "linear",
        }  # fmt: skip
        if acts:
            fields["driver"] = {"mot": "motor", "pse": "servo"}.get(unit, "pwm")
            fields["pins"] = (
                {"forward": pins.take(), "back": pins.take()} if unit == "mot"
                else {"pin": pins.take()}
            )  # fmt: skip
            if unit == "pse":
                fields["hop_area"] = ids[1]
            if unit == "mot" and channel < 2:
                fields["wheel"] = ("left", "right")[channel]
            actuators.append(Actuator.model_validate(fields))
        else:
            driver = _SENSORS["i" + unit]
            fields["driver"] = driver
            fields["pins"] = (
                {"trigger": pins.take(), "echo": pins.take()} if driver == "hcsr04"
                else {"a": pins.take(), "b": pins.take()} if driver == "quadrature"
                else {"pin": pins.take(driver in ("analog", "battery"))}
            )  # fmt: skip
            sensors.append(Sensor.model_validate(fields))


def _text(key: bytes) -> str:
    """An id as ganglion writes it: its characters, or base64 if it has others."""
    try:
        text = key.decode("ascii")
        return text if text.isprintable() else base64.b64encode(key).decode()
    except (UnicodeDecodeError, binascii.Error):
        return base64.b64encode(key).decode()


def _file(path: Path, sensors: list[Sensor], actuators: list[Actuator]) -> RobotFile:
    robot = RobotFile.model_validate({"name": path.stem[:32] or "robot"})
    return robot.model_copy(update={"sensor": sensors, "actuator": actuators})
