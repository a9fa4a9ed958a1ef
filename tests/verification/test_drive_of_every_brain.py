"""A robot's brain may learn, and may be of layers: its drive is proved and recomputed as any."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ganglion.blob.container import encode
from ganglion.brains import open_brain
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.network.model import QuantizedNetwork
from ganglion.recording.file import Recorder
from ganglion.recording.replay import open_run
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import parse_robot
from ganglion.robot.world import BUILT_IN, for_machine
from ganglion.verification.drive import Driver, Settings
from ganglion.verification.recorded import check
from tests.support import EXAMPLES
from tests.support.layers import random_network

BURSTS = 200
SENSOR = """
[[sensor]]
name = "sensor {i}"
driver = "user:turns"
params = [{every}, {most}]
area = "{area}"
channel = {i}
coding = "{coding}"
max = {most}
"""
MOTOR = """
[[actuator]]
name = "motor {i}"
driver = "led"
pins = {{ pin = {pin} }}
area = "{area}"
channel = {i}
coding = "raw"
max_power = 100
"""
# A reading that comes round: it depends on nothing but how often it was asked for.
TURNS = """
class Driver:
    def __init__(self, params):
        self._every, self._most = params
        self._n = 0

    def read(self, out, at):
        self._n += 1
        out[at] = self._most if self._n // self._every % 3 == 0 else self._n * 7 % self._most // 2
        return True
"""


@contextmanager
def board(network: QuantizedNetwork, text: str) -> Iterator[tuple[Device, QuantizedNetwork]]:
    robot = parse_robot(text, "robot.toml")
    program = compile_robot(robot, network)
    network = replace(network, robot=program)
    machine = for_machine(BUILT_IN, robot, program, program.period_us)
    with VirtualDevice(machine=machine) as virtual:
        (virtual.flash / "lib" / "turns.py").write_text(TURNS)
        with open_device(virtual.path) as device:
            device.put(encode(network))
            yield device, network


def drive(network: QuantizedNetwork, text: str, path: Path) -> tuple[int, int, bytes]:
    """Spikes and orders of a drive that was proved and recomputed, and what was learnt in it."""
    with board(network, text) as (device, whole):
        with Recorder(path, encode(whole), {"robot": text}) as recorder:
            device.link.tap = recorder.tap
            result = Driver(whole, device, None, Settings(BURSTS)).run()
        learnt = device.learnt() if whole.learning else b""
    assert result.identical, result.divergence
    assert result.bursts == BURSTS
    _, brain, run = open_run(path)
    verdict = check(brain, run)
    assert (verdict.identical, verdict.bursts) == (True, BURSTS), verdict.divergence
    return result.spikes, result.driven, learnt


def test_a_brain_learns_while_it_drives(tmp_path: Path) -> None:
    network, _ = open_brain(EXAMPLES / "pairing.json")
    text = 'name = "pavlov"\n'
    for area in ("i_tone", "i_food"):
        for i in range(4):
            part = SENSOR.format(i=i, every=5 + i, most=100, area=area, coding="legacy")
            text += part.replace("sensor ", f"{area} ")
    for i in range(4):
        text += MOTOR.format(i=i, pin=16 + i, area="o_echo")
    spikes, driven, learnt = drive(network, text, tmp_path / "learns.gbr")
    assert spikes > BURSTS
    assert driven > 0
    with board(network, text) as (device, _):
        device.start(1)
        list(device.events())
        assert device.learnt() != learnt


@pytest.mark.parametrize("seed", (1, 2))
def test_a_brain_of_layers_drives(tmp_path: Path, seed: int) -> None:
    network = random_network(seed)
    first, last = network.areas[0], network.areas[-1]
    text = 'name = "layers"\nperiod_ms = 20\n' + SENSOR.format(
        i=0, every=2, most=3 * first.dimensions[2], area=first.id, coding="legacy"
    ) + MOTOR.format(i=0, pin=16, area=last.id)  # fmt: skip
    spikes, _, _ = drive(network, text, tmp_path / "layers.gbr")
    assert spikes > 0
