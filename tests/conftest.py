"""What several tests need: the real MicroPython, a small brain, and a device that runs it."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ganglion.boards.programs import firmware_dir
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.recording.file import Recorder
from tests.support.brains import small_connectome
from tests.support.recordings import Recorded, record_run
from tests.support.targets import erasable, figure, pytest_terminal_summary  # noqa: F401
from tools.faults import alter
from tools.faults import micropython as run_micropython

ENOUGH = 2 << 30  # bytes; files of tests that passed are removed at once


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ganglion")
    group.addoption("--device", help="a board for tests/hardware: qemu, a port, virtual; erased")
    group.addoption("--board", help="what it is; qemu-esp32 if emulated, else esp32")


def pytest_configure() -> None:
    """A shell gives what it starts with & an interrupt that is ignored, and so would our children
    inherit it; tests that interrupt them would wait for ever."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_files_in_memory()
    gc.disable()  # until all modules are there: nothing of them is garbage


def pytest_collection_finish() -> None:
    gc.enable()


def _keep_files_in_memory() -> None:
    """Where there is enough of it, and unless TMPDIR says otherwise: who writes a small file anew
    waits for the disk, and virtual boards and the firmware's tests do little else."""
    place = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(place, os.W_OK):
        return
    about = os.statvfs(place)
    if about.f_bavail * about.f_frsize >= ENOUGH and not about.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(place)
        tempfile.tempdir = None  # it is asked for anew


@pytest.fixture(scope="session")
def micropython() -> Callable[..., bytes]:
    """Runs a program under the real MicroPython, with the firmware's modules, in a directory."""
    return run_micropython


@pytest.fixture(scope="session")
def small_brain() -> Brain:
    return compile_connectome(small_connectome())


@pytest.fixture
def alter_firmware(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Has virtual devices to come run firmware with text behind, or before, that of a module."""
    place = tmp_path_factory.mktemp("altered") / "firmware"
    shutil.copytree(firmware_dir(), place)
    monkeypatch.setattr("ganglion.device.virtual.firmware_dir", lambda: place)
    return partial(alter, place)


@pytest.fixture
def device() -> Iterator[Device]:
    """A fresh virtual device without a brain."""
    with open_device("virtual") as opened:
        yield opened


@pytest.fixture
def robot(device: Device, small_brain: Brain) -> Device:
    """A virtual device with the small brain on it."""
    device.put(small_brain.blob)
    return device


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, small_brain: Brain) -> Iterator[Recorded]:
    """Two runs of the small brain, random:1 and random:2, in one recording of a MicroPython."""
    path = tmp_path_factory.mktemp("recorded") / "two runs.gbr"
    with open_device("virtual") as device:
        device.put(small_brain.blob)
        with Recorder(path, small_brain.blob, {"device": "virtual"}) as recorder:
            record_run(device, recorder, "random:1")
            record_run(device, recorder, "random:2")
    yield Recorded(path, small_brain)
