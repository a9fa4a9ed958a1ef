"""The room is the same in every bit in Python and in MicroPython, and it is a room."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from ganglion.errors import RobotError
from ganglion.robot import room as module
from ganglion.robot.room import TURN, Room, cosine, direction, sine
from ganglion.robot.world import BUILT_IN, as_toml, read_world, room_of
from tests.support.robots import robot_file

PROGRAM = """
from room import Room, degrees
import room
r = Room(WALLS, [400, 400, 20], 60, 100, 300, 1000, 20000)
seed = 7
chain = 0
for i in range(2000):
    seed = (seed * 1664525 + 1013904223) % (1 << 32)
    push = -300 if i % 150 < 20 else 700
    r.step((seed >> 16) % 800 + push - 400, (seed >> 5) % 800 + push - 400, 1023)
    rays = [r.ray(30, 10, degrees(a)) for a in (-90, -40, 0, 40, 90, 180)]
    for value in [r.x, r.y, r.heading, r.contact, r.collisions, r.battery, r.wheel(0)] + rays:
        chain = (chain * 16777619 + value) % (1 << 32)
print(chain, r.x, r.y, r.collisions, r.distance)
"""


def test_a_drive_is_equal_in_python_and_micropython(
    tmp_path: Path, micropython: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    text = PROGRAM.replace("WALLS", str(BUILT_IN.lines()))
    (tmp_path / "room.py").write_bytes(Path(module.__file__).read_bytes())
    theirs = micropython(text, tmp_path).decode()
    exec(text.replace("from room", f"from {module.__name__}").replace("import room\n", ""), {})
    ours = capsys.readouterr().out
    assert ours == theirs
    assert int(ours.split()[3]) > 3


def test_sines_are_to_nearest_and_directions_to_a_part_in_a_thousand() -> None:
    for angle in range(0, TURN, TURN // 997):
        exact = 32768 * math.sin(2 * math.pi * angle / TURN)
        assert abs(sine(angle) - exact) <= 1.5
        found = direction(cosine(angle), sine(angle))
        assert (angle - found) % TURN <= TURN // 500 or (found - angle) % TURN <= TURN // 500


def test_a_ray_ends_at_the_nearest_wall_and_a_robot_before_it() -> None:
    room = Room([[1000, -500, 1000, 500]], [0, 0, 0], 50, 100, 500, 1000, 20_000)
    assert room.ray(0, 0, 0) == 1_000_000
    assert room.ray(0, 0, TURN // 2) == module.FAR
    for _ in range(500):
        room.step(100, 100, 100)
    assert room.collisions == 1
    assert 940_000 <= room.x <= 950_000
    assert room.bumps(0) == 1
    assert room.bumps(TURN // 2) == 0
    room.step(-100, -100, 100)
    for _ in range(20):
        room.step(-100, -100, 100)
    assert room.contact == -1


def test_wheels_of_equal_speed_go_straight_and_of_opposite_speed_turn_in_place() -> None:
    room = Room([[90_00, 0, 90_00, 1]], [0, 0, 30], 50, 100, 500, 1000, 20_000)
    for _ in range(100):
        room.step(100, 100, 100)
    assert room.heading == module.degrees(30)
    x, y = room.x, room.y
    for _ in range(100):
        room.step(-100, 100, 100)
    assert room.heading != module.degrees(30)
    assert math.hypot(room.x - x, room.y - y) < 30_000


def test_a_start_in_a_wall_is_refused() -> None:
    world = BUILT_IN.model_copy(update={"start": [10, 10, 0]})
    with pytest.raises(RobotError, match=r"at its start \(10, 10\) a robot of 60 mm touches"):
        room_of(world, robot_file(), 20_000)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("walls = ", "is not TOML"),
        ('name = "r"\nstart = [0, 0]\nwalls = []', "start: list should have at least 3 items"),
        ('name = "r"\nstart = [0, 0, 0]\nwalls = [[1, 2, 3]]', "wall 0 has 3 numbers, not 4"),
        ('name = "r"\nstart = [0, 0, 0]\nwalls = []', "there are no walls"),
        ('name = "r"\nstart = [0, 0, 0]\nwalls = [[1, 2, 3, 99999]]', "walls.0.3: input should be"),
    ],
)
def test_a_broken_world_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "room.toml"
    path.write_text(text)
    with pytest.raises(RobotError) as refused:
        read_world(path)
    assert sentence in str(refused.value)


def test_a_world_written_is_the_world_read(tmp_path: Path) -> None:
    path = tmp_path / "room.toml"
    path.write_text(as_toml(BUILT_IN))
    assert read_world(path) == BUILT_IN
    with pytest.raises(RobotError, match="cannot be read"):
        read_world(tmp_path / "none.toml")
