"""Own: the drivers that a robot's maker wrote, as they lie beside the robot file.

In:  a RobotFile, the directory that it lies in.
Out: the source of each driver `user:NAME`, from NAME.py there, by its file's name on a board.
Never: runs a driver here; lets pass what is not Python, or whose class lacks what a board calls.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from ..errors import RobotError
from .drivers import USER
from .file import RobotFile

MOST = 16_384  # bytes of a source, which a board compiles in its own memory
_FORM = "docs/robot.md shows the form of a driver of your own"


def own_drivers(robot: RobotFile, directory: Path) -> dict[str, bytes]:
    """The sources, by name on the board (`lib/NAME.py`); a file that is not there is left out.

    Raises RobotError with what is wrong with the first that cannot be a driver.
    """
    needs: dict[str, set[str]] = {}
    for part, methods in _users(robot):
        needs.setdefault(part, {"__init__"}).update(methods)
    found = {}
    for name in sorted(needs):
        path = directory / f"{name}.py"
        try:
            source = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise RobotError(f"{path} cannot be read ({error.strerror})", _FORM) from None
        _check(path, source, needs[name])
        found[f"lib/{name}.py"] = source
    return found


def absent(robot: RobotFile, directory: Path) -> list[str]:
    """The names of drivers whose file is not beside the robot file."""
    names = {name for name, _ in _users(robot)}
    return sorted(name for name in names if not (directory / f"{name}.py").exists())


def _users(robot: RobotFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    for parts, methods in ((robot.sensor, ("read",)), (robot.actuator, ("write", "stop"))):
        for part in parts:
            if part.driver.startswith(USER):
                yield part.driver[len(USER) :], methods


def _check(path: Path, source: bytes, needed: set[str]) -> None:
    if len(source) > MOST:
        raise RobotError(
            f"{path} has {len(source):,} bytes; a board takes at most {MOST:,}", "make it smaller"
        )
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise RobotError(f"{path}{where} is not Python ({why})", _FORM) from None
    made = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Driver"]
    imported = any(
        alias.asname == "Driver" or (alias.asname is None and alias.name == "Driver")
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )
    if not made and imported:
        return
    if not made:
        raise RobotError(f"{path} has no class Driver", _FORM)
    if made[-1].bases:  # what it has from there is not known here
        return
    has = {node.name for node in made[-1].body if isinstance(node, ast.FunctionDef)}
    missing = sorted(needed - has)
    if missing:
        raise RobotError(f"{path}: its class Driver has no {', no '.join(missing)}", _FORM)
