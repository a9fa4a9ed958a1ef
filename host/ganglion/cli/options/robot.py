"""Options: a robot file beside a brain, and the drivers that its maker wrote.

In:  a brain; the path of a robot file.
Out: the brain with its robot compiled in; the drivers' files, by their names on a board.
Never: a driver that is not there passed over in silence.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import rich_click as click

from ...blob.container import encode
from ...network.model import QuantizedNetwork
from ...robot.compile import compile_robot
from ...robot.file import RobotFile, read_robot
from ...robot.own import absent, own_drivers
from .talk import remark


def robot_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--robot, where it is not needed."""
    decorated: Callable[..., Any] = click.option(
        "--robot", "robot_path", type=click.Path(path_type=Path), metavar="FILE.toml",
        help="A robot file: its tables go into the brain, its own drivers onto the board.",
    )(function)  # fmt: skip
    return decorated


def with_robot(
    network: QuantizedNetwork, blob: bytes, path: Path | None
) -> tuple[bytes, dict[str, bytes]]:
    """The blob of a brain and its robot, and the drivers to go with it."""
    if path is None:
        return blob, {}
    robot, _ = read_robot(path)
    program = compile_robot(robot, network)
    if network.robot != program:  # else it is in there already, and perhaps signed
        blob = encode(replace(network, robot=program))
    return blob, drivers_of(robot, path)


def drivers_of(robot: RobotFile, path: Path) -> dict[str, bytes]:
    """The drivers of the user's own that lie beside a robot file; says which do not."""
    for name in absent(robot, path.parent):
        remark(f"{name}.py is not beside {path}: the board is to have it already, as lib/{name}.py")
    return own_drivers(robot, path.parent)
