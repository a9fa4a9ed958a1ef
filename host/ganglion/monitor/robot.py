"""Robot of a monitor: what its sensors read, what its motors are told, and its way through a world.

In:  a robot's program, perhaps a world; bursts as they come.
Out: what views show of it: figures by name, a track, lines of a map for a terminal.
Never: drives; makes up a track across bursts that did not come.
"""

from collections import deque
from collections.abc import Callable

from ..link.drive import Drive
from ..link.messages import Burst
from ..network.robot import Program
from ..robot.loop import Pose, RoomWorld

_KEPT = 20_000  # poses
_STATES = ("held", "fresh", "failed")
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille cell


class RobotView:
    """The robot of one brain, run after run. Whoever reads it holds the monitor's lock."""

    def __init__(
        self, program: Program, world: Callable[[], RoomWorld | None] = lambda: None
    ) -> None:
        self.sensors = program.slot_names()
        self.motors = program.output_names()
        self.last: Drive | None = None
        self.pose: Pose | None = None
        self.track: deque[Pose] = deque(maxlen=_KEPT)
        self.poses = 0  # ever
        self._make = world
        self._world = world()
        self._burst = 0

    @property
    def world(self) -> RoomWorld | None:
        """The room, as long as no burst was missing."""
        return self._world

    def begin(self) -> None:
        """A run begins."""
        self._world = self._make()
        self.track.clear()
        self.last, self.pose = None, None
        self.poses = self._burst = 0

    def feed(self, burst: Burst) -> None:
        """One burst, if it says what the robot did."""
        drive = burst.drive
        if drive is None:
            return
        self.last = drive
        if burst.number != self._burst + 1:
            self._world = None  # its track has a hole
        self._burst = burst.number
        if self._world is not None and len(drive.driven) == len(self.motors):
            self._world.readings(burst.number)
            told = [0] * len(self.motors) if drive.still else drive.driven
            self.pose = self._world.move(told)
            self.track.append(self.pose)
            self.poses += 1

    def described(self) -> dict[str, object]:
        """For a page, once."""
        world = self._world
        return {
            "sensors": self.sensors,
            "motors": self.motors,
            "walls": world.walls if world else [],
            "radius": world.radius_mm if world else 0,
        }

    def told(self, since: int) -> dict[str, object]:
        """For a page: the figures of now, and the track from the pose numbered `since` on."""
        last, pose = self.last, self.pose
        new = list(self.track)[-max(0, self.poses - since) :] if self.poses > since else []
        return {
            "raw": list(last.raw) if last else [],
            "states": [_STATES[state] for state in last.states] if last else [],
            "driven": list(last.driven) if last else [],
            "still": bool(last and last.still),
            "pose": [pose.x, pose.y, pose.degrees] if pose else None,
            "track": [[round(p.x, 1), round(p.y, 1), int(p.contact)] for p in new],
            "poses": self.poses,
            "collisions": self._world.collisions if self._world else None,
        }

    def lines(self, width: int, height: int) -> list[str]:
        """For a terminal: sensors and motors in a line each, and below them the room."""
        last = self.last
        if last is None:
            return []
        read = "  ".join(
            f"{name} {raw:,}{'' if state < 2 else ' STALE'}"
            for name, raw, state in zip(self.sensors, last.raw, last.states, strict=False)
        )
        told = "  ".join(
            f"{name} {value:+,}" for name, value in zip(self.motors, last.driven, strict=False)
        )
        head = [f"sensors  {read}", f"motors  {told}" + ("  HELD STILL" if last.still else "")]
        if self._world is None or self.pose is None or height < 6:
            return head
        where = (
            f"at {self.pose.x:,.0f}, {self.pose.y:,.0f} mm, {self.pose.degrees:.0f}°; "
            f"{self._world.distance_mm / 1000:.2f} m, {self._world.collisions} collisions"
        )
        return [*head, where, *self.map(min(width, 48), height - 3)]

    def map(self, width: int, height: int) -> list[str]:
        """Walls and track in dots of braille, the robot as a sign."""
        world = self._world
        if world is None:
            return []
        xs = [end for wall in world.walls for end in (wall[0], wall[2])]
        ys = [end for wall in world.walls for end in (wall[1], wall[3])]
        left, top = min(xs), max(ys)
        scale = max((max(xs) - left) / (2 * width - 1), (top - min(ys)) / (4 * height - 1), 1e-9)
        cells = [[0] * width for _ in range(height)]

        def dot(x: float, y: float) -> None:
            column, row = round((x - left) / scale), round((top - y) / scale)
            if 0 <= column < 2 * width and 0 <= row < 4 * height:
                cells[row // 4][column // 2] |= _DOTS[row % 4][column % 2]

        for x1, y1, x2, y2 in world.walls:
            steps = max(1, round(max(abs(x2 - x1), abs(y2 - y1)) / scale))
            for i in range(steps + 1):
                dot(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps)
        for pose in self.track:
            dot(pose.x, pose.y)
        rows = [[chr(0x2800 + cell) for cell in line] for line in cells]
        if self.pose is not None:
            column = round((self.pose.x - left) / scale) // 2
            row = round((top - self.pose.y) / scale) // 4
            if 0 <= row < height and 0 <= column < width:
                rows[row][column] = "→↗↑↖←↙↓↘"[round(self.pose.degrees / 45) % 8]
        return ["".join(line) for line in rows]
