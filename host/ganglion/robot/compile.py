"""Compile: a robot file and a brain become the robot's program.

In:  a RobotFile, a QuantizedNetwork.
Out: a Program; and what does not fit, each as a sentence that names the part.
Never: a program of a robot that does not fit its brain.
"""

from dataclasses import dataclass

from ..errors import RobotError
from ..network.model import QuantizedNetwork
from ..network.robot import MOST_INPUT, MOST_OUTPUTS, MOST_SLOTS, Program, largest_input
from .actuators import Actuators
from .draft import Draft, Misfit
from .file import RobotFile
from .sensors import Sensors

MOST_REPORTS = 32_768  # bytes of a board's memory


@dataclass(frozen=True, slots=True)
class Compiled:
    program: Program
    misfits: tuple[Misfit, ...]
    notes: tuple[Misfit, ...]  # what is odd, and may be meant


def compile_robot(robot: RobotFile, network: QuantizedNetwork) -> Program:
    """The program. Raises RobotError with the first misfit, and how many there are."""
    compiled = try_compile(robot, network)
    if compiled.misfits:
        more = len(compiled.misfits) - 1
        raise RobotError(
            f"the robot does not fit the brain: {compiled.misfits[0]}"
            + (f" (and {more} more)" if more else ""),
            "`ganglion robot check BRAIN ROBOT` names every misfit",
        )
    return compiled.program


def try_compile(robot: RobotFile, network: QuantizedNetwork) -> Compiled:
    """The program as far as it can be made, and what does not fit."""
    draft = Draft(robot, network)
    sensors, actuators = Sensors(draft), Actuators(draft)
    for sensor in robot.sensor:
        sensors.add(sensor)
    for actuator in robot.actuator:
        actuators.add(actuator)
    return _finished(draft)


def _finished(draft: Draft) -> Compiled:
    period = round(draft.robot.period_ms * 1000) or draft.network.timestep_us
    if draft.slots > MOST_SLOTS or len(draft.outputs) > MOST_OUTPUTS:
        draft.misfits.append(Misfit(
            draft.robot.name, f"{draft.slots} readings and {len(draft.outputs)} outputs; a board "
            f"takes {MOST_SLOTS} and {MOST_OUTPUTS}",
        ))  # fmt: skip
    neuron, largest = largest_input(draft.encoders)
    if largest > MOST_INPUT:
        draft.misfits.append(Misfit(
            draft.robot.name, f"its sensors can give neuron {neuron} {largest:,} units in a burst; "
            f"a board takes {MOST_INPUT:,}: give it less, or compile the brain with fewer bits",
        ))  # fmt: skip
    report = 12 + 5 * draft.slots + 4 * len(draft.outputs)
    if draft.robot.ring * report > MOST_REPORTS:
        draft.misfits.append(Misfit(
            draft.robot.name, f"ring = {draft.robot.ring} reports of {report} bytes are more "
            f"than a board's {MOST_REPORTS:,}; the most is {MOST_REPORTS // report}",
        ))  # fmt: skip
    program = Program(
        period, draft.robot.contact_ms, draft.robot.ring, draft.slots, tuple(draft.drivers),
        tuple(draft.encoders), tuple(draft.outputs),
    )  # fmt: skip
    return Compiled(program, tuple(draft.misfits), tuple(draft.notes))
