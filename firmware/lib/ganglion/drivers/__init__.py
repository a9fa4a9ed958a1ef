"""Drivers: what a robot's parts understand. A module each, loaded only if a robot has the part.

A driver of your own is a module in /lib with a class Driver of this form:

    class Driver:
        def __init__(self, params):     # the whole numbers of the robot file
        def read(self, out, at):        # a sensor: out[at] = an integer; True if it answered
        def write(self, value):         # a motor: an integer
        def stop(self):                 # a motor: to rest, at once

Neither read nor write may allocate, or wait longer than the robot's burst allows. An OSError from
read says that the sensor did not answer; any other exception ends the run, and stops the motors.
"""

NAMES = (
    "analog", "battery", "digital", "hcsr04", "led", "motor", "motor_enable", "mpu6050", "neopixel",
    "pca9685_motor", "pca9685_servo", "pwm", "quadrature", "servo", "vl53l0x",
)  # fmt: skip
