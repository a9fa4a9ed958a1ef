"""Check: a robot against its brain, its board and its clock.

In:  a RobotFile, a QuantizedNetwork, perhaps a Board.
Out: every misfit as a sentence that names the part, and what is odd.
Never: stops at the first.
"""

from collections.abc import Iterator

from ..boards.board import Board
from ..network.model import QuantizedNetwork
from .compile import Compiled, try_compile
from .draft import Misfit
from .drivers import DRIVERS, USER, Part
from .file import Actuator, RobotFile, Sensor


def check(
    robot: RobotFile, network: QuantizedNetwork, board: Board | None
) -> tuple[Compiled, list[Misfit], list[Misfit]]:
    """The program, the misfits and the notes."""
    compiled = try_compile(robot, network)
    misfits = [*compiled.misfits, *_timing(robot, compiled)]
    notes = list(compiled.notes)
    if board is not None and board.pins is not None:
        for fault, grave in _pins(robot, board):
            (misfits if grave else notes).append(fault)
    misfits += [*_shared(robot), *_chips(robot)]
    return compiled, misfits, notes


def _timing(robot: RobotFile, compiled: Compiled) -> Iterator[Misfit]:
    """The most that a burst spends on reading and acting, against its period."""
    program = compiled.program
    if not program.period_us:
        return
    cycle = 1
    for driver in program.drivers:
        cycle = max(cycle, driver.every)
    worst = 0
    for burst in range(1, min(2 * cycle, 1000) + 1):
        worst = max(worst, sum(d.cost_us for d in program.drivers if d.due(burst)))
    if worst > program.period_us:
        slow = max(program.drivers, key=lambda d: d.cost_us)
        yield Misfit(
            slow.label,
            f"the parts take up to {worst:,} us of a burst, and its period is "
            f"{program.period_us:,} us; this one alone {slow.cost_us:,} us: read it less often, "
            f"or over a shorter range",
        )


def _parts(robot: RobotFile) -> list[Sensor | Actuator]:
    return [*robot.sensor, *robot.actuator]


def _uses(part: Sensor | Actuator) -> Iterator[tuple[str, int]]:
    known = DRIVERS.get(part.driver)
    if known is not None:
        for key in known.pins:
            number = part.pins.get(key, known.params.get(key))
            if number is not None and number >= 0:
                yield key, number


def _shared(robot: RobotFile) -> Iterator[Misfit]:
    """Pins that two parts have. A bus may be shared, and so may a driver of several values."""
    taken: dict[int, tuple[str, str, bool]] = {}
    for part in _parts(robot):
        known = DRIVERS.get(part.driver)
        if known is None:
            continue
        for key, pin in _uses(part):
            other = taken.setdefault(pin, (part.name, key, known.bus))
            both_bus = known.bus and other[2] and key == other[1]
            if other[:2] != (part.name, key) and not both_bus:
                yield Misfit(part.name, f"its {key} is pin {pin}, which is {other[0]}'s {other[1]}")


def _chips(robot: RobotFile) -> Iterator[Misfit]:
    """Chips of one bus at one address, and channels of one chip, that two parts have."""
    chips: dict[tuple[int | None, ...], Sensor | Actuator] = {}
    channels: dict[tuple[int | None, ...], str] = {}
    for part in _parts(robot):
        known = DRIVERS.get(part.driver)
        if known is None or not known.bus:
            continue

        def number(key: str, part: Sensor | Actuator = part, known: Part = known) -> int | None:
            return part.pins.get(key, known.params.get(key))

        chip = number("scl"), number("sda"), number("address")
        other = chips.setdefault(chip, part)
        kind, others = part.driver.partition("_")[0], other.driver.partition("_")[0]
        alone = len(known.values) == 1 and not known.acts  # one reading: a second part is no value
        if other is not part and (kind != others or alone):
            yield Misfit(part.name, f"its address {chip[2]} on this bus is {other.name}'s")
            continue
        for key in ("channel", "forward", "back"):
            if number(key) is None:
                continue
            user = channels.setdefault((*chip, number(key)), part.name)
            if user != part.name:
                yield Misfit(part.name, f"its {key} is channel {number(key)}, which is {user}'s")


def _pins(robot: RobotFile, board: Board) -> Iterator[tuple[Misfit, bool]]:
    pins = board.pins
    assert pins is not None
    for part in _parts(robot):
        known = DRIVERS.get(part.driver)
        if known is None:
            if part.driver.startswith(USER):
                yield (
                    Misfit(part.name, "its driver is your own: its pins are not known here"),
                    (False),
                )
            continue
        for key, pin in _uses(part):
            if pin not in pins.all:
                yield Misfit(part.name, f"{board.name} has no pin {pin} for its {key}"), True
            elif str(pin) in pins.taken:
                why = pins.taken[str(pin)]
                yield Misfit(part.name, f"pin {pin} of {board.name} is {why}"), True
            elif key in known.outputs and pin in pins.input_only:
                yield (
                    Misfit(
                        part.name,
                        f"pin {pin} of {board.name} can only be read, and {key} drives it",
                    ),
                    True,
                )
            elif key in known.adc and pin in pins.adc2:
                yield (
                    Misfit(
                        part.name,
                        f"pin {pin} of {board.name} is of ADC2, which Wi-Fi blocks while it is on",
                    ),
                    robot.wifi,
                )
            elif key in known.adc and pin not in pins.adc1:
                yield Misfit(part.name, f"pin {pin} of {board.name} cannot measure a voltage"), True
            elif pin in pins.strapping:
                yield (
                    Misfit(
                        part.name,
                        f"pin {pin} of {board.name} decides how the chip boots: mind what it is at "
                        f"power-on",
                    ),
                    False,
                )
