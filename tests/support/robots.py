"""A robot and a brain for it, made without a genome.

In:  nothing.
Out: a brain whose inputs and motors are wired one to one, and the text of a robot file for it.
Never: a random number.
"""

import numpy as np

from ganglion.compiler import compile_connectome
from ganglion.connectome.model import Area, Connectome, Dynamics
from ganglion.network.model import QuantizedNetwork
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import RobotFile, parse_robot

DEPTH = 10


def _area(name: str, group: str, first: int, dimensions: tuple[int, int, int]) -> Area:
    count = dimensions[0] * dimensions[1] * dimensions[2]
    return Area(
        id=name, name=name, group=group, dimensions=dimensions, neurons_per_voxel=1,
        position=(0, 0, 0), first=first, count=count, mp_charge_accumulation=False,
        mp_driven_psp=False, psp_uniform=True, dynamics=Dynamics.ON_INPUT,
    )  # fmt: skip


def wired_connectome() -> Connectome:
    """i__pro 4 x 1 x 10 excites o__mot 4 x 1 x 10 and o__ser 4 x 1 x 10, voxel by voxel."""
    areas = tuple(
        _area(name, group, 40 * i, (4, 1, DEPTH))
        for i, (name, group) in enumerate((("i__pro", "IPU"), ("o__mot", "OPU"), ("o__ser", "OPU")))
    )
    n = 120
    source = np.repeat(np.arange(40), 2)
    target = np.stack([np.arange(40) + 40, np.arange(40) + 80], axis=1).ravel()
    zeros, ones = np.zeros(n, np.float32), np.ones(n, np.float32)
    u16 = np.zeros(n, np.uint16)
    return Connectome(
        genome_id="wired", title="inputs wired to motors", precision="int8", timestep=0.02,
        areas=areas, power_neuron=None, area=np.repeat([0, 1, 2], 40).astype(np.int32),
        threshold=ones, threshold_limit=zeros, leak=zeros, refractory_period=u16,
        consecutive_fire_limit=u16, snooze=u16, excitability=ones,
        source=source.astype(np.int32), target=target.astype(np.int32),
        weight=np.ones(80, np.uint8), psp=np.ones(80, np.uint8),
        inhibitory=np.zeros(80, bool), projection=np.zeros(80, np.int32),
    )  # fmt: skip


def wired_brain() -> QuantizedNetwork:
    return compile_connectome(wired_connectome()).network


ROBOT = """
name = "test robot"
board = "esp32"
ring = 16

[[sensor]]
name = "left range"
driver = "hcsr04"
pins = { trigger = 16, echo = 34 }
area = "i__pro"
channel = 0
max = 100
every = 2
at = [30, 30, 40]

[[sensor]]
name = "right eye"
driver = "analog"
pins = { pin = 35 }
area = "i__pro"
channel = 1
min = 60000
max = 0
at = [30, -30, -40]

[[actuator]]
name = "left wheel"
driver = "motor"
pins = { forward = 25, back = 26 }
area = "o__mot"
max_power = 1023
window = 3
wheel = "left"

[[actuator]]
name = "right wheel"
driver = "motor"
pins = { forward = 27, back = 14 }
area = "o__mot"
channel = 1
max_power = 1023
window = 3
wheel = "right"

[[actuator]]
name = "neck"
driver = "servo"
pins = { pin = 13 }
area = "o__ser"
max_power = 5
"""


def robot_file(text: str = ROBOT) -> RobotFile:
    return parse_robot(text, "robot.toml")


def driven_network(text: str = ROBOT) -> QuantizedNetwork:
    """The wired brain with its robot."""
    from dataclasses import replace

    network = wired_brain()
    return replace(network, robot=compile_robot(robot_file(text), network))
