"""Robots: which sensor enters which area, which area moves which motor; files of them.

In:  a brain; a robot file, or what one is proposed from.
Out: the brain with its robot compiled in; its maker's own drivers; a proposal; every misfit.
Never: a driver that is not there passed over in silence.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from ..blob.container import encode
from ..errors import RobotError, UsageError
from ..robot.compile import compile_robot
from ..robot.draft import Misfit
from ..robot.drivers import USER
from ..robot.file import RobotFile, as_toml, read_robot
from ..robot.own import absent, own_drivers
from .brains import OpenedBrain, Source, StoredBrain, open_brain
from .progress import Tell, unheard

__all__ = ["Fit", "Proposal", "check_robot", "propose_robot", "with_robot"]

_HEAD = "# {}. Put the pins right, then: ganglion robot check BRAIN {}\n"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A robot file to be put right."""

    robot: RobotFile
    source: str
    """the name of the file that it was proposed from"""
    left_out: tuple[str, ...]
    """what has no place in it, in sentences"""

    def text(self, name: str = "ROBOT") -> str:
        """The file as TOML; `name`: what it will be called."""
        return _HEAD.format(f"Proposed from {self.source}", name) + as_toml(self.robot)

    def save(self, path: Path) -> None:
        """Writes it as a new file. Raises RobotError if there is one."""
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(self.text(str(path)))
        except FileExistsError:
            raise RobotError(f"{path} exists", "name another file") from None
        except OSError as error:
            raise RobotError(
                f"{path} cannot be written ({error.strerror})", "name another place"
            ) from None


@dataclass(frozen=True, slots=True)
class Fit:
    """How a robot fits a brain, a board and the clock."""

    misfits: tuple[Misfit, ...]
    notes: tuple[Misfit, ...]
    sensors: int
    outputs: int
    period_us: int
    cost_us: int
    """of all drivers, in one burst"""

    def as_dict(self) -> dict[str, object]:
        """The same, JSON-ready."""
        return {
            "fits": not self.misfits, "misfits": [str(m) for m in self.misfits],
            "notes": [str(n) for n in self.notes], "sensors": self.sensors,
            "outputs": self.outputs, "period_us": self.period_us, "cost_us": self.cost_us,
        }  # fmt: skip


def propose_robot(source: Path | None = None, capabilities: Path | None = None) -> Proposal:
    """A robot for a brain's input and output areas, or of FEAGI's capabilities, old or new.

    Raises UsageError unless one of the two is given, and what reading it raises.
    """
    from ..robot.propose import propose, read_capabilities

    if capabilities is not None and source is None:
        robot, left = read_capabilities(capabilities)
        return Proposal(robot, capabilities.name, tuple(left))
    if source is None or capabilities is not None:
        raise UsageError(
            "a robot is proposed from a genome or from --capabilities", "give one of them"
        )
    robot, left = propose(open_brain(source).network, source.stem)
    return Proposal(robot, source.name, tuple(left))


def check_robot(source: Source, robot: Path, board: str | None = None) -> Fit:
    """Everything of a robot file that does not fit a brain, a board (its own if none) or the clock.

    Raises RobotError for a file that is none.
    """
    from ..boards.board import load_board
    from ..robot.check import check

    described, _ = read_robot(robot)
    name = board or described.board
    compiled, misfits, notes = check(
        described, open_brain(source).network, load_board(name) if name else None
    )
    own_drivers(described, robot.parent)
    for module in absent(described, robot.parent):
        why = f"its driver {module}.py is not beside the robot file, and will not be sent"
        part = next(
            p for p in [*described.sensor, *described.actuator] if p.driver == USER + module
        )
        notes.append(Misfit(part.name, why))
    program = compiled.program
    return Fit(
        tuple(misfits), tuple(notes), program.slots, len(program.outputs), program.period_us,
        sum(d.cost_us for d in program.drivers),
    )  # fmt: skip


def with_robot(
    brain: StoredBrain, path: Path | None, tell: Tell = unheard
) -> tuple[bytes, dict[str, bytes]]:
    """The blob of a brain and its robot, and its maker's own drivers to go with it, by name."""
    if path is None:
        return brain.blob, {}
    robot, _ = read_robot(path)
    program = compile_robot(robot, brain.network)
    blob = brain.blob
    if brain.network.robot != program:  # else it is in there already, and perhaps signed
        blob = encode(replace(brain.network, robot=program))
    return blob, drivers_of(robot, path, tell)


def put_in(
    brain: StoredBrain, path: Path, tell: Tell = unheard
) -> tuple[OpenedBrain, RobotFile, str, dict[str, bytes]]:
    """A brain with the robot of a file in it; the robot, the file's text, and the drivers."""
    robot, text = read_robot(path)
    network = replace(brain.network, robot=compile_robot(robot, brain.network))
    return OpenedBrain(network, encode(network)), robot, text, drivers_of(robot, path, tell)


def drivers_of(robot: RobotFile, path: Path, tell: Tell = unheard) -> dict[str, bytes]:
    """The drivers of the user's own that lie beside a robot file; tells which do not."""
    for name in absent(robot, path.parent):
        tell(f"{name}.py is not beside {path}: the board is to have it already, as lib/{name}.py")
    return own_drivers(robot, path.parent)
