"""Drive: sensors, drivers, hosts, cables and power that fail while a robot drives.

In:  a virtual device with a robot whose two drivers are of these trials: the sensor's does what its
     parameters say from a burst on, the motor's writes down what it is told.
Out: survived: the motors were told to stop, what was said is one sentence or a mark in the log, and
     the log is recomputed up to the fault. Lost: a motor that turns on, a log that is not whole.
Never: a look at more than the link, the log and what the motors were told.
"""

import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from ganglion.blob.container import encode
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link.frame import Type
from ganglion.link.messages import Burst
from ganglion.network.model import QuantizedNetwork
from ganglion.recording.file import Recorder
from ganglion.recording.replay import open_run
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import parse_robot
from ganglion.robot.world import BUILT_IN, for_machine
from ganglion.verification.drive import DRIVERS, Driver, DriveResult, Settings
from ganglion.verification.recorded import check
from tests.support.robots import wired_brain

from . import Row, at_once

EACH = 1
BURSTS = 60
PATIENCE = 60.0  # seconds; nothing here takes more than two
KINDS = {"does not answer": 1, "is not on its bus": 2, "is late": 3, "raises": 4}
ROBOT = """
name = "faults"
contact_ms = {contact_ms}
ring = 64

[[sensor]]
name = "gauge"
driver = "user:moody"
params = [{kind}, {at}]
area = "i__pro"
max = 100

[[actuator]]
name = "wheel"
driver = "user:diary"
params = [{stubborn}]
area = "o__mot"
"""
MOODY = """
import time
class Driver:
    def __init__(self, params):
        self._kind, self._at = params
        self._n = 0

    def read(self, out, at):
        self._n += 1
        if self._n >= self._at:
            if self._kind == 1:
                return False
            if self._kind == 2:
                raise OSError(19)
            if self._kind == 3:
                time.sleep_ms(8)
            if self._kind == 4:
                raise ValueError("no such gauge")
        out[at] = self._n * 37 % 101
        return True
"""
DIARY = """
class Driver:
    def __init__(self, params):
        self._file = open("diary", "w")
        self._stops = 0
        self._raises = params[0]

    def write(self, value):
        self._file.write("w")
        self._file.flush()

    def stop(self):
        self._file.write("S")
        self._file.flush()
        self._stops += 1
        if self._stops == self._raises:
            raise OSError(19)
"""


def run(seed: int, scale: float) -> list[Row]:
    each = max(1, round(EACH * scale))
    return at_once(
        *(partial(sensor, name, seed, each) for name in KINDS),
        partial(stubborn, seed, each),
        partial(silent, seed, each),
        partial(cut, seed, each, "the cable is pulled", VirtualDevice.unplug),
        partial(cut, seed, each, "the power is cut", VirtualDevice.reset),
    )


class Trial:
    """One drive on a device of its own."""

    def __init__(
        self, stack: ExitStack, kind: int = 0, at: int = 0, stubborn: int = 0,
        contact_ms: int = 60_000,
    ) -> None:  # fmt: skip
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        text = ROBOT.format(kind=kind, at=at, stubborn=stubborn, contact_ms=contact_ms)
        robot = parse_robot(text, "robot.toml")
        network = wired_brain()
        program = compile_robot(robot, network)
        self.network: QuantizedNetwork = replace(network, robot=program)
        machine = {**for_machine(BUILT_IN, robot, program, program.period_us), "contact": True}
        self.virtual = stack.enter_context(VirtualDevice(machine=machine))
        for name, text in (("moody", MOODY), ("diary", DIARY)):
            (self.virtual.flash / "lib" / f"{name}.py").write_text(text)
        self.device: Device = stack.enter_context(open_device(self.virtual.path))
        self.device.put(encode(self.network))
        self.path = place / "drive.gbr"
        self.told = ""
        self.result = DriveResult()

    def drive(self, bursts: int, on_burst: Callable[[int], None] = lambda number: None) -> None:
        """Until the end or until something is said."""

        def at(burst: Burst, pose: object) -> None:
            on_burst(burst.number)

        with Recorder(self.path, encode(self.network), {}) as recorder:
            self.device.link.tap = recorder.tap
            driver = Driver(self.network, self.device, None, Settings(bursts, DRIVERS, 5000), at)
            self.result = driver.result
            try:
                driver.run()
            except DeviceError as error:
                self.told = str(error)
        self.device.link.tap = None

    def at_rest(self, words: str = "") -> bool:
        """Whether the last that the motor was told, after it had moved or all together, is to stop;
        waits for that, but not for ever."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            diary = (self.virtual.flash / "diary").read_text()
            if diary == words if words else "w" in diary and diary.endswith("S"):
                return True
            time.sleep(0.02)
        return False

    def whole(self, least: int) -> bool:
        """Whether the log is recomputed, and goes as far as it must."""
        _, brain, recorded = open_run(self.path)
        verdict = check(brain, recorded)
        return verdict.identical and verdict.bursts >= least

    def seen(self) -> str:
        diary = (self.virtual.flash / "diary").read_text()
        return f"{self.told!r}, {self.result.as_dict()}, motors were told {diary[-9:]!r} at last"


def sensor(name: str, seed: int, count: int) -> Row:
    """A sensor's driver that goes wrong from some burst on."""
    row = Row("drive", f"drive: a sensor {name}", seed)
    rng = random.Random(f"{seed} {name}")
    for _ in range(count):
        at = rng.randrange(2, BURSTS)
        with ExitStack() as stack:
            trial = Trial(stack, KINDS[name], at)
            trial.drive(BURSTS)
            result = trial.result
            if name == "raises":
                right = "ValueError: no such gauge" in trial.told and result.bursts == at - 1
            else:
                failed = 0 if name == "is late" else BURSTS - at + 1
                right = not trial.told and (result.bursts, result.failed) == (BURSTS, failed)
            right = right and result.identical and trial.at_rest() and trial.whole(result.bursts)
            how = "one FAULT" if name == "raises" else "late" if name == "is late" else "stale"
            row.check(right, how, f"from burst {at} on: {trial.seen()}")
    return row


def stubborn(seed: int, count: int) -> Row:
    """A motor that raises when it is told to stop, at the end of a run."""
    row = Row("drive", "drive: a motor raises when it is to stop", seed)
    for _ in range(count):
        with ExitStack() as stack:
            trial = Trial(stack, stubborn=3)
            trial.drive(BURSTS)
            fault = trial.device.hello().fault
            right = fault == 32 and trial.at_rest() and trial.whole(BURSTS)
            row.check(right, "one FAULT", f"fault {fault}: {trial.seen()}")
    return row


def silent(seed: int, count: int) -> Row:
    """A host that says nothing for a while: the motors stop, the brain runs on, and all is told."""
    row = Row("drive", "drive: the host falls silent", seed)
    for _ in range(count):
        with ExitStack() as stack:
            trial = Trial(stack, contact_ms=100)
            device = trial.device
            with Recorder(trial.path, encode(trial.network), {}) as recorder:
                device.link.tap = recorder.tap
                device.configure(lossless=True, period_us=5000)
                device.drives(DRIVERS)
                device.start()
                stopped = trial.at_rest()
                stills = []
                end = time.monotonic() + PATIENCE
                while time.monotonic() < end and (True not in stills or stills[-1]):
                    device.link.command(Type.PING)
                    for event in device.poll(0):
                        if isinstance(event, Burst) and event.drive:
                            stills.append(event.drive.still)
                device.stop()
                list(device.events())
            device.link.tap = None
            right = stopped and True in stills and not stills[-1]
            right = right and trial.at_rest() and trial.whole(len(stills))
            row.check(right, "held still, then on", f"{len(stills)} bursts: {trial.seen()}")
    return row


def cut(seed: int, count: int, name: str, how: Callable[[VirtualDevice], None]) -> Row:
    """The cable or the power, in the midst of a drive."""
    row = Row("drive", f"drive: {name}", seed)
    rng = random.Random(f"{seed} {name}")
    for _ in range(count):
        at = rng.randrange(2, BURSTS)
        with ExitStack() as stack:
            trial = Trial(stack, contact_ms=2_000)
            virtual = trial.virtual

            def strike(number: int, at: int = at, virtual: VirtualDevice = virtual) -> None:
                if number == at:
                    how(virtual)

            trial.drive(100_000, strike)
            # After a power cut the diary is a new one: its first word is that of the start.
            rest = trial.at_rest("S" if how is VirtualDevice.reset else "")
            right = bool(trial.told) and "\n" not in trial.told and rest and trial.whole(at)
            row.check(right, "one sentence", f"at burst {at}: {trial.seen()}")
    return row
