"""Machine: MicroPython's `machine` for the virtual device, with a room behind its pins.

In:  world.json: walls, a robot's body, and which pin is which part of it (host: robot/world.py).
Out: Pin, ADC, PWM, I2C, Encoder, time_pulse_us and bitstream, as drivers use them; burst(), by
     which a burst of the brain goes by in the room.
Never: on a board; a clock: an echo takes no time, it only says how long it would have taken.
"""

import json

from room import Parts, Room

with open("world.json") as _file:
    _world = json.load(_file)
_radius, _base, _speed, _steps = _world["body"]
room = Room(_world["walls"], _world["start"], _radius, _base, _speed, _steps, _world["period_us"])
contact = _world.get("contact", False)  # whether motors stop when the host is silent
_parts = Parts(room, _world["full"])
_inputs = {}  # by pin: what is to be read there
_wheels = {}  # by pin: right or not, 1 forward or -1 back
_devices = {}  # by I2C address
_duty = {}  # by pin
_level = {}  # by pin


class _Laser:
    """A VL53L0X: always ready."""

    def __init__(self, part):
        self._part = part

    def read(self, register, buffer):
        if register == 0x13:
            buffer[0] = 7
        elif register == 0x1E:
            away = _parts.read(*self._part)[0]
            buffer[0] = away >> 8
            buffer[1] = away & 255

    def write(self, register, data):
        pass


class _Gyro:
    """An MPU6050."""

    def __init__(self, part):
        self._part = part

    def read(self, register, buffer):
        values = _parts.read(*self._part)
        for k, i in enumerate((0, 2, 4, 8, 10, 12)):
            buffer[i] = values[k] >> 8 & 255
            buffer[i + 1] = values[k] & 255

    def write(self, register, data):
        pass


class _Channels:
    """A PCA9685, of which some channels are wheels."""

    def __init__(self):
        self.wheels = {}

    def read(self, register, buffer):
        pass

    def write(self, register, data):
        if register >= 6 and len(data) == 4:
            channel = (register - 6) // 4
            if channel in self.wheels:
                count = data[2] | data[3] << 8
                _told(self.wheels[channel], count * 65535 // 4095)


_sides = [[0, 0], [0, 0]]  # of each wheel: forward, back


def _told(wheel, share):
    right, back = wheel
    _sides[right][back] = share
    _parts.tell(right, _sides[right][0] - _sides[right][1])


for _part in _world["parts"]:
    _kind, _driver, _params, _more = _part
    if _kind == "wheel":
        if _driver == "motor":
            _wheels[_params[0]] = (_more, 0)
            _wheels[_params[1]] = (_more, 1)
        elif _driver == "motor_enable":
            _wheels[_params[0]] = (_more, _params[1], _params[2])
        elif _driver == "pca9685_motor":
            _device = _devices.setdefault(_params[2], _Channels())
            _device.wheels[_params[3]] = (_more, 0)
            _device.wheels[_params[4]] = (_more, 1)
    elif _driver == "hcsr04":
        _inputs[_params[1]] = _part
    elif _driver == "vl53l0x":
        _devices[_params[2]] = _Laser(_part)
    elif _driver == "mpu6050":
        _devices[_params[2]] = _Gyro(_part)
    elif _driver == "quadrature" or _params:
        _inputs[_params[0]] = _part


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 1, 3, 2, 1
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        if value is not None:
            _level[id] = value

    def value(self, level=None):
        if level is not None:
            _level[self.id] = level
            return None
        part = _inputs.get(self.id)
        if part is None:
            return _level.get(self.id, 0)
        # A switch that is turned round reads 0 when it is pressed.
        return _parts.read(*part)[0] ^ (part[2][2] if part[1] == "digital" else 0)


class ADC:
    def __init__(self, pin):
        self._part = _inputs.get(pin.id)

    def read_u16(self):
        return _parts.read(*self._part)[0] if self._part else 0


class PWM:
    def __init__(self, pin, *, freq=0, duty_u16=0):
        self._pin = pin.id
        self._freq = freq
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        _duty[self._pin] = duty
        wheel = _wheels.get(self._pin)
        if wheel is None:
            return
        if len(wheel) == 2:
            _told(wheel, duty)
        else:  # an enable input
            right, in1, in2 = wheel
            _told((right, 0), duty if _level.get(in1, 0) else 0)
            _told((right, 1), duty if _level.get(in2, 0) else 0)

    def duty_ns(self, ns):
        _duty[self._pin] = ns * self._freq // 1000 * 65535 // 1000000


class I2C:
    def __init__(self, id, *, scl=None, sda=None, freq=400000):
        pass

    def _device(self, address):
        if address not in _devices:
            raise OSError(19)  # ENODEV, as a bus on which nobody answers
        return _devices[address]

    def readfrom_mem_into(self, address, register, buffer):
        self._device(address).read(register, buffer)

    def writeto_mem(self, address, register, data):
        self._device(address).write(register, data)


class Encoder:
    """A counter of steps. The part counts from reading to reading, this from its beginning."""

    def __init__(self, id, a, b):
        self._part = _inputs.get(a.id)
        self._steps = 0

    def value(self):
        if self._part:
            self._steps += _parts.read(*self._part)[0]
        return self._steps


def time_pulse_us(pin, level, timeout):
    part = _inputs.get(pin.id)
    if part is None:
        return -2
    us = _parts.read(*part)[0]
    return -1 if us > timeout else us


def bitstream(pin, encoding, timing, data):
    pass


def burst():
    """A burst goes by."""
    _parts.step()


def restart():
    """The robot is put back to where it starts."""
    room.reset()
    _parts.restart()
    for side in _sides:
        side[0] = side[1] = 0
