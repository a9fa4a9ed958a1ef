"""The example `wall_learner` learns to avoid walls: measured with learning on and off."""

from dataclasses import replace

from ganglion.compiler import compile_connectome
from ganglion.examples import path as example
from ganglion.examples import robot as example_robot
from ganglion.frontends.feagi import Policy
from ganglion.frontends.feagi.lint import lint
from ganglion.frontends.read import connectome_of
from ganglion.reference.integers import Reference
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import read_robot
from ganglion.robot.loop import RoomWorld
from ganglion.robot.world import BUILT_IN

NAME = "wall_learner"


def collisions(learning: str, thousands: int) -> tuple[list[int], Reference]:
    """Of each thousand bursts in the built-in room, how often it bumped; and how it ended."""
    robot, _ = read_robot(example_robot(NAME))
    connectome, _ = connectome_of(example(NAME), Policy(learning=learning))
    network = compile_connectome(connectome).network
    program = compile_robot(robot, network)
    network = replace(network, robot=program)
    world = RoomWorld(BUILT_IN, robot, program, program.period_us)
    reference = Reference(network, drives=True)
    counted, before = [], 0
    for _ in range(thousands):
        for _ in range(1000):
            reference.step(sensed=world.readings(reference.burst + 1))
            assert reference.robot is not None
            world.move(reference.robot.driven)
        counted.append(world.collisions - before)
        before = world.collisions
    return counted, reference


def test_collisions_fall_as_it_learns_and_not_where_it_may_not() -> None:
    """The same room, start and seed. docs/learning.md has the figures of 20,000 bursts."""
    on, reference = collisions("run", 5)
    off, still = collisions("ignore", 3)
    assert on == [6, 6, 11, 1, 1]
    assert off == [6, 10, 10]
    assert reference.learns is not None and still.learns is None
    (projection,) = reference.learns.projections
    assert not (projection.described.weight != 1).any(), "it begins without fear"
    assert sum(projection.weight > 40) == 2, "what it fears: the sight of one wall, on both sides"


def test_lint_warns_of_nothing_in_it() -> None:
    found = [n for n in lint(example(NAME).read_bytes()) if n.severity.value == "warning"]
    assert found == []
