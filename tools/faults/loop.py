"""Loop: exceptions, exhausted memory, hangs and resets in the burst loop and at boot.

In:  a virtual device whose Brain does what its stimulus says at the burst that it says, and a
     watchdog like an ESP32's, which nothing but its being fed keeps from a reset.
Out: survived: one FAULT with a code, or a new start that says why; then the same brain, which runs
     as the reference does. Lost: silence, a second FAULT, another brain, a run that differs.
Never: a look inside the device: all is judged by what comes over the link.
"""

import random
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from ganglion.blob.container import brain_id
from ganglion.boards.board import load_board
from ganglion.boards.programs import firmware_dir
from ganglion.device.device import Device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link.codes import Code
from ganglion.link.handshake import greet
from ganglion.link.link import Link
from ganglion.link.messages import Burst, Doing, Done, Fault
from ganglion.link.ports import open_port

from . import Row, alter, at_once, robot, runs_right

CRASHES = ("ValueError", "ZeroDivisionError", "OSError", "recursion", "memory", "memory, kept")
HANG, RESET = len(CRASHES) + 1, len(CRASHES) + 2
EACH = 5
BITE = 1.5  # seconds; the firmware feeds it at least twice a second
# What stands behind the Brain of the firmware, and before its guard.
BRAIN = """
import os
_Brain = Brain
hog = [None]
class Brain(_Brain):
    fault = at = 0
    def stimulus(self, kind, seed, bits, chance):
        self.fault, self.at = (seed >> 16, seed & 0xFFFF) if kind and not chance else (0, 0)
        super().stimulus(kind, seed, bits, chance)
    def state(self, first, count):
        hog[0] = None
        return super().state(first, count)
    def step(self):
        if self.fault and self.burst == self.at:
            strike(self.fault)
        return super().step()
    def self_test(self):
        if "hang" in os.listdir():
            strike(7)
        return super().self_test()
def strike(fault):
    if fault == 1:
        raise ValueError("bad luck")
    if fault == 2:
        1 // 0
    if fault == 3:
        raise OSError(5)
    if fault == 4:
        strike(4)
    if fault == 5:
        exhaust([None])
    if fault == 6:
        exhaust(hog)
    while fault == 7:
        pass
    os.system("kill -9 $PPID")
def exhaust(into):
    size = 1 << 20
    while True:
        try:
            into[0] = (into[0], bytearray(size))
        except MemoryError:
            if size == 1:
                raise
            size >>= 1
"""
GUARD = """
import os, sys, time
class machine:
    @staticmethod
    def reset_cause():
        try:
            os.remove("bitten")
            return 3
        except OSError:
            return 1
    class WDT:
        def __init__(self, timeout):
            self.then = time.ticks_ms() - 100
            self.stopped = timeout > 60_000
            if self.stopped:
                os.remove("beat")
        def feed(self):
            now = time.ticks_ms()
            if not self.stopped and time.ticks_diff(now, self.then) >= 100:
                self.then = now
                open("beat", "w").close()
sys.modules["machine"] = machine
"""


def run(seed: int, scale: float) -> list[Row]:
    each = round(EACH * scale)
    with _board() as device:
        rows = [crash(device, name, seed, each) for name in CRASHES]
    return rows + at_once(
        partial(begin_anew, "reset in a run", RESET, seed, each),
        partial(begin_anew, "hang in a run", HANG, seed, max(1, round(scale / 2))),
        partial(hang_at_boot, seed, max(1, round(scale / 5))),
        partial(slow, seed, max(1, round(scale / 5))),
    )


def crash(device: Device, name: str, seed: int, count: int) -> Row:
    """An exception in a burst: one FAULT and no DONE, and the device goes on."""
    row = Row("loop", f"loop: {name} in a burst", seed)
    rng = random.Random(f"{seed} {name}")
    for _ in range(count):
        at = rng.randrange(200)
        device.configure(stimulus=(CRASHES.index(name) + 1 << 16 | at, 0, 0), lossless=True)
        device.start()
        *bursts, end = device.events()
        row.check(
            isinstance(end, Fault)
            and (end.code, end.number) == (Code.CRASH, at)
            and len(bursts) == at
            and all(isinstance(burst, Burst) for burst in bursts)
            and device.hello().fault == Code.CRASH
            and device.greeting.doing == Doing.READY
            and not list(device.poll(0))
            and len(device.read_state(0, 1).potential) == 1  # which gives memory back
            and runs_right(device)
            and device.hello().fault == Code.OK,
            "one FAULT",
            f"burst {at} ended in {end}, then {device.greeting}",
        )
    return row


def begin_anew(name: str, fault: int, seed: int, count: int) -> Row:
    """A run that ends in a reset: the host is told so, and the brain is there again."""
    row = Row("loop", f"loop: {name}", seed)
    rng = random.Random(f"{seed} {name}")
    hang = fault == HANG
    expected = (3, Code.WATCHDOG) if hang else (1, Code.OK)
    for _ in range(count):
        with _board() as device:
            device.configure(stimulus=(fault << 16 | rng.randrange(200), 0, 0), lossless=True)
            device.start()
            told = ""
            try:
                list(device.events())
            except DeviceError as error:
                told = str(error)
            hello = greet(device.link)
            row.check(
                "began anew during the run" in told
                and (hello.reset_cause, hello.fault) == expected
                and (hello.doing, hello.brain_id) == (Doing.READY, brain_id(robot().blob))
                and runs_right(device),
                "bitten" if hang else "began anew",
                f"the host was told {told!r}, then {hello}",
            )
    return row


def hang_at_boot(seed: int, count: int) -> Row:
    """A brain that hangs in its self-test: the watchdog, three times, then safe mode."""
    row = Row("loop", "loop: hang at each boot", seed)
    for _ in range(count):
        with _board() as device:
            virtual = device.virtual
            assert isinstance(virtual, VirtualDevice)
            (virtual.flash / "hang").touch()
            virtual.reset()
            hello = greet(device.link, fresh=True)
            right = (hello.doing, hello.boots, hello.fault) == (
                Doing.SAFE_MODE, 3, Code.WATCHDOG,
            )  # fmt: skip
            (virtual.flash / "hang").unlink()
            device.put(robot().blob, force=True)
            row.check(right and runs_right(device), "safe mode", f"it came to {hello}")
    return row


def slow(seed: int, count: int) -> Row:
    """Bursts further apart than the watchdog's patience: no fault, and so no reset."""
    row = Row("loop", "loop: a period longer than the watchdog's", seed)
    with _board() as device:
        for _ in range(count):
            device.configure(period_us=round(1.6e6 * BITE), digest_every=0)
            device.start(2)
            *bursts, end = device.events()
            right = len(bursts) == 2 and isinstance(end, Done) and device.hello().reset_cause == 1
            row.check(right, "not bitten", f"it came to {end}, then {device.greeting}")
    return row


class Watchdog(threading.Thread):
    """The chip's: resets a device whose file `beat` has not been touched for BITE seconds."""

    def __init__(self, virtual: VirtualDevice) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._virtual = virtual
        self._over = threading.Event()

    def run(self) -> None:
        beat = self._virtual.flash / "beat"
        while not self._over.wait(0.05):
            try:
                age = time.time() - beat.stat().st_mtime
            except FileNotFoundError:
                continue
            if age > BITE:
                beat.unlink(missing_ok=True)
                (self._virtual.flash / "bitten").touch()
                self._virtual.reset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.join()


@contextmanager
def _board() -> Iterator[Device]:
    """A device with the robot's brain, our Brain and guard, and a watchdog."""
    board = load_board("virtual")
    boot = board.boot.model_copy(update={"watchdog_ms": round(BITE * 1000)})
    board = board.model_copy(update={"boot": boot})
    with tempfile.TemporaryDirectory() as place:
        flash, firmware = Path(place) / "flash", Path(place) / "firmware"
        shutil.copytree(firmware_dir(), firmware)
        alter(firmware, "brain", BRAIN)
        alter(firmware, "guard", before=GUARD)
        with (
            VirtualDevice(flash, board=board, heap=2 << 20, firmware=firmware) as virtual,
            Watchdog(virtual),
        ):
            link = Link(open_port(virtual.path, 115200), "the device")
            with Device(link, greet(link, fresh=True), virtual) as device:
                device.put(robot().blob)
                yield device
