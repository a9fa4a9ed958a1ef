"""Room: a small world of walls in whole numbers, and a two-wheeled robot in it.

In:  walls, a robot's size and place; the share of full speed that each wheel is told.
Out: where the robot is, what a ray meets, what it bumps into. Lengths in micrometres.
Never: floating point, or anything that Python and MicroPython do differently: this file runs in
       both, and every bit is equal on every machine.
"""

TURN = 1 << 24  # a full turn
_QUARTER = TURN // 4
ONE = 1 << 15  # of a sine
_PI_2 = 1686629713  # half of pi, in 2^30
FAR = 8_000_000  # what a ray that meets nothing gives
UM = 1000  # in a millimetre
LAG_US = 40_000  # a wheel takes that long to follow
FULL_BATTERY = 1_000_000_000


def sine(angle: int) -> int:
    """32768 times the sine of an angle, to nearest."""
    angle %= TURN
    sign = 1
    if angle >= TURN // 2:
        angle -= TURN // 2
        sign = -1
    if angle > _QUARTER:
        angle = TURN // 2 - angle
    x = angle * _PI_2 // _QUARTER
    square = x * x >> 30
    # Taylor: 1 − x²/6 · (1 − x²/20 · (1 − x²/42 · (1 − x²/72)))
    term = (1 << 30) - square // 72
    term = (1 << 30) - (square * term >> 30) // 42
    term = (1 << 30) - (square * term >> 30) // 20
    term = (1 << 30) - (square * term >> 30) // 6
    return sign * ((x * term >> 30) + (1 << 14) >> 15)


def cosine(angle: int) -> int:
    """32768 times the cosine of an angle."""
    return sine(angle + _QUARTER)


def degrees(angle: int) -> int:
    """An angle in degrees as a part of TURN."""
    return angle * TURN // 360


class Room:
    """Walls, and a round robot with two wheels. All numbers are integers."""

    def __init__(
        self,
        walls: list[list[int]],
        start: list[int],
        radius: int,
        wheel_base: int,
        speed: int,
        steps_per_m: int,
        period_us: int,
    ) -> None:
        """Walls are x1, y1, x2, y2 in mm; start is x, y in mm and degrees; the rest in mm."""
        self.walls = [tuple(UM * end for end in wall) for wall in walls]
        self._start = start
        self._radius = radius * UM
        self._base = wheel_base * UM
        self._speed = speed * period_us // 1000  # micrometres of a wheel in a burst at full power
        self._steps_per_m = steps_per_m
        self._period_us = period_us
        self.reset()

    def reset(self) -> None:
        """Back to the start, with a full battery."""
        self.x = self._start[0] * UM
        self.y = self._start[1] * UM
        self.heading = degrees(self._start[2])
        self.left = 0  # micrometres that a wheel went in the last burst
        self.right = 0
        self.went_left = 0  # ... and since the start
        self.went_right = 0
        self.turned = 0  # in the last burst
        self.contact = -1  # the angle, against the heading, of what it touches; −1 = nothing
        self.collisions = 0
        self.distance = 0  # of its centre
        self.battery = FULL_BATTERY
        self.bursts = 0

    def step(self, left: int, right: int, full: int) -> None:
        """One burst: each wheel is told a share of `full`."""
        self.bursts += 1
        period = self._period_us
        self.left += self._toward(self.left, left, full, period)
        self.right += self._toward(self.right, right, full, period)
        self.battery -= (abs(self.left) + abs(self.right)) // 50 + period // 1000
        if self.battery < 0:
            self.battery = 0
        self.went_left += self.left
        self.went_right += self.right
        # An arc of (right − left) micrometres around a circle of the wheel base.
        self.turned = (self.right - self.left) * TURN * 1000000 // (6283185 * self._base)
        middle = self.heading + self.turned // 2
        self.heading = (self.heading + self.turned) % TURN
        ahead = (self.left + self.right) // 2
        x = self.x + (ahead * cosine(middle) >> 15)
        y = self.y + (ahead * sine(middle) >> 15)
        touched = self._touching(x, y)
        if touched < 0:
            self.distance += abs(ahead)
            self.x = x
            self.y = y
        elif self.contact < 0:
            self.collisions += 1
        self.contact = touched

    def _toward(self, now: int, wanted: int, full: int, period: int) -> int:
        if wanted > full:
            wanted = full
        if wanted < -full:
            wanted = -full
        away = wanted * self._speed // full - now
        change = away * period // (period + LAG_US)
        return change if change else away

    def _touching(self, x: int, y: int) -> int:
        """The direction of the nearest wall that a robot at x, y would overlap, or −1."""
        nearest = self._radius * self._radius
        found = -1
        for x1, y1, x2, y2 in self.walls:
            ex = x2 - x1
            ey = y2 - y1
            along = (x - x1) * ex + (y - y1) * ey
            length = ex * ex + ey * ey
            if along <= 0 or length == 0:
                px, py = x1, y1
            elif along >= length:
                px, py = x2, y2
            else:
                px, py = x1 + ex * along // length, y1 + ey * along // length
            away = (px - x) * (px - x) + (py - y) * (py - y)
            if away < nearest:
                nearest = away
                found = (direction(px - x, py - y) - self.heading) % TURN
        return found

    def ray(self, ahead: int, aside: int, angle: int) -> int:
        """How far a ray goes that leaves the robot at mm ahead and to the left, at an angle."""
        c = cosine(self.heading)
        s = sine(self.heading)
        x = self.x + (UM * (ahead * c - aside * s) >> 15)
        y = self.y + (UM * (ahead * s + aside * c) >> 15)
        dx = cosine(self.heading + angle)
        dy = sine(self.heading + angle)
        found = FAR
        for x1, y1, x2, y2 in self.walls:
            ex = x2 - x1
            ey = y2 - y1
            det = dx * ey - dy * ex
            if det == 0:
                continue
            t = (x1 - x) * ey - (y1 - y) * ex
            u = (x1 - x) * dy - (y1 - y) * dx
            if det < 0:
                det = -det
                t = -t
                u = -u
            if t >= 0 and 0 <= u <= det:
                away = t * ONE // det
                if away < found:
                    found = away
        return found

    def bumps(self, angle: int) -> int:
        """1 if something touches the robot within an eighth of a turn and a bit of this angle."""
        if self.contact < 0:
            return 0
        away = (self.contact - angle) % TURN
        if away > TURN // 2:
            away = TURN - away
        return 1 if away <= TURN // 6 else 0

    def wheel(self, right: bool) -> int:
        """Steps of a wheel's encoder since the start."""
        went = self.went_right if right else self.went_left
        return went * self._steps_per_m // 1000000


def direction(x: int, y: int) -> int:
    """The angle of a vector, to 1/1024 of a turn: by halves, since there is no arc tangent."""
    low = 0
    step = TURN // 2
    # In which half, then halving: the cross product says on which side of an angle a vector lies.
    if y < 0 or (y == 0 and x < 0):
        low = TURN // 2
        x, y = -x, -y
    while step > TURN // 1024:
        step //= 2
        middle = low % (TURN // 2) + step
        if cosine(middle) * y - sine(middle) * x >= 0:
            low += step
    return low


INFRARED = 300_000  # micrometres that an infrared sensor sees
NEAR = 150_000  # at which one that only says yes or no says yes
_LASER_FAR = 8190  # what a VL53L0X gives where nothing is
_LASER = 1_200_000
_TURN_US = 1_000_000


class Parts:
    """What a robot's sensors read in a room, as their drivers give it, and what moves its wheels.

    A part is [what it senses, driver, params, [mm ahead, mm to the left, degrees]], or for a
    motor ["wheel", driver, params, 1 for the right one].
    """

    def __init__(self, room: Room, full: int) -> None:
        self.room = room
        self.full = full  # what full speed is called
        self._told = [0, 0]
        self._counted: dict[str, int] = {}

    def restart(self) -> None:
        """The robot stands still, and nothing was counted."""
        self._told = [0, 0]
        self._counted = {}

    def tell(self, right: int, share: int) -> None:
        """A wheel is told a share of `full`, until it is told another."""
        self._told[right] = share

    def step(self) -> None:
        """One burst goes by."""
        self.room.step(self._told[0], self._told[1], self.full)

    def read(self, senses: str, driver: str, params: list[int], at: list[int]) -> list[int]:
        """The readings of a part, one for each of its driver's values."""
        room = self.room
        angle = degrees(at[2])
        if senses == "bumper":
            return [room.bumps(angle % TURN)]
        if senses == "battery":
            return [65535 * (room.battery // 1000) // (FULL_BATTERY // 1000)]
        if senses == "wheel":
            return [self._steps(at, driver + str(params))]
        if driver == "mpu6050":
            return [0, 0, 16384, 0, 0, self._turn_rate()]
        if senses != "range" and senses != "infrared":
            return [0]
        away = room.ray(at[0], at[1], angle)
        if driver == "hcsr04":
            return [min(away * 58 // 10000, params[2])]
        if driver == "vl53l0x":
            return [away // UM if away < _LASER else _LASER_FAR]
        if driver == "digital":
            return [1 if away < NEAR else 0]
        if senses == "range":
            return [min(65535 * away // FAR, 65535)]
        return [65535 * (INFRARED - away) // INFRARED if away < INFRARED else 0]

    def _steps(self, at: list[int], name: str) -> int:
        now = self.room.wheel(at[1] < 0)
        since = now - self._counted.get(name, 0)
        self._counted[name] = now
        return since

    def _turn_rate(self) -> int:
        """131 for each degree a second, as an MPU6050 gives it."""
        room = self.room
        rate = (
            room.turned * 360 * 131 * (_TURN_US // 1000) // (TURN * (room._period_us // 1000 or 1))
        )
        return min(max(rate, -32768), 32767)
