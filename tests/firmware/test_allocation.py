"""No allocation in the burst loop: every STATS of a run tells the same free heap."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.blob.robot import encode_robot
from ganglion.brains import open_brain
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.open import open_device
from ganglion.examples import path as example
from ganglion.examples import robot as example_robot
from ganglion.frontends import synthetic
from ganglion.frontends.read import connectome_of
from ganglion.link.messages import Burst, Stats
from ganglion.reference.stimulus import RandomStimulus, parameters
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import read_robot
from tests.support import ROOT
from tests.support.robots import robot_file, wired_brain

STIMULUS = RandomStimulus.at_rate(7, 0.1)
IN_MEMORY, IN_THE_FILE = 8_388_608, 180_000  # bytes of heap, and where the synapses then are


def figures(brain: Brain, heap: int, bursts: int) -> tuple[list[int], int]:
    """The free heap of every STATS of a run, one in each ten bursts, and the run's spikes."""
    with open_device("virtual", heap=heap) as device:
        device.put(brain.blob)
        device.configure(stimulus=parameters(STIMULUS), lossless=True, stats_every=10)
        device.start(bursts)
        events = list(device.events())
    spikes = sum(event.fired for event in events if isinstance(event, Burst))
    return [event.heap_free for event in events if isinstance(event, Stats)], spikes


def test_5000_bursts_of_the_example_robot_leave_the_heap_as_it_was() -> None:
    heaps, spikes = figures(compile_connectome(connectome_of(example("wall_avoider"))[0]),
                            IN_MEMORY, 5_000)  # fmt: skip
    assert len(heaps) == 500
    assert spikes > 25_000
    assert set(heaps) == {heaps[0]}


@pytest.mark.parametrize("heap", [IN_MEMORY, IN_THE_FILE])
def test_2000_bursts_of_20000_synapses_leave_the_heap_as_it_was_wherever_those_are(
    heap: int,
) -> None:
    heaps, spikes = figures(compile_connectome(synthetic.network(2_000, 10)), heap, 2_000)
    assert len(heaps) == 200
    assert spikes > 10_000
    assert set(heaps) == {heaps[0]}


MEASURED = """
import gc
import sys

sys.path.insert(0, "lib")
from array import array

from ganglion import robot as module
from ganglion.drivers import NAMES


class Pins:
    IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = range(6)

    def __init__(self, id, mode=0, pull=0, *, value=None):
        pass

    def value(self, level=None):
        return 1

    def irq(self, handler, trigger):
        pass


class Voltage:
    def __init__(self, pin):
        pass

    def read_u16(self):
        return 40000


class Pulses:
    def __init__(self, pin, *, freq=0, duty_u16=0):
        pass

    def duty_u16(self, duty):
        pass

    def duty_ns(self, ns):
        pass


class Bus:
    def __init__(self, id, *, scl=None, sda=None, freq=0):
        pass

    def readfrom_mem_into(self, address, register, buffer):
        buffer[0] = 7

    def writeto_mem(self, address, register, buffer):
        pass


class Machine:
    Pin, ADC, PWM, I2C = Pins, Voltage, Pulses, Bus

    def time_pulse_us(pin, level, timeout):
        return 900

    def bitstream(pin, encoding, timing, data):
        pass


sys.modules["machine"] = Machine


class Brain:
    def inject(self, neuron, amount):
        pass


robot = module.Robot(array("i", WORDS))

robot.begin(1)
brain = Brain()
fired = bytearray(N)
digest = bytearray(8)


def burst(n):
    for i in range(N):
        fired[i] = n * 37 + i * 11 & 255
    robot.sense(brain, n)
    robot.act(fired)
    robot.drive(n % 50 == 0)
    robot.past.keep(n, digest, 3, 1)
    robot.rest()


for n in range(1, 100):
    burst(n)
gc.collect()
gc.disable()
before = gc.mem_alloc()
for n in range(100, 1100):
    burst(n)
print(gc.mem_alloc() - before, sum(robot.states))
"""


@pytest.mark.parametrize("name", ["wall_avoider", "two_eyes", "three_infrared", "of these tests"])
def test_a_thousand_bursts_of_a_robot_with_its_real_drivers_allocate_nothing(
    name: str, tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    """Behind the drivers is a machine that does nothing: what is counted is ours alone."""
    if name == "of these tests":  # HC-SR04 and servo
        robot, network = robot_file(), wired_brain()
    else:
        robot, _ = read_robot(example_robot(name))
        network, _ = open_brain(example(name))
    program = compile_robot(robot, network)
    words = struct.unpack(f"<{len(encode_robot(program)) // 4}i", encode_robot(program))
    text = MEASURED.replace("WORDS", str(list(words))).replace("N)", f"{network.n_neurons})")
    (tmp_path / "lib").symlink_to(ROOT / "firmware" / "lib")
    allocated, states = micropython(text, tmp_path).split()
    assert int(states) > 0
    assert int(allocated) == 0
